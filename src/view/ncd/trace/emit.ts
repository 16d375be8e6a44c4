/** From operations on arrays to boxes: how each operand is read, axis by axis. */

import { type Affine, at } from "../affine.ts"
import { printExpression, substitute } from "../expression.ts"
import { isContraction } from "../operations.ts"
import { type ArrayType, type Attributes, type Axis, dtypeOf, type Parameter, type Slot, type Weave } from "../terms.ts"
import { arrange } from "./arrange.ts"
import { atomsOf, Dim, find } from "./dims.ts"
import { Names } from "./names.ts"
import { freeIn, type Piece } from "./piece.ts"
import type { Place, Rule } from "./rules.ts"
import { type Base, type BoxItem, type ChoiceItem, type Info, type Item, type LoopItem, newBase } from "./values.ts"

/** An operand cannot be read as its rule says. */
class Unreadable extends Error {}

export class Emitter {
  readonly names = new Names()

  arrayOf(base: Base): ArrayType {
    return { kind: base.kind, axes: base.dims.flatMap(atomsOf).map((d) => this.names.axisOf(d)) }
  }

  pieces(items: readonly Item[]): Piece[] {
    return items.flatMap((item) =>
      item.type === "box" ? this.box(item) : item.type === "loop" ? this.loop(item) : this.choice(item),
    )
  }

  private box(item: BoxItem): Piece[] {
    try {
      return this.boxBy(item, item.rule)
    } catch (error) {
      if (!(error instanceof Unreadable) || item.otherwise === undefined) throw error
      return this.boxBy({ ...item, rule: item.otherwise }, item.otherwise)
    }
  }

  private boxBy(item: BoxItem, rule: Rule): Piece[] {
    const made: Piece[] = []
    const operands = item.operands.map((info, i) => {
      if (!this.isReadable(info, rule, i)) {
        const copy = this.copied(info, item)
        made.push(...copy.pieces)
        return copy.info
      }
      return info
    })
    const variables = this.variablesOf(rule, operands, item)
    const inputs: Weave[] = []
    const parameters: Parameter[] = []
    const bases: Base[] = []
    // Wires stand before parameters: an expression counts its operands in this order.
    const position = new Map<number, number>()
    const wires = operands.flatMap((o, i) => (o.base.parameter === undefined ? [i] : []))
    const fixed = operands.flatMap((o, i) => (o.base.parameter === undefined ? [] : [i]))
    for (const i of [...wires, ...fixed]) {
      position.set(i, position.size)
      const weave = this.weave(operands[i], rule.inputs[i], variables)
      const { parameter } = operands[i].base
      if (parameter !== undefined) parameters.push({ name: parameter, ...weave })
      else {
        inputs.push(weave)
        bases.push(operands[i].base)
      }
    }
    const outputs = item.outputs.map((base, o): Weave => {
      const array = this.arrayOf(base)
      const slots = base.dims.flatMap((d, i) => {
        const letter = rule.outputs[item.keep[o]][i]
        return atomsOf(d).map(
          (atom): Slot =>
            typeof letter === "string" && letter.startsWith("!") ? "target" : at(this.names.axisOf(atom)),
        )
      })
      return { array, slots }
    })
    const isMixed = fixed.some((i) => wires.some((w) => w > i))
    if (isMixed && rule.op !== "map" && !isContraction(rule.op)) {
      // The operator wants its operands in their order: what belongs to it becomes a wire.
      const wired = operands.map((o) => this.asWire(o, item, made))
      return [...made, ...this.boxBy({ ...item, operands: wired }, rule)]
    }
    const { op, attributes } = this.named(item, rule, parameters, position, outputs)
    const source = item.source === undefined ? {} : { source: item.source }
    made.push({
      part: { type: "box", op, attributes, inputs, parameters, outputs, ...source },
      inputs: bases,
      outputs: item.outputs,
      group: item.group,
    })
    return made
  }

  private asWire(info: Info, item: BoxItem, made: Piece[]): Info {
    if (info.base.parameter === undefined) return info
    const copy = this.copied(info, item)
    made.push(...copy.pieces)
    return copy.info
  }

  private named(
    item: BoxItem,
    rule: Rule,
    parameters: readonly Parameter[],
    position: ReadonlyMap<number, number>,
    outputs: readonly Weave[],
  ): { op: string; attributes: Attributes } {
    if (item.expression !== undefined) {
      const f = printExpression(
        substitute(item.expression, (i) => ({ kind: "operand", index: position.get(i) as number })),
      )
      const { dtype } = item.outputs[0]
      return { op: "map", attributes: { f, ...(dtype === dtypeOf[outputs[0].array.kind] ? {} : { dtype }) } }
    }
    const keep: Attributes = item.keep.length === item.results ? {} : { keep: item.keep }
    const op = rule.op === "einsum" && parameters.length > 0 ? "linear" : rule.op
    return { op, attributes: { ...rule.attributes, ...keep } }
  }

  /** Numbers, and targets that the array lacks or has in another order, cannot be read as they are. */
  private isReadable({ base, dims }: Info, rule: Rule, operand: number): boolean {
    if (base.number !== undefined) return false
    if (isContraction(rule.op) || rule.op === "map") return true
    const wanted = dims.flatMap((d, i) => {
      const letter = rule.inputs[operand][i]
      return typeof letter === "string" && letter.startsWith("!") ? atomsOf(d) : []
    })
    const there = base.dims.flatMap(atomsOf).filter((atom) => wanted.includes(atom))
    return wanted.length === there.length && wanted.every((atom, i) => atom === there[i])
  }

  /** An array with the axes of a view, in their order: repeated, turned, or full of one number. */
  copied(
    info: Info,
    { group, source }: Pick<Item, "group" | "source">,
    as?: readonly Dim[],
  ): { pieces: Piece[]; info: Info } {
    const { base, dims } = info
    const type = { dtype: base.dtype, shape: dims.map((d) => d.size), events: base.kind === "spike" }
    const made = newBase(type, { dims: as ?? dims.map(find) })
    const letters = dims.map((_, i) => `d${i}`)
    const isNumber = base.number !== undefined
    const pieces = this.box({
      type: "box",
      rule: { op: "map", inputs: isNumber ? [] : [letters], outputs: [letters], attributes: {} },
      expression: isNumber ? { kind: "number", value: base.number as number } : { kind: "operand", index: 0 },
      operands: isNumber ? [] : [info],
      outputs: [made],
      keep: [0],
      results: 1,
      group,
      source,
    })
    return { pieces, info: { base: made, dims: made.dims } }
  }

  /** The axes that each letter stands for. */
  private variablesOf(rule: Rule, operands: readonly Info[], item: BoxItem): Map<string, Axis[]> {
    const found = new Map<string, Axis[]>()
    const used = new Set<string>()
    item.keep.forEach((result, o) =>
      rule.outputs[result].forEach((letter, i) => {
        if (typeof letter !== "string" || found.has(letter)) return
        const axes = atomsOf(item.outputs[o].dims[i]).map((d) => this.names.axisOf(d))
        found.set(letter, axes)
        for (const { name } of axes) used.add(name)
      }),
    )
    const isFree = (axes: readonly Axis[]): boolean => axes.every(({ name }) => !used.has(name))
    rule.inputs.forEach((letters, k) =>
      letters.forEach((letter, i) => {
        if (typeof letter !== "string" || found.has(letter)) return
        const options = operands.flatMap((o, other) => {
          const place = rule.inputs[other].indexOf(letter)
          return place < 0 || other < k ? [] : [atomsOf(o.dims[place]).map((d) => this.names.axisOf(d))]
        })
        const sizes = atomsOf(operands[k].dims[i]).map((d) => d.size)
        // Where every name already means another index of the same operation, the index gets a name of its own.
        const axes = options.find(isFree) ?? sizes.map((n) => this.names.axisOf(new Dim(n)))
        found.set(letter, axes)
        for (const { name } of axes) used.add(name)
      }),
    )
    return found
  }

  private weave({ base, dims }: Info, letters: Rule["inputs"][number], variables: ReadonlyMap<string, Axis[]>): Weave {
    const array = this.arrayOf(base)
    const slots = base.dims.flatMap(atomsOf).map((atom): Slot => {
      const d = dims.findIndex((dim) => atomsOf(dim).includes(atom))
      if (d < 0) throw new Unreadable()
      const letter = letters[d]
      const own = atomsOf(dims[d])
      if (typeof letter !== "string") return this.place(letter, own.length, variables)
      if (letter.startsWith("!")) return "target"
      const axes = variables.get(letter) as Axis[]
      if (axes.length !== own.length) throw new Unreadable()
      return at(axes[own.indexOf(atom)])
    })
    letters.forEach((letter, d) => {
      if (typeof letter === "string" || atomsOf(dims[d]).length > 0) return
      if (letter.offset !== 0 || letter.terms.some(([, , size], i) => i > 0 && size > 1)) throw new Unreadable()
    })
    return { array, slots }
  }

  private place({ offset, terms }: Place, axes: number, variables: ReadonlyMap<string, Axis[]>): Affine {
    if (axes !== 1) throw new Unreadable()
    return {
      offset,
      terms: terms.flatMap(([letter, by]) => {
        const own = variables.get(letter) ?? []
        return own.map((axis, i) => ({ axis, by: by * own.slice(i + 1).reduce((n, a) => n * a.size, 1) }))
      }),
    }
  }

  /** An array exactly of these axes: the value itself where it is one. */
  private exactly(info: Info, dims: readonly Dim[], item: Pick<Item, "group" | "source">, into: Piece[]): Base {
    const { base } = info
    const wanted = dims.flatMap(atomsOf)
    const there = base.dims.flatMap(atomsOf)
    const isPlain = base.number === undefined && base.parameter === undefined
    if (isPlain && wanted.length === there.length && wanted.every((d, i) => d === there[i])) return base
    const copy = this.copied(info, item, dims)
    into.push(...copy.pieces)
    return copy.info.base
  }

  /** What a region gives, as arrays with the axes of a view in their order. */
  results(outputs: readonly Info[], into: Piece[]): Base[] {
    return outputs.map((info) => this.exactly(info, info.dims, { group: undefined, source: undefined }, into))
  }

  private loop(item: LoopItem): Piece[] {
    const before: Piece[] = []
    const body = this.pieces(item.body)
    const inner = { group: undefined, source: item.source }
    const given = item.next.map((info, i) => {
      const result = item.results[i]
      const dims = i < item.carried.length ? item.carried[i].dims : result.dims.slice(1)
      return this.exactly(info, dims, inner, body)
    })
    const init = item.init.map((info, i) => this.exactly(info, item.carried[i].dims, item, before))
    const over = item.over.map((info, i) => this.exactly(info, [item.axis, ...item.slices[i].dims], item, before))
    const inside = [...item.carried, ...item.slices]
    const constants = freeIn(body, given, inside)
    const [axis] = atomsOf(item.axis)
    const term = arrange((b) => this.arrayOf(b), body, [...constants, ...inside], given, item.group)
    const part = {
      type: "block" as const,
      style: "scan" as const,
      title: "scan",
      repeat: 1,
      body: term,
      loop: {
        axis: this.names.axisOf(axis),
        constants: constants.length,
        carries: item.carried.length,
        reverse: item.reverse,
      },
    }
    return [...before, { part, inputs: [...constants, ...init, ...over], outputs: item.results, group: item.group }]
  }

  private choice(item: ChoiceItem): Piece[] {
    const before: Piece[] = []
    const body = this.pieces(item.body)
    const given = item.given.map((info, i) =>
      this.exactly(info, item.results[i % item.results.length].dims, { group: undefined, source: item.source }, body),
    )
    const inputs = freeIn(body, given, [])
    const term = arrange((b) => this.arrayOf(b), body, inputs, given, item.group)
    const condition = this.exactly(item.condition, [], item, before)
    const part = { type: "block" as const, style: "choice" as const, title: "if", repeat: 1, body: term }
    return [...before, { part, inputs: [condition, ...inputs], outputs: item.results, group: item.group }]
  }
}
