import type { Value } from "../../graph.ts"
import { sizeOf } from "../../shape.ts"
import type { Ref } from "./kernels/expression.ts"
import { emitMap, type MapSpec } from "./kernels/map.ts"
import { type Combine, emitReduce, type ReduceSpec } from "./kernels/reduce.ts"
import { type GraphLowering, isFill, specKey } from "./lower.ts"
import { plain, type Unit } from "./units.ts"
import type { View } from "./views.ts"

/** A group of elementwise operators, or a reduction with the group that feeds it, as one kernel. */
export function lowerElementwise(lower: GraphLowering, unit: Unit): void {
  const reduction = unit.kind === "reduce" ? unit.nodes[unit.nodes.length - 1] : undefined
  const nodes = unit.nodes.filter((node) => node !== reduction)
  const numbers = new Map<Value, number>(nodes.map((node, i) => [node.outputs[0], i]))
  const operands: View[] = []
  const known = new Map<Value, Ref>()
  const ref = (given: Value): Ref => {
    const v = plain(given)
    const own = numbers.get(v)
    if (own !== undefined) return { node: own }
    const before = known.get(v)
    if (before !== undefined) return before
    const place = lower.resolve(v)
    const made: Ref = isFill(place) ? { constant: place.fill, dtype: place.dtype } : { input: operands.push(place) - 1 }
    known.set(v, made)
    return made
  }
  const expression = nodes.map((node) => ({
    name: node.primitive.name,
    input: node.inputs[node.inputs.length - 1].type.dtype,
    output: node.outputs[0].type.dtype,
    args: node.inputs.map(ref),
  }))
  if (reduction !== undefined) {
    const [out] = reduction.outputs
    const result = ref(reduction.inputs[0])
    const inputs = operands.map(({ dtype, strides }) => ({ dtype, strides }))
    const spec: ReduceSpec = {
      shape: unit.shape,
      inputs,
      nodes: expression,
      axes: reduction.attributes.axes,
      combine: reduction.primitive.name as Combine,
      dtype: out.type.dtype,
      ref: result,
    }
    const names = [...nodes, reduction].map((node) => node.primitive.name).join("_")
    if (sizeOf(unit.shape) === 0) return lower.fill(lower.output(out), 0)
    return lower.call(`${names} ${specKey(spec)}`, [...operands, lower.output(out)], (name) =>
      emitReduce(lower.module, name, spec),
    )
  }
  const results = nodes.filter((node) => lower.isReadOutside(node.outputs[0], unit))
  const views = results.map((node) => lower.output(node.outputs[0]))
  if (sizeOf(unit.shape) === 0) return
  const spec: MapSpec = {
    shape: unit.shape,
    inputs: operands.map(({ dtype, strides }) => ({ dtype, strides })),
    nodes: expression,
    outputs: results.map((node) => ({
      ref: { node: numbers.get(node.outputs[0]) as number },
      dtype: node.outputs[0].type.dtype,
    })),
  }
  lower.call(
    `${nodes.map((node) => node.primitive.name).join("_")} ${specKey(spec)}`,
    [...operands, ...views],
    (name) => emitMap(lower.module, name, spec),
  )
}
