import { bytesOf } from "../dtype.ts"
import { type Node, reachable, type Value } from "../graph.ts"
import { sizeOf } from "../shape.ts"
import { type CallAttributes, callPrimitive } from "./custom.ts"
import type { Joint } from "./scan-gradient.ts"

/**
 * Cuts the joint graph: nodes that depend on a cotangent make the reverse step; what they read of the forward step are its
 * residuals, but for constants, xs and what follows cheaply from either or from other residuals.
 */
export function cutResiduals(joint: Joint): { nodes: Node[]; residuals: Value[]; read: Set<Value> } {
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
