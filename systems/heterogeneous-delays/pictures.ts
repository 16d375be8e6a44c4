/** Events, motions and kernels as SVG. */
import { type EventMovie, type Motion, velocityOf } from "../../src/data/index.ts"
import { tensor } from "../../src/engine/index.ts"
import { type DelayKernels, geometryOf } from "../../src/neuro/index.ts"
import { dataColours, light, mono, serif } from "../../src/view/index.ts"
import { pooled, streamEvidence } from "./model.ts"
import type { Setup } from "./parameters.ts"

const offColour = dataColours[0]
const onColour = dataColours[1]

/** One path for all of these unit squares. */
const squares = (places: readonly (readonly [x: number, y: number])[], fill: string, opacity = 1): string =>
  places.length === 0
    ? ""
    : `<path d="${places.map(([x, y]) => `M${x} ${y}h1v1h-1z`).join("")}" fill="${fill}"${opacity < 1 ? ` fill-opacity="${opacity}"` : ""}/>`

/** Events of one step, a unit square a pixel: OFF in blue, ON in red. @param events `[2 * height * width]` */
function drawEvents(events: ArrayLike<number>, width: number): string {
  const pixels = events.length / 2
  const of = (polarity: number): [number, number][] => {
    const places: [number, number][] = []
    for (let i = 0; i < pixels; i++)
      if (events[polarity * pixels + i] === 1) places.push([i % width, Math.floor(i / width)])
    return places
  }
  return squares(of(0), offColour, 0.6) + squares(of(1), onColour, 0.6)
}

/** An arrow from the middle of a square; its length is the speed. @param width of its line, as a share of the side */
function drawArrow({ direction, speed }: Motion, side: number, colour: string, width: number): string {
  if (speed === 0) return ""
  const [middle, length] = [side / 2, side * (0.12 + 0.26 * Math.min(1, speed))]
  const place = (angle: number, by: number): string =>
    `${(Math.cos(angle) * by).toFixed(2)} ${(Math.sin(angle) * by).toFixed(2)}`
  const tip = place(direction, length)
  const barbs = [2.6, -2.6].map((turn) => `M${tip}l${place(direction + turn, side * 0.1)}`)
  return `<path transform="translate(${middle} ${middle})" d="M0 0L${tip}${barbs.join("")}" fill="none" stroke="${colour}" stroke-width="${(width * side).toFixed(2)}" stroke-linecap="round"/>`
}

export const describe = ({ direction, speed }: Motion): string =>
  `${speed.toFixed(2)} px/step towards ${Math.round((direction * 180) / Math.PI)}°`

/** The whole SVG around what is drawn in px. */
const picture = (width: number, height: number, label: string, body: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">${body}</svg>\n`

const text = (x: number, y: number, words: string, options = ""): string =>
  `<text x="${x}" y="${y}" font-family='${serif}' font-size="12" fill="${light.ink}" ${options}>${words}</text>`

const quiet = (x: number, y: number, words: string, options = ""): string =>
  `<text x="${x}" y="${y}" font-family='${mono}' font-size="10" fill="${light.quiet}" ${options}>${words}</text>`

const frameOf = (side: number): string =>
  `<rect width="${side}" height="${side}" fill="none" stroke="${light.hairline}" stroke-width="${side / 200}"/>`

/** One frame with both arrows: how it moves (ink, broad), and what is read (amber, narrow). */
const drawFrame = (events: ArrayLike<number>, side: number, truth: Motion, read: Motion | undefined): string =>
  `${drawEvents(events, side)}${frameOf(side)}${drawArrow(truth, side, light.paper, 0.085)}${drawArrow(truth, side, light.ink, 0.055)}${
    read === undefined ? "" : drawArrow(read, side, dataColours[4], 0.022)
  }`

/** A frame alone, enlarged. */
export const drawMoment = (events: ArrayLike<number>, side: number, truth: Motion, read: Motion | undefined): string =>
  picture(
    384,
    384,
    read === undefined ? "events" : `moves ${describe(truth)}, read as ${describe(read)}`,
    `<g transform="scale(${384 / side})">${drawFrame(events, side, truth, read)}</g>`,
  )

/** What kernels decide at each step of a movie from `delays - 1` on. */
function decisions(kernels: DelayKernels, movie: EventMovie, { setting }: Setup): Int32Array {
  const events = tensor(Float32Array.from(movie.events.data as Uint8Array), { shape: movie.events.shape })
  const given = pooled(streamEvidence(kernels, events, setting, { stride: 3 }))
  return given.argmax().array() as Int32Array
}

const frameAt = ({ events: { data, shape } }: EventMovie, t: number): Uint8Array => {
  const count = shape[1] * shape[2] * shape[3]
  return data.subarray(t * count, (t + 1) * count) as Uint8Array
}

/** Moments of a movie: its events, its motion and the motion that is read. */
export function drawStrip(kernels: DelayKernels, movie: EventMovie, setup: Setup): string {
  const { delays } = setup.geometry
  const read = decisions(kernels, movie, setup)
  const side = movie.events.shape[3]
  const [shown, size, gap] = [Math.min(8, read.length), 132, 16]
  const cells = Array.from({ length: shown }, (_, i) => {
    const t = delays - 1 + Math.floor(((i + 0.5) * read.length) / shown)
    const frame = drawFrame(
      frameAt(movie, t),
      side,
      setup.motions[movie.labels[t]],
      setup.motions[read[t - delays + 1]],
    )
    const [x, y] = [(i % 4) * (size + gap), Math.floor(i / 4) * (size + gap + 14)]
    return `<g transform="translate(${x} ${y + 14})"><g transform="scale(${size / side})">${frame}</g>${quiet(0, -4, `step ${t}`)}</g>`
  })
  const [width, height] = [4 * (size + gap) - gap, Math.ceil(shown / 4) * (size + gap + 14)]
  return picture(width, height, "events of a movie, its motion and the motion that is read", cells.join(""))
}

/** Levels of grey of a weight. */
const levels = 6

/** ON minus OFF weight of each neuron (rows), slice by slice over the delay (columns); rings: where its motion came from. */
export function drawKernels(kernels: DelayKernels, { motions }: Setup): string {
  const { neurons, polarities, delays, rows, columns } = geometryOf(kernels)
  const weights = kernels.weight.array()
  const [cell, gap, left, top] = [3, 6, 128, 22]
  const at = (c: number, p: number, d: number, j: number, i: number): number =>
    weights[(((c * polarities + p) * delays + d) * rows + j) * columns + i]
  const [stepX, stepY] = [columns * cell + gap, rows * cell + gap]
  const drawn = motions.map((motion, c) => {
    const slices = Array.from({ length: delays }, (_, d) =>
      Array.from({ length: rows * columns }, (_, k) => {
        const [j, i] = [Math.floor(k / columns), k % columns]
        return at(c, polarities - 1, d, j, i) - at(c, 0, d, j, i)
      }),
    )
    // The newest synapse in the middle, where all begin, would outshine the others.
    const largest = Math.max(1e-9, ...slices.slice(1).flat().map(Math.abs))
    const [vx, vy] = velocityOf(motion)
    const tiles = slices.map((values, d) => {
      const paths: string[] = []
      for (const sign of [1, -1])
        for (let level = 1; level <= levels; level++) {
          const places = values.flatMap((value, k): [number, number][] =>
            Math.min(levels, Math.round((levels * sign * value) / largest)) === level
              ? [[k % columns, Math.floor(k / columns)]]
              : [],
          )
          paths.push(squares(places, sign > 0 ? onColour : offColour, (level / levels) ** 0.6))
        }
      const [x, y] = [columns / 2 - vx * d, rows / 2 - vy * d]
      const inside = x > 0 && x < columns && y > 0 && y < rows
      const ring = inside
        ? `<circle cx="${x.toFixed(2)}" cy="${y.toFixed(2)}" r="1.3" fill="none" stroke="${light.ink}" stroke-width="0.15"/>`
        : ""
      const border = `<rect width="${columns}" height="${rows}" fill="none" stroke="${light.hairline}" stroke-width="0.2"/>`
      return `<g transform="translate(${left + d * stepX} ${top + c * stepY}) scale(${cell})">${border}${paths.join("")}${ring}</g>`
    })
    return (
      quiet(0, top + c * stepY + (rows * cell) / 2 + 4, `${describe(motion).replace(" px/step towards", " px,")}`) +
      tiles.join("")
    )
  })
  const heads = Array.from({ length: delays }, (_, d) =>
    quiet(left + d * stepX + (columns * cell) / 2, top - 6, String(d), 'text-anchor="middle"'),
  )
  return picture(
    left + delays * stepX,
    top + neurons * stepY,
    "kernels by motion and delay",
    `${text(0, top - 6, "delay (steps)")}${heads.join("")}${drawn.join("")}`,
  )
}

/** The events of one row of pixels over time, and over them the synapses of the neuron that has the motion of a steady step. */
export function drawSlice(kernels: DelayKernels, movie: EventMovie, setup: Setup): string {
  const { delays, rows, columns } = setup.geometry
  const read = decisions(kernels, movie, setup)
  const [steps, , height, width] = movie.events.shape
  const [row, middle] = [Math.floor(height / 2), Math.floor(width / 2)]
  const { labels } = movie
  const isSteady = (t: number): boolean => labels.subarray(t - delays + 1, t + 1).every((label) => label === labels[t])
  // The motion that is most along the row is the one that this slice can show.
  const candidates = Array.from(read, (_, i) => i + delays - 1).filter(
    (t) => isSteady(t) && read[t - delays + 1] === labels[t],
  )
  const along = (t: number): number => Math.abs(velocityOf(setup.motions[labels[t]])[0])
  const chosen = candidates.reduce((best, t) => (along(t) > along(best) + 1e-9 ? t : best), candidates[0] ?? delays - 1)
  const winner = read[chosen - delays + 1]
  const data = movie.events.data as Uint8Array
  const [from, to] = [Math.max(0, chosen - 3 * delays), Math.min(steps, chosen + delays)]
  const events = ([0, 1] as const).map((p) => {
    const places: [number, number][] = []
    for (let t = from; t < to; t++)
      for (let x = 0; x < width; x++)
        if (data[((t * 2 + p) * height + row) * width + x] === 1) places.push([t - from, x])
    return squares(places, p === 0 ? offColour : onColour, 0.45)
  })
  const weights = kernels.weight.array()
  const at = (p: number, d: number, i: number): number =>
    weights[(((winner * 2 + p) * delays + d) * rows + (rows - 1) / 2) * columns + i]
  const synapses: { t: number; x: number; weight: number }[] = []
  for (let d = 0; d < delays; d++)
    for (let i = 0; i < columns; i++)
      synapses.push({ t: chosen - d - from, x: middle + i - (columns - 1) / 2, weight: at(1, d, i) - at(0, d, i) })
  const largest = Math.max(1e-9, ...synapses.map(({ weight }) => Math.abs(weight)))
  const dots = synapses.map(({ t, x, weight }) => {
    const r = 0.55 * Math.sqrt(Math.abs(weight) / largest)
    return r < 0.08
      ? ""
      : `<circle cx="${t + 0.5}" cy="${x + 0.5}" r="${r.toFixed(2)}" fill="${weight > 0 ? onColour : offColour}" stroke="${light.ink}" stroke-width="0.08"/>`
  })
  const soma = `<path d="M${chosen - from + 1.2} ${middle + 0.5}l1.4 -0.8v1.6z" fill="${light.ink}"/>`
  const [cell, left, top] = [11, 40, 24]
  const body = `<g transform="translate(${left} ${top}) scale(${cell})"><rect width="${to - from}" height="${width}" fill="none" stroke="${light.hairline}" stroke-width="0.08"/>${events.join("")}${dots.join("")}${soma}</g>`
  const words = `${text(left, 14, `time, steps ${from} to ${to - 1}; the neuron of ${describe(setup.motions[winner])}`)}${quiet(4, top + 12, "x (px)")}`
  return picture(
    left + (to - from) * cell + 8,
    top + width * cell + 8,
    "events of a row over time, with synapses",
    body + words,
  )
}
