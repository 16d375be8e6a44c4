/** Terms from drawings: what a picture says is read from where its marks stand, the words at wires, and the names of operations. */
import { CajalError } from "../../engine/errors.ts"
import { type Layer, layersOf, type Part } from "./layers.ts"
import { readBox, readRearrange } from "./parse-box.ts"
import { type BoxMarks, collect, type Inside, type Item, type Marks, type Wire } from "./parse-marks.ts"
import { heightAt, keyOf } from "./svg-read.ts"
import { type ArrayType, type Axis, type Block, type Box, identityOn, type Kind, type Morphism } from "./terms.ts"

/** An array on its way: where its wires begin. */
export interface Lane {
  readonly array: ArrayType
  readonly wires: readonly Wire[]
}

/** The arrays between two columns. */
export interface Section {
  readonly left: number
  readonly right: number
  readonly lanes: readonly Lane[]
  /** Which section it is, counted from 0 in its region; in blocks behind the column and number of the block: `2.0/1`. */
  readonly path: string
}

/** A box and where it stands. */
export interface Shown {
  readonly box: Box
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

/** A term with the places of what it is drawn as. */
export interface Placed {
  readonly term: Morphism
  readonly sections: readonly Section[]
  readonly boxes: readonly Shown[]
}

/**
 * The term that a drawing shows.
 * @throws CajalError when the SVG is not one of ours, or a wire ends nowhere (its name and coordinates)
 */
export const parseSvg = (svg: string): Morphism => readDrawing(svg).term

/** The term that a drawing shows, and where its parts stand. @throws CajalError as `parseSvg` */
export function readDrawing(svg: string): Placed {
  const marks = collect(svg)
  const reading = new Reading(marks)
  const term = reading.region(marks.root, marks.frame.left, undefined, "")
  const { sections, boxes } = reading
  return { term, sections, boxes }
}

class Reading {
  readonly marks: Marks
  readonly sizes = new Map<string, number>()
  /** Names of wires that have begun, by where they begin. */
  readonly names = new Map<string, string | undefined>()
  readonly sections: Section[] = []
  readonly boxes: Shown[] = []

  constructor(marks: Marks) {
    this.marks = marks
    for (const { name, size } of marks.labels.values()) if (size !== undefined) this.sizes.set(name, size)
  }

  axis(name: string): Axis {
    const size = this.sizes.get(name)
    if (size === undefined) throw new CajalError(`the drawing does not say the size of the axis ${name}`)
    return { name, size }
  }

  /** Groups heights at a place into arrays, by the dashed lines that start or end there. */
  groups(x: number, ys: readonly number[], dashes: ReadonlyMap<number, readonly number[]>): number[][] {
    const cuts = dashes.get(x) ?? []
    const groups: number[][] = []
    ys.forEach((y, i) => {
      const before = ys[i - 1]
      if (i > 0 && !cuts.some((cut) => cut > before && cut < y)) groups[groups.length - 1].push(y)
      else groups.push([y])
    })
    return groups
  }

  /** Arrays that begin at a place: `names` where they are known from what they come out of. */
  lanesFrom(x: number, ys: readonly number[], nameOf: (y: number) => string | undefined): Lane[] {
    return this.groups(x, ys, this.marks.dashStarts).map((own) => {
      const wires = own.map((y) => {
        const wire = this.marks.wireFrom.get(keyOf(x, y))
        if (wire === undefined) throw new CajalError(`no wire leaves the port at (${x}, ${y})`)
        return wire
      })
      const isScalar = wires.length === 1 && wires[0].isScalar
      const axes = isScalar
        ? []
        : own.map((y) => {
            const name = this.marks.labels.get(keyOf(x, y))?.name ?? nameOf(y)
            if (name === undefined) throw new CajalError(`the wire that begins at (${x}, ${y}) has no name`)
            this.names.set(keyOf(x, y), name)
            return this.axis(name)
          })
      return { array: { kind: wires[0].kind as Kind, axes }, wires }
    })
  }

  /** The term inside a fence, or of the whole drawing. */
  region(
    inside: Inside,
    left: number,
    nameOf: ((y: number) => string | undefined) | undefined,
    path: string,
  ): Morphism {
    const starts = inside.starts(left)
    let lanes = this.lanesFrom(left, starts, nameOf ?? (() => undefined))
    const domain = lanes.map((l) => l.array)
    const layers: Layer[] = []
    let edge = left
    const section = (right: number): void =>
      void this.sections.push({ left: edge, right, lanes, path: `${path}${layers.length}` })
    for (const column of inside.columns) {
      if (column.stub !== undefined) {
        section(lanes[0]?.wires[0].end[0] ?? edge)
        edge = column.stub.x
        const { ends, starts: again, x } = column.stub
        const order = new Map(ends.map((y, i) => [y, i]))
        const ys = lanes.flatMap((l) => l.wires.map((w) => order.get(w.end[1]) as number))
        const names = lanes.flatMap((l) => (l.array.axes.length === 0 ? [undefined] : l.array.axes.map((a) => a.name)))
        lanes = this.lanesFrom(x, again, (y) => names[ys.indexOf(again.indexOf(y))])
        continue
      }
      const { x, items } = column
      section(x)
      const used = new Set<Lane>()
      const parts: { y: number; part: Part; out: Lane[] }[] = []
      let blocks = 0
      for (const item of [...items].sort((a, b) => a.top - b.top)) {
        const taken = this.taken(item, lanes)
        for (const lane of taken) used.add(lane)
        const inner = item.type === "block" ? `${path}${layers.length}.${blocks++}/` : ""
        parts.push({ y: item.top, ...this.part(item, taken, inner) })
        edge = Number.isNaN(item.right) ? item.left : item.right
      }
      for (const lane of lanes)
        if (!used.has(lane))
          parts.push({ y: heightAt(lane.wires[0].points, x), part: identityOn([lane.array]), out: [lane] })
      parts.sort((a, b) => a.y - b.y)
      layers.push(parts.map((p) => p.part))
      lanes = parts.flatMap((p) => p.out)
    }
    for (const lane of lanes) for (const { end } of lane.wires) if (!inside.isEnd(end)) throw dangling(lane, end)
    section(lanes[0]?.wires[0].end[0] ?? edge)
    if (layers.length === 0) return identityOn(domain)
    const whole: Morphism = {
      type: "compose",
      parts: layers.map((layer): Morphism => (layer.length === 1 ? layer[0] : { type: "product", parts: layer })),
    }
    layersOf(whole)
    return whole
  }

  /** The arrays that a part takes: their wires end at its ports. */
  taken(item: Item, lanes: readonly Lane[]): Lane[] {
    const ports = item.type === "block" ? item.inside.takes() : item.ins
    const found = lanes.filter(({ wires }) => wires.some(({ end }) => end[0] === item.left && ports.includes(end[1])))
    for (const lane of found)
      for (const { end } of lane.wires) if (end[0] !== item.left || !ports.includes(end[1])) throw dangling(lane, end)
    return [...found].sort((a, b) => a.wires[0].end[1] - b.wires[0].end[1])
  }

  /** @param path of what is inside a block */
  part(item: Item, taken: readonly Lane[], path: string): { part: Part; out: Lane[] } {
    if (item.type === "block") return this.block(item, taken, path)
    return item.op === "rearrange" ? this.rearranged(item, taken) : this.boxed(item, taken)
  }

  rearranged(item: BoxMarks, taken: readonly Lane[]): { part: Part; out: Lane[] } {
    const inNames = new Map(taken.flatMap((l) => l.wires.map((w, i) => [w.end[1], l.array.axes[i]?.name])))
    const out = this.lanesFrom(item.right, item.outs, (y) => {
      const path = item.inner.find(({ end }) => end[0] === item.right && end[1] === y)
      return path === undefined ? undefined : inNames.get(path.start[1])
    })
    return { part: readRearrange(item, taken, out), out }
  }

  boxed(item: BoxMarks, taken: readonly Lane[]): { part: Part; out: Lane[] } {
    const box = readBox(item, taken, this)
    const out = this.lanesFrom(item.right, item.outs, (y) => box.nameAt(y))
    const part = box.finish(out)
    const ys = [...item.ins, ...item.outs]
    this.boxes.push({
      box: part,
      left: item.left,
      right: Number.isNaN(item.right) ? item.left + 16 : item.right,
      top: Math.min(...ys),
      bottom: Math.max(...ys),
    })
    return { part, out }
  }

  block(item: Extract<Item, { type: "block" }>, taken: readonly Lane[], path: string): { part: Part; out: Lane[] } {
    const { inside, attributes } = item
    const outer = new Map(taken.flatMap((l) => l.wires.map((w, i) => [w.end[1], l.array.axes[i]?.name])))
    const { axis, size, repeat, ...loop } = attributes as Record<string, never>
    if (axis !== undefined) this.sizes.set(axis, size)
    // Of an array that is cut into steps the first wire ends at the fence.
    const body = this.region(inside, item.left, (y) => outer.get(y), path)
    const out = this.lanesFrom(item.right, item.outs, (y) => inside.nameAtEnd(y, this.names))
    const block: Block = {
      type: "block",
      style: item.style as Block["style"],
      title: item.title,
      repeat: repeat as number,
      body,
      ...(axis === undefined
        ? {}
        : { loop: { ...(loop as unknown as Omit<NonNullable<Block["loop"]>, "axis">), axis: this.axis(axis) } }),
    }
    return { part: block, out }
  }
}

/** A wire that ends where no port is. */
function dangling({ array, wires }: Lane, end: Wire["end"]): CajalError {
  const axis = array.axes[wires.findIndex((w) => w.end === end)]
  return new CajalError(`the wire ${axis?.name ?? "of a number"} ends nowhere, at (${end[0]}, ${end[1]})`)
}
