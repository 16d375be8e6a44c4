import { isFloat } from "../dtype.ts"
import { CajalError, callerLine } from "../errors.ts"
import type { Graph, Node, Value } from "../graph.ts"
import { type CondAttributes, condPrimitive, type ScanAttributes, scanPrimitive } from "../operators/control.ts"
import { at } from "../operators/layout.ts"
import { formatShape } from "../shape.ts"
import type { Tensor } from "../tensor.ts"
import { apply, inline } from "../trace.ts"

/** True where some element is not a number. */
export const hasNaN = (x: Tensor): boolean => isFloat(x.dtype) && x.array().some(Number.isNaN)

/**
 * Runs a graph operator by operator to find the first one that makes NaN out of numbers, inside loops and branches too.
 * @throws CajalError naming it, its step, and between what its inputs lie
 */
export function explainNaN(graph: Graph, inputs: readonly Tensor[]): never {
  search(graph, inputs, "")
  throw new CajalError("a compiled function returned NaN that its operators, run one by one, do not make", {
    where: callerLine(),
    hint: "its inputs hold NaN, or its numbers are close to where they overflow",
  })
}

function search(graph: Graph, inputs: readonly Tensor[], place: string): void {
  const known = new Map<Value, Tensor>(graph.constants)
  graph.inputs.forEach((v, i) => {
    known.set(v, inputs[i])
  })
  for (const node of graph.nodes) {
    const own = node.inputs.map((v) => known.get(v) as Tensor)
    const results = apply(node.primitive, own, node.attributes)
    if (results.some(hasNaN) && !own.some(hasNaN)) blame(node, own, place)
    node.outputs.forEach((v, i) => {
      known.set(v, results[i])
    })
  }
}

function blame(node: Node, inputs: readonly Tensor[], place: string): never {
  if (node.primitive === scanPrimitive) searchScan(node.attributes, inputs, place)
  if (node.primitive === condPrimitive) searchCond(node.attributes, inputs, place)
  const { type } = node.outputs[0]
  const ranges = inputs.filter((x) => isFloat(x.dtype) && x.size > 0).map(rangeOf)
  throw new CajalError(`NaN came out of ${node.primitive.name} ${type.dtype} ${formatShape(type.shape)}${place}`, {
    where: callerLine(),
    hint: ranges.length === 0 ? undefined : `its inputs lie between ${ranges.join(", and between ")}`,
  })
}

function rangeOf(x: Tensor): string {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const value of x.array()) {
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  return `${Number(low.toPrecision(4))} and ${Number(high.toPrecision(4))}`
}

function searchScan(
  { body, length, reverse, constants, carries }: ScanAttributes,
  inputs: readonly Tensor[],
  place: string,
): void {
  const fixed = inputs.slice(0, constants)
  const xs = inputs.slice(constants + carries)
  let carried = inputs.slice(constants, constants + carries)
  for (let i = 0; i < length; i++) {
    const t = reverse ? length - 1 - i : i
    const own = [...fixed, ...carried, ...xs.map((x) => at(x, t))]
    search(body, own, `${place} at step ${t} of ${length} of a scan`)
    carried = inline(body, own).slice(0, carries)
  }
}

function searchCond(
  { then, otherwise, split }: CondAttributes,
  [condition, ...inputs]: readonly Tensor[],
  place: string,
): void {
  const holds = condition.item() !== 0
  search(holds ? then : otherwise, holds ? inputs.slice(0, split) : inputs.slice(split), `${place} in a branch of cond`)
}
