/** Whether a drawing can be read: words that lie on one another, wires that run through what is not theirs. */
import { textWidth } from "./measure.ts"
import { cornersOf, marksIn, numberOf, readMarks } from "./svg-read.ts"

export interface Inspection {
  readonly overlappingLabels: number
  readonly wiresThroughBoxes: number
  readonly bytes: number
}

type Rect = readonly [left: number, top: number, right: number, bottom: number]

const meet = (a: Rect, b: Rect): boolean => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]

export function inspectDrawing(svg: string): Inspection {
  const marks = [...marksIn(readMarks(svg))]
  const labels = marks
    .filter((m) => m.name === "text" && (m.classes.includes("axis") || m.classes.includes("place")))
    .map((m): Rect => {
      const [x, y] = [numberOf(m, "x"), numberOf(m, "y")]
      return [x, y - 9, x + textWidth(m.text), y + 1]
    })
  const boxes = marks.flatMap((m): Rect[] => {
    if (m.classes.includes("disc")) {
      const [x, y] = [numberOf(m, "x"), numberOf(m, "y")]
      return [[x + 1, y + 1, x + numberOf(m, "width") - 1, y + numberOf(m, "height") - 1]]
    }
    if (!m.classes.includes("symbol") || m.name !== "path") return []
    const numbers = (m.attributes.d.match(/-?[\d.]+/g) ?? []).map(Number)
    const [x, y] = numbers
    const bottom = Math.max(...(m.attributes.d.match(/L[\d.]+ ([\d.]+)/g) ?? []).map((l) => Number(l.split(" ")[1])))
    return [
      [
        x + 1,
        y + 1,
        Math.max(...(m.attributes.d.match(/[HL]([\d.]+)/g) ?? []).map((l) => Number(l.slice(1)))) - 1,
        bottom - 1,
      ],
    ]
  })
  const wires = marks.filter((m) => m.classes.includes("wire")).map((m) => cornersOf(m.attributes.d))
  let crossings = 0
  for (const points of wires)
    for (let i = 1; i < points.length; i++) {
      const [[x0, y0], [x1, y1]] = [points[i - 1], points[i]]
      const span: Rect = [x0, Math.min(y0, y1), x1, Math.max(y0, y1) + 0.01]
      // A curve only fills its own column, in which nothing else stands; level stretches are what can run through a box.
      if (y0 === y1) for (const box of boxes) if (meet(span, box)) crossings++
    }
  let overlaps = 0
  const sorted = [...labels].sort((a, b) => a[0] - b[0])
  sorted.forEach((a, i) => {
    for (let j = i + 1; j < sorted.length && sorted[j][0] < a[2]; j++) if (meet(a, sorted[j])) overlaps++
  })
  return { overlappingLabels: overlaps, wiresThroughBoxes: crossings, bytes: svg.length }
}
