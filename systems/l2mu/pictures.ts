/** One window as it passes through the network, as SVG. */
import { cells, dataColours, light, picture, smallWords, words } from "../../src/view/index.ts"
import { type Population, populations } from "./model.ts"

export interface Passing {
  /** `[steps][channels]` */
  readonly signal: readonly ArrayLike<number>[]
  /** `[steps][width]` */
  readonly spikes: Readonly<Record<Population, readonly ArrayLike<number>[]>>
  readonly classes: readonly string[]
}

const titles: Record<Population, string> = {
  ...{ e1: "input layer 1", e2: "input layer 2", e3: "input layer 3" },
  ...{ u: "memory input u", m: "memory m", h: "hidden h", out: "classes" },
}

/** The signal, the spikes of every population below it, and how often each class has fired, growing with time. */
export function drawPassing({ signal, spikes, classes }: Passing): string {
  const steps = signal.length
  const [left, cell, gap] = [112, Math.max(4, Math.floor(480 / steps)), 18]
  const width = steps * cell
  const parts: string[] = []
  let y = 4
  const [middle, scale] = [34, 9]
  const sensors = ["accelerometer", "gyroscope"].map((name, s) => {
    const path = [0, 1, 2].map((axis) => {
      const c = s * 3 + axis
      return signal[0].length <= c
        ? ""
        : signal
            .map(
              (x, t) => `${t === 0 ? "M" : "L"}${((t + 0.5) * cell).toFixed(1)} ${(middle - scale * x[c]).toFixed(1)}`,
            )
            .join("")
    })
    const drawn = `<g transform="translate(${left} ${y})"><path d="${path.join("")}" fill="none" stroke="${dataColours[s]}" stroke-width="1"/></g>${words(0, y + middle, name)}`
    y += 2 * middle + 6
    return drawn
  })
  parts.push(...(signal[0].length === 6 ? sensors : []))
  for (const name of populations) {
    const rows = spikes[name][0].length
    const tall = Math.max(2, Math.min(name === "out" ? 12 : 5, 96 / rows))
    const flat = Array.from({ length: rows * steps }, (_, i) => spikes[name][i % steps][Math.floor(i / steps)])
    const frame = `<rect width="${width}" height="${rows * tall}" fill="none" stroke="${light.hairline}"/>`
    parts.push(
      `<g transform="translate(${left} ${y})">${cells(flat, { columns: steps, width: cell, height: tall, from: 0, to: 1, fill: light.ink })}${frame}</g>`,
    )
    parts.push(words(0, y + 12, titles[name]))
    if (name === "out")
      for (const [i, label] of classes.entries()) {
        const total = spikes.out.reduce((sum, row) => sum + row[i], 0)
        parts.push(smallWords(left + width + 6, y + i * tall + 9, `${total}  ${label}`))
      }
    y += rows * tall + gap
  }
  return picture(left + width + 130, y, "One window in the network", parts.join(""))
}
