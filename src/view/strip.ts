import { escapeHtml } from "./html.ts"
import { light } from "./theme.ts"

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

/** A row of bars from side to side, as SVG. The whole height over a bar belongs to it, so that small ones are pressed as easily. */
export function drawStrip(
  bars: readonly StripBar[],
  { width = 640, height = 200, label }: { width?: number; height?: number; label: string },
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
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="group" aria-label="${escapeHtml(label)}">
${drawn.join("\n")}
<path d="M0 ${height - 0.5}H${width}" stroke="${light.ink}" stroke-width="0.75"/>
</svg>
`
}
