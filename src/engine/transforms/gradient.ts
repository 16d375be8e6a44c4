import { isFloat } from "../dtype.ts"
import { operationError } from "../errors.ts"
import { type Graph, type Node, reachable, type Value } from "../graph.ts"
import { ones, zerosLike } from "../operators/constants.ts"
import { identity, stopPrimitive } from "../operators/stop.ts"
import { formatShape } from "../shape.ts"
import { Tensor } from "../tensor.ts"
import { currentTrace, inline, type Trace, traceGraph } from "../trace.ts"
import { flatten, unflatten } from "../tree.ts"

// biome-ignore lint/suspicious/noExplicitAny: any function of trees
type AnyFunction = (...args: any[]) => any

export interface GradientOptions {
  /** Which argument is differentiated; the first by default. */
  readonly argument?: number
}

/**
 * The function that returns `[value, gradient]`: what `fn` returns, and the gradient of its loss with respect to one argument, a
 * tree like that argument. The loss is a float scalar; `fn` returns it alone or first in an array `[loss, ...others]`.
 * Leaves that are not floats (indices, masks, the pattern of a sparse matrix) stay in it as they are.
 */
export function valueAndGrad<F extends AnyFunction>(
  fn: F,
  options: GradientOptions = {},
): (...args: Parameters<F>) => [ReturnType<F>, Parameters<F>[0]] {
  const at = options.argument ?? 0
  return (...args) => {
    if (currentTrace() !== undefined) return differentiate(fn, args, at)
    const flat = flatten(args)
    let structure: ReturnType<typeof flatten>["structure"] | undefined
    const { graph, captured } = traceGraph(
      flat.leaves.map((x) => x.type),
      (...leaves) => {
        const result = flatten(differentiate(fn, unflatten(flat.structure, leaves), at))
        structure = result.structure
        return result.leaves
      },
    )
    return unflatten(structure as never, inline({ ...graph, nodes: reachable(graph) }, [...captured, ...flat.leaves]))
  }
}

/** The gradient alone: see `valueAndGrad`. Can be nested: the gradient of a gradient is a second derivative. */
export function grad<F extends AnyFunction>(
  fn: F,
  options: GradientOptions = {},
): (...args: Parameters<F>) => Parameters<F>[0] {
  const both = valueAndGrad(fn, options)
  return (...args) => both(...args)[1]
}

/** Value and gradient as nodes of the open trace. */
function differentiate<F extends AnyFunction>(
  fn: F,
  args: Parameters<F>,
  at: number,
): [ReturnType<F>, Parameters<F>[0]] {
  const flat = flatten(args[at])
  const leaves = flat.leaves.map(identity)
  const own = [...args] as Parameters<F>
  own[at] = unflatten(flat.structure, leaves)
  const value = fn(...own)
  const loss = Array.isArray(value) ? value[0] : value
  if (!(loss instanceof Tensor) || loss.size !== 1 || !isFloat(loss.dtype))
    throw operationError(
      `grad needs a function that returns a loss of one float${loss instanceof Tensor ? `, not ${loss.describe()}` : ""}`,
      { hint: "reduce it first: loss.mean() or loss.sum()" },
    )
  const found = vjp([loss], [ones(loss.shape, loss.dtype as "f32")], leaves)
  const gradients = leaves.map((x, i) => found[i] ?? (isFloat(x.dtype) ? zerosLike(x) : x))
  return [value, unflatten(flat.structure, gradients)]
}

/**
 * Reverse pass through the open trace: cotangents of `inputs` for given cotangents of `outputs`, undefined where the outputs do
 * not depend on an input. A node is visited only if it lies between the two.
 */
export function vjp(
  outputs: readonly Tensor[],
  cotangents: readonly (Tensor | undefined)[],
  inputs: readonly Tensor[],
): (Tensor | undefined)[] {
  const trace = currentTrace() as Trace
  const nodes = trace.nodes.slice()
  const active = new Set<Value>(inputs.map((x) => trace.lift(x)))
  for (const node of nodes) {
    if (node.primitive.gradient === undefined || node.primitive === stopPrimitive) continue
    if (node.inputs.some((v) => active.has(v))) for (const v of node.outputs) if (isFloat(v.type.dtype)) active.add(v)
  }
  const found = new Map<Value, Tensor>()
  const collect = (v: Value, g: Tensor) => {
    const before = found.get(v)
    found.set(v, before === undefined ? g : before.add(g))
  }
  outputs.forEach((y, i) => {
    const g = cotangents[i]
    const value = trace.lift(y)
    if (g !== undefined && active.has(value)) collect(value, g)
  })
  for (let i = nodes.length - 1; i >= 0; i--) pullBack(nodes[i], trace, active, found, collect)
  return inputs.map((x) => found.get(trace.lift(x)))
}

function pullBack(
  node: Node,
  trace: Trace,
  active: Set<Value>,
  found: Map<Value, Tensor>,
  collect: (v: Value, g: Tensor) => void,
): void {
  const { primitive } = node
  if (primitive.gradient === undefined || !node.outputs.some((v) => found.has(v))) return
  const inputs = node.inputs // a scan may be given further inputs by its own gradient
  const wanted = inputs.map((v) => active.has(v))
  if (!wanted.includes(true)) return
  const results = primitive.gradient({
    node,
    inputs: inputs.map((v) => trace.tensorOf(v)),
    outputs: node.outputs.map((v) => trace.tensorOf(v)),
    cotangents: node.outputs.map((v) => found.get(v)),
    attributes: node.attributes,
    wanted,
  })
  inputs.forEach((v, k) => {
    const g = results[k]
    if (!wanted[k] || g === undefined) return
    if (g.shape.length !== v.type.shape.length || g.shape.some((n, axis) => n !== v.type.shape[axis]))
      throw operationError(
        `the gradient of ${primitive.name} for its input ${k} has shape ${formatShape(g.shape)}, not ${formatShape(v.type.shape)}`,
      )
    collect(v, g)
  })
}

/** Cotangents of the inputs of a graph, which is run again here: what branches and checkpoints use. */
export function vjpOfGraph(
  graph: Graph,
  inputs: readonly Tensor[],
  cotangents: readonly (Tensor | undefined)[],
  wanted: readonly boolean[],
): (Tensor | undefined)[] {
  const own = inputs.map((x) => identity(x))
  const outputs = inline(graph, own)
  const chosen = own.filter((_, i) => wanted[i])
  const found = vjp(outputs, cotangents, chosen)
  let next = 0
  return wanted.map((w) => (w ? found[next++] : undefined))
}
