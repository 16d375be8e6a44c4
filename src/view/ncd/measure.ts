/** Distances of a drawing, in pixels, and how wide words are: a table, so that the same bytes come out everywhere. */

export const pitch = 14
export const tupleGap = 24
export const margin = 12

// Advances in hundredths of the font size of a common sans-serif face, for the signs that differ from 56.
const narrow = "ijltfI.,:;'!|()[]′"
const wide = "mwMWΣ→↓…"
/** Width of a text. */
export function textWidth(text: string, size = 11): number {
  let sum = 0
  for (const sign of text)
    sum += narrow.includes(sign)
      ? 30
      : wide.includes(sign)
        ? 88
        : sign === " "
          ? 28
          : sign >= "A" && sign <= "Z"
            ? 69
            : 57
  return Math.ceil((sum * size) / 100)
}

/** Heights of the wires of arrays under one another, from 0; an array without axes has one lane. */
export function stacked(lengths: readonly number[], extra: readonly number[] = []): number[][] {
  let y = 0
  return lengths.map((n, i) => {
    y += (i === 0 ? 0 : tupleGap) + (extra[i] ?? 0)
    const own = Array.from({ length: Math.max(1, n) }, (_, k) => y + k * pitch)
    y = own[own.length - 1]
    return own
  })
}

export const bottomOf = (stack: readonly (readonly number[])[]): number =>
  stack.length === 0 ? 0 : stack[stack.length - 1][stack[stack.length - 1].length - 1]

export type Point = readonly [x: number, y: number]

/** A curve through points from left to right, level at each of them. */
export function pathThrough(points: readonly Point[]): string {
  let [x0, y0] = points[0]
  let d = `M${x0} ${y0}`
  points.forEach(([x, y], i) => {
    if (i === 0) return
    const next = points[i + 1]
    // A level stretch goes on as long as the wire stays at its height.
    if (y === y0) {
      if (next === undefined || next[1] !== y) d += `H${x}`
    } else {
      const half = (x - x0) / 2
      d += `c${half} 0 ${half} ${y - y0} ${x - x0} ${y - y0}`
    }
    ;[x0, y0] = [x, y]
  })
  return d
}
