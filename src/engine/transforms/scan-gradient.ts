import { bytesOf, isFloat } from "../dtype.ts"
import { type Graph, type Node, newValue, reachable, type Value } from "../graph.ts"
import { zeros } from "../operators/constants.ts"
import { type ScanAttributes, scanPrimitive } from "../operators/control.ts"
import type { GradientContext, TensorType } from "../primitive.ts"
import { sizeOf } from "../shape.ts"
import type { Tensor } from "../tensor.ts"
import { apply, currentTrace, inline, type Trace, traceGraph } from "../trace.ts"
import { type CallAttributes, callPrimitive } from "./custom.ts"
import { vjp } from "./gradient.ts"

/** Which of a scan's inputs, or of its results, something is said of. */
interface Parts<T> {
  readonly constants: T[]
  readonly carries: T[]
  readonly xs: T[]
}

/** One step and its reverse in one graph: what the reverse scan is cut out of. */
interface Joint {
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

/**
 * Cuts the joint graph: nodes that depend on a cotangent make the reverse step; what they read of the forward step are its
 * residuals, but for constants, xs and what follows cheaply from either or from other residuals.
 */
function cutResiduals(joint: Joint): { nodes: Node[]; residuals: Value[]; read: Set<Value> } {
  const late = new Set<Value>([...joint.incoming.carries, ...joint.incoming.ys].filter((v) => v !== undefined))
  const outgoing = [...joint.outgoing.constants, ...joint.outgoing.carries, ...joint.outgoing.xs].filter(
    (v) => v !== undefined,
  )
  const nodes = reachable({ nodes: joint.graph.nodes, outputs: outgoing })
  const needed = new Set(nodes)
  for (const node of nodes) if (node.inputs.some((v) => late.has(v))) for (const v of node.outputs) late.add(v)

  const free = new Set<Value>([
    ...joint.inputs.constants,
    ...joint.inputs.xs,
    ...joint.graph.inputs.slice(0, joint.captured.length),
  ])
  for (const node of nodes)
    if (!late.has(node.outputs[0]) && isCheap(node) && node.inputs.every((v) => free.has(v)))
      for (const v of node.outputs) free.add(v)

  const wanted = new Set<Value>()
  for (const node of nodes)
    if (late.has(node.outputs[0])) for (const v of node.inputs) if (!late.has(v) && !free.has(v)) wanted.add(v)
  for (const v of outgoing) if (!late.has(v) && !free.has(v)) wanted.add(v)
  const again = new Set<Node>()
  for (const v of wanted) {
    const { node } = v
    if (node?.primitive.kind !== "view" || sizeOf(node.inputs[0].type.shape) > sizeOf(v.type.shape)) continue
    // What a view is of is kept instead: another order of the same elements would be a copy.
    wanted.delete(v)
    again.add(node)
    if (!free.has(node.inputs[0])) wanted.add(node.inputs[0])
  }
  for (const v of [...wanted].reverse()) {
    wanted.delete(v)
    const path = cheapPath(v, (x) => free.has(x) || wanted.has(x))
    if (path === undefined) wanted.add(v)
    else for (const node of path) again.add(node)
  }
  keepFewer(wanted, (v) => free.has(v), again)
  const kept = joint.graph.nodes.filter(
    (node) => again.has(node) || (needed.has(node) && (late.has(node.outputs[0]) || free.has(node.outputs[0]))),
  )
  const read = new Set<Value>(kept.flatMap((node) => node.inputs))
  for (const v of outgoing) read.add(v)
  return { nodes: kept, residuals: [...wanted], read }
}

/**
 * Keeps, instead of residuals, a value that all of them follow from cheaply, where that takes fewer bytes: of a spiking neuron its membrane potential
 * instead of the spike and the surrogate derivative.
 */
function keepFewer(wanted: Set<Value>, isFree: (v: Value) => boolean, again: Set<Node>): void {
  for (;;) {
    const sources = new Map<Value, Map<Value, Set<Node>>>()
    for (const v of wanted)
      for (const source of cheapSources(v)) {
        if (isFree(source) || wanted.has(source)) continue
        const path = cheapPath(v, (x) => isFree(x) || x === source)
        if (path !== undefined) sources.set(source, (sources.get(source) ?? new Map()).set(v, path))
      }
    const saved = ([source, found]: [Value, Map<Value, Set<Node>>]): number =>
      [...found.keys()].reduce((bytes, v) => bytes + sizeInBytes(v), -sizeInBytes(source))
    const [best] = [...sources].sort((a, b) => saved(b) - saved(a))
    if (best === undefined || saved(best) <= 0) return
    for (const [v, path] of best[1]) {
      wanted.delete(v)
      for (const node of path) again.add(node)
    }
    wanted.add(best[0])
  }
}

const sizeInBytes = ({ type }: Value): number => sizeOf(type.shape) * bytesOf[type.dtype]

/** What a value is made of by cheap nodes, near it. */
function cheapSources(v: Value): Set<Value> {
  const found = new Set<Value>()
  const follow = (x: Value): void => {
    if (x.node === undefined || found.size > 32 || !isCheap(x.node)) return
    for (const input of x.node.inputs)
      if (!found.has(input)) {
        found.add(input)
        follow(input)
      }
  }
  follow(v)
  return found
}

/** The cheap nodes that make a value out of known ones, if there are such; views are followed to what they view. */
function cheapPath(v: Value, known: (v: Value) => boolean): Set<Node> | undefined {
  const path = new Set<Node>()
  let computed = 0
  const follow = (x: Value): boolean => {
    if (known(x)) return true
    if (x.node === undefined || computed > 8 || !isCheap(x.node)) return false
    if (!path.has(x.node)) computed += costOf(x.node)
    path.add(x.node)
    return x.node.inputs.every(follow)
  }
  return follow(v) ? path : undefined
}

/** True for what is worth computing twice rather than keeping: views, most elementwise operators, and calls of nothing else (the spike of a neuron). */
function isCheap({ primitive, inputs, attributes }: Node): boolean {
  if (primitive === callPrimitive) return (attributes as CallAttributes).graph.nodes.every(isCheap)
  return (
    inputs.length === 0 ||
    ((primitive.kind === "view" || primitive.kind === "elementwise") && !costly.has(primitive.name))
  )
}

/** Elementwise operators in a cheap node. */
const costOf = ({ primitive, attributes }: Node): number =>
  primitive === callPrimitive
    ? (attributes as CallAttributes).graph.nodes.reduce((sum, node) => sum + costOf(node), 0)
    : Number(primitive.kind === "elementwise")

/** Elementwise operators that are worth keeping rather than computing twice. */
const costly = new Set(["exp", "expm1", "log", "log1p", "sin", "cos", "tanh", "sigmoid", "erf", "pow"])

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
