/** The marks of a drawing, sorted: wires by their ends, operations by column and fence. */
import { CajalError } from "../../engine/errors.ts"
import type { Point } from "./measure.ts"
import { cornersOf, keyOf, type Mark, marksIn, numberOf, readMarks } from "./svg-read.ts"
import { type Attributes, kinds } from "./terms.ts"

export interface Wire {
  readonly points: readonly Point[]
  readonly start: Point
  readonly end: Point
  readonly kind: string
  readonly isScalar: boolean
}

export interface BoxMarks {
  readonly type: "box"
  readonly op: string
  readonly attributes: Attributes
  readonly left: number
  readonly right: number
  readonly top: number
  readonly ins: readonly number[]
  readonly outs: readonly number[]
  readonly symbols: readonly Point[]
  readonly inner: readonly { readonly start: Point; readonly end: Point }[]
}

export interface BlockMarks {
  readonly type: "block"
  readonly style: string
  readonly title: string
  readonly attributes: Attributes
  readonly left: number
  readonly right: number
  readonly top: number
  readonly outs: readonly number[]
  readonly inside: Inside
}

export type Item = BoxMarks | BlockMarks

interface Stub {
  readonly number: number
  readonly side: "start" | "end"
  readonly x: number
  readonly top: number
  readonly bottom: number
  readonly ys: readonly number[]
}

export interface Column {
  readonly x: number
  readonly items: readonly Item[]
  readonly stub?: { readonly x: number; readonly ends: readonly number[]; readonly starts: readonly number[] }
}

/** What lies inside a fence (or the frame), and which wires begin and end at it. */
export interface Inside {
  readonly columns: readonly Column[]
  starts(x: number): number[]
  /** Heights at which wires from outside end at the fence. */
  takes(): number[]
  isEnd(end: Point): boolean
  nameAtEnd(y: number, names: ReadonlyMap<string, string | undefined>): string | undefined
}

export interface Marks {
  readonly root: Inside
  readonly frame: { readonly left: number }
  readonly wireFrom: ReadonlyMap<string, Wire>
  readonly dashStarts: ReadonlyMap<number, readonly number[]>
  readonly dashEnds: ReadonlyMap<number, readonly number[]>
  readonly labels: ReadonlyMap<string, { readonly name: string; readonly size: number | undefined }>
  readonly places: ReadonlyMap<string, string>
}

interface Rect {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

const holds = ({ x, y, width, height }: Rect, px: number, py: number): boolean =>
  px >= x && px <= x + width && py >= y && py <= y + height

const wireOf = (mark: Mark): Wire => {
  const points = cornersOf(mark.attributes.d)
  return {
    points,
    start: points[0],
    end: points[points.length - 1],
    kind: kinds.find((k) => mark.classes.includes(k)) ?? "real",
    isScalar: mark.classes.includes("scalar"),
  }
}

function boxOf(mark: Mark): BoxMarks {
  const ports = mark.children.filter((m) => m.classes.includes("port"))
  const where = (kind: string): Point[] =>
    ports.filter((m) => m.classes.includes(kind)).map((m) => [numberOf(m, "cx"), numberOf(m, "cy")])
  const inner = mark.children
    .filter((m) => m.classes.includes("inner"))
    .flatMap((m) => m.attributes.d.split(/(?=M)/).map(cornersOf))
    .map((points) => ({ start: points[0], end: points[points.length - 1] }))
  // A change of order has no ports but the ends of its paths, and of the bars where arrays are dropped.
  const dropped = mark.children.filter((m) => m.classes.includes("drop")).map((m) => cornersOf(m.attributes.d)[0])
  const isOrder = mark.classes.includes("order")
  const distinct = (list: readonly Point[]): Point[] => [...new Map(list.map((p) => [p[1], p])).values()]
  const ins = isOrder ? distinct([...inner.map((i) => i.start), ...dropped]) : where("in")
  const outs = isOrder ? distinct(inner.map((i) => i.end)) : where("out")
  const x = (list: readonly Point[]): number | undefined => list[0]?.[0]
  const ys = (list: readonly Point[]): number[] => list.map(([, y]) => y).sort((a, b) => a - b)
  return {
    type: "box",
    op: mark.attributes["data-op"],
    attributes: JSON.parse(mark.attributes["data-attrs"] ?? "{}") as Attributes,
    left: x(ins) ?? x(where("origin")) ?? Number.NaN,
    right: x(outs) ?? Number.NaN,
    top: Math.min(...ys(ins), ...ys(outs)),
    ins: ys(ins),
    outs: ys(outs),
    symbols: where("symbol"),
    inner,
  }
}

const byX = (paths: readonly Point[]): Map<number, number[]> => {
  const found = new Map<number, number[]>()
  for (const [x, y] of paths) found.set(x, [...(found.get(x) ?? []), y])
  return found
}

/** Sorts what a drawing shows. @throws CajalError when the SVG is not one of ours */
export function collect(svg: string): Marks {
  const marks = [...marksIn(readMarks(svg))]
  const having = (kind: string): Mark[] => marks.filter((m) => m.classes.includes(kind))
  const wires = having("wire").map(wireOf)
  const wireFrom = new Map(wires.map((w) => [keyOf(...w.start), w]))
  const dashes = having("tuple").flatMap((m) => m.attributes.d.split(/(?=M)/).map(cornersOf))
  const labels = new Map(
    having("axis").map((m) => {
      const [name, size] = m.text.split(":")
      return [
        keyOf(numberOf(m, "x") - 3, numberOf(m, "y") + 3),
        { name, size: size === undefined ? undefined : Number(size) },
      ]
    }),
  )
  const places = new Map(having("place").map((m) => [keyOf(numberOf(m, "x") - 2, numberOf(m, "y") + 3), m.text]))
  const ends = (having("frame")[0]?.children ?? []).map((m): Point => [numberOf(m, "cx"), numberOf(m, "cy")])
  const frame = { left: Math.min(...ends.map(([x]) => x)), right: Math.max(...ends.map(([x]) => x)) }
  const fences = having("block").map((mark) => {
    const rect = mark.children.find((m) => m.classes.includes("fence"))
    if (rect === undefined) throw new CajalError(`the block ${mark.attributes["data-title"]} has no fence`)
    return {
      mark,
      rect: {
        x: numberOf(rect, "x"),
        y: numberOf(rect, "y"),
        width: numberOf(rect, "width"),
        height: numberOf(rect, "height"),
      },
    }
  })
  /** The smallest fence around a point; with `above`, of those that cover more than that. */
  const around = (x: number, y: number, above = 0): Rect | undefined =>
    fences
      .map(({ rect }) => rect)
      .filter((rect) => holds(rect, x, y) && rect.width * rect.height > above)
      .sort((a, b) => a.width * a.height - b.width * b.height)[0]
  const stubs = having("stub").map((mark): Stub & { own: Rect | undefined } => {
    const path = cornersOf(mark.children.find((m) => m.name === "path")!.attributes.d)
    const [[x, top], [, bottom]] = path
    const side = mark.classes.includes("end") ? "end" : "start"
    return {
      number: Number(mark.children.find((m) => m.name === "text")!.text),
      side,
      x,
      top,
      bottom,
      ys: mark.children.filter((m) => m.classes.includes("port")).map((m) => numberOf(m, "cy")),
      own: around(side === "end" ? x - 1 : x + 1, (top + bottom) / 2),
    }
  })
  const boxes = having("fn")
    .map(boxOf)
    .map((box) => {
      const middle = (box.left + (Number.isNaN(box.right) ? box.left + 2 : box.right)) / 2
      return { box, own: around(middle, box.top) }
    })
  const items = new Map<Rect | undefined, Item[]>()
  const add = (own: Rect | undefined, item: Item): void => void items.set(own, [...(items.get(own) ?? []), item])
  for (const { box, own } of boxes) add(own, box)
  const byArea = [...fences].sort((a, b) => a.rect.width * a.rect.height - b.rect.width * b.rect.height)
  for (const { mark, rect } of byArea) {
    const [left, right] = [rect.x, rect.x + rect.width]
    const within = (y: number): boolean => y > rect.y && y < rect.y + rect.height
    const outs = wires.filter((w) => w.start[0] === right && within(w.start[1])).map((w) => w.start[1])
    const parent = around(left + 1, rect.y + 1, rect.width * rect.height)
    add(parent, {
      type: "block",
      style: mark.attributes["data-style"],
      title: mark.attributes["data-title"],
      attributes: JSON.parse(mark.attributes["data-attrs"]) as Attributes,
      left,
      right,
      top: rect.y,
      outs: [...new Set(outs)].sort((a, b) => a - b),
      inside: insideOf(
        rect,
        items.get(rect) ?? [],
        stubs.filter((s) => s.own === rect),
        wires,
        right,
      ),
    })
  }
  return {
    root: insideOf(
      undefined,
      items.get(undefined) ?? [],
      stubs.filter((s) => s.own === undefined),
      wires,
      frame.right,
      frame.left,
      ends,
    ),
    frame,
    wireFrom,
    dashStarts: byX(dashes.map((d) => d[0])),
    dashEnds: byX(dashes.map((d) => d[d.length - 1])),
    labels,
    places,
  }
}

function insideOf(
  rect: Rect | undefined,
  items: readonly Item[],
  stubs: readonly Stub[],
  wires: readonly Wire[],
  right: number,
  left = rect?.x ?? 0,
  frame: readonly Point[] = [],
): Inside {
  const within = (y: number): boolean => rect === undefined || (y > rect.y && y < rect.y + rect.height)
  const endsOf = stubs.filter((s) => s.side === "end").sort((a, b) => a.number - b.number)
  const startsOf = stubs.filter((s) => s.side === "start").sort((a, b) => a.number - b.number)
  // Further rows may begin right at the fence.
  const again = new Set(startsOf.flatMap((s) => s.ys))
  const rows: Item[][] = [[], ...endsOf.map(() => [])]
  for (const item of items) {
    const row = endsOf.findIndex((s) => item.top >= s.top - 1 && item.top <= s.bottom + 1)
    rows[row < 0 ? endsOf.length : row].push(item)
  }
  const columns: Column[] = rows.flatMap((row, r) => {
    const xs = [...new Set(row.map((i) => i.left))].sort((a, b) => a - b)
    const own = xs.map((x): Column => ({ x, items: row.filter((i) => i.left === x) }))
    const stub = endsOf[r]
    if (stub === undefined) return own
    const next = startsOf[r]
    return [...own, { x: stub.x, items: [], stub: { x: next.x, ends: stub.ys, starts: next.ys } }]
  })
  const unique = (list: readonly number[]): number[] => [...new Set(list)].sort((a, b) => a - b)
  const at = (point: Point, x: number): boolean => point[0] === x && within(point[1])
  return {
    columns,
    starts: (x) =>
      unique(
        frame.length > 0
          ? frame.filter((p) => p[0] === x).map(([, y]) => y)
          : wires.filter((w) => at(w.start, x) && !again.has(w.start[1])).map((w) => w.start[1]),
      ),
    takes: () => unique(wires.filter((w) => at(w.end, left)).map((w) => w.end[1])),
    isEnd: (end) => at(end, right) && (frame.length === 0 || frame.some((p) => p[0] === end[0] && p[1] === end[1])),
    nameAtEnd(y, names) {
      const inner = wires.find((w) => w.end[0] === right && w.end[1] === y)
      return inner === undefined ? undefined : names.get(keyOf(...inner.start))
    },
  }
}
