/** What neurons do and what the network says, as SVG. */
import { talkerSizes } from "../../src/data/index.ts"
import { pressAddress } from "../../src/run/index.ts"
import { cells, dataColours, formatNumber, light, picture, smallWords, words } from "../../src/view/index.ts"
import { type Look, microjoules } from "./arms.ts"
import { loudness } from "./frames.ts"

const { bands } = talkerSizes
const range = { from: loudness(0), to: loudness(1) }

/** Sounds above one another: bands upwards, frames to the right. Each `[frames, 24]`. */
export function drawSpectrograms(sounds: Readonly<Record<string, ArrayLike<number>>>): string {
  const [width, height, left, top, gap] = [7, 4, 100, 8, 16]
  const panel = bands * height
  const frames = Object.values(sounds)[0].length / bands
  const drawn = Object.entries(sounds).map(([name, values], i) => {
    const upright = Float32Array.from(values, (_, at) => {
      const [band, frame] = [bands - 1 - Math.floor(at / frames), at % frames]
      return values[frame * bands + band]
    })
    const y = top + i * (panel + gap)
    const frame = `<rect width="${frames * width}" height="${panel}" fill="none" stroke="${light.hairline}"/>`
    const shades = cells(upright, { columns: frames, width, height, ...range })
    return `${words(0, y + panel / 2 + 4, name)}<g transform="translate(${left} ${y})">${shades}${frame}</g>`
  })
  const bottom = top + drawn.length * (panel + gap)
  const axis = smallWords(left + frames * width, bottom, `${frames} frames, ${bands} bands`, 'text-anchor="end"')
  const label = `Spectrograms: ${Object.keys(sounds).join(", ")}`
  return picture(left + frames * width + 2, bottom + 6, label, drawn.join("") + axis)
}

export interface NeuronMap {
  readonly title: string
  readonly look: Look
}

/** Neurons that can be pressed: the one that is looked at, and those that were silenced, by their number over layers and streams. */
export interface Hands {
  readonly chosen: number | undefined
  readonly silenced: ReadonlySet<number>
}

const [side, across] = [10, 16]
const streamNames = ["heard", "seen"]

/** All neurons of networks in one frame, the networks side by side, streams in columns, layers in rows. */
export function drawNeurons(maps: readonly NeuronMap[], hands?: Hands): string {
  const block = across * side
  const [gap, left, top] = [10, 52, 50]
  const { neurons: first } = maps[0].look
  const [layers, n] = [first.length, first[0][0].rates.length]
  const rows = Math.ceil(n / across) * side
  const mapWidth = 2 * (block + gap) + 24
  const drawn = maps.map(({ title, look: { neurons, transmitting } }, m) => {
    const x = left + m * mapWidth
    const count = `${formatNumber(transmitting)} synapses transmit, ${formatNumber(transmitting * microjoules)} µJ`
    const blocks = neurons.flatMap((streams, l) =>
      streams.map(({ rates }, s) => {
        const place = `translate(${s * (block + gap)} ${top + l * (rows + gap)})`
        const shades = cells(rates, {
          columns: across,
          width: side,
          height: side,
          from: 0,
          to: 3,
          fill: dataColours[s],
        })
        return `<g transform="${place}">${shades}${frameOf(n)}${hands === undefined ? "" : marks(n, (2 * l + s) * n, hands)}</g>`
      }),
    )
    const names = streamNames.map((name, s) => smallWords(s * (block + gap), top - 8, name))
    return `<g transform="translate(${x} 0)">${words(0, 14, title)}${smallWords(0, 28, count)}${names.join("")}${blocks.join("")}</g>`
  })
  const layerNames = Array.from({ length: layers }, (_, l) =>
    smallWords(0, top + l * (rows + gap) + 12, `layer ${l + 1}`),
  )
  const [width, height] = [left + maps.length * mapWidth, top + layers * (rows + gap)]
  return picture(width, height, "Rates of all neurons", layerNames.join("") + drawn.join(""), hands !== undefined)
}

const frameOf = (n: number): string =>
  `<rect width="${across * side}" height="${Math.ceil(n / across) * side}" fill="none" stroke="${light.hairline}"/>`

/** Places to press; a cross on who is silenced, a ring around who is looked at. */
function marks(n: number, first: number, { chosen, silenced }: Hands): string {
  return Array.from({ length: n }, (_, i) => {
    const [x, y] = [(i % across) * side, Math.floor(i / across) * side]
    const id = first + i
    const cross = silenced.has(id)
      ? `<path d="M${x + 3} ${y + 3}l4 4m0 -4l-4 4" stroke="${light.ink}" stroke-width="1.5"/>`
      : ""
    const ring =
      chosen === id
        ? `<rect x="${x}" y="${y}" width="${side}" height="${side}" fill="none" stroke="${light.ink}" stroke-width="2"/>`
        : ""
    const label = `neuron ${i + 1}${silenced.has(id) ? ", silenced" : ""}`
    const area = `<rect x="${x}" y="${y}" width="${side}" height="${side}" fill="transparent"/>`
    return `<a href="${pressAddress("neuron", id)}" aria-label="${label}"><title>${label}</title>${area}${cross}${ring}</a>`
  }).join("")
}
