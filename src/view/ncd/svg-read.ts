/** The marks of a drawing: what stands where, without any meaning yet. */
import { CajalError } from "../../engine/errors.ts"
import type { Point } from "./measure.ts"

export interface Mark {
  readonly name: string
  readonly classes: readonly string[]
  readonly attributes: Readonly<Record<string, string>>
  readonly children: Mark[]
  text: string
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" }
const plain = (text: string): string => text.replaceAll(/&([^;]+);/g, (whole, name: string) => entities[name] ?? whole)

/** Reads the markup that `drawTerm` writes. @throws CajalError where it is no such SVG */
export function readMarks(svg: string): Mark {
  const tag = /<(\/?)([a-zA-Z]+)((?:\s+[\w:-]+="[^"]*")*)\s*(\/?)>|([^<]+)/gy
  const root: Mark = { name: "", classes: [], attributes: {}, children: [], text: "" }
  const open: Mark[] = [root]
  tag.lastIndex = svg.indexOf("<svg") < 0 ? svg.length : svg.indexOf("<svg")
  while (tag.lastIndex < svg.length && open.length > 0) {
    const from = tag.lastIndex
    const found = tag.exec(svg)
    if (found === null)
      throw new CajalError(`this SVG cannot be read at character ${from + 1}`, {
        hint: "give a drawing as cajal draw wrote it",
      })
    const [, close, name, rest = "", isEmpty, text] = found
    const top = open[open.length - 1]
    if (text !== undefined) top.text += plain(text)
    else if (close === "/") open.pop()
    else {
      const attributes: Record<string, string> = {}
      for (const [, key, value] of rest.matchAll(/([\w:-]+)="([^"]*)"/g)) attributes[key] = plain(value)
      const mark: Mark = { name, classes: (attributes.class ?? "").split(" "), attributes, children: [], text: "" }
      top.children.push(mark)
      if (isEmpty !== "/") open.push(mark)
    }
  }
  const svgMark = root.children.find((m) => m.name === "svg")
  if (svgMark === undefined || !svgMark.classes.includes("ncd"))
    throw new CajalError("this is no neural circuit diagram", { hint: "give a drawing as cajal draw wrote it" })
  return svgMark
}

/** All marks inside one, outer ones first. */
export function* marksIn(mark: Mark): Generator<Mark> {
  for (const child of mark.children) {
    yield child
    yield* marksIn(child)
  }
}

/** The corners of a path: where each of its pieces begins and ends. */
export function cornersOf(d: string): Point[] {
  const points: Point[] = []
  for (const [, letter, list] of d.matchAll(/([MHVCch])([-\d. ]*)/g)) {
    const numbers = list.trim().split(/[ ,]+/).map(Number)
    const [x, y] = points[points.length - 1] ?? [0, 0]
    if (letter === "M") points.push([numbers[0], numbers[1]])
    else if (letter === "H") points.push([numbers[0], y])
    else if (letter === "h") points.push([x + numbers[0], y])
    else if (letter === "c") points.push([x + numbers[4], y + numbers[5]])
    else if (letter === "V") points.push([x, numbers[0]])
    else points.push([numbers[4], numbers[5]])
  }
  return points
}

/** The height of a wire at a place where it is level. */
export function heightAt(points: readonly Point[], x: number): number {
  for (let i = 1; i < points.length; i++)
    if (x <= points[i][0]) return x === points[i][0] ? points[i][1] : points[i - 1][1]
  return points[points.length - 1][1]
}

export const keyOf = (x: number, y: number): string => `${x} ${y}`
export const numberOf = (mark: Mark, name: string): number => Number(mark.attributes[name])
