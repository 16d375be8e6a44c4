import { isFloat } from "../dtype.ts"
import { operationError } from "../errors.ts"
import { type Graph, type Node, reachable, type Value } from "../graph.ts"
import { zeros } from "../operators/constants.ts"
import { identity } from "../operators/stop.ts"
import { sameShape } from "../shape.ts"
import type { Tensor } from "../tensor.ts"
import { apply, currentTrace, inline, type Trace, traceGraph } from "../trace.ts"
import { flatten, leafNames, type Tree, unflatten } from "../tree.ts"
import { forwardRules } from "./forward-control.ts"
import { vjp } from "./gradient.ts"

/** A derivative in one direction, undefined where it is zero by structure. */
export type Tangent = Tensor | undefined

/** What a graph computes, and how it moves. */
export interface Pushed {
  readonly outputs: readonly Tensor[]
  readonly tangents: readonly Tangent[]
}

/**
 * The derivative of `fn` in one direction: how its results change as its arguments move along `tangents`. One pass forwards, whatever the
 * number of results; needs no memory of what happened before, so that it suits long scans. Gradient rules of one's own (surrogate
 * gradients) hold here too. Can be nested with `grad`: `jvp(grad(loss), [x], [v])` is the Hessian times v.
 * @param inputs the arguments of `fn`, trees of tensors
 * @param tangents for each argument a tree like it, or undefined for one that does not move; what is not float does not move either
 * @returns what `fn` returns, and a tree like it with the derivative of every float (zeros for the other tensors)
 */
export function jvp<A extends Tree[], R extends Tree>(
  fn: (...args: A) => R,
  inputs: A,
  tangents: { readonly [K in keyof A]: Tree },
): [R, R] {
  const flat = flatten([...inputs])
  const given = tangentLeaves(inputs, tangents)
  if (currentTrace() !== undefined) return push(fn, flat.leaves, flat.structure, given)
  const moving = given.filter((t) => t !== undefined)
  let structure: ReturnType<typeof flatten>["structure"] | undefined
  const { graph, captured } = traceGraph(
    [...flat.leaves, ...moving].map((x) => x.type),
    (...all) => {
      let next = flat.leaves.length
      const own = given.map((t) => (t === undefined ? undefined : all[next++]))
      const result = flatten(push(fn, all.slice(0, flat.leaves.length), flat.structure, own))
      structure = result.structure
      return result.leaves
    },
  )
  const results = inline({ ...graph, nodes: reachable(graph) }, [...captured, ...flat.leaves, ...moving])
  return unflatten(structure as never, results)
}

/** The tangents of all leaves of the arguments, checked against them. */
function tangentLeaves(inputs: readonly Tree[], tangents: readonly Tree[]): Tangent[] {
  if (tangents.length !== inputs.length)
    throw operationError(`jvp: ${inputs.length} arguments and ${tangents.length} tangents`, {
      hint: "give undefined for an argument that does not move",
    })
  return inputs.flatMap((input, i) => {
    const { leaves } = flatten(input)
    if (tangents[i] === undefined) return leaves.map(() => undefined)
    const own = flatten(tangents[i]).leaves
    if (own.length !== leaves.length)
      throw operationError(`jvp: argument ${i} has ${leaves.length} tensors, its tangent has ${own.length}`)
    return leaves.map((x, k) => {
      if (!isFloat(x.dtype)) return undefined
      if (own[k].dtype !== x.dtype || !sameShape(own[k].shape, x.shape))
        throw operationError(
          `jvp: ${leafNames(input)[k] || `argument ${i}`} is ${x.describe()}, its tangent ${own[k].describe()}`,
        )
      return own[k]
    })
  })
}

/** Runs `fn` in the open trace and pushes tangents through what it added there. */
function push<A extends Tree[], R extends Tree>(
  fn: (...args: A) => R,
  leaves: readonly Tensor[],
  structure: ReturnType<typeof flatten>["structure"],
  tangents: readonly Tangent[],
): [R, R] {
  let result: ReturnType<typeof flatten> | undefined
  const pushed = pushThrough(leaves, tangents, (own) => {
    result = flatten(fn(...(unflatten(structure, own) as A)))
    return result.leaves
  })
  const { structure: made } = result as unknown as ReturnType<typeof flatten>
  return [
    unflatten(made, pushed.outputs),
    unflatten(
      made,
      pushed.outputs.map((y, i) => pushed.tangents[i] ?? zeros(y.shape, y.dtype)),
    ),
  ]
}

/** The outputs of a graph and their tangents, as nodes of the open trace. */
export const pushGraph = (graph: Graph, inputs: readonly Tensor[], tangents: readonly Tangent[]): Pushed =>
  pushThrough(inputs, tangents, (own) => inline(graph, own))

function pushThrough(
  inputs: readonly Tensor[],
  tangents: readonly Tangent[],
  run: (inputs: readonly Tensor[]) => readonly Tensor[],
): Pushed {
  const trace = currentTrace() as Trace
  const own = inputs.map(identity)
  const start = trace.nodes.length
  const results = run(own)
  const state = new Forward(trace)
  own.forEach((x, i) => {
    state.start(x, tangents[i])
  })
  for (const node of trace.nodes.slice(start)) state.push(node)
  const outcomes = results.map((y) => state.outcome(y))
  return { outputs: outcomes.map(([y]) => y), tangents: outcomes.map(([, t]) => t) }
}

/** What is known of the values of a trace while tangents are pushed through it. */
class Forward {
  readonly #trace: Trace
  readonly #tangents = new Map<Value, Tensor>()
  /** Values that were computed again together with their tangents: a scan runs once for both. */
  readonly #replaced = new Map<Value, Tensor>()

  constructor(trace: Trace) {
    this.#trace = trace
  }

  start(x: Tensor, tangent: Tangent): void {
    if (tangent !== undefined) this.#tangents.set(this.#trace.lift(x), tangent)
  }

  outcome(y: Tensor): [Tensor, Tangent] {
    const value = this.#trace.lift(y)
    return [this.#replaced.get(value) ?? y, this.#tangents.get(value)]
  }

  push(node: Node): void {
    const { primitive } = node
    const inputs = node.inputs.map((v) => this.#replaced.get(v) ?? this.#trace.tensorOf(v))
    const tangents = node.inputs.map((v) => this.#tangents.get(v))
    const moves = tangents.some((t) => t !== undefined) && primitive.gradient !== undefined
    const rule = moves ? forwardRules[primitive.name] : undefined
    if (rule !== undefined) {
      const made = rule(inputs, tangents, node.attributes)
      return node.outputs.forEach((v, i) => {
        this.#replaced.set(v, made.outputs[i])
        this.#note(v, made.tangents[i])
      })
    }
    if (node.inputs.some((v) => this.#replaced.has(v)))
      apply(primitive, inputs, node.attributes).forEach((y, i) => {
        this.#replaced.set(node.outputs[i], y)
      })
    if (!moves) return
    const outputs = node.outputs.map((v) => this.#replaced.get(v) ?? this.#trace.tensorOf(v))
    linearized(node, inputs, outputs, tangents).forEach((t, i) => {
      this.#note(node.outputs[i], t)
    })
  }

  #note(v: Value, tangent: Tangent): void {
    if (tangent !== undefined && isFloat(v.type.dtype)) this.#tangents.set(v, tangent)
  }
}

/**
 * Tangents of the outputs of one node. Its gradient rule u -> V(u) is linear in the cotangents u and is the transpose of what is wanted, so the
 * gradient of <V(u), tangents> with respect to u is it, whatever u.
 */
function linearized(
  node: Node,
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
  tangents: readonly Tangent[],
): Tangent[] {
  const moving = tangents.filter((t) => t !== undefined)
  let present: boolean[] = []
  const { graph, captured } = traceGraph(
    [...inputs, ...outputs, ...moving].map((x) => x.type),
    (...all) => {
      const own = all.slice(0, inputs.length)
      const results = all.slice(inputs.length, inputs.length + outputs.length)
      let at = inputs.length + outputs.length
      const directions = tangents.map((t) => (t === undefined ? undefined : all[at++]))
      const cotangents = outputs.map((y) => (isFloat(y.dtype) ? identity(zeros(y.shape, y.dtype)) : undefined))
      const pulled = node.primitive.gradient?.({
        node,
        inputs: own,
        outputs: results,
        cotangents,
        attributes: node.attributes,
        wanted: tangents.map((t) => t !== undefined),
      })
      const places = directions.flatMap((d, i) => (d !== undefined && pulled?.[i] !== undefined ? [i] : []))
      const transposed = vjp(
        places.map((i) => pulled?.[i] as Tensor),
        places.map((i) => directions[i]),
        cotangents.filter((u) => u !== undefined),
      )
      let next = 0
      const found = cotangents.map((u) => (u === undefined ? undefined : transposed[next++]))
      present = found.map((t) => t !== undefined)
      return found.filter((t) => t !== undefined)
    },
  )
  const results = inline({ ...graph, nodes: reachable(graph) }, [...captured, ...inputs, ...outputs, ...moving])
  let next = 0
  return present.map((p) => (p ? results[next++] : undefined))
}
