/** The papers as the page knows them: cards, which of them run, and what their last full runs found. */
import recorded from "virtual:recorded"
import { catalogue, type PaperCard } from "../src/run/catalogue.ts"
import { systems } from "../systems/index.ts"

export interface Paper extends PaperCard {
  readonly runs: boolean
  /** Claims that the recorded full run met; undefined where none was recorded. */
  readonly recorded: { readonly met: number; readonly claims: number; readonly date: string } | undefined
}

export const papers: readonly Paper[] = catalogue.map((card) => ({
  ...card,
  runs: Object.hasOwn(systems, card.slug),
  recorded: recorded[card.slug],
}))

export const paperOf = (slug: string): Paper | undefined => papers.find((paper) => paper.slug === slug)

export const bylineOf = ({ authors, family }: PaperCard): string =>
  [typeof authors === "number" ? (authors === 1 ? "1 author" : `${authors} authors`) : authors, family]
    .filter(Boolean)
    .join(" · ")

const inWords = (date: string, parts: Intl.DateTimeFormatOptions): string =>
  new Date(date).toLocaleDateString("en-GB", { ...parts, year: "numeric", timeZone: "UTC" })

/** `February 2024`, or the year where no day is known. */
export const monthOf = ({ listed, year }: PaperCard): string =>
  listed === undefined ? String(year) : inWords(listed, { month: "long" })

/** `19 Feb 2024`, or the year where no day is known. */
export const dateOf = ({ listed, year }: PaperCard): string =>
  listed === undefined ? String(year) : inWords(listed, { day: "numeric", month: "short" })
