import { type Graph, type Node, newNode, newValue, reachable, type Value } from "../graph.ts"
import { type ScanAttributes, scanPrimitive } from "../operators/control.ts"
import { reshapePrimitive } from "../operators/layout.ts"
import { matmulPrimitive } from "../operators/matmul.ts"
import { eventsPrimitive } from "../operators/stop.ts"
import { sizeOf } from "../shape.ts"
import { type Emit, emitGraph, mapGraphs, rebuild } from "./inline-calls.ts"

/** Rows that a product has at most once the rows of several steps are put together, and steps that are. */
const mostRows = 640
const mostSteps = 32

/** A product of the step in which nothing of the recurrence is: x[t] · W. */
interface Ahead {
  readonly product: Node
  readonly x: Value
}

/**
 * Computes the products of a loop that take no part in its recurrence for several steps at once: a loop of T steps becomes a loop of T / G groups, each
 * one product of G times as many rows and a loop of G steps behind it. What a group keeps does not grow with T. Loops that add up products
 * are left alone: in them a step is learned from as soon as it is made, so that nothing of it is kept.
 */
export function groupSteps(graph: Graph): Graph {
  return rebuild(graph, (node, inputs, emit) => {
    const attributes = mapGraphs(node.attributes, groupSteps)
    const grouped = node.primitive === scanPrimitive ? groupScan(inputs, attributes, emit) : undefined
    return grouped ?? emit(node.primitive, inputs, attributes)
  })
}

function groupScan(inputs: readonly Value[], scan: ScanAttributes, emit: Emit): readonly Value[] | undefined {
  const ahead = productsAhead(scan)
  if (ahead.length === 0 || addsUpProducts(scan)) return undefined
  const steps = groupSize(scan.length, Math.max(...ahead.map(({ product }) => product.outputs[0].type.shape[0])))
  if (steps === 1) return undefined
  const { constants, carries, length } = scan
  const body = groupBody(scan, ahead, steps)
  if (steps === length) return emitGraph(body, inputs, emit)
  const split = (v: Value): Value =>
    emit(reshapePrimitive, [v], { shape: [length / steps, steps, ...v.type.shape.slice(1)] })[0]
  const outputs = emit(
    scanPrimitive,
    inputs.map((v, i) => (i < constants + carries ? v : split(v))),
    { ...scan, body, length: length / steps },
  )
  return outputs.map((v, i) =>
    i < carries ? v : emit(reshapePrimitive, [v], { shape: [length, ...v.type.shape.slice(2)] })[0],
  )
}

/** The most steps that divide a loop evenly and whose rows are not too many together. */
function groupSize(length: number, rows: number): number {
  for (let steps = Math.min(length, mostSteps, Math.floor(mostRows / rows)); steps > 1; steps--)
    if (length % steps === 0) return steps
  return 1
}

/** The step of the loop over groups: the products of a group, and the loop over its steps. */
function groupBody(
  { body, constants, carries, reverse }: ScanAttributes,
  ahead: readonly Ahead[],
  steps: number,
): Graph {
  const nodes: Node[] = []
  const emit: Emit = (primitive, inputs, attributes) => {
    const node = newNode(primitive, inputs, attributes)
    nodes.push(node)
    return node.outputs
  }
  const own = new Map(
    body.inputs.map((v, i) => [
      v,
      newValue(i < constants + carries ? v.type : { ...v.type, shape: [steps, ...v.type.shape] }),
    ]),
  )
  const ownOf = (v: Value): Value => own.get(v) as Value
  const made = new Map<Node, { inner: Value; outer: Value }>()
  for (const { product, x } of ahead) {
    const [left, right] = product.inputs
    const [rows, width] = left.type.shape
    const [all] = emit(reshapePrimitive, [ownOf(x)], { shape: [steps * rows, width] })
    const [factor] = left.type.events === true ? emit(eventsPrimitive, [all], {}) : [all]
    const [products] = emit(matmulPrimitive, [factor, copyViews(right, own, emit)], {})
    const { type } = product.outputs[0]
    const [outer] = emit(reshapePrimitive, [products], { shape: [steps, ...type.shape] })
    made.set(product, { inner: newValue(type), outer })
  }
  const rebuilt = rebuild(body, (node) => {
    const found = made.get(node)
    return found === undefined ? undefined : [found.inner]
  })
  const step = { ...rebuilt, nodes: reachable(rebuilt) }
  const read = new Set([...step.outputs, ...step.nodes.flatMap((node) => node.inputs)])
  const sliced = body.inputs.slice(constants + carries).filter((v) => read.has(v))
  const inputs = [...body.inputs.slice(0, constants + carries), ...sliced]
  const given = [...made.values()]
  const outputs = emit(scanPrimitive, [...inputs.map(ownOf), ...given.map((p) => p.outer)], {
    body: { ...step, inputs: [...inputs, ...given.map((p) => p.inner)] },
    length: steps,
    reverse,
    constants,
    carries,
  } satisfies ScanAttributes)
  return { inputs: body.inputs.map(ownOf), nodes, outputs, constants: body.constants }
}

const sameOrder = new Set(["reshape", "asEvents", "identity", "stopGradient"])

/** What a value is another shape of, element by element. */
const sourceOf = (v: Value): Value =>
  v.node !== undefined && sameOrder.has(v.node.primitive.name) ? sourceOf(v.node.inputs[0]) : v

const isMatrix = (v: Value): boolean => v.type.shape.length === 2 && sizeOf(v.type.shape) > 0

function productsAhead({ body, constants, carries }: ScanAttributes): Ahead[] {
  const fixed = new Set(body.inputs.slice(0, constants))
  const xs = new Set(body.inputs.slice(constants + carries))
  const isFixed = (v: Value): boolean =>
    fixed.has(v) || (v.node?.primitive.kind === "view" && isFixed(v.node.inputs[0]))
  return body.nodes.flatMap((product) => {
    if (product.primitive !== matmulPrimitive) return []
    const [left, right] = product.inputs
    const x = sourceOf(left)
    return isMatrix(left) && isMatrix(right) && xs.has(x) && isFixed(right) ? [{ product, x }] : []
  })
}

/** True for a loop that carries a sum of products: the gradient of a weight. */
const addsUpProducts = ({ body, constants, carries }: ScanAttributes): boolean =>
  body.outputs.slice(0, carries).some(({ node }, i) => {
    const old = body.inputs[constants + i]
    return (
      node?.primitive.name === "add" &&
      node.inputs.includes(old) &&
      node.inputs.some((v) => v.node?.primitive === matmulPrimitive)
    )
  })

/** The views that lead from an input to a value, in another graph. */
function copyViews(v: Value, inputs: ReadonlyMap<Value, Value>, emit: Emit): Value {
  const known = inputs.get(v)
  if (known !== undefined) return known
  const node = v.node as Node
  return emit(node.primitive, [copyViews(node.inputs[0], inputs, emit)], node.attributes)[0]
}
