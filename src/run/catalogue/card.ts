export type PaperKind = "model" | "method" | "simulator" | "tool" | "benchmark" | "survey"

export const families = [
  "architecture search",
  "brains and bodies",
  "fields and operators",
  "language",
  "microscopy and pathology",
  "model serving",
  "modular and efficient networks",
  "reservoirs and memories",
  "seeing inside",
  "self-organisation and design",
  "spiking training",
  "spiking vision",
] as const
export type Family = (typeof families)[number]

/** The facts of a paper, and a summary in our own words. */
export interface PaperCard {
  readonly slug: string
  readonly title: string
  /** How many authors, or the organisation that published it. */
  readonly authors?: number | string
  /** The date it was listed, `YYYY-MM-DD`. */
  readonly listed?: string
  readonly year: number
  /** The arXiv identifier, where two sources agree on it. */
  readonly arxiv?: string
  readonly link?: string
  readonly family: Family
  readonly kind: PaperKind
  readonly summary: string
  readonly tags: readonly string[]
}

/** Whether a paper runs here yet. */
export type PaperState = "runs" | "not yet"
