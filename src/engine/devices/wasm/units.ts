import type { Graph, Node, Value } from "../../graph.ts"
import { type Shape, sameShape } from "../../shape.ts"

/** Nodes that become one kernel: a group of elementwise operators over one shape, a reduction with what feeds it, or one other node. */
export interface Unit {
  readonly kind: "map" | "reduce" | "node"
  readonly shape: Shape
  readonly nodes: Node[]
}

/** Beyond these a kernel would have more operands and intermediate values than it is worth. */
const mostNodes = 96
const mostOperands = 24

const reductions = new Set(["sum", "reduceMax", "reduceMin"])

/**
 * Groups the nodes of a graph. An elementwise node joins the group of a producer where all that it reads besides is there before the
 * group runs; a reduction takes in the group that only it reads. Views and repeated numbers belong to no unit.
 * @returns the units in an order in which they can run
 */
export function formUnits(graph: Graph): Unit[] {
  const unitOf = new Map<Node, Unit>()
  const units: Unit[] = []
  const sources = (v: Value): Unit[] => {
    if (v.node === undefined) return []
    const unit = unitOf.get(v.node)
    return unit !== undefined ? [unit] : v.node.inputs.flatMap(sources)
  }
  const dependsOn = (unit: Unit, goal: Unit, seen: Set<Unit>): boolean => {
    if (unit === goal) return true
    if (seen.has(unit)) return false
    seen.add(unit)
    return unit.nodes.some((node) =>
      node.inputs.some((v) => sources(v).some((u) => u !== unit && dependsOn(u, goal, seen))),
    )
  }
  const canJoin = (node: Node, unit: Unit): boolean => {
    if (unit.kind !== "map" || unit.nodes.length >= mostNodes || !sameShape(unit.shape, node.outputs[0].type.shape))
      return false
    const outside = node.inputs.filter((v) => v.node === undefined || unitOf.get(v.node) !== unit)
    const operands = new Set(
      unit.nodes.flatMap((n) => n.inputs).filter((v) => v.node === undefined || unitOf.get(v.node) !== unit),
    )
    for (const v of outside) operands.add(v)
    if (operands.size > mostOperands) return false
    return !outside.some((v) => sources(v).some((u) => dependsOn(u, unit, new Set())))
  }
  for (const node of graph.nodes) {
    if (node.primitive.kind === "view" || node.primitive.name === "full") continue
    if (node.primitive.kind === "elementwise") {
      const producers = new Set(
        node.inputs.flatMap((v) => (v.node !== undefined && unitOf.has(v.node) ? [unitOf.get(v.node) as Unit] : [])),
      )
      const host = [...producers].reverse().find((unit) => canJoin(node, unit))
      if (host !== undefined) {
        host.nodes.push(node)
        unitOf.set(node, host)
        continue
      }
    }
    const kind = node.primitive.kind === "elementwise" ? "map" : reductions.has(node.primitive.name) ? "reduce" : "node"
    const shape = kind === "reduce" ? node.inputs[0].type.shape : (node.outputs[0]?.type.shape ?? [])
    const unit: Unit = { kind, shape, nodes: [node] }
    units.push(unit)
    unitOf.set(node, unit)
  }
  absorbProducers(graph, units, unitOf)
  return order(graph, units, unitOf)
}

/** A reduction computes what only it reads while it reduces. */
function absorbProducers(graph: Graph, units: Unit[], unitOf: Map<Node, Unit>): void {
  const readers = new Map<Unit, Set<Unit | "output">>()
  const note = (v: Value, reader: Unit | "output") => {
    const unit = v.node && unitOf.get(v.node)
    if (v.node === undefined || unit === reader) return
    if (unit === undefined) for (const x of v.node.inputs) note(x, "output")
    else readers.set(unit, (readers.get(unit) ?? new Set()).add(reader))
  }
  for (const node of graph.nodes) {
    const unit = unitOf.get(node)
    if (unit !== undefined) for (const v of node.inputs) note(v, unit)
  }
  for (const v of graph.outputs) note(v, "output")
  for (const unit of units) {
    if (unit.kind !== "reduce") continue
    const producer = unit.nodes[0].inputs[0].node
    const group = producer && unitOf.get(producer)
    if (group === undefined || group.kind !== "map" || group.nodes.length === 0) continue
    const own = readers.get(group)
    if (own?.size !== 1 || !own.has(unit)) continue
    unit.nodes.unshift(...group.nodes)
    for (const node of group.nodes) unitOf.set(node, unit)
    group.nodes.length = 0
  }
}

/** Units so that each follows those it reads, otherwise in the order of the graph. */
function order(graph: Graph, units: Unit[], unitOf: Map<Node, Unit>): Unit[] {
  const done = new Set<Unit>()
  const ordered: Unit[] = []
  const visit = (unit: Unit) => {
    if (done.has(unit)) return
    done.add(unit)
    for (const node of unit.nodes) for (const v of node.inputs) visitSource(v, unit)
    ordered.push(unit)
  }
  const visitSource = (v: Value, reader: Unit) => {
    if (v.node === undefined) return
    const unit = unitOf.get(v.node)
    if (unit === undefined) for (const x of v.node.inputs) visitSource(x, reader)
    else if (unit !== reader) visit(unit)
  }
  for (const node of graph.nodes) {
    const unit = unitOf.get(node)
    if (unit !== undefined && unit.nodes[unit.nodes.length - 1] === node) visit(unit)
  }
  return ordered.filter((unit) => unit.nodes.length > 0 && units.includes(unit))
}
