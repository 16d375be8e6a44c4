import type { Graph, Node, Value } from "../../graph.ts"
import { type Shape, sameShape, sizeOf } from "../../shape.ts"

/**
 * Nodes that become one kernel: a group of elementwise operators over one shape, a reduction with what feeds it, a matrix product with the
 * group that reads it, one that is added to an input in place, or one other node.
 */
export interface Unit {
  readonly kind: "map" | "reduce" | "product" | "accumulate" | "node"
  readonly shape: Shape
  readonly nodes: readonly Node[]
}

type Draft = { kind: Unit["kind"]; shape: Shape; nodes: Node[] }

/** Beyond these a kernel would have more operands and intermediate values than it is worth. */
const mostNodes = 96
const mostOperands = 24

const reductions = new Set(["sum", "reduceMax", "reduceMin"])
const plainViews = new Set(["stopGradient", "identity", "asEvents"])

/** True for a matrix product in f32 that is not one of many. */
const isOneProduct = ({ node, type }: Value): boolean =>
  node?.primitive.name === "matmul" && type.dtype === "f32" && sizeOf(type.shape.slice(0, -2)) === 1

/** The value itself, where a view only gives it another name. */
export function plain(v: Value): Value {
  return v.node !== undefined && plainViews.has(v.node.primitive.name) ? plain(v.node.inputs[0]) : v
}

/** True for one number, repeated. */
function isRepeated(v: Value): boolean {
  const { node } = v
  if (node === undefined) return false
  return node.primitive.name === "full" || (node.primitive.kind === "view" && isRepeated(node.inputs[0]))
}

/** Who reads each value, plain views left out; undefined stands for the outputs of the graph. */
export function readersOf(graph: Graph): Map<Value, Set<Node | undefined>> {
  const readers = new Map<Value, Set<Node | undefined>>()
  const note = (v: Value, node: Node | undefined) => {
    const own = plain(v)
    readers.set(own, (readers.get(own) ?? new Set()).add(node))
  }
  for (const node of graph.nodes) if (!plainViews.has(node.primitive.name)) for (const v of node.inputs) note(v, node)
  for (const v of graph.outputs) note(v, undefined)
  return readers
}

/**
 * Groups the nodes of a graph. An elementwise node joins the group of a producer where all that it reads besides is there before the
 * group runs; a group that feeds just one other joins it; a reduction takes in the group that only it reads. Views and repeated numbers
 * belong to no unit.
 * @returns the units in an order in which they can run
 */
export function formUnits(graph: Graph): Unit[] {
  return new Grouping(graph).run()
}

class Grouping {
  readonly #graph: Graph
  readonly #unitOf = new Map<Node, Draft>()
  readonly #units: Draft[] = []
  readonly #readers: Map<Value, Set<Node | undefined>>

  constructor(graph: Graph) {
    this.#graph = graph
    this.#readers = readersOf(graph)
  }

  run(): Unit[] {
    for (const node of this.#graph.nodes)
      if (node.primitive.kind !== "view" && node.primitive.name !== "full") this.#place(node)
    for (const unit of this.#units) this.#mergeIntoReader(unit)
    for (const unit of this.#units) this.#mergeIntoSource(unit)
    return this.#joinProducts(this.#order())
  }

  #place(node: Node): void {
    const { primitive } = node
    if (this.#accumulate(node)) return
    if (primitive.kind === "elementwise") {
      const producers = new Set(node.inputs.flatMap((v) => this.#unitOf.get(plain(v).node as Node) ?? []))
      const host = [...producers].reverse().find((unit) => this.#canJoin(node, unit))
      if (host !== undefined) return this.#add(node, host)
    }
    const kind = primitive.kind === "elementwise" ? "map" : reductions.has(primitive.name) ? "reduce" : "node"
    const shape = kind === "reduce" ? node.inputs[0].type.shape : (node.outputs[0]?.type.shape ?? [])
    const unit: Draft = { kind, shape, nodes: [] }
    this.#units.push(unit)
    this.#add(node, unit)
  }

  #add(node: Node, unit: Draft): void {
    unit.nodes.push(node)
    this.#unitOf.set(node, unit)
  }

  /** Takes `input + product` into the product's unit: sums over time are added up where they lie. */
  #accumulate(node: Node): boolean {
    if (node.primitive.name !== "add") return false
    for (const [product, input] of [node.inputs, [...node.inputs].reverse()]) {
      const unit = product.node && this.#unitOf.get(product.node)
      if (unit === undefined || !isOneProduct(product) || unit.kind !== "node") continue
      if (input.node !== undefined || this.#readers.get(product)?.size !== 1) continue
      unit.kind = "accumulate"
      this.#add(node, unit)
      return true
    }
    return false
  }

  #canJoin(node: Node, unit: Draft): boolean {
    if (unit.kind !== "map" || unit.nodes.length >= mostNodes || !sameShape(unit.shape, node.outputs[0].type.shape))
      return false
    const outside = node.inputs.filter((v) => !this.#isIn(v, unit) && !isRepeated(v))
    if (new Set([...this.#operands(unit), ...outside]).size > mostOperands) return false
    return !outside.some((v) => this.#sources(v).some((u) => this.#dependsOn(u, unit, new Set())))
  }

  #isIn(v: Value, unit: Draft): boolean {
    const { node } = plain(v)
    return node !== undefined && this.#unitOf.get(node) === unit
  }

  /** What a group reads of others; repeated numbers are part of its code. */
  #operands(unit: Draft): Value[] {
    return unit.nodes.flatMap((node) => node.inputs).filter((v) => !this.#isIn(v, unit) && !isRepeated(v))
  }

  /** The units that a value comes from, through views. */
  #sources(v: Value): Draft[] {
    if (v.node === undefined) return []
    const unit = this.#unitOf.get(v.node)
    return unit !== undefined ? [unit] : v.node.inputs.flatMap((x) => this.#sources(x))
  }

  #dependsOn(unit: Draft, goal: Draft, seen: Set<Draft>): boolean {
    if (unit === goal) return true
    if (seen.has(unit)) return false
    seen.add(unit)
    return unit.nodes.some((node) =>
      node.inputs.some((v) => this.#sources(v).some((u) => u !== unit && this.#dependsOn(u, goal, seen))),
    )
  }

  /** A group that only one group of its shape, or only one reduction of it, reads is computed there. */
  #mergeIntoReader(unit: Draft): void {
    if (unit.kind !== "map" || unit.nodes.length === 0) return
    const readers = new Set<Draft | undefined>()
    for (const node of unit.nodes)
      for (const reader of this.#readers.get(node.outputs[0]) ?? []) {
        const own = reader && this.#unitOf.get(reader)
        if (own !== unit) readers.add(own)
      }
    const [reader] = readers
    if (readers.size !== 1 || reader === undefined || !sameShape(reader.shape, unit.shape)) return
    if (reader.kind !== "map" && reader.kind !== "reduce") return
    if (reader.nodes.length + unit.nodes.length > mostNodes) return
    if (new Set([...this.#operands(unit), ...this.#operands(reader)]).size > mostOperands) return
    reader.nodes.unshift(...unit.nodes)
    for (const node of unit.nodes) this.#unitOf.set(node, reader)
    unit.nodes = []
  }

  /** A group that reads another of its shape, and nothing that comes after that one, is computed there: neither value passes through memory twice. */
  #mergeIntoSource(unit: Draft): void {
    if (!this.#isFree(unit)) return
    const operands = this.#operands(unit)
    const sources = new Set(operands.flatMap((v) => this.#unitOf.get(plain(v).node as Node) ?? []))
    for (const source of sources) {
      if (!this.#isFree(source) || !sameShape(source.shape, unit.shape)) continue
      if (source.nodes.length + unit.nodes.length > mostNodes) continue
      if (new Set([...operands, ...this.#operands(source)]).size > mostOperands) continue
      const others = operands.filter((v) => !this.#isIn(v, source)).flatMap((v) => this.#sources(v))
      if (others.some((other) => this.#dependsOn(other, source, new Set()))) continue
      source.nodes.push(...unit.nodes)
      for (const node of unit.nodes) this.#unitOf.set(node, source)
      unit.nodes = []
      return
    }
  }

  /** Whether a group is elementwise and not the end of a matrix product. */
  #isFree(unit: Draft): boolean {
    return unit.kind === "map" && unit.nodes.length > 0 && !this.#operands(unit).some(isOneProduct)
  }

  /** A matrix product that only one group of its shape reads becomes a unit with it, in the group's place. */
  #joinProducts(units: readonly Draft[]): Unit[] {
    const joined = new Set<Draft>()
    for (const unit of units) {
      if (unit.kind !== "map") continue
      const product = unit.nodes
        .flatMap((node) => node.inputs.map(plain))
        .find(
          (v) =>
            isOneProduct(v) &&
            sameShape(v.type.shape, unit.shape) &&
            this.#unitOf.get(v.node as Node)?.kind === "node" &&
            [...(this.#readers.get(v) ?? [])].every((reader) => reader !== undefined && unit.nodes.includes(reader)),
        )
      if (product === undefined) continue
      const source = this.#unitOf.get(product.node as Node) as Draft
      joined.add(source)
      unit.kind = "product"
      unit.nodes.unshift(...source.nodes)
    }
    return units.filter((unit) => !joined.has(unit))
  }

  /** Units so that each follows those it reads, otherwise in the order of the graph. */
  #order(): Draft[] {
    const done = new Set<Draft>()
    const ordered: Draft[] = []
    const visit = (unit: Draft) => {
      if (done.has(unit)) return
      done.add(unit)
      for (const node of unit.nodes)
        for (const v of node.inputs) for (const source of this.#sources(v)) if (source !== unit) visit(source)
      ordered.push(unit)
    }
    for (const node of this.#graph.nodes) {
      const unit = this.#unitOf.get(node)
      if (unit !== undefined && unit.nodes[unit.nodes.length - 1] === node) visit(unit)
    }
    return ordered.filter((unit) => unit.nodes.length > 0)
  }
}
