/** Digits as spikes, and the memory of a neuron while they pass, as SVG. */
import { cells, dataColours, formatNumber, light, picture, smallWords, words } from "../../src/view/index.ts"
import { side } from "./adding.ts"

export interface Passing {
  /** 0 or 1, `[steps][lines]`. */
  readonly inputs: readonly ArrayLike<number>[]
  /** `[steps][memory]` */
  readonly memory: readonly ArrayLike<number>[]
  /** Of the units, ascending, ms. */
  readonly tauMs: readonly number[]
  readonly dtMs: number
}

/** Time to the right: above the spikes of the lines, below the memory units, the slowest on top; two colours for two signs. */
export function drawPassing({ inputs, memory, tauMs, dtMs }: Passing): string {
  const [steps, units] = [inputs.length, tauMs.length]
  const [left, cell, gap] = [92, Math.max(2, Math.min(8, Math.floor(560 / steps))), 26]
  const unit = Math.max(1.5, Math.min(6, 260 / units))
  const digits = Array.from({ length: side * steps }, (_, i) => inputs[i % steps][Math.floor(i / steps)])
  const upright = Array.from({ length: units * steps }, (_, i) => memory[i % steps][units - 1 - Math.floor(i / steps)])
  const largest = Math.max(1e-9, ...upright.map(Math.abs))
  const size = { columns: steps, width: cell, from: 0 }
  const top = gap + side * cell
  const frame = (height: number): string =>
    `<rect width="${steps * cell}" height="${height}" fill="none" stroke="${light.hairline}"/>`
  const above = `<g transform="translate(${left} 0)">${cells(digits, { ...size, height: cell, to: 1, fill: light.ink })}${frame(side * cell)}</g>`
  const below = `<g transform="translate(${left} ${top})">${cells(upright, { ...size, height: unit, to: largest, fill: dataColours[0] })}${cells(
    upright.map((x) => -x),
    { ...size, height: unit, to: largest, fill: dataColours[1] },
  )}${frame(units * unit)}</g>`
  const ms = (tau: number): string => `${formatNumber(tau)} ms`
  const labels =
    words(0, 14, "input lines") +
    words(0, top + 12, "memory units") +
    smallWords(0, top + 26, ms(tauMs[units - 1])) +
    smallWords(0, top + units * unit, ms(tauMs[0])) +
    smallWords(
      left + steps * cell,
      top + units * unit + 16,
      `${formatNumber((steps * dtMs) / 1000)} s`,
      'text-anchor="end"',
    )
  return picture(
    left + steps * cell + 2,
    top + units * unit + 22,
    "Two digits and the memory of the neuron",
    above + below + labels,
  )
}
