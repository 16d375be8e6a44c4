import { isFloat } from "../dtype.ts"
import { type Graph, type Node, newValue, reachable, type Value } from "../graph.ts"
import { zeros } from "../operators/constants.ts"
import { type ScanAttributes, scanPrimitive } from "../operators/control.ts"
import type { GradientContext, TensorType } from "../primitive.ts"
import type { Tensor } from "../tensor.ts"
import { apply, currentTrace, inline, type Trace, traceGraph } from "../trace.ts"
import { vjp } from "./gradient.ts"
import { cutResiduals } from "./residuals.ts"

/** Which of a scan's inputs, or of its results, something is said of. */
interface Parts<T> {
  readonly constants: T[]
  readonly carries: T[]
  readonly xs: T[]
}

/** One step and its reverse in one graph: what the reverse scan is cut out of. */
export interface Joint {
  readonly graph: Graph
  /** Tensors from outside that only a gradient rule closed over. */
  readonly captured: Tensor[]
  /** Values of `graph`: the step's inputs, the cotangents that come in, the outputs of the step, the cotangents that go out. */
  readonly inputs: Parts<Value>
  readonly incoming: { readonly carries: (Value | undefined)[]; readonly ys: (Value | undefined)[] }
  readonly outputs: Value[]
  readonly outgoing: Parts<Value | undefined>
}

/**
 * The reverse of a scan is a scan in the other direction. The forward scan is given the residuals that the reverse needs as
 * further ys; what a residual can be computed from cheaply is computed again. Cotangents that are zero by structure (a stopped
 * carry) are never carried.
 */
export function scanGradient(context: GradientContext<ScanAttributes>): readonly (Tensor | undefined)[] {
  const { node, inputs, attributes, cotangents, wanted } = context
  const { body, constants, carries, length, reverse } = attributes
  const given = { carries: cotangents.slice(0, carries), ys: cotangents.slice(carries, body.outputs.length) }
  const differentiable = activeInputs(attributes, wanted)
  const joint = settle(attributes, given, differentiable)
  const carried = joint.incoming.carries.map((v) => v !== undefined)

  const cut = cutResiduals(joint)
  const residuals = extendForward(node, attributes, joint, cut.residuals)

  // What the reverse step reads: constants and captured tensors, cotangents of the carries, then one slice of each residual, x and dy.
  const fixed: [Value, Tensor][] = []
  const sliced: [Value, Tensor][] = cut.residuals.map((v, i) => [v, residuals[i]])
  const use = (list: [Value, Tensor][], v: Value, tensor: Tensor) => {
    if (cut.read.has(v)) list.push([v, tensor])
  }
  joint.captured.forEach((tensor, i) => {
    use(fixed, joint.graph.inputs[i], tensor)
  })
  joint.inputs.constants.forEach((v, i) => {
    use(fixed, v, inputs[i])
  })
  joint.inputs.xs.forEach((v, i) => {
    use(sliced, v, inputs[constants + carries + i])
  })
  joint.incoming.ys.forEach((v, i) => {
    if (v !== undefined) sliced.push([v, given.ys[i] as Tensor])
  })
  const incoming = joint.incoming.carries.filter((v) => v !== undefined)
  const summed = joint.outgoing.constants.flatMap((v, i) => (v === undefined ? [] : [i]))
  const outXs = joint.outgoing.xs.flatMap((v, i) => (v === undefined ? [] : [i]))

  const starts = [
    ...joint.incoming.carries.flatMap((v, i) =>
      v === undefined ? [] : [given.carries[i] ?? zerosOf(body.outputs[i].type)],
    ),
    ...summed.map((i) => zerosOf(body.inputs[i].type)),
  ]
  const stepTypes = [...fixed.map(([v]) => v.type), ...starts.map((x) => dense(x.type)), ...sliced.map(([v]) => v.type)]
  const { graph: step } = traceGraph(stepTypes, (...values) => {
    const read = values.slice(0, fixed.length)
    const state = values.slice(fixed.length, fixed.length + starts.length)
    const slices = values.slice(fixed.length + starts.length)
    const outputs = [
      ...joint.outgoing.carries.filter((_, i) => carried[i]),
      ...joint.outgoing.constants,
      ...joint.outgoing.xs,
    ].filter((v) => v !== undefined)
    const part: Graph = {
      inputs: [...fixed.map(([v]) => v), ...incoming, ...sliced.map(([v]) => v)],
      nodes: cut.nodes,
      outputs,
      constants: new Map(),
    }
    const found = inline(part, [...read, ...state.slice(0, incoming.length), ...slices])
    let next = 0
    const nextCarries = joint.outgoing.carries
      .filter((_, i) => carried[i])
      .map((v, i) => (v === undefined ? zerosOf(incoming[i].type) : found[next++]))
    const sums = summed.map((_, i) => state[incoming.length + i].add(found[next++]))
    return [...nextCarries, ...sums, ...found.slice(next)]
  })
  const results = apply(scanPrimitive, [...fixed.map(([, t]) => t), ...starts, ...sliced.map(([, t]) => t)], {
    body: step,
    length,
    reverse: !reverse,
    constants: fixed.length,
    carries: starts.length,
  })

  const gradients: (Tensor | undefined)[] = new Array(inputs.length).fill(undefined)
  let next = 0
  carried.forEach((on, i) => {
    if (on) gradients[constants + i] = results[next++]
  })
  for (const i of summed) gradients[i] = results[next++]
  for (const i of outXs) gradients[constants + carries + i] = results[next++]
  return gradients
}

const zerosOf = (type: TensorType): Tensor => zeros(type.shape, type.dtype)
const dense = ({ dtype, shape }: TensorType): TensorType => ({ dtype, shape })

/** Which inputs of the step a gradient can reach the wanted inputs through: a carry does when any step before makes it depend on one. */
function activeInputs({ body, constants, carries }: ScanAttributes, wanted: readonly boolean[]): boolean[] {
  const active = wanted.map((w, i) => w && isFloat(body.inputs[i].type.dtype))
  for (let changed = true; changed; ) {
    changed = false
    const reached = new Set<Value>(body.inputs.filter((_, i) => active[i]))
    for (const node of body.nodes)
      if (node.primitive.gradient !== undefined && node.inputs.some((v) => reached.has(v)))
        for (const v of node.outputs) if (isFloat(v.type.dtype)) reached.add(v)
    for (let i = 0; i < carries; i++)
      if (!active[constants + i] && reached.has(body.outputs[i])) {
        active[constants + i] = true
        changed = true
      }
  }
  return active
}

/** The joint graph once the set of carries that bring a cotangent from the step after no longer grows. */
function settle(
  attributes: ScanAttributes,
  given: { carries: readonly (Tensor | undefined)[]; ys: readonly (Tensor | undefined)[] },
  differentiable: readonly boolean[],
): Joint {
  const { constants, carries } = attributes
  let carried = given.carries.map((g, i) => g !== undefined && differentiable[constants + i])
  for (;;) {
    const joint = traceJoint(
      attributes,
      carried,
      given.ys.map((g) => g !== undefined),
      differentiable,
    )
    const next = carried.map((on, i) => on || joint.outgoing.carries[i] !== undefined)
    if (next.every((on, i) => on === carried[i])) return joint
    carried = next
    if (carries === 0) return joint
  }
}

function traceJoint(
  { body, constants, carries }: ScanAttributes,
  carried: readonly boolean[],
  ys: readonly boolean[],
  differentiable: readonly boolean[],
): Joint {
  const arriving = [...carried, ...ys]
  const arrivingTypes = body.outputs.flatMap(({ type }, i) => (arriving[i] ? [dense(type)] : []))
  let outputs: Value[] = []
  let outgoing: (Value | undefined)[] = []
  let own: Value[] = []
  const { graph, captured } = traceGraph([...body.inputs.map((v) => v.type), ...arrivingTypes], (...all) => {
    const trace = currentTrace() as Trace
    const inputs = all.slice(0, body.inputs.length)
    let next = body.inputs.length
    const cotangents = arriving.map((on) => (on ? all[next++] : undefined))
    const results = inline(body, inputs)
    const chosen = inputs.filter((_, i) => differentiable[i])
    const found = vjp(results, cotangents, chosen)
    let k = 0
    own = all.map((x) => trace.lift(x))
    outputs = results.map((x) => trace.lift(x))
    outgoing = inputs.map((_, i) => {
      const g = differentiable[i] ? found[k++] : undefined
      return g && trace.lift(g)
    })
    return [...results, ...outgoing.filter((v) => v !== undefined).map((v) => trace.tensorOf(v))]
  })
  let next = body.inputs.length
  const incoming = arriving.map((on) => (on ? own[next++] : undefined))
  const parts = <T>(list: readonly T[]): Parts<T> => ({
    constants: list.slice(0, constants),
    carries: list.slice(constants, constants + carries),
    xs: list.slice(constants + carries, body.inputs.length),
  })
  return {
    graph,
    captured,
    inputs: parts(own),
    incoming: { carries: incoming.slice(0, carries), ys: incoming.slice(carries) },
    outputs,
    outgoing: parts(outgoing),
  }
}

/** Adds residuals to the outputs of the forward scan; the step is replaced by the forward part of the joint graph. */
function extendForward(node: Node, attributes: ScanAttributes, joint: Joint, residuals: readonly Value[]): Tensor[] {
  if (residuals.length === 0) return []
  const { constants, carries, length } = attributes
  const before = joint.graph.inputs.slice(0, joint.captured.length)
  const outputs = [...joint.outputs, ...residuals]
  const nodes = reachable({ nodes: joint.graph.nodes, outputs })
  const used = new Set(nodes.flatMap((n) => n.inputs))
  const extra = joint.captured.map((tensor, i) => [tensor, before[i]] as const).filter(([, v]) => used.has(v))
  const body: Graph = {
    inputs: [...extra.map(([, v]) => v), ...joint.inputs.constants, ...joint.inputs.carries, ...joint.inputs.xs],
    nodes,
    outputs,
    constants: new Map(),
  }
  const trace = currentTrace() as Trace
  const changed = node as { -readonly [K in keyof Node]: Node[K] }
  changed.inputs = [...extra.map(([tensor]) => trace.lift(tensor)), ...node.inputs]
  changed.attributes = { ...attributes, body, constants: constants + extra.length, carries } satisfies ScanAttributes
  return residuals.map((v) => {
    const value = newValue({ ...v.type, shape: [length, ...v.type.shape] }, node)
    node.outputs.push(value)
    return trace.tensorOf(value)
  })
}
