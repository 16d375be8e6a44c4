import { evaluateGraph } from "../devices/reference.ts"
import type { Graph } from "../graph.ts"
import { broadcastTo } from "../operators/layout.ts"
import { barrier } from "../operators/stop.ts"
import { type Primitive, primitive } from "../primitive.ts"
import type { Tensor } from "../tensor.ts"
import { apply, currentTrace, traceGraph } from "../trace.ts"
import { flatten, type Tree, unflatten } from "../tree.ts"
import { vjpOfGraph } from "./gradient.ts"
import { vectorizeGraph } from "./vectorize.ts"

type Backward = (
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
  cotangents: readonly (Tensor | undefined)[],
  wanted: readonly boolean[],
) => readonly (Tensor | undefined)[]

export interface CallAttributes {
  readonly label: string
  readonly graph: Graph
  readonly backward: Backward
}

/** A traced function with a gradient rule of its own. Programs inline it. */
export const callPrimitive: Primitive<CallAttributes> = primitive<CallAttributes>({
  name: "call",
  type: (_, { graph }) => graph.outputs.map((v) => v.type),
  evaluate: (inputs, { graph }) => evaluateGraph(graph, inputs),
  gradient: ({ inputs, outputs, cotangents, wanted, attributes }) =>
    attributes.backward(inputs, outputs, cotangents, wanted),
  batch(inputs, batched, { label, graph, backward }, size) {
    const whole = inputs.map((x, i) => (batched[i] ? x : broadcastTo(x, [size, ...x.shape])))
    const all = inputs.map(() => true)
    const { graph: lifted, captured } = traceGraph(
      whole.map((x) => x.type),
      (...xs) => vectorizeGraph(graph, xs, all, size),
    )
    const rule: Backward = (xs, ys, gs, wanted) =>
      vectorizeBackward(
        backward,
        xs.slice(captured.length),
        ys,
        gs,
        wanted.slice(captured.length),
        size,
        captured.length,
      )
    return apply(callPrimitive, [...captured, ...whole], { label, graph: lifted, backward: rule })
  },
})

/** The backward rule of one example, for many: traced once for one and then batched. */
function vectorizeBackward(
  backward: Backward,
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
  cotangents: readonly (Tensor | undefined)[],
  wanted: readonly boolean[],
  size: number,
  skip: number,
): (Tensor | undefined)[] {
  const given = cotangents.filter((g) => g !== undefined)
  const flat = [...inputs, ...outputs, ...given]
  let present: boolean[] = []
  const { graph, captured } = traceGraph(
    flat.map(({ type }) => ({ ...type, shape: type.shape.slice(1) })),
    (...xs) => {
      const own = xs.slice(0, inputs.length)
      const results = xs.slice(inputs.length, inputs.length + outputs.length)
      let next = inputs.length + outputs.length
      const gs = cotangents.map((g) => (g === undefined ? undefined : xs[next++]))
      const found = backward(own, results, gs, wanted)
      present = inputs.map((_, i) => found[i] !== undefined)
      return found.filter((g) => g !== undefined)
    },
  )
  const results = vectorizeGraph(
    graph,
    [...captured, ...flat],
    [...captured.map(() => false), ...flat.map(() => true)],
    size,
  )
  let next = 0
  return [...new Array(skip).fill(undefined), ...present.map((p) => (p ? results[next++] : undefined))]
}

/**
 * A function with a gradient rule of its own: surrogate gradients, straight-through estimators, hand-written rules.
 * @param forward tensors to one tensor
 * @param backward `(inputs, output, g) =>` the cotangents of the inputs (undefined for none), `g` being that of the output.
 *   It is traced too, so it can be differentiated again.
 */
export function customGradient<T extends readonly Tensor[]>(
  forward: (...inputs: T) => Tensor,
  backward: (inputs: T, output: Tensor, g: Tensor) => readonly (Tensor | undefined)[],
): (...inputs: T) => Tensor {
  return (...inputs) => {
    if (currentTrace() === undefined) return forward(...inputs)
    const { graph, captured } = traceGraph(
      inputs.map((x) => x.type),
      (...xs) => [forward(...(xs as unknown as T))],
    )
    const rule: Backward = (xs, [y], [g]) => [
      ...captured.map(() => undefined),
      ...(g === undefined ? [] : backward(xs.slice(captured.length) as unknown as T, y, g)),
    ]
    return apply(callPrimitive, [...captured, ...inputs], { label: forward.name || "custom", graph, backward: rule })[0]
  }
}

/** The same function, whose inner values are computed again in the reverse pass instead of kept. */
export function checkpoint<A extends Tree[], R extends Tree>(fn: (...args: A) => R): (...args: A) => R {
  return (...args) => {
    if (currentTrace() === undefined) return fn(...args)
    const flat = flatten(args)
    let structure: ReturnType<typeof flatten>["structure"] | undefined
    const { graph, captured } = traceGraph(
      flat.leaves.map((x) => x.type),
      (...leaves) => {
        const result = flatten(fn(...(unflatten(flat.structure, leaves) as A)))
        structure = result.structure
        return result.leaves
      },
    )
    const rule: Backward = (xs, _, gs, wanted) => {
      const given = gs.filter((g) => g !== undefined)
      const held = barrier([...xs, ...given])
      let next = xs.length
      return vjpOfGraph(
        graph,
        held.slice(0, xs.length),
        gs.map((g) => (g === undefined ? undefined : held[next++])),
        wanted,
      )
    }
    const outputs = apply(callPrimitive, [...captured, ...flat.leaves], {
      label: fn.name || "checkpoint",
      graph,
      backward: rule,
    })
    return unflatten(structure as never, outputs)
  }
}

/** Straight-through: `forward` on the way there, the identity on the way back. */
export const straightThrough = (forward: (x: Tensor) => Tensor): ((x: Tensor) => Tensor) =>
  customGradient<[Tensor]>(forward, (_, __, g) => [g])
