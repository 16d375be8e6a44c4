/** Images as each method takes them. */
import { firstRows } from "../../src/data/images.ts"
import { type DataSource, type LabelledImages, normalise, takeRows } from "../../src/data/index.ts"
import { CajalError, type HostArray, hostRandom, type TypedArray } from "../../src/engine/index.ts"

export interface Examples {
  /** f32 `[count, ...]` */
  readonly images: HostArray
  /** i32 `[count]` */
  readonly labels: HostArray
}

export interface Parts<E = Examples> {
  readonly train: E
  readonly validation: E
  readonly test: E
}

/** One data set, raw, in the three parts of a race. */
export interface Raw extends Parts<LabelledImages> {
  readonly name: string
  readonly mean: readonly number[]
  readonly std: readonly number[]
  readonly classes: number
  readonly note: string | undefined
}

export const mapParts = <A, B>(parts: Parts<A>, change: (part: A) => B): Parts<B> => ({
  train: change(parts.train),
  validation: change(parts.validation),
  test: change(parts.test),
})

interface Sizes {
  readonly images: number
  readonly validationImages: number
  readonly testImages: number
}

/** The images after those that are trained on validate: no test image chooses anything. */
export async function raw(data: DataSource, name: "mnist" | "cifar10", sizes: Sizes): Promise<Raw> {
  const { images, validationImages, testImages } = sizes
  const { train, test, mean, std, classes, note, ...set } = await data[name]({
    limit: images + validationImages,
    testLimit: testImages,
  })
  const rows = (from: number, to: number): LabelledImages => {
    const which = Int32Array.from({ length: to - from }, (_, i) => from + i)
    return { images: takeRows(train.images, which), labels: takeRows(train.labels, which) }
  }
  const parts = { train: rows(0, images), validation: rows(images, images + validationImages), test }
  for (const part of Object.values(parts)) checkLabels(part.labels, classes.length)
  return { name: set.name, ...parts, mean, std, classes: classes.length, note }
}

/** @throws CajalError naming the first label outside 0..classes-1 */
export function checkLabels(labels: HostArray, classes: number): void {
  const at = labels.data.findIndex((label) => !(label >= 0 && label < classes))
  if (at >= 0)
    throw new CajalError(`label ${at} is ${labels.data[at]}, and there are ${classes} classes: 0 to ${classes - 1}`)
}

const flat = ({ dtype, shape, data }: HostArray): HostArray => ({
  dtype,
  shape: [shape[0], shape.slice(1).reduce((a, b) => a * b, 1)],
  data,
})

/** Rows of pixels in 0..1. */
export const unitRows = (source: Raw): Parts =>
  mapParts(source, ({ images, labels }) => ({ images: flat(normalise(images, [0], [1])), labels }))

/** Rows of pixels, standardised by the data set's mean and deviation; in colour by those of each pixel over the training images. */
export function standardRows(source: Raw): Parts {
  if (source.mean.length === 1)
    return mapParts(source, ({ images, labels }) => ({
      images: flat(normalise(images, source.mean, source.std)),
      labels,
    }))
  const unit = unitRows(source)
  const { mean, std } = momentsOf(unit.train.images)
  return mapParts(unit, ({ images, labels }) => {
    const data = new Float32Array(images.data.length)
    eachRow(images, (row, from) => {
      for (let i = 0; i < row.length; i++) data[from + i] = (row[i] - mean[i]) / std[i]
    })
    return { images: { ...images, data }, labels }
  })
}

function eachRow({ shape: [rows, columns], data }: HostArray, visit: (row: TypedArray, from: number) => void): void {
  for (let row = 0; row < rows; row++) visit(data.subarray(row * columns, (row + 1) * columns), row * columns)
}

/** Mean and standard deviation of every column. */
export function momentsOf(images: HostArray): { mean: Float64Array; std: Float64Array } {
  const [rows, columns] = images.shape
  const [mean, std] = [new Float64Array(columns), new Float64Array(columns)]
  eachRow(images, (row) => {
    for (let i = 0; i < columns; i++) mean[i] += row[i] / rows
  })
  eachRow(images, (row) => {
    for (let i = 0; i < columns; i++) std[i] += (row[i] - mean[i]) ** 2 / rows
  })
  return { mean, std: std.map((v) => Math.sqrt(v) + 1e-6) }
}

/** Images `[count, channels, side, side]`, standardised by channel; the 28 pixels of MNIST in a margin that makes them 32. */
export function standardImages(source: Raw, limit: number): Parts {
  const grey = source.mean.length === 1
  const planes = (part: LabelledImages): Examples => {
    const images = grey ? framed(part.images, 2) : part.images
    const pixels = normalise(images, source.mean, source.std)
    return {
      images: grey ? { ...pixels, shape: [pixels.shape[0], 1, ...pixels.shape.slice(1)] } : pixels,
      labels: part.labels,
    }
  }
  const count = Math.min(limit, source.train.labels.shape[0])
  const train = { images: firstRows(source.train.images, count), labels: firstRows(source.train.labels, count) }
  return mapParts({ ...source, train }, planes)
}

function framed({ dtype, shape: [count, height, width], data }: HostArray, margin: number): HostArray {
  const [tall, wide] = [height + 2 * margin, width + 2 * margin]
  const out = new Uint8Array(count * tall * wide)
  for (let row = 0; row < count * height; row++) {
    const [image, y] = [Math.floor(row / height), row % height]
    out.set(data.subarray(row * width, (row + 1) * width) as Uint8Array, (image * tall + y + margin) * wide + margin)
  }
  return { dtype, shape: [count, tall, wide], data: out }
}

const margin = 4

/** Each row of images `[batch, channels · side · side]` shifted by up to 4 pixels, what is missing reflected at the border, and every other one flipped. */
export function cropAndFlip(images: HostArray, channels: number, seed: number): HostArray {
  const side = Math.sqrt(images.shape[1] / channels)
  const random = hostRandom(seed)
  const reflect = (i: number): number => (i < 0 ? -i : i >= side ? 2 * (side - 1) - i : i)
  const data = new Float32Array(images.data.length)
  for (let image = 0; image < images.shape[0]; image++) {
    const [dx, dy] = [random.integer(2 * margin + 1) - margin, random.integer(2 * margin + 1) - margin]
    const flips = random.integer(2) === 1
    for (let plane = image * channels; plane < (image + 1) * channels; plane++)
      for (let y = 0; y < side; y++)
        for (let x = 0; x < side; x++) {
          const from = reflect((flips ? side - 1 - x : x) + dx)
          data[(plane * side + y) * side + x] = images.data[(plane * side + reflect(y + dy)) * side + from]
        }
  }
  return { ...images, data }
}
