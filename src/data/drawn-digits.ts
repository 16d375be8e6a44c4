/**
 * A stand-in for MNIST: digits drawn by a generator, 28 x 28 grey pixels. Each is a few pen strokes whose form, slant,
 * size, place, weight and pressure vary. Image `i` is always the same image, however many are drawn.
 */
import { type HostRandom, hostRandom } from "../engine/random-host.ts"
import type { LabelledImages } from "./images.ts"

const side = 28
const seed = 20_120_707

type Point = readonly [x: number, y: number]
type Stroke = readonly Point[]

// Glyphs live in a unit square, x to the right, y downwards. An angle of 0 points right, a quarter turn down.
const line = (...points: Point[]): Stroke => points
const arc = (x: number, y: number, radiusX: number, radiusY: number, from: number, to: number): Stroke => {
  const pieces = Math.max(3, Math.ceil(Math.abs(to - from) * 14))
  return Array.from({ length: pieces + 1 }, (_, i) => {
    const angle = 2 * Math.PI * (from + ((to - from) * i) / pieces)
    return [x + radiusX * Math.cos(angle), y + radiusY * Math.sin(angle)] as const
  })
}
const joined = (...strokes: Stroke[]): Stroke => strokes.flat()

/** The ways people write each digit. */
const glyphs: readonly (readonly (readonly Stroke[])[])[] = [
  [[arc(0.5, 0.5, 0.3, 0.45, -0.25, 0.75)], [arc(0.5, 0.5, 0.4, 0.42, -0.2, 0.83)]],
  [
    [line([0.5, 0.04], [0.5, 0.96])],
    [line([0.32, 0.22], [0.53, 0.05], [0.53, 0.95])],
    [line([0.3, 0.2], [0.5, 0.05], [0.5, 0.95]), line([0.28, 0.95], [0.72, 0.95])],
  ],
  [
    [joined(arc(0.48, 0.28, 0.3, 0.24, -0.5, 0.1), line([0.2, 0.93], [0.83, 0.93]))],
    [joined(arc(0.5, 0.27, 0.28, 0.23, -0.45, 0.12), arc(0.3, 0.84, 0.13, 0.1, 0.3, 1.05), line([0.85, 0.95]))],
  ],
  [
    [joined(arc(0.45, 0.27, 0.28, 0.23, -0.42, 0.22), arc(0.45, 0.72, 0.33, 0.25, -0.22, 0.42))],
    [joined(line([0.2, 0.06], [0.75, 0.06], [0.45, 0.42]), arc(0.45, 0.69, 0.32, 0.27, -0.22, 0.42))],
  ],
  [
    [line([0.3, 0.05], [0.2, 0.55], [0.82, 0.55]), line([0.68, 0.1], [0.64, 0.96])],
    [line([0.66, 0.96], [0.66, 0.05], [0.15, 0.65], [0.88, 0.65])],
  ],
  [
    [line([0.78, 0.06], [0.3, 0.06]), joined(line([0.3, 0.06], [0.27, 0.45]), arc(0.45, 0.68, 0.32, 0.27, -0.32, 0.4))],
    [joined(line([0.75, 0.08], [0.33, 0.08], [0.3, 0.42]), arc(0.42, 0.66, 0.36, 0.28, -0.22, 0.38))],
  ],
  [
    [joined(line([0.68, 0.05]), arc(0.55, 0.66, 0.35, 0.6, -0.28, -0.5), arc(0.5, 0.7, 0.28, 0.24, 0.5, -0.5))],
    [joined(line([0.6, 0.03], [0.35, 0.35]), arc(0.5, 0.7, 0.26, 0.25, 0.55, -0.5))],
  ],
  [
    [line([0.18, 0.08], [0.8, 0.08], [0.42, 0.96])],
    [line([0.18, 0.08], [0.8, 0.08], [0.42, 0.96]), line([0.35, 0.52], [0.76, 0.52])],
    [line([0.2, 0.22], [0.2, 0.08], [0.8, 0.08], [0.6, 0.5], [0.52, 0.96])],
  ],
  [
    [arc(0.5, 0.27, 0.24, 0.22, 0.25, 1.25), arc(0.5, 0.72, 0.29, 0.24, -0.25, 0.75)],
    [joined(arc(0.5, 0.27, 0.25, 0.22, -0.05, -0.75), arc(0.5, 0.72, 0.28, 0.24, -0.25, 0.75), line([0.72, 0.2]))],
  ],
  [
    [arc(0.48, 0.3, 0.27, 0.25, 0, 1), line([0.76, 0.28], [0.72, 0.96])],
    [arc(0.48, 0.29, 0.27, 0.24, 0, 1), joined(line([0.75, 0.3]), arc(0.4, 0.62, 0.36, 0.34, 0, 0.33))],
  ],
]

/**
 * Draws `count` digits with their labels. `part` chooses between two independent endless series.
 * @returns images u8 `[count, 28, 28]`, labels i32 `[count]`
 */
export function drawnDigits(count: number, part: "train" | "test"): LabelledImages {
  const series = hostRandom(seed).fold(part === "train" ? 0 : 1)
  const data = new Uint8Array(count * side * side)
  const labels = new Int32Array(count)
  for (let i = 0; i < count; i++) {
    const random = series.fold(i)
    labels[i] = random.integer(10)
    draw(labels[i], random, data.subarray(i * side * side, (i + 1) * side * side))
  }
  return {
    images: { dtype: "u8", shape: [count, side, side], data },
    labels: { dtype: "i32", shape: [count], data: labels },
  }
}

const between = (random: HostRandom, from: number, to: number) => from + (to - from) * random.uniform()

function draw(digit: number, random: HostRandom, pixels: Uint8Array): void {
  const ways = glyphs[digit]
  const strokes = ways[random.integer(ways.length)]
  const place = handwriting(random)
  const weight = between(random, 0.75, 1.75) // half the width of the pen, in pixels
  const pressure = between(random, 180, 255)
  for (const stroke of strokes) {
    const shaky = stroke.map(([x, y]): Point => place(x + 0.022 * random.normal(), y + 0.022 * random.normal()))
    for (let i = 1; i < shaky.length; i++) ink(shaky[i - 1], shaky[i], weight, pressure, pixels)
  }
}

/** One hand: bend, slant, turn, stretch and shift, from the unit square to pixels. */
function handwriting(random: HostRandom): (x: number, y: number) => Point {
  const width = between(random, 10, 20)
  const height = between(random, 16.5, 21)
  const slant = 0.22 * random.normal() + 0.1
  const turn = 0.13 * random.normal()
  const [bendX, bendY] = [0.06 * random.normal(), 0.05 * random.normal()]
  const [phaseX, phaseY] = [2 * Math.PI * random.uniform(), 2 * Math.PI * random.uniform()]
  const [centreX, centreY] = [13.5 + between(random, -2, 2), 13.5 + between(random, -2, 2)]
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)]
  return (x, y) => {
    const v = (y - 0.5 + bendY * Math.sin(4 * x + phaseY)) * height
    const u = (x - 0.5 + bendX * Math.sin(5 * y + phaseX)) * width - slant * v
    return [centreX + cos * u - sin * v, centreY + sin * u + cos * v]
  }
}

/** Darkens the pixels near a line piece, with a soft edge one pixel wide. */
function ink(a: Point, b: Point, weight: number, pressure: number, pixels: Uint8Array): void {
  const [ax, ay] = a
  const [dx, dy] = [b[0] - ax, b[1] - ay]
  const squared = dx * dx + dy * dy
  const reach = weight + 0.5
  const clip = (value: number) => Math.min(side - 1, Math.max(0, value))
  const right = clip(Math.floor(Math.max(ax, b[0]) + reach))
  const bottom = clip(Math.floor(Math.max(ay, b[1]) + reach))
  for (let y = clip(Math.ceil(Math.min(ay, b[1]) - reach)); y <= bottom; y++) {
    for (let x = clip(Math.ceil(Math.min(ax, b[0]) - reach)); x <= right; x++) {
      const along = squared === 0 ? 0 : Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / squared))
      const distance = Math.sqrt((x - ax - along * dx) ** 2 + (y - ay - along * dy) ** 2)
      const dark = Math.round(pressure * Math.min(1, Math.max(0, reach - distance)))
      if (dark > pixels[y * side + x]) pixels[y * side + x] = dark
    }
  }
}
