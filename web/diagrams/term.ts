/** A text as the page shows it: what it says, what is drawn of it, what it costs. */
import { CajalError, hostRandom } from "../../src/engine/index.ts"
import { drawGraph } from "../../src/view/index.ts"
import {
  backwardOf,
  drawTerm,
  erased,
  fusions,
  type Morphism,
  parseTerm,
  peakOf,
  printTerm,
  readingsOfTerm,
  spaceOfTerm,
  timeOfTerm,
} from "../../src/view/ncd/index.ts"

export const views = ["forward", "backward", "axes erased", "rewritten"] as const
export type ViewName = (typeof views)[number]

export interface Fault {
  readonly message: string
  readonly hint: string | undefined
  /** Position in the text, where it has one. */
  readonly line: number | undefined
  readonly column: number | undefined
}

export type Read = { readonly term: Morphism } | { readonly fault: Fault }

export function read(text: string): Read {
  try {
    return { term: parseTerm(text) }
  } catch (error) {
    return { fault: faultOf(error) }
  }
}

export function faultOf(error: unknown): Fault {
  if (!(error instanceof CajalError || error instanceof SyntaxError)) throw error
  const { hint, where = "" } = error as CajalError
  const place = /line (\d+), column (\d+)/.exec(where)
  return {
    message: error.message,
    hint,
    line: place === null ? undefined : Number(place[1]),
    column: place === null ? undefined : Number(place[2]),
  }
}

/** The sizes that a text binds at its start, in their order. */
export function sizesIn(text: string): { name: string; size: number }[] {
  const line = /^\s*let ([^\n]*)/.exec(text)?.[1] ?? ""
  return [...line.matchAll(/([\p{L}_][\p{L}\d_.]*'*)\s*=\s*(\d+)/gu)].map(([, name, size]) => ({
    name,
    size: Number(size),
  }))
}

const unprimed = (name: string): string => name.replace(/'+$/, "")

/** The text with another size of an axis, and of its primed twins of the same size. */
export function withSize(text: string, name: string, size: number): string {
  const before = sizesIn(text)
  const own = before.find((s) => s.name === name)?.size
  const twins = before.filter((s) => s.size === own && unprimed(s.name) === unprimed(name)).map((s) => s.name)
  return text.replace(/^\s*let [^\n]*/, (line) =>
    line.replace(/([\p{L}_][\p{L}\d_.]*'*)(\s*=\s*)\d+/gu, (whole, axis, equals) =>
      twins.includes(axis) ? `${axis}${equals}${size}` : whole,
    ),
  )
}

export interface Costs {
  readonly multiplyAdds: { readonly formula: string; readonly value: number }
  readonly other: number
  readonly peak: number
  readonly widest: number
}

export function costsOf(term: Morphism): Costs {
  const { multiplyAdds, other } = timeOfTerm(term)
  return {
    multiplyAdds: { formula: `${multiplyAdds}`, value: multiplyAdds.value() },
    other: other.value(),
    peak: peakOf(term),
    widest: Math.max(...spaceOfTerm(term).sections.map((s) => s.value())),
  }
}

/** What a view shows. */
export interface Shown {
  readonly svg: string
  /** Of a diagram: what is drawn, as a term and as text that runs. */
  readonly term?: Morphism
  readonly text?: string
  readonly note?: string
}

export const shownTerm = (term: Morphism): Shown => ({ svg: drawTerm(term), term, text: printTerm(term) })

export function erasedOf(term: Morphism): Shown {
  const random = hostRandom(1)
  const readings = readingsOfTerm(term, () => 2 * random.uniform() - 1)
  return {
    svg: drawGraph(erased(term)),
    note:
      readings === undefined
        ? "Names and arrows are left. How many functions they could mean is counted for products of two matrices, softmaxes and functions of one array."
        : `Names and arrows are left. With these sizes they have ${readings.readings} readings, which are ${readings.functions} different ${readings.functions === 1 ? "function" : "functions"}. The circuit diagram has one.`,
  }
}

export const backward = (term: Morphism): Shown => shownTerm(backwardOf(term))

export interface Rewriting {
  readonly term: Morphism
  /** Numbers in the largest section that is made. */
  readonly largest: number
}

/** The term, and what is left after each fusion of linear boxes. */
export function rewritings(term: Morphism): Rewriting[] {
  const terms = [term, ...[...fusions(term)].map((step) => step.term)]
  return terms.map((one) => ({
    term: one,
    largest: Math.max(
      0,
      ...spaceOfTerm(one)
        .sections.slice(1)
        .map((s) => s.value()),
    ),
  }))
}
