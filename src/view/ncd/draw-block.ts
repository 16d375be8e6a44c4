/** A block: a fence around what it does, its ports where the wires cross the fence. */
import { escapeHtml } from "../html.ts"
import type { Measured } from "./draw-box.ts"
import { type Drawing, measureRegion } from "./draw-region.ts"
import { layersOf } from "./layers.ts"
import { margin, pitch, stacked, textWidth } from "./measure.ts"
import { type Block, codomainOf, domainOf } from "./terms.ts"

const titleHeight = 20

export function measureBlock(block: Block, drawing: Drawing, width: number): Measured {
  const { style, title, repeat, body, loop } = block
  const taken = domainOf(body)
  const given = codomainOf(body)
  const isSliced = (i: number): boolean => loop !== undefined && i >= loop.constants + loop.carries
  const isStacked = (i: number): boolean => loop !== undefined && i >= loop.carries
  const asks = style === "choice" ? 1 : 0
  // The ports outside: an array that is cut into steps has one wire more, above the others.
  const outside = stacked([...(asks ? [0] : []), ...taken.map((a, i) => a.axes.length + (isSliced(i) ? 1 : 0))]).map(
    (own) => own.map((y) => y + margin),
  )
  const inside = taken.map((a, i) => {
    const own = outside[i + asks]
    return isSliced(i) && a.axes.length > 0 ? own.slice(1) : own
  })
  const region = measureRegion(layersOf(body), taken, drawing, {
    width: width - 16,
    ins: inside,
    named: false,
    extra: given.map((a, i) => (isStacked(i) && a.axes.length > 0 ? pitch : 0)),
  })
  const results = style === "choice" ? given.slice(0, given.length / 2) : given
  const outs = results.map((a, i) => {
    const own = region.outs[i]
    return isStacked(i) && a.axes.length > 0 ? [own[0] - pitch, ...own] : own
  })
  const words =
    title +
    (repeat > 1 ? ` ×${repeat}` : "") +
    (loop === undefined ? "" : ` ${loop.reverse ? "←" : "→"} ${loop.axis.name}`)
  const carries = loop?.carries ?? 0
  const foot = carries > 0 ? 6 + 4 * Math.min(carries, 8) : 4
  const down = (list: readonly (readonly number[])[]): number[][] => list.map((own) => own.map((y) => y + titleHeight))
  return {
    width: Math.max(region.width, textWidth(words, 12) + 40),
    height: region.height + titleHeight + foot + 6,
    ins: down(outside),
    outs: down(outs),
    isNew: results.map((a, i) => [...(isStacked(i) ? [true] : []), ...a.axes.map(() => false)]),
    draw(canvas, x, y, wide) {
      const height = region.height + titleHeight + foot - 6
      const attributes = {
        repeat,
        ...(loop === undefined ? {} : { ...loop, axis: loop.axis.name, size: loop.axis.size }),
      }
      const mark = style === "custom" ? `<path class="custom" d="M${x + wide - 18} ${y + 9}h10l-5 8z"/>` : ""
      canvas.fence(
        `<g class="block" data-style="${style}" data-title="${escapeHtml(title)}" data-attrs="${escapeHtml(JSON.stringify(attributes))}"><rect class="fence" x="${x}" y="${y + 3}" width="${wide}" height="${height + 6}" rx="3"/><text class="title" x="${x + 8}" y="${y + 16}">${escapeHtml(words)}</text>${mark}${returns(x, y, wide, height, block, outside, outs)}</g>`,
      )
      region.draw(canvas, x, y + titleHeight, wide)
      const edge = (at: number, list: readonly (readonly number[])[]): string =>
        [...new Set(list.flat())].map((h) => `M${at} ${y + titleHeight + h}h0`).join("")
      // Where wires cross the fence: ports that belong to no operation, as dots of one path.
      canvas.function(
        `<path class="gate" d="${edge(x, [...outside, ...inside])}${edge(x + wide, [...outs, ...region.outs])}"/>`,
      )
    },
  }
}

/** What is carried from step to step runs back under the body. */
function returns(
  x: number,
  y: number,
  width: number,
  height: number,
  { loop }: Block,
  ins: readonly (readonly number[])[],
  outs: readonly (readonly number[])[],
): string {
  if (loop === undefined) return ""
  return Array.from({ length: Math.min(loop.carries, 8) }, (_, i) => {
    const [from, to] = [y + titleHeight + outs[i][0], y + titleHeight + ins[loop.constants + i][0]]
    const level = y + height + 2 - 4 * i
    const inset = 4 + 3 * i
    return `<path class="return" d="M${x + width} ${from}h-${inset}V${level}H${x + inset}V${to}h-${inset}"/>`
  }).join("")
}
