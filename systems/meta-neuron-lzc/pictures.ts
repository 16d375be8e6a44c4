/** Spike trains with their phrases, as SVG. */

import { lempelZivPhrases } from "../../src/neuro/index.ts"
import { pressAddress } from "../../src/run/index.ts"
import { dataColours, light, picture, smallWords, words } from "../../src/view/index.ts"

const fills = [dataColours[0], dataColours[4], dataColours[2], dataColours[3]]

/** The phrases of a train as bars over its steps, each spike a dark stroke, and their number as it grows. */
function drawTrain(train: ArrayLike<number>, cell: number, y: number): string {
  const phrases = lempelZivPhrases(train)
  const spans = phrases.map(
    ({ from, to }, i) =>
      `<rect x="${from * cell}" y="${y}" width="${(to - from) * cell - 0.5}" height="14" fill="${fills[i % fills.length]}" fill-opacity="0.35"/>`,
  )
  const spikes = Array.from(train, (s, t) => (s === 1 ? `M${(t + 0.5) * cell} ${y + 2}v10` : "")).join("")
  const count = (steps: number): number => phrases.filter(({ to }) => to <= steps).length
  const rise = Array.from(
    train,
    (_, t) => `${t === 0 ? "M" : "L"}${(t + 1) * cell} ${y + 14 + 20 - count(t + 1) * 0.7}`,
  )
  return `${spans.join("")}<path d="${spikes}" stroke="${light.ink}" stroke-width="1.5"/><path d="${rise.join("")}" fill="none" stroke="${light.quiet}"/>`
}

export interface ShownTrain {
  readonly name: string
  readonly train: ArrayLike<number>
}

/** Trains above one another, their phrases coloured in turn; below each the number of phrases as it grows. */
export function drawTrains(trains: readonly ShownTrain[]): string {
  const [left, cell, row] = [110, 5, 46]
  const steps = trains[0].train.length
  const drawn = trains.map(({ name, train }, i) => {
    const phrases = lempelZivPhrases(train).length
    const c = (phrases * Math.log2(steps)) / steps
    const y = 4 + i * row
    return `${words(0, y + 11, name)}${smallWords(0, y + 26, `${phrases} phrases, C = ${c.toFixed(2)}`)}<g transform="translate(${left} 0)">${drawTrain(train, cell, y)}</g>`
  })
  return picture(left + steps * cell + 4, 4 + trains.length * row, "Spike trains and their phrases", drawn.join(""))
}

/** Bits that are pressed, with their phrases above them. */
export function drawBits(bits: readonly number[]): string {
  const [side, top, gap] = [22, 26, 2]
  const phrases = lempelZivPhrases(bits)
  const spans = phrases.map(({ from, to }, i) => {
    const [x, width] = [from * side, (to - from) * side - gap]
    return `<rect x="${x}" y="${top - 10}" width="${width}" height="6" fill="${fills[i % fills.length]}"/>${smallWords(x, top - 14, `${i + 1}`)}`
  })
  const cells = bits.map((bit, i) => {
    const label = `bit ${i + 1}: ${bit}`
    const look = bit === 1 ? `fill="${light.ink}"` : `fill="${light.paper}" stroke="${light.quiet}"`
    return `<a href="${pressAddress("bit", i)}" aria-label="${label}"><title>${label}</title><rect x="${i * side}" y="${top}" width="${side - gap}" height="${side - gap}" ${look}/></a>`
  })
  return picture(bits.length * side, top + side + 2, "Bits and their phrases", spans.join("") + cells.join(""), true)
}
