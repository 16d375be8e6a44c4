/** A term as SVG: no script, no text inside other markup, colours as CSS variables for light and dark. */
import { escapeHtml } from "../html.ts"
import { dark, light, mono, type Palette, serif } from "../theme.ts"
import { Canvas, port } from "./canvas.ts"
import { closed, countOf, mostBoxes } from "./draw-closed.ts"
import { measureRegion } from "./draw-region.ts"
import { layersOf } from "./layers.ts"
import { margin } from "./measure.ts"
import { codomainOf, domainOf, formatTuple, type Morphism } from "./terms.ts"

export interface DrawOptions {
  readonly title?: string
  readonly description?: string
  /** Where rows are broken. Default 1100; twice that where so many arrays run side by side that every row is a page high. */
  readonly width?: number
}

const side = 20

/** How many arrays are in the widest section, inside blocks too. */
const mostArrays = (m: Morphism): number =>
  layersOf(m).reduce((most, layer) => {
    const inner = layer.map((part) => (part.type === "block" ? mostArrays(part.body) : 0))
    return Math.max(most, layer.flatMap(codomainOf).length, ...inner)
  }, domainOf(m).length)

/**
 * Draws a term. The picture holds all that the term says: `parseSvg` reads it back. Of more than 5,000 boxes only the blocks are drawn,
 * and the picture says so.
 */
export function drawTerm(whole: Morphism, options: DrawOptions = {}): string {
  const count = countOf(whole)
  const term = count > mostBoxes ? closed(whole) : whole
  const notice = term === whole ? "" : `${count.toLocaleString("en")} boxes: only their blocks are drawn`
  const above = notice === "" ? margin : margin + 18
  const { title = "Neural circuit diagram", width: most = mostArrays(term) > 40 ? 2200 : 1100 } = options
  const domain = domainOf(term)
  const codomain = codomainOf(term)
  const description = [notice, options.description ?? `${formatTuple(domain)} to ${formatTuple(codomain)}`]
    .filter(Boolean)
    .join(". ")
  const region = measureRegion(layersOf(term), domain, { sized: new Set() }, { width: most - 2 * side, named: true })
  const canvas = new Canvas()
  region.draw(canvas, side, above, region.width)
  if (notice !== "") canvas.words("title", side, margin + 8, notice)
  const ends = [
    ...region.ins.flat().map((y) => port(side, y + above)),
    ...region.outs.flat().map((y) => port(side + region.width, y + above)),
  ]
  canvas.function(`<g class="frame">${ends.join("")}</g>`)
  const width = Math.ceil(region.width + 2 * side)
  const height = Math.ceil(region.height + above + margin)
  const { fences, tuples, wires, functions, words } = canvas.planes
  const plane = (name: string, list: readonly string[]): string =>
    list.length === 0 ? "" : `<g class="${name}">${list.join("")}</g>\n`
  return `<svg xmlns="http://www.w3.org/2000/svg" class="ncd" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${escapeHtml(title)}</title><desc>${escapeHtml(description)}</desc>
<style>${styles}</style>
${plane("fences", fences)}${tuples.length === 0 ? "" : `<path class="tuple" d="${tuples.join("")}"/>\n`}${plane("wires", wires)}${plane("functions", functions)}${plane("words", words)}</svg>
`
}

const green = { light: "#2f7d4f", dark: "#7cc79a" }
const tint = { light: "#f1ebdd", dark: "#1a1d25" }

const variables = (palette: Palette, name: "light" | "dark"): string =>
  `--ncd-paper:${palette.paper};--ncd-ink:${palette.ink};--ncd-quiet:${palette.quiet};--ncd-line:${palette.hairline};--ncd-stain:${palette.stain};--ncd-green:${green[name]};--ncd-tint:${tint[name]}`

const styles = `.ncd{${variables(light, "light")};background:var(--ncd-paper)}
@media(prefers-color-scheme:dark){.ncd{${variables(dark, "dark")}}}
.ncd path{fill:none}
.ncd .wire,.ncd .inner{stroke:var(--ncd-ink);stroke-width:1.1}
.ncd .scalar{stroke-width:.6;stroke:var(--ncd-quiet)}
.ncd .wire.natural{stroke-width:3.2}
.ncd .core{stroke:var(--ncd-paper);stroke-width:1.2}
.ncd .spike{stroke-dasharray:1.5 2.5}
.ncd .bool{stroke-dasharray:5 2}
.ncd .tuple{stroke:var(--ncd-quiet);stroke-width:.7;stroke-dasharray:4 4}
.ncd .fence{fill:var(--ncd-tint);stroke:var(--ncd-line)}
.ncd .symbol,.ncd .disc{fill:var(--ncd-paper);stroke:var(--ncd-ink);stroke-width:1}
.ncd .linear .symbol,.ncd .linear .disc,.ncd .linear .cap{stroke:var(--ncd-green);stroke-width:1.6}
.ncd .linear .dot{fill:var(--ncd-green)}
.ncd .opaque .symbol,.ncd .opaque .disc{fill:var(--ncd-line)}
.ncd .gap{stroke:var(--ncd-paper);stroke-width:2.4}
.ncd .dot{fill:var(--ncd-ink)}
.ncd .drop{stroke:var(--ncd-quiet);stroke-width:1.2}
.ncd .gate{stroke:var(--ncd-ink);stroke-width:2;stroke-linecap:round;opacity:.001}
.ncd .port{r:1px;fill:var(--ncd-ink);opacity:.001}
.ncd .return{stroke:var(--ncd-stain);stroke-width:.8}
.ncd .custom{fill:var(--ncd-stain)}
.ncd .stub path{stroke:var(--ncd-stain);stroke-width:1}
.ncd text{font-family:${mono.replaceAll('"', "'")};font-size:11px;fill:var(--ncd-ink)}
.ncd .fn text{text-anchor:middle}
.ncd .learned text{font-weight:bold}
.ncd .axis,.ncd .place{fill:var(--ncd-quiet)}
.ncd .title{font-family:${serif.replaceAll('"', "'")};font-size:12px}
.ncd .stub text{fill:var(--ncd-stain);font-size:9px}
.ncd .stub.start text{text-anchor:end}`
