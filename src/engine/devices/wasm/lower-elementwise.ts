import { bytesOf } from "../../dtype.ts"
import type { Node, Value } from "../../graph.ts"
import { sizeOf } from "../../shape.ts"
import type { Ref } from "./kernels/expression.ts"
import { emitMap, type MapSpec, specKey } from "./kernels/map.ts"
import { type After, lowerProduct } from "./kernels/products/table.ts"
import { type Combine, emitReduce, type ReduceSpec } from "./kernels/reduce.ts"
import { type GraphLowering, isFill } from "./lower.ts"
import { plain, type Unit } from "./units.ts"
import { type View, wholeView } from "./views.ts"

/** A group of elementwise operators, or a reduction with the group that feeds it, as one kernel. */
export function lowerElementwise(lower: GraphLowering, unit: Unit): void {
  if (unit.kind === "map") return lowerMap(lower, mapOf(lower, unit, unit.nodes))
  const reduction = unit.nodes[unit.nodes.length - 1]
  const { operands, expression, ref } = expressionOf(lower, unit.nodes.slice(0, -1))
  lowerReduction(lower, unit, reduction, operands, expression, ref(reduction.inputs[0]))
}

/** A matrix product and the group that reads it, as one kernel where there is such a kernel. */
export function lowerProductAndMap(lower: GraphLowering, unit: Unit): void {
  const [product, ...rest] = unit.nodes
  const to = lower.output(product.outputs[0])
  const after = mapOf(lower, unit, rest)
  if (sizeOf(unit.shape) > 0 && !lowerProduct(lower, product, to, false, after)) lowerMap(lower, after)
}

function lowerMap(lower: GraphLowering, { spec, operands, name }: After): void {
  if (sizeOf(spec.shape) === 0) return
  lower.call(`${name} ${specKey(spec)}`, operands, (own) => emitMap(lower.module, own, spec))
}

/** Elementwise nodes of a unit, their operands, and where their results are to go. */
function mapOf(lower: GraphLowering, unit: Unit, nodes: readonly Node[]): After {
  const { operands, expression, ref } = expressionOf(lower, nodes)
  const results = nodes.filter((node) => lower.isReadOutside(node.outputs[0], unit))
  const views = results.map((node) => lower.output(node.outputs[0]))
  const spec: MapSpec = {
    shape: unit.shape,
    inputs: operands.map(({ dtype, strides }) => ({ dtype, strides })),
    nodes: expression,
    outputs: results.map(({ outputs: [v] }) => ({ ref: ref(v), dtype: v.type.dtype })),
  }
  return { spec, operands: [...operands, ...views], name: nodes.map((node) => node.primitive.name).join("_") }
}

/** Elementwise nodes as an expression on operands. */
function expressionOf(lower: GraphLowering, nodes: readonly Node[]) {
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
  return { operands, expression, ref }
}

/** Results so few that threads cannot share them, of elements so many that they should share those. */
const fewResults = 64
const manyElements = 65_536
const mostParts = 16

/**
 * A reduction with the group that feeds it. Many elements that come to few results are cut into parts, as many for any number of threads, whose
 * results are reduced again.
 */
function lowerReduction(
  lower: GraphLowering,
  { shape, nodes }: Unit,
  { primitive, attributes, outputs: [out] }: Node,
  operands: readonly View[],
  expression: ReduceSpec["nodes"],
  ref: Ref,
): void {
  const { dtype } = out.type
  const combine = primitive.name as Combine
  const axes = attributes.axes as readonly number[]
  const to = lower.output(out)
  if (sizeOf(shape) === 0) return lower.fill(to, 0)
  const run = (own: Omit<ReduceSpec, "inputs" | "combine" | "dtype">, from: readonly View[], result: View) => {
    const inputs = from.map((view) => ({ dtype: view.dtype, strides: view.strides }))
    const spec: ReduceSpec = { ...own, inputs, combine, dtype }
    const names = own.nodes.length === 0 ? combine : nodes.map((node) => node.primitive.name).join("_")
    lower.call(`${names} ${specKey(spec)}`, [...from, result], (name) => emitReduce(lower.module, name, spec))
  }
  const axis = axes.reduce((a, b) => (shape[b] > shape[a] ? b : a), axes[0])
  if (sizeOf(to.shape) >= fewResults || sizeOf(shape) < manyElements || shape[axis] < mostParts)
    return run({ shape, axes, nodes: expression, ref }, operands, to)
  const length = Math.ceil(shape[axis] / mostParts)
  const whole = Math.floor(shape[axis] / length)
  const rest = shape[axis] - whole * length
  const count = whole + Math.sign(rest)
  const cut = (size: number): number[] => shape.map((n, i) => (i === axis ? size : n))
  const parts = wholeView(lower.scratch(count * sizeOf(to.shape) * bytesOf[dtype]), dtype, [count, ...to.shape])
  run(
    { shape: [whole, ...cut(length)], axes: axes.map((i) => i + 1), nodes: expression, ref },
    operands.map((view) => ({ ...view, strides: [view.strides[axis] * length, ...view.strides] })),
    parts,
  )
  if (rest > 0)
    run(
      { shape: cut(rest), axes, nodes: expression, ref },
      operands.map((view) => ({ ...view, offset: view.offset + whole * length * view.strides[axis] })),
      { ...parts, offset: whole * sizeOf(to.shape) },
    )
  run({ shape: parts.shape, axes: [0], nodes: [], ref: { input: 0 } }, [parts], to)
}
