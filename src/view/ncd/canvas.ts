/** Where the parts of a drawing are collected, each kind in its own plane. */
import { escapeHtml } from "../html.ts"
import { pathThrough, type Point } from "./measure.ts"
import type { ArrayType } from "./terms.ts"

export class Canvas {
  /** From back to front. */
  readonly planes = { fences: [] as string[], tuples: [] as string[], wires: [] as string[], functions: [] as string[], words: [] as string[] }

  fence(markup: string): void {
    this.planes.fences.push(markup)
  }
  tuple(points: readonly Point[]): void {
    this.planes.tuples.push(`<path class="tuple" d="${pathThrough(points)}"/>`)
  }
  wire(array: ArrayType, index: number, points: readonly Point[]): void {
    const d = pathThrough(points)
    const looks = array.axes.length === 0 ? `${array.kind} scalar` : array.kind
    const shape = array.axes.map(({ name, size }) => `${name}:${size}`).join(" ")
    const axis = array.axes.length === 0 ? "" : ` data-axis="${escapeHtml(array.axes[index].name)}"`
    this.planes.wires.push(`<path class="wire ${looks}" d="${d}" data-shape="${escapeHtml(shape)}"${axis}/>`)
    // A double line: the paper shows again in the middle of a thick one.
    if (array.kind === "natural") this.planes.wires.push(`<path class="core" d="${d}"/>`)
  }
  function(markup: string): void {
    this.planes.functions.push(markup)
  }
  words(kind: string, x: number, y: number, text: string): void {
    this.planes.words.push(`<text class="${kind}" x="${x}" y="${y}">${escapeHtml(text)}</text>`)
  }
}

export const port = (x: number, y: number, kind = ""): string =>
  `<circle class="port${kind}" cx="${x}" cy="${y}" r="1"/>`
