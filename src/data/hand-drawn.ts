import type { HostArray } from "../engine/dtype.ts"
import { CajalError } from "../engine/errors.ts"

const side = 28
/** The digits of MNIST fit into a box of so many pixels, their centre of mass in the middle of the image. */
const box = 20

/**
 * A drawing made as the images of MNIST were: its ink scaled into 20 x 20 pixels, its centre of mass in the middle of 28 x 28.
 * @param ink `[height * width]`, row by row, 0..1
 * @returns u8 `[1, 28, 28]`; undefined where nothing is drawn
 * @throws CajalError when `ink` is not a whole number of rows
 * @source LeCun, Bottou, Bengio, Haffner: Gradient-Based Learning Applied to Document Recognition (1998), III.A
 */
export function mnistFromDrawing(ink: Float32Array, width: number): HostArray | undefined {
  const height = ink.length / width
  if (!Number.isInteger(height)) throw new CajalError(`${ink.length} pixels are not rows of ${width}`)
  const at = (x: number, y: number): number => (x < 0 || y < 0 || x >= width || y >= height ? 0 : ink[y * width + x])
  let [left, right, top, bottom, mass, sumX, sumY] = [width, -1, height, -1, 0, 0, 0]
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const own = at(x, y)
      if (own === 0) continue
      ;[left, right, top, bottom] = [Math.min(left, x), Math.max(right, x), Math.min(top, y), Math.max(bottom, y)]
      mass += own
      sumX += own * x
      sumY += own * y
    }
  if (mass === 0) return undefined
  const scale = Math.max(right - left + 1, bottom - top + 1) / box
  const [centreX, centreY] = [sumX / mass, sumY / mass]
  const data = new Uint8Array(side * side)
  const middle = (side - 1) / 2
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const [fromX, fromY] = [centreX + (x - middle) * scale, centreY + (y - middle) * scale]
      data[y * side + x] = Math.round(255 * sampled(at, fromX, fromY, scale))
    }
  return { dtype: "u8", shape: [1, side, side], data }
}

/** The mean of a square of the picture, `scale` wide, at points a pixel or less apart. */
function sampled(at: (x: number, y: number) => number, x: number, y: number, scale: number): number {
  const points = Math.max(1, Math.ceil(scale))
  let sum = 0
  for (let i = 0; i < points; i++)
    for (let k = 0; k < points; k++) {
      const shift = (j: number): number => ((j + 0.5) / points - 0.5) * scale
      sum += between(at, x + shift(k), y + shift(i))
    }
  return sum / points ** 2
}

/** Between four pixels, linearly. */
function between(at: (x: number, y: number) => number, x: number, y: number): number {
  const [left, top] = [Math.floor(x), Math.floor(y)]
  const [u, v] = [x - left, y - top]
  const upper = at(left, top) * (1 - u) + at(left + 1, top) * u
  const lower = at(left, top + 1) * (1 - u) + at(left + 1, top + 1) * u
  return upper * (1 - v) + lower * v
}
