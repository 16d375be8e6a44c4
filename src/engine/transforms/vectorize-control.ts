import type { Graph } from "../graph.ts"
import { type CondAttributes, condPrimitive, type ScanAttributes, scanPrimitive } from "../operators/control.ts"
import { where } from "../operators/elementwise.ts"
import { broadcastTo, reshape, transpose } from "../operators/layout.ts"
import type { TensorType } from "../primitive.ts"
import type { Tensor } from "../tensor.ts"
import { apply, traceGraph } from "../trace.ts"
import { vectorizeGraph } from "./vectorize.ts"

const swapFirst = (x: Tensor): Tensor => transpose(x, [1, 0, ...x.shape.slice(2).map((_, i) => i + 2)])
const repeat = (x: Tensor, size: number): Tensor => broadcastTo(x, [size, ...x.shape])

/** A scan of many examples is a scan whose step is batched; every carry gets the new axis. */
export function batchScan(
  inputs: readonly Tensor[],
  batched: readonly boolean[],
  attributes: ScanAttributes,
  size: number,
): Tensor[] {
  const { body, constants, carries } = attributes
  const isCarry = (i: number): boolean => i >= constants && i < constants + carries
  const flags = batched.map((on, i) => on || isCarry(i))
  const whole = inputs.map((x, i) => {
    if (isCarry(i)) return batched[i] ? x : repeat(x, size)
    return batched[i] && i >= constants + carries ? swapFirst(x) : x
  })
  const types: TensorType[] = body.inputs.map(({ type }, i) =>
    flags[i] ? { ...type, shape: [size, ...type.shape] } : type,
  )
  const { graph, captured } = traceGraph(types, (...xs) => vectorizeGraph(body, xs, flags, size))
  const outputs = apply(scanPrimitive, [...captured, ...whole], {
    ...attributes,
    body: graph,
    constants: constants + captured.length,
  })
  return outputs.map((y, i) => (i < carries ? y : swapFirst(y)))
}

/** With one condition for all, a branch of many examples; with one condition each, both branches and a choice. */
export function batchCond(
  inputs: readonly Tensor[],
  batched: readonly boolean[],
  { then, otherwise, split }: CondAttributes,
  size: number,
): Tensor[] {
  const [condition, ...rest] = inputs
  const flags = batched.slice(1)
  const [mine, theirs] = [rest.slice(0, split), rest.slice(split)]
  if (batched[0]) {
    const a = vectorizeGraph(then, mine, flags.slice(0, split), size)
    const b = vectorizeGraph(otherwise, theirs, flags.slice(split), size)
    return a.map((x, i) =>
      where(broadcastTo(reshape(condition, [size, ...x.shape.slice(1).map(() => 1)]), x.shape), x, b[i]),
    )
  }
  const lift = (graph: Graph, own: readonly Tensor[], on: readonly boolean[]) =>
    traceGraph(
      own.map((x) => x.type),
      (...xs) => vectorizeGraph(graph, xs, on, size),
    )
  const [a, b] = [lift(then, mine, flags.slice(0, split)), lift(otherwise, theirs, flags.slice(split))]
  return apply(condPrimitive, [condition, ...a.captured, ...mine, ...b.captured, ...theirs], {
    then: a.graph,
    otherwise: b.graph,
    split: a.captured.length + split,
  })
}
