import { type Html, html, raw } from "./html.ts"
import { formatNumber } from "./numbers.ts"
import { reportStyle } from "./report-style.ts"
import type { VegaLiteSpec } from "./spec.ts"
import { toSvg } from "./svg.ts"

export interface ReportClaim {
  readonly text: string
  readonly paper: string
  readonly value: number | null
  /** The condition on our number, in words. */
  readonly threshold: string
  readonly unit?: string | undefined
  /** The control's number and what it is; undefined when the claim has none. */
  readonly control?: { readonly value: number | null; readonly text: string } | undefined
  readonly verdict: string
}

export type ReportFigure = {
  readonly id: string
  readonly title: string
  readonly caption?: string | undefined
} & ({ readonly spec: VegaLiteSpec } | { readonly svg: string })

export interface ReportTable {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | number)[])[]
}

/** All that a report shows. */
export interface ReportContent {
  readonly title: string
  /** One line under the title: authors, date, family. */
  readonly byline: string
  readonly link?: string | undefined
  readonly summary: string
  /** Must be read before the numbers, such as "data: generated stand-in". */
  readonly notes: readonly string[]
  readonly claims: readonly ReportClaim[]
  readonly figures: readonly ReportFigure[]
  readonly tables: readonly ReportTable[]
  /** Name and value: preset, seed, device, parameters. */
  readonly settings: readonly (readonly [string, string])[]
  readonly metrics: readonly { readonly name: string; readonly value: number; readonly unit?: string | undefined }[]
  readonly log: readonly string[]
  readonly footer: string
}

/** The report of a run: one HTML file that needs no network, reads in light and dark, and prints on A4. */
export async function renderReport(content: ReportContent): Promise<string> {
  const figures: Html[] = []
  for (const [i, one] of content.figures.entries()) {
    const svg = "svg" in one ? one.svg : await toSvg(one.spec, `figure-${i}`)
    figures.push(figureHtml(one, svg, i + 1))
  }
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${content.title}</title>
<style>${raw(reportStyle)}</style>
</head>
<body>
<main>
<header>
<h1>${content.title}</h1>
<p class="byline">${content.byline}${linkHtml(content.link)}</p>
</header>
${content.notes.map((text) => html`<p class="note">${text}</p>\n`)}
<p class="summary">${content.summary}</p>
${claimsHtml(content.claims)}
${figures.length === 0 ? undefined : html`<section><h2>Figures</h2>\n${figures}</section>`}
${content.tables.map(tableHtml)}
<section class="small">
<h2>Settings</h2>
${pairsHtml(content.settings)}
</section>
<section class="small">
<h2>Metrics</h2>
${pairsHtml(content.metrics.map(({ name, value, unit }) => [name, unit === undefined ? formatNumber(value) : `${formatNumber(value)} ${unit}`]))}
</section>
${content.log.length === 0 ? undefined : html`<section class="small"><h2>Log</h2><pre>${content.log.join("\n")}</pre></section>`}
<footer>${content.footer}</footer>
</main>
</body>
</html>
`
  return page.text
}

const linkHtml = (link: string | undefined): Html | undefined =>
  link === undefined ? undefined : html` · <a href="${link}">${link.replace(/^https?:\/\//, "")}</a>`

function claimsHtml(claims: readonly ReportClaim[]): Html | undefined {
  if (claims.length === 0) return undefined
  const rows = claims.map(
    (one) => html`<tr>
<td>${one.text}</td>
<td>${one.paper}</td>
<td><span class="number">${withUnit(one.value, one.unit)}</span><br><span class="quiet">${one.threshold}</span></td>
<td class="quiet">${one.control === undefined ? "none" : html`<span class="number">${withUnit(one.control.value, one.unit)}</span><br>${one.control.text}`}</td>
<td class="verdict">${one.verdict}</td>
</tr>
`,
  )
  return html`<section>
<h2>What the paper claims, and what was measured here</h2>
<table class="claims">
<thead><tr><th>claim</th><th>paper</th><th>here</th><th>control</th><th>verdict</th></tr></thead>
<tbody>
${rows}</tbody>
</table>
</section>`
}

const withUnit = (value: number | null, unit: string | undefined): string =>
  value === null || unit === undefined ? formatNumber(value) : `${formatNumber(value)} ${unit}`

const figureHtml = (one: ReportFigure, svg: string, count: number): Html => html`<figure id="${one.id}">
${raw(svg)}
<figcaption><b>Figure ${count}. ${one.title}</b>${one.caption === undefined ? "" : `. ${one.caption}`}</figcaption>
</figure>
`

const tableHtml = ({ title, columns, rows }: ReportTable): Html => html`<section>
<h2>${title}</h2>
<div class="wide"><table>
<thead><tr>${columns.map((name, i) => (rows.every((row) => typeof row[i] === "number") ? html`<th class="number">${name}</th>` : html`<th>${name}</th>`))}</tr></thead>
<tbody>
${rows.map((row) => html`<tr>${row.map(cellHtml)}</tr>\n`)}</tbody>
</table></div>
</section>
`

const cellHtml = (cell: string | number): Html =>
  typeof cell === "number" ? html`<td class="number">${formatNumber(cell)}</td>` : html`<td>${cell}</td>`

const pairsHtml = (pairs: readonly (readonly [string, string])[]): Html => html`<dl>
${pairs.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>\n`)}</dl>`
