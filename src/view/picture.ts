/** Parts of pictures that are drawn by hand, as SVG. */
import { escapeHtml } from "./html.ts"
import { light, mono, serif } from "./theme.ts"

/** The whole SVG around what is drawn, in px. @param group whether it holds links, which are then read one by one */
export const picture = (width: number, height: number, label: string, body: string, group = false): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="${group ? "group" : "img"}" aria-label="${escapeHtml(label)}">${body}</svg>\n`

/** Words in ink. @param options further attributes, such as an anchor */
export const words = (x: number, y: number, text: string, options = ""): string =>
  `<text x="${x}" y="${y}" font-family='${serif}' font-size="12" fill="${light.ink}" ${options}>${escapeHtml(text)}</text>`

/** Numbers and units, small and quiet. */
export const smallWords = (x: number, y: number, text: string, options = ""): string =>
  `<text x="${x}" y="${y}" font-family='${mono}' font-size="10" fill="${light.quiet}" ${options}>${escapeHtml(text)}</text>`

export interface CellsOptions {
  readonly columns: number
  /** Size of a cell, px. */
  readonly width: number
  readonly height: number
  /** The value of an empty cell and of a full one. */
  readonly from: number
  readonly to: number
  /** Default stain. */
  readonly fill?: string
}

const shades = 10

/** A matrix of values as cells of one colour, fainter or stronger; one path for each of ten shades, so that thousands are small. */
export function cells(
  values: ArrayLike<number>,
  { columns, width, height, from, to, fill = light.stain }: CellsOptions,
): string {
  const paths = Array.from({ length: shades + 1 }, () => "")
  for (let i = 0; i < values.length; i++) {
    const shade = Math.round(shades * Math.min(1, Math.max(0, (values[i] - from) / (to - from))))
    if (!(shade > 0)) continue
    const [x, y] = [(i % columns) * width, Math.floor(i / columns) * height]
    paths[shade] += `M${x} ${y}h${width}v${height}h${-width}z`
  }
  return paths
    .map((d, shade) => (d === "" ? "" : `<path d="${d}" fill="${fill}" fill-opacity="${shade / shades}"/>`))
    .join("")
}
