/** The report of a run, made from what the run emitted. Apart from the room's index because it draws. */
import { formatDuration } from "../view/numbers.ts"
import { renderReport } from "../view/report.ts"
import type { PaperCard } from "./catalogue.ts"
import { type Claim, type ClaimResult, verdict } from "./claims.ts"
import type { FigureEvent, MetricEvent, ResultEvent, TableEvent } from "./events.ts"
import type { KeptEvent } from "./runner.ts"

export interface ReportOptions {
  readonly card: PaperCard
  readonly claims: readonly Claim[]
  readonly events: readonly KeptEvent[]
  readonly result: ResultEvent
  /** ISO 8601. */
  readonly startedAt: string
  readonly version: string
}

/** One self-contained HTML file: claims, figures, tables, notes, settings and metrics of a run. */
export function reportOf({ card, claims, events, result, startedAt, version }: ReportOptions): Promise<string> {
  const { preset, seed, device, threads, wallMs } = result
  return renderReport({
    title: card.title,
    byline: bylineOf(card),
    link: card.link,
    summary: card.summary,
    notes: unique(events.filter((event) => event.type === "note").map((event) => event.text)),
    claims: result.claims.map((weighed) =>
      reportClaim(
        weighed,
        claims.find((claim) => claim.id === weighed.id),
      ),
    ),
    figures: latest(events.filter((event): event is FigureEvent => event.type === "figure")),
    tables: latest(events.filter((event): event is TableEvent => event.type === "table")),
    settings: [
      ["preset", preset],
      ["seed", String(seed)],
      ["device", device],
      ["threads", String(threads)],
      ["wall-clock time", formatDuration(wallMs)],
      ...Object.entries(result.parameters).map(([name, value]) => [name, String(value)] as const),
    ],
    metrics: latestMetrics(events.filter((event): event is MetricEvent => event.type === "metric")),
    log: events.filter((event) => event.type === "log").map((event) => event.text),
    footer: `cajal ${version} · ${result.system} · started ${startedAt.slice(0, 16).replace("T", " ")} UTC`,
  })
}

/** `6 authors · 28 Feb 2023 · spiking training`. */
export function bylineOf({ authors, listed, year, family }: PaperCard): string {
  const who = typeof authors === "number" ? (authors === 1 ? "1 author" : `${authors} authors`) : authors
  return [who, listed === undefined ? String(year) : formatDate(listed), family].filter(Boolean).join(" · ")
}

const formatDate = (iso: string): string =>
  new Date(iso).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" })

function reportClaim(result: ClaimResult, claim: Claim | undefined) {
  const { text, paper, value, control } = result
  return {
    text,
    paper,
    value,
    threshold: claim?.threshold ?? "",
    unit: claim?.unit,
    control: claim?.control === undefined ? undefined : { value: control, text: claim.controlText ?? "" },
    verdict: verdict(result),
  }
}

/** The last of each id, in the order in which the ids came first. */
const latest = <T extends { readonly id: string }>(events: readonly T[]): T[] => [
  ...new Map(events.map((event) => [event.id, event])).values(),
]

const latestMetrics = (events: readonly MetricEvent[]): MetricEvent[] => [
  ...new Map(events.map((event) => [event.name, event])).values(),
]

const unique = (texts: readonly string[]): string[] => [...new Set(texts)]
