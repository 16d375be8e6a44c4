/** From the nodes of a graph to operations on arrays: views disappear into how arrays are read, axes are joined. */
import { type Graph, type Node, originOf, reachable, type Scope, scopeOf, type Value } from "../../../engine/graph.ts"
import type { CondAttributes, ScanAttributes } from "../../../engine/operators/control.ts"
import type { CallAttributes } from "../../../engine/transforms/custom.ts"
import type { Expression } from "../expression.ts"
import { Dim, unify } from "./dims.ts"
import { type Letters, type Rule, ruleOf, whole as wholeRule } from "./rules.ts"
import { type Base, type Group, type Info, type Item, newBase, seenAs, whole } from "./values.ts"

type Known = Map<Value, Info>

export class Walk {
  /** Pairs of rows of dimensions that are the same: said again at the end, when all cuts are known. */
  readonly relations: (readonly [readonly Dim[], readonly Dim[]])[] = []
  private readonly groups = new Map<Scope, Group>()
  private group: Group | undefined

  same(a: readonly Dim[], b: readonly Dim[]): boolean {
    this.relations.push([a, b])
    return unify(a, b)
  }

  /** Says all relations once more, until no dimension is cut further. */
  settle(): void {
    for (let i = 0; i < 3; i++) for (const [a, b] of this.relations) unify(a, b)
  }

  /** @returns the operations, and what the graph gives */
  graph(graph: Graph, inputs: readonly Info[]): { items: Item[]; outputs: Info[] } {
    const known: Known = new Map()
    graph.inputs.forEach((v, i) => known.set(v, inputs[i]))
    const nodes = reachable(graph)
    const used = new Set<Value>([...graph.outputs, ...nodes.flatMap((n) => n.inputs)])
    const items: Item[] = []
    for (const node of nodes) this.node(node, known, used, items)
    return { items, outputs: graph.outputs.map((v) => known.get(v) as Info) }
  }

  private groupOf(node: Node): Group | undefined {
    const scope = scopeOf(node)
    if (scope === undefined) return this.group
    const named = this.groupOfScope(scope)
    // Inside a function with a gradient of its own that is called in this very scope.
    for (let g = this.group; g !== undefined; g = g.parent) if (g === named) return this.group
    return named
  }

  private groupOfScope(scope: Scope): Group {
    const before = this.groups.get(scope)
    if (before !== undefined) return before
    const parent = scope.parent === undefined ? undefined : this.groupOfScope(scope.parent)
    const made: Group = { name: scope.name, style: "fence", parent }
    this.groups.set(scope, made)
    return made
  }

  private node(node: Node, known: Known, used: ReadonlySet<Value>, items: Item[]): void {
    const { name, kind } = node.primitive
    const operands = node.inputs.map((v) => known.get(v) as Info)
    const [x] = operands
    const [output] = node.outputs
    if (name === "full") return void known.set(output, whole(newBase(output.type, { number: node.attributes.value })))
    if (name === "stopGradient" || name === "identity" || name === "barrier") {
      node.outputs.forEach((v, i) => known.set(v, operands[i]))
      return
    }
    if (name === "transpose")
      return void known.set(
        output,
        seenAs(
          x.base,
          node.attributes.order.map((i: number) => x.dims[i]),
        ),
      )
    if (name === "broadcast") return void known.set(output, this.broadcast(node, x))
    if (name === "reshape") {
      const dims = output.type.shape.map((n) => new Dim(n))
      if (x.base.number !== undefined) return void known.set(output, seenAs(x.base, dims))
      if (this.same(x.dims, dims)) return void known.set(output, seenAs(x.base, dims))
      return this.box(node, operands, wholeRule(node), known, used, items)
    }
    if (name === "scan") return this.scan(node, operands, known, items)
    if (name === "cond") return this.choice(node, operands, known, items)
    if (name === "call") return this.call(node, operands, known, items)
    if (kind === "elementwise" || name === "asEvents") return this.elementwise(node, operands, known, used, items)
    this.box(node, operands, ruleOf(node), known, used, items)
  }

  private broadcast(node: Node, x: Info): Info {
    const { shape } = node.attributes
    const lead = shape.length - x.dims.length
    const dims = shape.map((n: number, i: number) => {
      const own = x.dims[i - lead]
      return own !== undefined && own.size === n ? own : new Dim(n)
    })
    return seenAs(x.base, dims)
  }

  private elementwise(
    node: Node,
    operands: readonly Info[],
    known: Known,
    used: ReadonlySet<Value>,
    items: Item[],
  ): void {
    const { name } = node.primitive
    const letters = node.outputs[0].type.shape.map((_, i) => `d${i}`)
    const head = name === "cast" ? node.attributes.dtype : name === "asEvents" ? "spike" : name
    const seen: Info[] = []
    const of = operands.map((info): Expression => {
      if (info.base.number !== undefined) return { kind: "number", value: info.base.number }
      const before = seen.findIndex(
        (other) => other.base === info.base && other.dims.every((d, i) => d === info.dims[i]),
      )
      if (before >= 0) return { kind: "operand", index: before }
      seen.push(info)
      return { kind: "operand", index: seen.length - 1 }
    })
    const expression: Expression = { kind: "call", name: head, of }
    const rule: Rule = { op: "map", inputs: seen.map(() => letters), outputs: [letters], attributes: {} }
    this.box(node, seen, rule, known, used, items, expression)
  }

  /** An operation: its results, with the dimensions that share a letter joined. */
  private box(
    node: Node,
    operands: readonly Info[],
    rule: Rule,
    known: Known,
    used: ReadonlySet<Value>,
    items: Item[],
    expression?: Expression,
  ): void {
    const results = node.outputs.map((v) => newBase(v.type))
    const byLetter = new Map<string, Dim>()
    const join = (letters: Letters, dims: readonly Dim[]): void =>
      letters.forEach((letter, i) => {
        if (typeof letter !== "string") return
        const name = letter.replace("!", "")
        const before = byLetter.get(name)
        if (before === undefined) byLetter.set(name, dims[i])
        else this.same([before], [dims[i]])
      })
    rule.outputs.forEach((letters, i) => join(letters, results[i].dims))
    rule.inputs.forEach((letters, i) => join(letters, operands[i].dims))
    for (const [letter, dim] of byLetter) {
      const before = letter.endsWith("'") ? byLetter.get(letter.slice(0, -1)) : undefined
      if (before?.hint !== undefined) dim.hint ??= `${before.hint}'`
    }
    const keep = node.outputs.flatMap((v, i) => (used.has(v) ? [i] : []))
    node.outputs.forEach((v, i) => known.set(v, whole(results[i])))
    items.push({
      type: "box",
      rule,
      ...(expression === undefined ? {} : { expression }),
      operands,
      outputs: keep.map((i) => results[i]),
      keep,
      results: results.length,
      otherwise: wholeRule(node),
      group: this.groupOf(node),
      source: originOf(node),
    })
  }

  private inGroup<T>(group: Group, body: () => T): T {
    const before = this.group
    this.group = group
    try {
      return body()
    } finally {
      this.group = before
    }
  }

  private call(node: Node, operands: readonly Info[], known: Known, items: Item[]): void {
    const { label, graph } = node.attributes as CallAttributes
    const group: Group = { name: label, style: "custom", parent: this.groupOf(node) }
    const { items: inner, outputs } = this.inGroup(group, () => this.graph(graph, operands))
    items.push(...inner)
    node.outputs.forEach((v, i) => known.set(v, outputs[i]))
  }

  private choice(node: Node, [condition, ...operands]: readonly Info[], known: Known, items: Item[]): void {
    const { then, otherwise, split } = node.attributes as CondAttributes
    const group = this.groupOf(node)
    const branch = (name: string, graph: Graph, own: readonly Info[]) =>
      this.inGroup({ name, style: "fence", parent: group }, () => this.graph(graph, own))
    const a = branch("then", then, operands.slice(0, split))
    const b = branch("else", otherwise, operands.slice(split))
    const results = node.outputs.map((v) => newBase(v.type))
    results.forEach((base, i) => {
      for (const given of [a.outputs[i], b.outputs[i]])
        if (given.base.number === undefined) this.same(base.dims, given.dims)
      known.set(node.outputs[i], whole(base))
    })
    items.push({
      type: "choice",
      condition,
      body: [...a.items, ...b.items],
      given: [...a.outputs, ...b.outputs],
      results,
      group,
      source: originOf(node),
    })
  }

  private scan(node: Node, operands: readonly Info[], known: Known, items: Item[]): void {
    const { body, length, reverse, constants, carries } = node.attributes as ScanAttributes
    const fixed = operands.slice(0, constants)
    const init = operands.slice(constants, constants + carries)
    const over = operands.slice(constants + carries)
    const group = this.groupOf(node)
    if (length === 1) {
      // One step is no loop.
      const slices = over.map((x) => seenAs(x.base, x.dims.slice(1)))
      const before = this.group
      this.group = group
      const { items: inner, outputs } = this.graph(body, [...fixed, ...init, ...slices])
      this.group = before
      items.push(...inner)
      node.outputs.forEach((v, i) => {
        const given = outputs[i]
        known.set(v, i < carries ? given : seenAs(given.base, [new Dim(1), ...given.dims]))
      })
      return
    }
    const axis = new Dim(length, "t")
    const typesIn = body.inputs.map((v) => v.type)
    const carried = init.map((info, i): Base => {
      const base = newBase(typesIn[constants + i])
      if (info.base.number === undefined) this.same(base.dims, info.dims)
      return base
    })
    const slices = over.map((info, i): Base => {
      this.same([axis], [info.dims[0]])
      const base = newBase(typesIn[constants + carries + i])
      this.same(base.dims, info.dims.slice(1))
      return base
    })
    const outer = this.group
    this.group = undefined
    const { items: inner, outputs: next } = this.graph(body, [...fixed, ...[...carried, ...slices].map(whole)])
    this.group = outer
    const results = node.outputs.map((v, i): Base => {
      const base = newBase(v.type)
      const own = i < carries ? base.dims : base.dims.slice(1)
      if (i < carries) this.same(base.dims, carried[i].dims)
      if (next[i].base.number === undefined) this.same(own, next[i].dims)
      if (i >= carries) this.same([axis], [base.dims[0]])
      known.set(v, whole(base))
      return base
    })
    items.push({
      type: "loop",
      body: inner,
      axis,
      reverse,
      init,
      carried,
      over,
      slices,
      next,
      results,
      group,
      source: originOf(node),
    })
  }
}
