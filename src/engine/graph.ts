import { bytesOf } from "./dtype.ts"
import { CajalError, operationError } from "./errors.ts"
import type { Primitive, TensorType } from "./primitive.ts"
import { formatShape, sizeOf } from "./shape.ts"
import type { Tensor } from "./tensor.ts"

/** One result of a node, or an input of the graph (then it has no node). */
export interface Value {
  readonly id: number
  readonly type: TensorType
  readonly node: Node | undefined
}

/** One application of an operator. */
export interface Node {
  // biome-ignore lint/suspicious/noExplicitAny: a graph holds operators of every attribute type
  readonly primitive: Primitive<any>
  readonly inputs: readonly Value[]
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly attributes: any
  readonly outputs: Value[]
}

/** A traced function: nodes in an order in which they can run. */
export interface Graph {
  readonly inputs: readonly Value[]
  readonly nodes: readonly Node[]
  readonly outputs: readonly Value[]
  /** Concrete tensors that the function closed over, and the values they stand for (not among `inputs`). */
  readonly constants: ReadonlyMap<Value, Tensor>
}

let nextId = 0

export const newValue = (type: TensorType, node?: Node): Value => ({ id: nextId++, type, node })

/** Bytes that one tensor may take: devices count in 32 bits. */
const mostBytes = 2 ** 31 - 1

/** @throws CajalError for a tensor that is too large to be stored */
export function checkSize(type: TensorType): void {
  const bytes = sizeOf(type.shape) * bytesOf[type.dtype]
  if (bytes <= mostBytes) return
  throw new CajalError(
    `a tensor ${type.dtype} ${formatShape(type.shape)} would take ${(bytes / 2 ** 30).toFixed(1)} GiB; a tensor may take 2 GiB`,
    { hint: "work on parts of it, or scan over one of its axes" },
  )
}

const origins = new WeakMap<Node, string>()
let origin: string | undefined

/** The line of the user's program that a node comes from, where programs are profiled or `withOrigins` asks for it. */
export const originOf = (node: Node): string | undefined => origins.get(node)
/** Nodes that are made from here on come from that line; undefined: it is not known. */
export const setOrigin = (line: string | undefined): void => {
  origin = line
}

/** A named part of a program: diagrams draw it as a block. */
export interface Scope {
  readonly name: string
  readonly parent: Scope | undefined
}

const scopes = new WeakMap<Node, Scope>()
let innermost: Scope | undefined

export const scopeOf = (node: Node): Scope | undefined => scopes.get(node)

/** Names what `body` computes while it is traced. */
export function scope<T>(name: string, body: () => T): T {
  const parent = innermost
  innermost = { name, parent }
  try {
    return body()
  } finally {
    innermost = parent
  }
}

/** Operators that move or convert elements, whatever they are. */
const takesStorage = new Set([
  "cast",
  "select",
  "gather",
  "concat",
  "pad",
  "barrier",
  "scan",
  "cond",
  "call",
  "storedMatmul",
])

/** @throws CajalError where the inputs do not fit the operator */
export function newNode(primitive: Node["primitive"], inputs: readonly Value[], attributes: unknown): Node {
  const stored = inputs.find(({ type: { dtype } }) => dtype === "f16" || dtype === "i8")
  if (stored !== undefined && primitive.kind !== "view" && !takesStorage.has(primitive.name))
    throw operationError(`${primitive.name} does not take ${stored.type.dtype}`, {
      hint: 'cast it first: x.cast("f32")',
    })
  const outputs: Value[] = []
  const node: Node = { primitive, inputs, attributes, outputs }
  if (origin !== undefined) origins.set(node, origin)
  if (innermost !== undefined) scopes.set(node, innermost)
  for (const type of primitive.type(
    inputs.map((v) => v.type),
    attributes,
  ))
    outputs.push(newValue(type, node))
  return node
}

/** True for attributes that are graphs (the bodies of scan, cond and call). */
export const isGraph = (x: unknown): x is Graph =>
  typeof x === "object" && x !== null && "nodes" in x && "outputs" in x && "inputs" in x

/** The nodes that the outputs need, in their order. */
export function reachable(graph: Pick<Graph, "nodes" | "outputs">): Node[] {
  const needed = new Set<Node>()
  for (const output of graph.outputs) if (output.node !== undefined) needed.add(output.node)
  const kept: Node[] = []
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i]
    if (!needed.has(node)) continue
    kept.push(node)
    for (const input of node.inputs) if (input.node !== undefined) needed.add(input.node)
  }
  return kept.reverse()
}
