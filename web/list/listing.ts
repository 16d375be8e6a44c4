/** What the list shows: words looked for, filters and order, all of them in the address. */
import MiniSearch from "minisearch"
import { monthOf, type Paper } from "../papers.ts"

export const orders = ["newest", "trending", "name"] as const
export type Order = (typeof orders)[number]

export interface Wanted {
  readonly words: string
  readonly family: string
  readonly kind: string
  /** Only papers that run here. */
  readonly running: boolean
  readonly order: Order
}

export const wantedOf = (query: URLSearchParams): Wanted => {
  const order = query.get("sort") as Order
  return {
    words: query.get("q") ?? "",
    family: query.get("family") ?? "",
    kind: query.get("kind") ?? "",
    running: query.has("runs"),
    order: orders.includes(order) ? order : "newest",
  }
}

/** The address of a choice; what is as by default is left out. */
export const queryOf = ({ words, family, kind, running, order }: Wanted): [string, string][] =>
  (
    [
      ["q", words],
      ["family", family],
      ["kind", kind],
      ["runs", running ? "yes" : ""],
      ["sort", order === "newest" ? "" : order],
    ] satisfies [string, string][]
  ).filter(([, value]) => value !== "")

export interface Found {
  readonly paper: Paper
  /** Words of the paper that matched. */
  readonly matched: readonly string[]
}

const fields = ["title", "summary", "tags", "family", "slug"]

/** A search that forgives typing mistakes, over the words of all papers. */
export function searchOf(papers: readonly Paper[]): (wanted: Wanted, interest?: Interest) => Found[] {
  const index = new MiniSearch<Paper>({ fields, idField: "slug", extractField: fieldOf })
  index.addAll(papers)
  const bySlug = new Map(papers.map((paper) => [paper.slug, paper]))
  return (wanted, interest = {}) => {
    const found = wanted.words.trim() === "" ? papers.map((paper) => ({ paper, matched: [] })) : search(wanted.words)
    const chosen = found.filter(({ paper }) => isWanted(paper, wanted))
    return wanted.words.trim() !== "" && wanted.order === "newest"
      ? chosen
      : chosen.sort((a, b) => compare[wanted.order](a.paper, b.paper, interest))
  }

  function search(words: string): Found[] {
    const options = { prefix: true, fuzzy: 0.2, boost: { title: 3, tags: 2, slug: 2 }, combineWith: "AND" as const }
    return index.search(words, options).map(({ id, match }) => ({
      paper: bySlug.get(id) as Paper,
      matched: Object.keys(match),
    }))
  }
}

const fieldOf = (paper: Paper, field: string): string =>
  field === "tags" ? paper.tags.join(" ") : String(paper[field as keyof Paper] ?? "")

const isWanted = ({ family, kind, runs }: Paper, wanted: Wanted): boolean =>
  (wanted.family === "" || family === wanted.family) &&
  (wanted.kind === "" || kind === wanted.kind) &&
  (!wanted.running || runs)

/** How much a paper is run and voted for, by slug. */
export type Interest = Readonly<Record<string, number>>

const dayOf = ({ listed, year }: Paper): string => listed ?? `${year}`
const byName = (a: Paper, b: Paper): number => a.title.localeCompare(b.title, "en")
const compare: Record<Order, (a: Paper, b: Paper, interest: Interest) => number> = {
  newest: (a, b) => dayOf(b).localeCompare(dayOf(a)) || byName(a, b),
  trending: (a, b, interest) =>
    (interest[b.slug] ?? 0) - (interest[a.slug] ?? 0) || Number(b.runs) - Number(a.runs) || byName(a, b),
  name: byName,
}

/** What was found by the months in which it was listed; in one part without a title where it is not in the order of dates. */
export function groupsOf(found: readonly Found[], { order, words }: Wanted): { title: string; found: Found[] }[] {
  const groups: { title: string; found: Found[] }[] = []
  const isByDate = order === "newest" && words.trim() === ""
  for (const one of found) {
    const title = isByDate ? monthOf(one.paper) : ""
    if (groups.at(-1)?.title !== title) groups.push({ title, found: [] })
    groups.at(-1)!.found.push(one)
  }
  return groups
}

/** A text cut where one of the words is, for marking: `[text, isMatch]`. */
export function marked(text: string, words: readonly string[]): [string, boolean][] {
  if (words.length === 0) return [[text, false]]
  const pattern = new RegExp(`(${words.map((word) => word.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})`, "gi")
  return text
    .split(pattern)
    .map((part, i): [string, boolean] => [part, i % 2 === 1])
    .filter(([part]) => part !== "")
}
