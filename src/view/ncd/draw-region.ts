/** Columns of parts, the wires between them, and rows where a line is too long. */
import type { Canvas } from "./canvas.ts"
import { port } from "./canvas.ts"
import { measureBlock } from "./draw-block.ts"
import { type Measured, measureBox } from "./draw-box.ts"
import { measureRearrange } from "./draw-rearrange.ts"
import { between, passingTuples } from "./draw-tuples.ts"
import type { Layer, Part } from "./layers.ts"
import { margin, type Point, stacked, textWidth } from "./measure.ts"
import { type ArrayType, type Axis, codomainOf, domainOf, isIdentity } from "./terms.ts"

/** What a drawing knows while it is measured from left to right. */
export interface Drawing {
  /** Axes whose size has been written. */
  readonly sized: Set<string>
}

export interface Lane {
  readonly array: ArrayType
  /** Whether it says its shape: arrays that only change their place do not say it again. */
  readonly tells: boolean
  ys: readonly number[]
  /** Axes that get a label where the lane begins. */
  isNew: readonly boolean[]
  points: Point[][]
}

interface Placed {
  readonly part: Measured
  readonly x: number
  readonly y: number
  readonly width: number
}

export interface RegionOptions {
  /** Where rows are broken. */
  readonly width: number
  /** Heights of the first wires, by array. */
  readonly ins?: readonly (readonly number[])[]
  /** Whether the arrays that come in are named. */
  readonly named: boolean
  /** Room above the arrays at the end. */
  readonly extra?: readonly number[]
}

export interface Region {
  readonly width: number
  readonly height: number
  readonly ins: readonly (readonly number[])[]
  readonly outs: readonly (readonly number[])[]
  draw(canvas: Canvas, x: number, y: number, width: number): void
}

const labelOf = ({ sized }: Drawing, { name, size }: Axis): string => {
  if (sized.has(name)) return name
  sized.add(name)
  return `${name}:${size}`
}

export function measurePart(part: Part, drawing: Drawing, width: number): Measured {
  if (part.type === "box") return measureBox(part)
  return part.type === "block" ? measureBlock(part, drawing, width) : measureRearrange(part)
}

const rowGap = 30
const bend = 20

export function measureRegion(
  layers: readonly Layer[],
  domain: readonly ArrayType[],
  drawing: Drawing,
  options: RegionOptions,
): Region {
  const placed: Placed[] = []
  const wires: Lane[] = []
  const tuples: Point[][] = []
  const words: { x: number; y: number; text: string }[] = []
  const stubs: {
    x: number
    top: number
    bottom: number
    number: number
    ys: readonly number[]
    side: "end" | "start"
  }[] = []
  const first = options.ins ?? stacked(domain.map((a) => a.axes.length)).map((own) => own.map((y) => y + margin))
  const begin = (
    array: ArrayType,
    x: number,
    ys: readonly number[],
    isNew: readonly boolean[],
    tells = true,
  ): Lane => ({
    array,
    tells,
    ys,
    isNew,
    points: ys.map((y) => [[x, y]]),
  })
  let lanes = domain.map((array, i) =>
    begin(
      array,
      0,
      first[i],
      array.axes.map(() => options.named),
    ),
  )
  let x = 0
  let top = 0
  let bottom = Math.max(2 * margin, ...first.flat().map((y) => y + margin))
  let widest = 0
  let row = 0
  let inRow = 0
  let dashed = new Map<Lane, { lower: Lane; points: Point[] }>()

  /** Writes the labels of new wires; gives the room that they take. */
  const label = (): number => {
    let room = 0
    for (const lane of lanes) {
      lane.array.axes.forEach((axis, i) => {
        if (!lane.isNew[i]) return
        const text = labelOf(drawing, axis)
        words.push({ x: x + 3, y: lane.ys[i] - 3, text })
        room = Math.max(room, textWidth(text) + 8)
      })
      lane.isNew = lane.array.axes.map(() => false)
    }
    return room
  }
  /** Wires of all lanes to new heights further right, and the dashed lines between them. */
  const advance = (straightTo: number, to: number, heights: readonly (readonly number[])[]): void => {
    const edges = (ys: readonly (readonly number[])[]): number[] =>
      ys.slice(1).map((own, i) => between(ys[i][ys[i].length - 1], own[0]))
    const [from, end] = [edges(lanes.map((lane) => lane.ys)), edges(heights)]
    // A dashed line goes on as long as both arrays do, and nothing comes between them.
    const next = new Map<Lane, { lower: Lane; points: Point[] }>()
    from.forEach((y, i) => {
      const [upper, lower] = [lanes[i], lanes[i + 1]]
      const open = dashed.get(upper)
      const points: Point[] = open?.lower === lower ? open.points : []
      if (points.length === 0) tuples.push(points)
      points.push([x, y], [straightTo, y], [to, end[i]])
      next.set(upper, { lower, points })
    })
    dashed = next
    lanes.forEach((lane, i) => {
      lane.points.forEach((points, k) => points.push([straightTo, lane.ys[k]], [to, heights[i][k]]))
      lane.ys = heights[i]
    })
    x = to
  }
  const breakRow = (labels: number): void => {
    const zone = Math.max(labels, 14)
    advance(
      x + zone,
      x + zone,
      lanes.map((lane) => lane.ys),
    )
    widest = Math.max(widest, x)
    row++
    stubs.push({ x, top, bottom, number: row, ys: lanes.flatMap((l) => l.ys), side: "end" })
    wires.push(...lanes)
    top = bottom + rowGap
    const ys = stacked(lanes.map((l) => l.array.axes.length)).map((own) => own.map((y) => y + top + margin))
    x = 0
    lanes = lanes.map((lane, i) =>
      begin(
        lane.array,
        0,
        ys[i],
        lane.array.axes.map(() => true),
      ),
    )
    bottom = Math.max(top + 2 * margin, ...ys.flat().map((y) => y + margin))
    stubs.push({ x, top, bottom, number: row, ys: ys.flat(), side: "start" })
    inRow = 0
  }

  for (const layer of layers) {
    // Before what follows is measured: sizes are written where an axis is seen first.
    let labels = label()
    const parts = layer.map((part) => (isIdentity(part) ? undefined : measurePart(part, drawing, options.width)))
    const width = Math.max(...parts.map((m) => m?.width ?? 0))
    if (inRow > 0 && x + labels + bend + width + 8 > options.width) {
      breakRow(labels)
      labels = label()
    }
    let edge = top
    let lane = 0
    const heights: (readonly number[])[] = []
    const tops: number[] = []
    layer.forEach((part, p) => {
      const measured = parts[p]
      const count = domainOf(part).length
      if (measured === undefined) {
        for (let k = 0; k < count; k++) {
          const { ys } = lanes[lane++]
          const moved = Math.max(ys[0] - margin, edge) - (ys[0] - margin)
          heights.push(ys.map((y) => y + moved))
          edge = ys[ys.length - 1] + moved + margin
        }
        return
      }
      const wanted = count === 0 || part.type === "rearrange" ? edge : lanes[lane].ys[0] - measured.ins[0][0]
      const at = Math.max(edge, wanted)
      tops.push(at)
      heights.push(...measured.ins.map((own) => own.map((y) => y + at)))
      edge = at + measured.height
      lane += count
    })
    const zone = Math.max(labels, 8)
    const moves = lanes.some((l, i) => l.ys.some((y, k) => y !== heights[i][k]))
    advance(x + zone, x + zone + (moves ? bend : 0), heights)
    const left = x
    const next: Lane[] = []
    let index = 0
    lane = 0
    layer.forEach((part, p) => {
      const measured = parts[p]
      const count = domainOf(part).length
      if (measured === undefined) next.push(...lanes.slice(lane, lane + count))
      else {
        const y = tops[index++]
        wires.push(...lanes.slice(lane, lane + count))
        placed.push({ part: measured, x: left, y, width })
        codomainOf(part).forEach((array, o) => {
          next.push(
            begin(
              array,
              left + width,
              measured.outs[o].map((h) => h + y),
              measured.isNew[o],
              part.type !== "rearrange",
            ),
          )
        })
      }
      lane += count
    })
    passingTuples(layer, lanes, next, left, left + width, tuples)
    x = left + width
    lanes = next
    bottom = Math.max(bottom, edge)
    inRow++
  }
  const zone = Math.max(label(), 10)
  let edge = top
  const ends = lanes.map(({ ys }, i) => {
    const room = options.extra?.[i] ?? 0
    const moved = Math.max(ys[0] - margin, edge + room) - (ys[0] - margin)
    edge = ys[ys.length - 1] + moved + margin
    return ys.map((y) => y + moved)
  })
  bottom = Math.max(bottom, edge)
  const moves = lanes.some((l, i) => l.ys[0] !== ends[i][0])
  advance(x + zone, x + zone + (moves ? bend : 0), ends)
  widest = Math.max(widest, x)
  const last = lanes
  const lastTuples = ends.slice(1).map((own, i) => between(ends[i][ends[i].length - 1], own[0]))
  return {
    width: widest,
    height: bottom,
    ins: first,
    outs: ends,
    draw(canvas, dx, dy, width) {
      const move = (points: readonly Point[]): Point[] => points.map(([px, py]) => [px + dx, py + dy])
      for (const points of tuples) canvas.tuple(move(points))
      for (const y of lastTuples)
        if (x < width)
          canvas.tuple([
            [x + dx, y + dy],
            [width + dx, y + dy],
          ])
      for (const lane of wires) lane.points.forEach((points, i) => canvas.wire(lane.array, i, move(points), lane.tells))
      for (const lane of last)
        lane.points.forEach((points, i) =>
          canvas.wire(lane.array, i, move([...points, [width, lane.ys[i]]]), lane.tells),
        )
      for (const { part, x: px, y: py, width: w } of placed) part.draw(canvas, px + dx, py + dy, w)
      for (const w of words) canvas.words("axis", w.x + dx, w.y + dy, w.text)
      for (const s of stubs) {
        const at = s.x + dx
        canvas.function(
          `<g class="stub ${s.side}"><path d="M${at} ${s.top + dy}V${s.bottom + dy}"/><text x="${s.side === "end" ? at + 4 : at - 4}" y="${s.top + dy + 8}">${s.number}</text>${s.ys.map((y) => port(at, y + dy)).join("")}</g>`,
        )
      }
    },
  }
}
