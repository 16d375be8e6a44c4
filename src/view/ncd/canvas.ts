/** Where the parts of a drawing are collected, each kind in its own plane. */
import { escapeHtml } from "../html.ts"
import { type Point, pathThrough } from "./measure.ts"
import type { ArrayType } from "./terms.ts"

export class Canvas {
  /** From back to front. */
  readonly planes = {
    fences: [] as string[],
    tuples: [] as string[],
    wires: [] as string[],
    functions: [] as string[],
    words: [] as string[],
  }

  fence(markup: string): void {
    this.planes.fences.push(markup)
  }
  tuple(points: readonly Point[]): void {
    this.planes.tuples.push(pathThrough(points))
  }
  wire(array: ArrayType, index: number, points: readonly Point[], tells: boolean): void {
    const d = pathThrough(points)
    const looks = `wire${looksOf(array)}`
    const shape = array.axes.map(({ name, size }) => `${name}:${size}`).join(" ")
    // The first wire of an array says what it is.
    const hover = !tells || index > 0 || shape === "" ? "" : ` data-shape="${escapeHtml(shape)}"`
    this.planes.wires.push(`<path class="${looks}" d="${d}"${hover}/>`)
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

/** Classes of a wire by what it carries: real numbers are the rule and have none. */
export const looksOf = ({ kind, axes }: ArrayType): string =>
  (kind === "real" ? "" : ` ${kind}`) + (axes.length === 0 ? " scalar" : "")

export const port = (x: number, y: number, kind = ""): string => `<circle class="port${kind}" cx="${x}" cy="${y}"/>`
