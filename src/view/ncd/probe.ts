/** What stands at a place of a drawing: a wire, a box, or the arrays between two columns. */
import type { Point } from "./measure.ts"
import { symbolOf } from "./operations.ts"
import type { Lane, Placed, Section, Shown } from "./parse-svg.ts"
import { type ArrayType, sizeOfArray } from "./terms.ts"

export interface Probe {
  readonly kind: "wire" | "box" | "section"
  /** Shapes: names and sizes of axes, kinds of numbers. */
  readonly text: string
  /** Wires that belong to it, as they run in the drawing. */
  readonly wires: readonly (readonly Point[])[]
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
  /** Of a section: which one, see `Section`. */
  readonly path?: string
}

const reach = 5

/** `y k h, 20 × 16 × 4` */
const shapeOf = ({ kind, axes }: ArrayType): string => {
  const names = axes.map(({ name }) => name).join(" ")
  const sizes = axes.map(({ size }) => size).join(" × ")
  return `${axes.length === 0 ? "one number" : `${names}: ${sizes}`} (${kind})`
}
const listOf = (arrays: readonly ArrayType[]): string => arrays.map(shapeOf).join(",  ") || "nothing"

/** The height of a wire at a place; between two corners on the straight line. */
function heightOf(points: readonly Point[], x: number): number | undefined {
  for (let i = 1; i < points.length; i++) {
    const [[x0, y0], [x1, y1]] = [points[i - 1], points[i]]
    if (x >= x0 && x <= x1) return x1 === x0 ? y0 : y0 + ((y1 - y0) * (x - x0)) / (x1 - x0)
  }
  return undefined
}

function ofSection({ left, right, lanes, path }: Section): Probe {
  const ys = lanes.flatMap((l) => l.wires.flatMap((w) => [heightOf(w.points, left), heightOf(w.points, right)]))
  const known = ys.filter((y) => y !== undefined)
  const arrays = lanes.map((l) => l.array)
  const numbers = arrays.reduce((n, a) => n + sizeOfArray(a), 0)
  return {
    kind: "section",
    text: `here: ${listOf(arrays)}${arrays.length > 1 ? ` · ${numbers.toLocaleString("en")} numbers` : ""}`,
    wires: [],
    left,
    right,
    top: Math.min(...known) - 8,
    bottom: Math.max(...known) + 8,
    path,
  }
}

function ofBox({ box, left, right, top, bottom }: Shown): Probe {
  const name = box.op === "map" ? String(box.attributes.f) : symbolOf(box) || box.op
  const learned = box.parameters.map((p) => `${p.name} ${shapeOf(p.array)}`)
  const from = listOf(box.inputs.map((w) => w.array))
  return {
    kind: "box",
    text: `${name}: ${from}${learned.length > 0 ? ` with ${learned.join(", ")}` : ""} → ${listOf(box.outputs.map((w) => w.array))}`,
    wires: [],
    left,
    right,
    top: top - 9,
    bottom: bottom + 9,
  }
}

function ofWire(lane: Lane, index: number, section: Section): Probe {
  const axis = lane.array.axes[index]
  const wire = lane.wires[index]
  const ys = wire.points.map(([, y]) => y)
  return {
    kind: "wire",
    text: `${axis === undefined ? "a number" : `${axis.name}:${axis.size}, a wire`} of ${shapeOf(lane.array)}`,
    wires: lane.wires.map((w) => w.points),
    left: wire.start[0],
    right: wire.end[0],
    top: Math.min(...ys),
    bottom: Math.max(...ys),
    path: section.path,
  }
}

const holds = (p: Probe, x: number, y: number): boolean => x >= p.left && x <= p.right && y >= p.top && y <= p.bottom
const areaOf = (p: Probe): number => (p.right - p.left) * (p.bottom - p.top)

const framed = new WeakMap<Placed, { boxes: readonly Probe[]; sections: readonly Probe[] }>()
/** What has a frame, made once for a drawing: it is asked for at every move of a pointer. */
function framesOf(placed: Placed) {
  const known = framed.get(placed)
  if (known !== undefined) return known
  const sections = placed.sections.filter((s) => s.lanes.length > 0 && s.right > s.left).map(ofSection)
  const made = { boxes: placed.boxes.map(ofBox), sections }
  framed.set(placed, made)
  return made
}

/** What is at a point of the drawing, in its own coordinates; the smallest thing first. */
export function probe(placed: Placed, x: number, y: number): Probe | undefined {
  const { boxes, sections } = framesOf(placed)
  const smallest = (list: readonly Probe[]): Probe | undefined =>
    list.filter((p) => holds(p, x, y)).sort((a, b) => areaOf(a) - areaOf(b))[0]
  const box = smallest(boxes)
  if (box !== undefined) return box
  let best: Probe | undefined
  let least = reach
  for (const section of placed.sections) {
    if (x < section.left || x > section.right) continue
    for (const lane of section.lanes)
      lane.wires.forEach((wire, i) => {
        const at = heightOf(wire.points, x)
        if (at === undefined || Math.abs(at - y) > least) return
        least = Math.abs(at - y)
        best = ofWire(lane, i, section)
      })
  }
  return best ?? smallest(sections)
}

/** Sections and boxes in the order in which a reader goes through them, each section followed by the boxes behind it. */
export function stopsOf(placed: Placed): Probe[] {
  const { boxes, sections } = framesOf(placed)
  const all = [...sections, ...boxes]
  // Rows of a drawing lie below one another, far apart; within a row it goes to the right.
  const row = rowsOf(all)
  return all.sort((a, b) => row(a) - row(b) || a.left - b.left || a.top - b.top)
}

function rowsOf(all: readonly Probe[]): (p: Probe) => number {
  const spans: { top: number; bottom: number }[] = []
  for (const { top, bottom } of [...all].sort((a, b) => a.top - b.top)) {
    const last = spans[spans.length - 1]
    if (last !== undefined && top <= last.bottom) last.bottom = Math.max(last.bottom, bottom)
    else spans.push({ top, bottom })
  }
  return (p) => spans.findIndex((s) => p.top >= s.top && p.top <= s.bottom)
}

/** The wires of a section, from top to bottom. */
export const wiresOf = ({ sections }: Placed, path: string): Probe[] => {
  const section = sections.find((s) => s.path === path)
  return section === undefined
    ? []
    : section.lanes.flatMap((lane) => lane.wires.map((_, i) => ofWire(lane, i, section)))
}
