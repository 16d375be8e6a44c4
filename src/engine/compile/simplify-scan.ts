import { type Graph, type Node, newValue, reachable, type Value } from "../graph.ts"
import { fullPrimitive } from "../operators/constants.ts"
import { type ScanAttributes, scanPrimitive } from "../operators/control.ts"
import { broadcastPrimitive, reshapePrimitive } from "../operators/layout.ts"
import { type Emit, rebuild } from "./inline-calls.ts"

/** Drops results of scans that nobody reads, the carries that only they needed, and the inputs that only those needed. */
export function pruneScans(graph: Graph): Graph {
  const used = new Set<Value>(graph.outputs)
  for (const node of graph.nodes) for (const v of node.inputs) used.add(v)
  return rebuild(graph, (node, inputs, emit) => {
    if (node.primitive !== scanPrimitive) return undefined
    const { body, constants, carries, ...rest } = node.attributes as ScanAttributes
    const kept = node.outputs.map((v) => used.has(v))
    let needed = new Set<Value>()
    for (let changed = true; changed; ) {
      needed = new Set(body.outputs.filter((_, i) => kept[i]))
      const nodes = reachable({ nodes: body.nodes, outputs: [...needed] })
      for (const n of nodes) for (const v of n.inputs) needed.add(v)
      changed = false
      for (let i = 0; i < carries; i++)
        if (!kept[i] && needed.has(body.inputs[constants + i])) {
          kept[i] = true
          changed = true
        }
    }
    const keepInput = body.inputs.map((v, i) =>
      i >= constants && i < constants + carries ? kept[i - constants] : needed.has(v),
    )
    if (!kept.includes(false) && !keepInput.includes(false)) return undefined
    const outputs = body.outputs.filter((_, i) => kept[i])
    const slim: Graph = {
      ...body,
      inputs: body.inputs.filter((_, i) => keepInput[i]),
      outputs,
      nodes: reachable({ nodes: body.nodes, outputs }),
    }
    const count = (flags: readonly boolean[], from: number, to: number): number =>
      flags.slice(from, to).filter(Boolean).length
    const made = emit(
      scanPrimitive,
      inputs.filter((_, i) => keepInput[i]),
      { ...rest, body: slim, constants: count(keepInput, 0, constants), carries: count(kept, 0, carries) },
    )
    let next = 0
    return node.outputs.map((v, i) => (kept[i] ? made[next++] : v))
  })
}

/**
 * Emits a scan with less inside: repeated numbers and carries that never change become constants of the step, xs that repeat one
 * slice become constants, and what depends on constants alone is computed once, before.
 */
export function tightenScan(inputs: readonly Value[], attributes: ScanAttributes, emit: Emit): readonly Value[] {
  const { body, constants, carries, length, reverse } = attributes
  const inner = new Map<Value, Value>() // step input -> what stands for it
  const prologue: Node[] = [] // constants made inside the step
  const fixed: { outer: Value; own: Value }[] = []
  const carried: { outer: Value; own: Value; result: number }[] = []
  const sliced: { outer: Value; own: Value }[] = []
  const results = new Map<number, Value>() // outputs known without the scan

  const constant = (own: Value, outer: Value) => {
    if (outer.node?.primitive !== fullPrimitive) return void fixed.push({ outer, own })
    const outputs: Value[] = []
    const node: Node = { primitive: fullPrimitive, inputs: [], attributes: outer.node.attributes, outputs }
    outputs.push(newValue(outer.type, node))
    prologue.push(node)
    inner.set(own, outputs[0])
  }
  body.inputs.forEach((own, i) => {
    const outer = inputs[i]
    if (i < constants) return constant(own, outer)
    if (i < constants + carries) {
      const at = i - constants
      if (body.outputs[at] !== own) return void carried.push({ outer, own, result: at })
      results.set(at, outer)
      return constant(own, outer)
    }
    const repeated = repeatedSlice(outer, own, emit)
    return repeated === undefined ? void sliced.push({ outer, own }) : constant(own, repeated)
  })

  const invariant = new Map<Value, Value>(fixed.map(({ own, outer }) => [own, outer]))
  const kept: Node[] = []
  const of = (v: Value): Value => inner.get(v) ?? v
  for (const node of body.nodes) {
    const own = node.inputs.map(of)
    if (own.length > 0 && node.primitive.kind !== "view" && own.every((v) => invariant.has(v))) {
      const made = emit(
        node.primitive,
        own.map((v) => invariant.get(v) as Value),
        node.attributes,
      )
      // An input of the step is a value of its own: it must not seem to be made inside.
      node.outputs.forEach((v, i) => {
        const own = newValue(v.type)
        inner.set(v, own)
        invariant.set(own, made[i])
      })
    } else kept.push(node)
  }
  const stepNodes = [
    ...prologue,
    ...kept.map((node) => (node.inputs.some((v) => inner.has(v)) ? renamed(node, of, inner) : node)),
  ]
  const keptOutputs = body.outputs.flatMap((v, i) => (results.has(i) ? [] : [of(v)]))
  const read = new Set([...keptOutputs, ...stepNodes.flatMap((node) => node.inputs)])
  const constantsNow = [...invariant].filter(([own]) => read.has(own))
  const made = emit(
    scanPrimitive,
    [...constantsNow.map(([, outer]) => outer), ...carried.map((c) => c.outer), ...sliced.map((x) => x.outer)],
    {
      body: {
        inputs: [...constantsNow.map(([own]) => own), ...carried.map((c) => c.own), ...sliced.map((x) => x.own)],
        nodes: stepNodes,
        outputs: keptOutputs,
        constants: body.constants,
      },
      length,
      reverse,
      constants: constantsNow.length,
      carries: carried.length,
    } satisfies ScanAttributes,
  )
  let next = 0
  return body.outputs.map((_, i) => results.get(i) ?? made[next++])
}

/** A node with other inputs; its outputs get new names, noted in `names`. */
function renamed(node: Node, of: (v: Value) => Value, names: Map<Value, Value>): Node {
  const outputs: Value[] = []
  const made: Node = { ...node, inputs: node.inputs.map(of), outputs }
  for (const v of node.outputs) {
    const value = newValue(v.type, made)
    outputs.push(value)
    names.set(v, value)
  }
  return made
}

/** The one slice that an xs repeats at every step, if it does. */
function repeatedSlice(outer: Value, own: Value, emit: Emit): Value | undefined {
  const { node } = outer
  const shape = own.type.shape
  if (node?.primitive === fullPrimitive) return emit(fullPrimitive, [], { ...node.attributes, shape })[0]
  if (node?.primitive !== broadcastPrimitive) return undefined
  const [source] = node.inputs
  const rank = source.type.shape.length
  if (rank === shape.length + 1 && source.type.shape[0] !== 1) return undefined
  const one =
    rank === shape.length + 1 ? emit(reshapePrimitive, [source], { shape: source.type.shape.slice(1) })[0] : source
  return emit(broadcastPrimitive, [one], { shape })[0]
}
