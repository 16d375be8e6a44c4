/** Terms from text: `softmax[x] : y x h -> y x h`, `;` in sequence, `|` side by side. */
import { parseAffine, at as placeAt } from "./affine.ts"
import { named, numberOfOperands, parseExpression } from "./expression.ts"
import { operations } from "./operations.ts"
import {
  type ArrayType,
  type Attributes,
  type Axis,
  type Box,
  codomainOf,
  compareTuples,
  domainOf,
  identityOn,
  type Kind,
  kinds,
  type Morphism,
  type Parameter,
  product,
  type Slot,
  sameTuple,
  type Weave,
} from "./terms.ts"
import { checkPlaces } from "./text-check.ts"
import { impliedParameters } from "./text-print.ts"
import { Reader } from "./text-read.ts"
import { Wildcard } from "./text-wildcard.ts"
import { nearestWord } from "./words.ts"

/**
 * Reads a term.
 * @throws CajalError with line and column: unknown operations, axes without a size or with two, tuples that do not fit (both, one under the other)
 */
export function parseTerm(text: string): Morphism {
  const parser = new Parser(new Reader(text))
  return parser.whole()
}

class Parser {
  readonly reader: Reader
  readonly axes = new Map<string, { axis: Axis; at: number }>()

  constructor(reader: Reader) {
    this.reader = reader
  }

  whole(): Morphism {
    const { reader } = this
    while (reader.accept("let"))
      while (reader.peek(1) === "=") {
        const { text, at } = reader.take()
        reader.expect("=")
        this.bind(text, this.number(), at)
      }
    const m = this.sequence(undefined)
    if (reader.peek() !== undefined) throw reader.error(`did not expect "${reader.peek()}"`)
    return m
  }

  private number(): number {
    const { text, at } = this.reader.take()
    if (!/^\d+$/.test(text)) throw this.reader.error(`expected a whole number, found "${text}"`, at)
    return Number(text)
  }

  private bind(name: string, size: number, at: number): Axis {
    const known = this.axes.get(name)
    if (known !== undefined && known.axis.size !== size)
      throw this.reader.error(
        `the axis ${name} has size ${known.axis.size} at ${this.reader.placeOf(known.at)} and ${size} at ${this.reader.placeOf(at)}`,
        at,
      )
    const axis = known?.axis ?? { name, size }
    if (known === undefined) this.axes.set(name, { axis, at })
    return axis
  }

  private axisOf(name: string, at: number): Axis {
    const known = this.axes.get(name)
    if (known !== undefined) return known.axis
    throw this.reader.error(`the axis ${name} has no size`, at, `write let ${name}=8 at the start, or ${name}:8 here`)
  }

  private sequence(before: readonly ArrayType[] | undefined): Morphism {
    const { reader } = this
    const parts: Morphism[] = []
    let given = before
    do {
      const at = reader.at
      const part = this.product(given)
      const taken = domainOf(part)
      if (parts.length > 0 && given !== undefined && !sameTuple(given, taken))
        throw reader.error(`the tuples differ\n${compareTuples(given, taken, "gives", "takes")}`, at)
      parts.push(part)
      given = codomainOf(part)
    } while (reader.accept(";"))
    return parts.length === 1 ? parts[0] : { type: "compose", parts }
  }

  private product(before: readonly ArrayType[] | undefined): Morphism {
    const parts: Morphism[] = []
    let rest = before
    do {
      const part = this.item(rest)
      parts.push(part)
      rest = rest?.slice(domainOf(part).length)
    } while (this.reader.accept("|"))
    return product(...parts)
  }

  private item(before: readonly ArrayType[] | undefined): Morphism {
    const { reader } = this
    if (reader.accept("(")) {
      const m = this.sequence(before)
      reader.expect(")")
      return m
    }
    if (reader.peek() === "[") return this.rearrange(before)
    const word = reader.peek()
    if (word === "block" || word === "custom" || word === "choice" || word === "scan") return this.block(before)
    if (reader.accept("id")) {
      reader.expect(":")
      return identityOn(this.tuple())
    }
    return this.box(before)
  }

  private rearrange(before: readonly ArrayType[] | undefined): Morphism {
    const { text, at } = this.reader.enclosed("[", "]")
    const map = text.trim() === "" ? [] : text.split(",").map(Number)
    const from = this.reader.accept(":") ? this.tuple() : before
    if (from === undefined) throw this.reader.error("it is not known what is rearranged", at, "write [1,0] : y k, x k")
    for (const i of map)
      if (!Number.isInteger(i) || i < 0 || i >= from.length)
        throw this.reader.error(`there is no array ${i} among ${from.length}, counted from 0`, at)
    return { type: "rearrange", from, map }
  }

  private block(before: readonly ArrayType[] | undefined): Morphism {
    const { reader } = this
    const word = reader.take().text
    const style = word === "block" ? "fence" : (word as "custom" | "choice" | "scan")
    let loop: { axis: Axis; constants: number; carries: number; reverse: boolean } | undefined
    if (style === "scan") {
      const { text, at } = reader.take()
      const reverse = reader.accept("reverse")
      reader.expect("constants")
      const constants = this.number()
      reader.expect("carries")
      loop = { axis: this.axisOf(text, at), reverse, constants, carries: this.number() }
    }
    const title = JSON.parse(reader.take().text) as string
    let repeat = 1
    const times = /^x(\d+)$/.exec(reader.peek() ?? "")
    if (times !== null) {
      reader.take()
      repeat = Number(times[1])
    }
    reader.expect("{")
    const body = this.sequence(style === "fence" || style === "custom" ? before : undefined)
    reader.expect("}")
    return { type: "block", style, title, repeat, body, ...(loop === undefined ? {} : { loop }) }
  }

  private box(before: readonly ArrayType[] | undefined): Box {
    const { reader } = this
    const at = reader.at
    const isLifted = reader.accept("*")
    const bold = reader.accept("bold")
    const name = reader.take().text
    const bias = bold && reader.accept("+")
    let op = bold ? "linear" : name
    let attributes: Attributes = bias ? { bias: true } : {}
    const sugar = Object.hasOwn(named, op) && !bold
    if (sugar) [op, attributes] = ["map", { f: named[name] }]
    // A letter stands for any function: it can be drawn, not run.
    if (operations[op] === undefined && op.length > 1) {
      const near = nearestWord(name, [...Object.keys(operations), ...Object.keys(named)])
      throw reader.error(
        `there is no operation "${name}"`,
        at,
        near === undefined ? undefined : `did you mean ${near}?`,
      )
    }
    let targets: string[] = []
    if (reader.peek() === "[") {
      const inside = reader.enclosed("[", "]")
      if (op === "map" && !sugar) attributes = { f: inside.text.replaceAll(/\s/g, "") }
      else targets = inside.text.trim().split(/\s+/)
    }
    if (reader.peek() === "{")
      attributes = { ...attributes, ...(JSON.parse(`{${reader.enclosed("{", "}").text}}`) as Attributes) }
    reader.expect(":")
    const wholeOp = operations[op] === undefined
    const slotOf = (axis: Axis): Slot => (targets.includes(axis.name) || wholeOp ? "target" : placeAt(axis))
    const wild = new Wildcard(reader, before)
    const { inputs, parameters } = this.operands(slotOf, wild)
    reader.expect("->")
    wild.results()
    const { inputs: outputs } = this.operands(slotOf, wild)
    if (isLifted && wild.axes === undefined)
      throw reader.error("no array says where the axes of * are", at, "write * a -> * b behind the name")
    const plain: Box = { type: "box", op, attributes, inputs, parameters, outputs }
    const box = bold && parameters.length === 0 ? { ...plain, parameters: impliedParameters(plain, name, bias) } : plain
    this.check(box, at)
    return box
  }

  private check(box: Box, at: number): void {
    const { reader } = this
    if (box.op === "map") {
      const expression = parseExpression(String(box.attributes.f))
      const [needed, given] = [numberOfOperands(expression), box.inputs.length + box.parameters.length]
      if (needed > given) throw reader.error(`${box.attributes.f} takes ${needed} operands, ${given} are given`, at)
    }
    checkPlaces(box, (message) => reader.error(message, at))
  }

  private tuple(): ArrayType[] {
    return this.operands(placeAt).inputs.map((w) => w.array)
  }

  private operands(slotOf: (axis: Axis) => Slot, wild?: Wildcard): { inputs: Weave[]; parameters: Parameter[] } {
    const { reader } = this
    const inputs: Weave[] = []
    const parameters: Parameter[] = []
    if (reader.accept("(")) {
      reader.expect(")")
      return { inputs, parameters }
    }
    do {
      if (reader.peek()?.startsWith('"') === true) {
        const name = JSON.parse(reader.take().text) as string
        reader.expect("(")
        parameters.push({ name, ...this.weave(slotOf, wild) })
        reader.expect(")")
      } else inputs.push(this.weave(slotOf, wild, inputs.length))
    } while (reader.accept(","))
    return { inputs, parameters }
  }

  /** @param operand its place in the tuple, where it is known */
  private weave(slotOf: (axis: Axis) => Slot, wild?: Wildcard, operand?: number): Weave {
    const { reader } = this
    const axes: Axis[] = []
    const slots: Slot[] = []
    let kind: Kind = "real"
    if (!reader.accept("."))
      while (/^[\p{L}_\d*]/u.test(reader.peek() ?? "")) {
        const { text, at } = reader.take()
        if (text === "*") {
          const own = (wild ?? new Wildcard(reader, undefined)).at(at, axes, operand)
          axes.push(...own)
          slots.push(...own.map(placeAt))
          continue
        }
        const isTarget = text.endsWith("!")
        const axis = this.axis(isTarget ? text.slice(0, -1) : text, at, axes)
        if (axes.some((other) => other.name === axis.name))
          throw reader.error(
            `the axis ${axis.name} stands twice in one array`,
            at,
            "name one of them otherwise and read it at the other: x'[x]",
          )
        axes.push(axis)
        if (reader.peek() === "[") {
          const inside = reader.enclosed("[", "]")
          slots.push(parseAffine(inside.text, (name) => this.axisOf(name, inside.at)))
        } else slots.push(isTarget ? "target" : slotOf(axis))
      }
    if (reader.accept(":")) {
      const { text, at } = reader.take()
      if (!(kinds as readonly string[]).includes(text))
        throw reader.error(`there is no kind of array "${text}"`, at, `kinds are ${kinds.join(", ")}`)
      kind = text as Kind
    }
    return { array: { kind, axes }, slots }
  }

  /** A name, with its size behind it or bound before; a number stands for an axis of that size. */
  private axis(text: string, at: number, before: readonly Axis[]): Axis {
    if (/^\d+$/.test(text)) {
      const count = before.filter((x) => x.name.replaceAll("'", "") === `n${text}`).length
      return this.bind(`n${text}${"'".repeat(count)}`, Number(text), at)
    }
    if (this.reader.peek() === ":" && /^\d+$/.test(this.reader.peek(1) ?? "")) {
      this.reader.take()
      return this.bind(text, this.number(), at)
    }
    return this.axisOf(text, at)
  }
}
