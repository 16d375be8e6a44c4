import { inlineCalls } from "../../../engine/compile/inline-calls.ts"
import { clean } from "../../../engine/compile/simplify.ts"
import { allocate, type HostArray } from "../../../engine/dtype.ts"
import { CajalError } from "../../../engine/errors.ts"
import { type Graph, type Node, originOf, type Value } from "../../../engine/graph.ts"
import type { TensorType } from "../../../engine/primitive.ts"
import { broadcastShapes, type Shape, sameShape } from "../../../engine/shape.ts"
import type { Tensor } from "../../../engine/tensor.ts"
import { traceGraph } from "../../../engine/trace.ts"
import type { OnnxAttribute, OnnxGraph, OnnxNode, OnnxTensor, OnnxValueInfo } from "./messages.ts"
import { onnxTypes, writeTensor } from "./tensors.ts"

/** A graph that a node runs (the body of a loop), or a value of an attribute. */
export type AttributeValue = number | string | readonly number[] | OnnxGraph | OnnxTensor | { readonly float: number }

/** A tensor that repeats a smaller one by broadcasting: written out only where an operator of ONNX would not broadcast by itself. */
interface Small {
  readonly name: string
  readonly shape: Shape
}

/** How one operator is written: gives the names of its outputs. */
export type Rule = (node: Node, out: Emitter) => readonly string[]

interface Shared {
  readonly rules: Readonly<Record<string, Rule>>
  readonly initializers: OnnxTensor[]
  readonly constants: Map<string, string>
  readonly taken: Set<string>
  next: number
}

/** Writes the nodes of a graph of the engine as those of an ONNX graph. */
export class Emitter {
  readonly nodes: OnnxNode[] = []
  private readonly names = new Map<Value, string>()
  private readonly small = new Map<Value, Small>()
  private readonly shared: Shared

  /** @param taken names that are not to be used for anything else */
  constructor(rules: Shared["rules"] | Emitter, taken: Iterable<string> = []) {
    this.shared =
      rules instanceof Emitter
        ? rules.shared
        : { rules, initializers: [], constants: new Map(), taken: new Set(taken), next: 0 }
  }

  get initializers(): OnnxTensor[] {
    return this.shared.initializers
  }

  /** A new name, the same in no graph of the file. */
  fresh(stem: string): string {
    let name: string
    do name = `${stem}_${this.shared.next++}`
    while (this.shared.taken.has(name))
    this.shared.taken.add(name)
    return name
  }

  /** Says what stands for a value. */
  name(value: Value, name: string): void {
    this.names.set(value, name)
  }

  /** The name of a value, all of its elements written out. */
  of(value: Value): string {
    const known = this.names.get(value)
    if (known !== undefined) return known
    const small = this.small.get(value)
    if (small === undefined)
      throw new CajalError(`a result of ${value.node?.primitive.name} has no form in ONNX`, {
        where: value.node && originOf(value.node),
      })
    const [name] = sameShape(small.shape, value.type.shape)
      ? [small.name]
      : this.op("Expand", [small.name, this.ints(value.type.shape)])
    this.names.set(value, name)
    return name
  }

  /** A tensor that becomes the value by broadcasting: the value itself, or what it repeats. */
  compact(value: Value): Small {
    return this.small.get(value) ?? { name: this.of(value), shape: value.type.shape }
  }

  /** Names of operands that broadcast to the shape of the result: at least one of them in full where that is needed. */
  operands(inputs: readonly Value[], shape: Shape): string[] {
    const small = inputs.map((v) => this.compact(v))
    const joined = small.map((s) => s.shape).reduce((a, b) => broadcastShapes(a, b) ?? [])
    return small.map((s, i) => (i === 0 && !sameShape(joined, shape) ? this.of(inputs[0]) : s.name))
  }

  /** Adds a node. */
  op(
    opType: string,
    input: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
    outputs = 1,
  ): string[] {
    const output = Array.from({ length: outputs }, () => this.fresh(opType))
    this.nodes.push({
      opType,
      input: [...input],
      output,
      name: output[0],
      domain: "",
      attribute: attributesOf(attributes),
    })
    return output
  }

  /** A list of whole numbers: shapes, axes. */
  ints(values: readonly number[]): string {
    return this.stored(`i64[${values}]`, "shape", (name) => writeTensor(name, { shape: [values.length], i64: values }))
  }

  /** One number. */
  scalar(value: number, dtype: TensorType["dtype"]): string {
    return this.stored(`${dtype} ${Object.is(value, -0) ? "-0" : value}`, "number", (name) =>
      writeTensor(name, { dtype, shape: [], data: allocate(dtype, 1).fill(value) as HostArray["data"] }),
    )
  }

  /** A tensor that the file holds. */
  initializer(name: string, array: HostArray): string {
    this.shared.initializers.push(writeTensor(name, array))
    return name
  }

  private stored(key: string, stem: string, make: (name: string) => OnnxTensor): string {
    const known = this.shared.constants.get(key)
    if (known !== undefined) return known
    const name = this.fresh(stem)
    this.shared.initializers.push(make(name))
    this.shared.constants.set(key, name)
    return name
  }

  /** Writes all nodes of a graph whose inputs have names. */
  graph(graph: Graph): void {
    for (const node of graph.nodes) this.node(node)
  }

  private node(node: Node): void {
    const { name } = node.primitive
    const [x] = node.inputs
    const [y] = node.outputs
    if (name === "full") {
      this.small.set(y, { name: this.scalar(node.attributes.value, y.type.dtype), shape: [] })
      return
    }
    if (name === "broadcast") {
      this.small.set(y, this.compact(x))
      return
    }
    const rule = this.shared.rules[name]
    if (rule === undefined)
      throw new CajalError(`${name} has no form in ONNX, so a model that computes it cannot be written`, {
        where: originOf(node),
        hint: hints[name] ?? "compute it outside the function that is exported, and give its result as an input",
      })
    rule(node, this).forEach((made, i) => this.name(node.outputs[i], made))
  }

  /** Writes what a function of tensors computes of a node's inputs: for operators that others make up. */
  composed(node: Node, compute: (...inputs: Tensor[]) => readonly Tensor[]): string[] {
    const { graph: traced } = traceGraph(
      node.inputs.map(({ type: { dtype, shape } }) => ({ dtype, shape })),
      (...xs) => compute(...xs),
    )
    const graph = clean(inlineCalls(traced))
    graph.inputs.forEach((v, i) => this.name(v, this.of(node.inputs[i])))
    this.graph(graph)
    return graph.outputs.map((v) => this.of(v))
  }

  /**
   * A graph in this one, of an operator's body.
   * @param outer what stands for the first inputs of the body: values of this graph, which the inner one sees
   * @param own those inputs of the body that are the inner graph's own
   */
  inner(body: Graph, outer: readonly Value[], own: number, extraInput?: OnnxValueInfo): OnnxGraph {
    const emitter = new Emitter(this)
    outer.forEach((value, i) => {
      const small = this.small.get(value)
      if (small !== undefined && !this.names.has(value)) emitter.small.set(body.inputs[i], small)
      else emitter.name(body.inputs[i], this.of(value))
    })
    const input = body.inputs.slice(outer.length, outer.length + own).map((v) => {
      const name = this.fresh("in")
      emitter.name(v, name)
      return valueInfo(name, v.type)
    })
    emitter.graph(body)
    const output = emitter.outputsOf(body.outputs.map((v) => [v, this.fresh("out")]))
    const graph = {
      name: this.fresh("body"),
      node: emitter.nodes,
      input,
      output,
      initializer: [],
      sparseInitializer: [],
    }
    return extraInput === undefined ? graph : { ...graph, input: [...input, extraInput] }
  }

  /** Outputs under names of their own. */
  outputsOf(outputs: readonly (readonly [Value, string])[]): OnnxValueInfo[] {
    return outputs.map(([v, name]) => {
      this.nodes.push({ opType: "Identity", input: [this.of(v)], output: [name], name, domain: "", attribute: [] })
      return valueInfo(name, v.type)
    })
  }
}

const hints: Readonly<Record<string, string>> = {
  randomBits: "draw the random numbers outside, and give them as an input",
}

export const valueInfo = (name: string, { dtype, shape }: TensorType): OnnxValueInfo => ({
  name,
  type: { tensorType: { elemType: onnxTypes[dtype], shape: { dim: shape.map((dimValue) => ({ dimValue })) } } },
})

const attributeTypes = { float: 1, int: 2, string: 3, tensor: 4, graph: 5, ints: 7 }

function attributesOf(attributes: Readonly<Record<string, AttributeValue>>): OnnxAttribute[] {
  return Object.entries(attributes).map(([name, value]): OnnxAttribute => {
    const make = (type: keyof typeof attributeTypes, field: object): OnnxAttribute =>
      ({ name, type: attributeTypes[type], ...field }) as OnnxAttribute
    if (typeof value === "number") return make("int", { i: value })
    if (typeof value === "string") return make("string", { s: new TextEncoder().encode(value) })
    if (Array.isArray(value)) return make("ints", { ints: value })
    if ("float" in (value as object)) return make("float", { f: (value as { float: number }).float })
    return "dims" in (value as object) ? make("tensor", { t: value }) : make("graph", { g: value })
  })
}
