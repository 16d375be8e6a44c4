/** A change of the order of arrays: wires cross, fork where they are copied, and end at a bar where they are dropped. */
import { looksOf } from "./canvas.ts"
import type { Measured } from "./draw-box.ts"
import { bottomOf, margin, pathThrough, stacked } from "./measure.ts"
import type { Rearrange } from "./terms.ts"

export function measureRearrange({ from, map }: Rearrange): Measured {
  const place = (list: readonly number[]): number[][] =>
    stacked(list.map((i) => from[i].axes.length)).map((own) => own.map((y) => y + margin))
  const ins = place(from.map((_, i) => i))
  const outs = place(map)
  const width = map.length === 0 ? 16 : Math.min(90, 30 + 4 * from.length)
  return {
    width,
    height: Math.max(bottomOf(ins), bottomOf(outs)) + margin,
    ins,
    outs,
    isNew: map.map((i) => from[i].axes.map(() => false)),
    draw(canvas, x, y, wide) {
      const parts: string[] = []
      const shades = new Map<string, string>()
      map.forEach((i, o) => {
        const shade = `inner${looksOf(from[i])}`
        outs[o].forEach((to, k) => {
          const d = pathThrough([
            [x, y + ins[i][k]],
            [x + wide, y + to],
          ])
          shades.set(shade, (shades.get(shade) ?? "") + d)
        })
      })
      for (const [shade, d] of shades) parts.push(`<path class="${shade}" d="${d}"/>`)
      ins.forEach((own, i) => {
        const uses = map.filter((m) => m === i).length
        for (const at of own) {
          if (uses > 1) parts.push(`<circle class="dot" cx="${x}" cy="${y + at}" r="2.5"/>`)
          if (uses === 0) parts.push(`<path class="drop" d="M${x} ${y + at}h6M${x + 6} ${y + at - 4}v8"/>`)
        }
      })
      canvas.function(`<g class="fn order" data-op="rearrange">${parts.join("")}</g>`)
    },
  }
}
