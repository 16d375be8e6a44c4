/** What every dataset of labelled images is, and the arithmetic of its pixels. */
import type { HostArray } from "../engine/dtype.ts"
import { CajalError } from "../engine/errors.ts"
import type { Origin } from "./files.ts"

/** Images and what they show. */
export interface LabelledImages {
  /** Raw pixels, u8: `[count, height, width]`, or `[count, channels, height, width]` in colour. */
  readonly images: HostArray
  /** Class of each image, i32 `[count]`, an index into `classes`. */
  readonly labels: HostArray
}

export interface ImageDataset {
  readonly name: string
  readonly train: LabelledImages
  readonly test: LabelledImages
  readonly classes: readonly string[]
  /** Mean and standard deviation of the training pixels scaled to 0..1, one a channel. */
  readonly mean: readonly number[]
  readonly std: readonly number[]
  readonly origin: Origin
  /** What the data are, for reports: `MNIST, 10,000 training and 10,000 test images`. */
  readonly label: string
  /** What every output must say about these data; undefined when they are just what their name says. */
  readonly note: string | undefined
}

export interface ImageLimits {
  /** Only the first so many training images. Default: all. */
  limit?: number | undefined
  /** Only the first so many test images. Default: all. */
  testLimit?: number | undefined
}

/**
 * Pixels as numbers a network takes: `(pixel / 255 - mean) / std`.
 * @param images u8 `[count, height, width]` or `[count, channels, height, width]`
 * @param mean one value, or one a channel, of pixels scaled to 0..1; `std` likewise
 * @returns f32, same shape
 */
export function normalise(images: HostArray, mean: readonly number[], std: readonly number[]): HostArray {
  const channels = images.shape.length === 4 ? images.shape[1] : 1
  if (images.dtype !== "u8") throw new CajalError(`normalise takes u8 pixels, not ${images.dtype}`)
  if (![1, channels].includes(mean.length) || ![1, channels].includes(std.length)) {
    throw new CajalError(`normalise needs a mean and a std for each of ${channels} channels, or one for all`)
  }
  const data = new Float32Array(images.data.length)
  const plane = images.shape.slice(-2).reduce((product, size) => product * size, 1)
  // A byte has 256 values: each channel's arithmetic is done once a value, then looked up.
  for (let channel = 0; channel < channels; channel++) {
    const m = mean[mean.length === 1 ? 0 : channel]
    const s = std[std.length === 1 ? 0 : channel]
    const values = Float32Array.from({ length: 256 }, (_, pixel) => (pixel / 255 - m) / s)
    for (let from = channel * plane; from < data.length; from += channels * plane) {
      for (let i = from; i < from + plane; i++) data[i] = values[images.data[i]]
    }
  }
  return { dtype: "f32", shape: images.shape, data }
}

/** The first `count` rows of an array, as a view. */
export function firstRows(array: HostArray, count: number): HostArray {
  const row = array.shape.slice(1).reduce((product, size) => product * size, 1)
  return { dtype: array.dtype, shape: [count, ...array.shape.slice(1)], data: array.data.subarray(0, count * row) }
}

/** The first `limit` images and labels. @throws CajalError when there are not so many, or `limit` is not a count */
export function firstImages(all: LabelledImages, limit: number | undefined, what: string): LabelledImages {
  const available = all.images.shape[0]
  if (limit === undefined || limit === available) return all
  checkLimit(limit, available, what)
  return { images: firstRows(all.images, limit), labels: firstRows(all.labels, limit) }
}

export function checkLimit(limit: number, available: number, what: string): void {
  if (Number.isInteger(limit) && limit >= 1 && limit <= available) return
  throw new CajalError(`cannot take ${limit} ${what}: there are ${available.toLocaleString("en")}`, {
    hint: `ask for a whole number from 1 to ${available}`,
  })
}

/** Where a label lies outside the classes: its index, or -1. */
export function badLabel(labels: Uint8Array, classes: number): number {
  return labels.findIndex((label) => label >= classes)
}
