import { type Graph, type Node, reachable, type Value } from "../graph.ts"
import { fullPrimitive } from "../operators/constants.ts"
import { elementwisePrimitives } from "../operators/elementwise.ts"
import { broadcastPrimitive, reshapePrimitive, transposePrimitive } from "../operators/layout.ts"
import { maskedMatmulPrimitive } from "../operators/matmul.ts"
import { attributesKey } from "../print.ts"
import { type Shape, sameShape } from "../shape.ts"
import { fuseScans } from "./fuse-scans.ts"
import { groupSteps } from "./group-steps.ts"
import { type Emit, inlineCalls, mapGraphs, rebuild } from "./inline-calls.ts"
import { pruneScans, tightenScan } from "./simplify-scan.ts"

/**
 * The same function with less to do: calls inlined, identities gone, constants folded, common subexpressions merged, dead nodes
 * and dead scan results dropped, what does not change hoisted out of scans, scans that follow one another step by step fused.
 */
export function simplify(graph: Graph): Graph {
  let current = inlineCalls(graph)
  for (let round = 0; round < 4; round++) {
    const before = current.nodes.length
    current = fuseScans(clean(current))
    if (round > 0 && current.nodes.length === before) break
  }
  return maskProducts(clean(groupSteps(current)))
}

/** One pass: rewriting, merging and dropping, in bodies first. */
export function clean(graph: Graph): Graph {
  const seen = new Map<string, readonly Value[]>()
  const pruned = pruneScans({ ...graph, nodes: reachable(graph) })
  const made = rebuild(pruned, (node, inputs, emit) => {
    const attributes = mapGraphs(node.attributes, clean)
    const simpler = rewrite(node, inputs, attributes, emit)
    if (simpler !== undefined) return simpler
    if (node.primitive.name === "barrier") return emit(node.primitive, inputs, attributes)
    const key = `${node.primitive.name}(${inputs.map((v) => v.id).join(",")})${attributesKey(attributes)}`
    const twin = seen.get(key)
    if (twin !== undefined) return twin
    const outputs =
      node.primitive.name === "scan" ? tightenScan(inputs, attributes, emit) : emit(node.primitive, inputs, attributes)
    seen.set(key, outputs)
    return outputs
  })
  return { ...made, nodes: reachable(made) }
}

/** The one number that fills a value, if it is a constant of one repeated number. */
const filled = (v: Value): number | undefined =>
  v.node?.primitive === fullPrimitive ? (v.node.attributes.value as number) : undefined

const fill = (emit: Emit, shape: Shape, value: number, dtype: string): Value[] =>
  emit(fullPrimitive, [], { shape, value, dtype })

function rewrite(
  node: Node,
  inputs: readonly Value[],
  attributes: Node["attributes"],
  emit: Emit,
): readonly Value[] | undefined {
  const [x, y] = inputs
  const { name, kind } = node.primitive
  const { type } = node.outputs[0] ?? {}
  switch (name) {
    case "stopGradient":
    case "identity":
      return [x]
    case "asEvents":
      return x.type.events === true ? [x] : undefined
    case "reshape":
      if (sameShape(x.type.shape, attributes.shape)) return [x]
      if (x.node?.primitive === reshapePrimitive)
        return rewriteAgain(reshapePrimitive, [x.node.inputs[0]], attributes, emit)
      break
    case "transpose":
      if (x.node?.primitive === transposePrimitive) {
        const inner = x.node.attributes.order as number[]
        const order = (attributes.order as number[]).map((axis) => inner[axis])
        return order.every((axis, i) => axis === i)
          ? [x.node.inputs[0]]
          : emit(transposePrimitive, [x.node.inputs[0]], { order })
      }
      break
    case "broadcast":
      if (sameShape(x.type.shape, attributes.shape)) return [x]
      if (x.node?.primitive === broadcastPrimitive)
        return rewriteAgain(broadcastPrimitive, [x.node.inputs[0]], attributes, emit)
      break
    case "cast":
      if (x.type.dtype === attributes.dtype) return [x]
      break
    case "add":
      if (filled(x) === 0) return [y]
      if (filled(y) === 0) return [x]
      break
    case "sub":
      if (filled(y) === 0) return [x]
      break
    case "mul":
      if (filled(x) === 1) return [y]
      if (filled(y) === 1) return [x]
      break
    case "div":
      if (filled(y) === 1) return [x]
      break
    case "pow":
      return simplePower(x, filled(y), emit)
  }
  if (kind === "view" && x !== undefined && filled(x) !== undefined && name !== "asEvents")
    return fill(emit, type.shape, filled(x) as number, type.dtype)
  if (kind === "elementwise" && inputs.length > 0 && inputs.every((v) => filled(v) !== undefined))
    return foldScalars(node, inputs, attributes, emit)
  return undefined
}

/** Powers that cost one instruction. */
function simplePower(x: Value, exponent: number | undefined, emit: Emit): readonly Value[] | undefined {
  const { shape, dtype } = x.type
  const operator = (name: string, ...inputs: Value[]): Value[] =>
    emit(elementwisePrimitives.get(name) as Node["primitive"], inputs, {})
  if (exponent === 1) return [x]
  if (exponent === 2) return operator("mul", x, x)
  if (exponent === -1) return operator("div", ...fill(emit, shape, 1, dtype), x)
  return exponent === 0.5 ? operator("sqrt", x) : undefined
}

const rewriteAgain = (
  primitive: Node["primitive"],
  inputs: readonly Value[],
  attributes: { shape: Shape },
  emit: Emit,
): readonly Value[] =>
  sameShape(inputs[0].type.shape, attributes.shape) ? inputs : emit(primitive, inputs, attributes)

/** An elementwise operator on repeated numbers is a repeated number. */
function foldScalars(node: Node, inputs: readonly Value[], attributes: object, emit: Emit): readonly Value[] {
  const scalars = inputs.map(
    (v) =>
      fullPrimitive.evaluate([], { shape: [], value: filled(v) as number, dtype: v.type.dtype }, [
        { ...v.type, shape: [] },
      ])[0],
  )
  const { type } = node.outputs[0]
  const [folded] = node.primitive.evaluate(scalars, attributes, [{ dtype: type.dtype, shape: [] }])
  return fill(emit, type.shape, folded.data[0], type.dtype)
}

/**
 * A product whose only use is to be multiplied by the surrogate derivative of spikes need not be computed where that is 0: `(g · Wᵀ) * d`
 * becomes one masked product. Surrogate gradients mark their derivative with `asEvents` where it is mostly 0.
 */
function maskProducts(graph: Graph): Graph {
  const uses = new Map<Value, number>()
  for (const node of graph.nodes) for (const v of node.inputs) uses.set(v, (uses.get(v) ?? 0) + 1)
  for (const v of graph.outputs) uses.set(v, (uses.get(v) ?? 0) + 1)
  const made = rebuild(graph, (node, inputs, emit) => {
    const attributes = mapGraphs(node.attributes, maskProducts)
    if (node.primitive.name === "mul")
      for (const [k, factor] of [
        [0, 1],
        [1, 0],
      ]) {
        const product = inputs[k]
        if (
          product.node?.primitive.name === "matmul" &&
          uses.get(node.inputs[k]) === 1 &&
          inputs[factor].type.events === true &&
          product.type.shape.length === 2
        )
          return emit(maskedMatmulPrimitive, [...product.node.inputs, inputs[factor]], {})
      }
    return emit(node.primitive, inputs, attributes)
  })
  return { ...made, nodes: reachable(made) }
}
