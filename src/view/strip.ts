import { escapeHtml } from "./html.ts"
import { light, serif } from "./theme.ts"

export interface StripBar {
  /** 0..1 */
  readonly height: number
  readonly fill: string
  /** What it is, for who does not see it. */
  readonly label: string
  /** Only its outline is drawn. */
  readonly hollow?: boolean
  /** Where a press leads. */
  readonly href?: string
}

interface StripOptions {
  readonly width?: number
  readonly height?: number
  readonly label: string
  /** What the colours are; it stands above the bars. */
  readonly legend?: readonly { readonly fill: string; readonly label: string }[]
}

const legendHeight = 20

/** A row of bars from side to side, as SVG. The whole height over a bar belongs to it, so that small ones are pressed as easily. */
export function drawStrip(
  bars: readonly StripBar[],
  { width = 640, height = 200, label, legend = [] }: StripOptions,
): string {
  const step = width / bars.length
  const drawn = bars.map((bar, i) => {
    const tall = Math.max(2, bar.height * (height - 4))
    const look = bar.hollow === true ? `fill="none" stroke="${light.ink}"` : `fill="${bar.fill}"`
    const x = (i * step + 0.1 * step).toFixed(2)
    const mark = `<rect x="${x}" y="${(height - tall - 1).toFixed(2)}" width="${(0.8 * step).toFixed(2)}" height="${tall.toFixed(2)}" ${look}/>`
    const title = `<title>${escapeHtml(bar.label)}</title>`
    if (bar.href === undefined) return `<g>${title}${mark}</g>`
    const area = `<rect x="${(i * step).toFixed(2)}" y="0" width="${step.toFixed(2)}" height="${height}" fill="transparent"/>`
    return `<a href="${escapeHtml(bar.href)}" aria-label="${escapeHtml(bar.label)}">${title}${area}${mark}</a>`
  })
  const top = legend.length > 0 ? legendHeight : 0
  const names = legend.map(
    ({ fill, label: name }, i) =>
      `<rect x="${i * 110}" y="${-top}" width="9" height="9" fill="${fill}"/><text x="${i * 110 + 14}" y="${9 - top}" font-family='${serif}' font-size="12" fill="${light.ink}">${escapeHtml(name)}</text>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height + top}" viewBox="0 ${-top} ${width} ${height + top}" role="group" aria-label="${escapeHtml(label)}">
${names.join("\n")}
${drawn.join("\n")}
<path d="M0 ${height - 0.5}H${width}" stroke="${light.ink}" stroke-width="0.75"/>
</svg>
`
}
