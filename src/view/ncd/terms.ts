/**
 * Terms of neural circuit diagrams: plain immutable data that says what is computed, axis by axis.
 * @source Abbott, Neural Circuit Diagrams (2024), arXiv 2402.05424; weaves and affine reindexing from the follow-up package of the same group
 */
import { CajalError } from "../../engine/errors.ts"
import { type Affine, at } from "./affine.ts"

/** An index range. The name is the identity: the same name is the same axis everywhere in a diagram. */
export interface Axis {
  readonly name: string
  readonly size: number
}

/** What the elements of an array are: wires of each kind are drawn differently. */
export const kinds = ["real", "natural", "bool", "spike"] as const
export type Kind = (typeof kinds)[number]
/** The dtype of elements, where nothing else is said. */
export const dtypeOf = { real: "f32", spike: "f32", natural: "i32", bool: "bool" } as const

/** Elements over all tuples of indices of its axes, none of which occurs twice; no axes: one number. */
export interface ArrayType {
  readonly kind: Kind
  readonly axes: readonly Axis[]
}

export type Json = null | number | string | boolean | readonly Json[] | { readonly [name: string]: Json }
/** As plain values, names in order, without what is undefined or a function. */
export const asJson = (x: unknown): Json =>
  Array.isArray(x)
    ? x.map(asJson)
    : typeof x === "object" && x !== null
      ? Object.fromEntries(
          Object.entries(x)
            .filter(([, value]) => value !== undefined && typeof value !== "function")
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([name, value]) => [name, asJson(value)]),
        )
      : (x as Json)
export type Attributes = { readonly [name: string]: Json }

/**
 * What an operation does with one axis of an array. `"target"`: the axis belongs to the operation as a whole. Otherwise the place
 * along the axis at which a pass of the operation reads (of an output: the index that the pass stands for).
 */
export type Slot = "target" | Affine

/** An array as an operation takes it, one slot for each axis. */
export interface Weave {
  readonly array: ArrayType
  readonly slots: readonly Slot[]
}

/** An array that belongs to the operation: it is given by name when the diagram runs. */
export interface Parameter extends Weave {
  readonly name: string
}

/**
 * An operation: `out[target.., p] = op(in_1[target.., affine_1(p)], in_2[..], ...)` for every index p of its degree, the tiled axes
 * of its outputs. Contractions (see `operations.ts`) have no targets: what occurs in slots and not in the degree is summed over.
 */
export interface Box {
  readonly type: "box"
  readonly op: string
  readonly attributes: Attributes
  readonly inputs: readonly Weave[]
  readonly parameters: readonly Parameter[]
  readonly outputs: readonly Weave[]
  /** The line of the program that it comes from. Not part of what the term says. */
  readonly source?: string
}

/** Whole arrays of a tuple permuted, copied or dropped: output i is input `map[i]`. */
export interface Rearrange {
  readonly type: "rearrange"
  readonly from: readonly ArrayType[]
  readonly map: readonly number[]
}

/** One after the other; what one gives is what the next takes. */
export interface Compose {
  readonly type: "compose"
  readonly parts: readonly Morphism[]
}

/** One beside the other. */
export interface Product {
  readonly type: "product"
  readonly parts: readonly Morphism[]
}

/** A scan: the body takes constants, carries and one slice of each of the rest, and gives carries and one slice of each result. */
export interface Loop {
  readonly axis: Axis
  readonly constants: number
  readonly carries: number
  readonly reverse: boolean
}

/**
 * A named region. `fence`: only a name; with `repeat` > 1 its first inputs are replaced by its outputs that often, parameters named `*`
 * by their number. `custom`: its gradient is a rule of its own. `choice`: the first input, a bool, picks the first or second half of what the body gives.
 */
export interface Block {
  readonly type: "block"
  readonly style: "fence" | "scan" | "custom" | "choice"
  readonly title: string
  readonly repeat: number
  readonly body: Morphism
  readonly loop?: Loop
}

export type Morphism = Box | Rearrange | Compose | Product | Block

export const array = (axes: readonly Axis[], kind: Kind = "real"): ArrayType => ({ kind, axes })
export const identityOn = (from: readonly ArrayType[]): Rearrange => ({
  type: "rearrange",
  from,
  map: from.map((_, i) => i),
})
export const isIdentity = (m: Morphism): boolean =>
  m.type === "rearrange" && m.map.length === m.from.length && m.map.every((to, i) => to === i)

export const shapeOf = ({ axes }: ArrayType): number[] => axes.map((axis) => axis.size)
export const sizeOfArray = (a: ArrayType): number => a.axes.reduce((n, { size }) => n * size, 1)

const sameAxes = (a: readonly Axis[], b: readonly Axis[]): boolean =>
  a.length === b.length && a.every((x, i) => x.name === b[i].name && x.size === b[i].size)
export const sameArray = (a: ArrayType, b: ArrayType): boolean => a.kind === b.kind && sameAxes(a.axes, b.axes)
export const sameTuple = (a: readonly ArrayType[], b: readonly ArrayType[]): boolean =>
  a.length === b.length && a.every((x, i) => sameArray(x, b[i]))

/** An array that has one more axis in front of it. */
const stacked = (axis: Axis, { kind, axes }: ArrayType): ArrayType => ({ kind, axes: [axis, ...axes] })

/** An array of which every axis is tiled and read at its own index. */
export const readWhole = (own: ArrayType): Weave => ({ array: own, slots: own.axes.map(at) })
/** The axes that belong to the operation. */
export const targetsOf = ({ array: { axes }, slots }: Weave): Axis[] => axes.filter((_, i) => slots[i] === "target")

/** The tuple that a morphism takes. */
export function domainOf(m: Morphism): readonly ArrayType[] {
  switch (m.type) {
    case "box":
      return m.inputs.map((w) => w.array)
    case "rearrange":
      return m.from
    case "compose":
      return m.parts.length === 0 ? [] : domainOf(m.parts[0])
    case "product":
      return m.parts.flatMap(domainOf)
    case "block": {
      const inner = domainOf(m.body)
      if (m.style === "choice") return [array([], "bool"), ...inner]
      const { loop } = m
      return loop === undefined
        ? inner
        : inner.map((a, i) => (i < loop.constants + loop.carries ? a : stacked(loop.axis, a)))
    }
  }
}

/** The tuple that a morphism gives. */
export function codomainOf(m: Morphism): readonly ArrayType[] {
  switch (m.type) {
    case "box":
      return m.outputs.map((w) => w.array)
    case "rearrange":
      return m.map.map((i) => m.from[i])
    case "compose":
      return m.parts.length === 0 ? [] : codomainOf(m.parts[m.parts.length - 1])
    case "product":
      return m.parts.flatMap(codomainOf)
    case "block": {
      const inner = codomainOf(m.body)
      if (m.style === "choice") return inner.slice(0, inner.length / 2)
      const { loop } = m
      return loop === undefined ? inner : inner.map((a, i) => (i < loop.carries ? a : stacked(loop.axis, a)))
    }
  }
}

/** The tiled axes of a box: those of its outputs that no operation runs over. */
export function degreeOf(box: Box): Axis[] {
  const found = new Map<string, Axis>()
  for (const { array: own, slots } of box.outputs)
    own.axes.forEach((axis, i) => {
      if (slots[i] !== "target") found.set(axis.name, axis)
    })
  return [...found.values()]
}

/** What a box sums over: the variables of its slots that are not in its degree. */
export function innerOf(box: Box): Axis[] {
  const degree = new Set(degreeOf(box).map(({ name }) => name))
  const found = new Map<string, Axis>()
  for (const { slots } of [...box.inputs, ...box.parameters])
    for (const slot of slots)
      if (slot !== "target") for (const { axis } of slot.terms) if (!degree.has(axis.name)) found.set(axis.name, axis)
  return [...found.values()]
}

/** All boxes of a term, those in blocks included, with how often each runs. */
export function* boxesOf(m: Morphism, times = 1): Generator<{ box: Box; times: number }> {
  if (m.type === "box") yield { box: m, times }
  else if (m.type === "block") yield* boxesOf(m.body, times * m.repeat * (m.loop?.axis.size ?? 1))
  else if (m.type !== "rearrange") for (const part of m.parts) yield* boxesOf(part, times)
}

export const formatArray = ({ kind, axes }: ArrayType): string =>
  (axes.map(({ name }) => name).join(" ") || ".") + (kind === "real" ? "" : `:${kind}`)
export const formatTuple = (arrays: readonly ArrayType[]): string => arrays.map(formatArray).join(", ") || "()"

/**
 * Both tuples, one under the other, with the first axis that differs marked below.
 * @param left, right what stands in front of them
 */
export function compareTuples(a: readonly ArrayType[], b: readonly ArrayType[], left: string, right: string): string {
  const width = Math.max(left.length, right.length)
  const sized = (list: readonly ArrayType[]): string =>
    list
      .map((x) => formatArray(x) + (x.axes.length === 0 ? "" : ` (${x.axes.map((y) => y.size).join("×")})`))
      .join(", ")
  const words = (list: readonly ArrayType[]): string[] => sized(list).split(/(?<=\s)/)
  const [x, y] = [words(a), words(b)]
  let at = 0
  while (at < x.length && x[at].trim() === (y[at] ?? "").trim()) at++
  const column = x.slice(0, at).join("").length
  return `  ${left.padEnd(width)}  ${x.join("")}\n  ${right.padEnd(width)}  ${y.join("")}\n  ${" ".repeat(width + 2 + column)}^`
}

/** @throws CajalError where a part does not take what the one before gives */
export function checkSequence(parts: readonly Morphism[]): void {
  parts.forEach((part, i) => {
    if (i === 0) return
    const [given, taken] = [codomainOf(parts[i - 1]), domainOf(part)]
    if (sameTuple(given, taken)) return
    throw new CajalError(
      `part ${i + 1} does not take what part ${i} gives\n${compareTuples(given, taken, "gives", "takes")}`,
    )
  })
}

/** One after the other. @throws CajalError where a part does not take what the one before gives */
export function compose(...parts: readonly Morphism[]): Morphism {
  checkSequence(parts)
  return parts.length === 1 ? parts[0] : { type: "compose", parts }
}

export const product = (...parts: readonly Morphism[]): Morphism =>
  parts.length === 1 ? parts[0] : { type: "product", parts }
