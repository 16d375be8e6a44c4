/** Permuted MNIST: every task shows the digits with its pixels in another fixed order. */
import { epochOrder, type ImageDataset, normalise, takeRows } from "../../src/data/index.ts"
import { CajalError, type HostArray, hostRandom, Tensor } from "../../src/engine/index.ts"
import type { Batch } from "./model.ts"
import { classes, pixels } from "./parameters.ts"

/** Images as rows of normalised pixels, f32 `[count, 784]`, and their labels, i32 `[count]`. */
export interface Examples {
  readonly images: HostArray
  readonly labels: HostArray
}

/** @throws CajalError naming the first image that is not 784 pixels long, or whose label is no digit */
export function checkExamples({ images, labels }: Examples): void {
  const [count, length] = images.shape
  if (length !== pixels || images.shape.length !== 2)
    throw new CajalError(`image 0 has ${images.shape.slice(1).join(" x ")} pixels: images are rows of ${pixels}`)
  if (labels.shape.length !== 1 || labels.shape[0] !== count)
    throw new CajalError(
      `there are ${count} images, and labels [${labels.shape.join(", ")}]: image ${Math.min(count, labels.data.length)} has no label of its own`,
    )
  const bad = labels.data.findIndex((label) => !(label >= 0 && label < classes))
  if (bad >= 0)
    throw new CajalError(`image ${bad} has label ${labels.data[bad]}: labels are digits, 0 to ${classes - 1}`)
}

export function examplesOf(dataset: ImageDataset, part: "train" | "test"): Examples {
  const { images, labels } = dataset[part]
  const rows = normalise(images, dataset.mean, dataset.std)
  const length = rows.shape.slice(1).reduce((a, b) => a * b, 1)
  const examples = { images: { ...rows, shape: [rows.shape[0], length] }, labels }
  checkExamples(examples)
  return examples
}

export const firstExamples = ({ images, labels }: Examples, count: number): Examples => {
  const rows = Int32Array.from({ length: Math.min(count, labels.shape[0]) }, (_, i) => i)
  return { images: takeRows(images, rows), labels: takeRows(labels, rows) }
}

/** The order of pixels in a task: pixel i shows what pixel `order[i]` shows in MNIST. */
export const pixelOrder = (seed: number, task: number): Int32Array =>
  hostRandom(seed).fold(784).fold(task).permutation(pixels)

/** Where each pixel of MNIST is in such an order. */
export function inverseOf(order: Int32Array): Int32Array {
  const inverse = new Int32Array(order.length)
  order.forEach((from, i) => {
    inverse[from] = i
  })
  return inverse
}

export function permuted({ images, labels }: Examples, order: Int32Array): Examples {
  const source = images.data
  const data = new Float32Array(source.length)
  for (let row = 0; row < source.length; row += order.length)
    for (let i = 0; i < order.length; i++) data[row + i] = source[row + order[i]]
  return { images: { ...images, data }, labels }
}

export const batchOf = ({ images, labels }: Examples, rows: Int32Array): Batch => ({
  images: Tensor.from(takeRows(images, rows)),
  labels: Tensor.from(takeRows(labels, rows)),
})

/** Batches of an epoch from its `first` on, in an order that the seed determines; the last, which is not full, is left out. */
export function* batchesOf(examples: Examples, size: number, seed: number, epoch: number, first: number) {
  const order = epochOrder(examples.labels.shape[0], seed, epoch)
  for (let i = first; (i + 1) * size <= order.length; i++) {
    const batch = batchOf(examples, order.subarray(i * size, (i + 1) * size))
    yield { batch, index: i }
    batch.images.dispose()
    batch.labels.dispose()
  }
}
