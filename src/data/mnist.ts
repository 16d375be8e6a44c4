/** MNIST: 28 x 28 grey images of handwritten digits, 60,000 to train on and 10,000 to test. */
import { dataset } from "./datasets.ts"
import { drawnDigits } from "./drawn-digits.ts"
import type { DataFile, FileSource, ReadOptions } from "./files.ts"
import { DataUnavailable, damaged, farthestOrigin } from "./files.ts"
import { gunzip } from "./formats/gzip.ts"
import { readIdx } from "./formats/idx.ts"
import {
  badLabel,
  checkLimit,
  firstImages,
  type ImageDataset,
  type ImageLimits,
  type LabelledImages,
} from "./images.ts"

const side = 28
const classes = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"] as const
const counts = { train: 60_000, test: 10_000 } as const
const facts = { name: "MNIST", classes, mean: [0.1307], std: [0.3081] } as const

export interface MnistOptions extends ImageLimits, ReadOptions {
  /** Whether drawn digits may stand in where there is neither file nor network. Default false. */
  standIn?: boolean
}

/**
 * MNIST, whole or its first images. Every file is validated whole before any of it is used.
 * @throws DataUnavailable without file, network and stand-in; CajalError on a damaged file or an impossible limit
 */
export async function mnist(files: FileSource, options: MnistOptions = {}): Promise<ImageDataset> {
  const { limit = counts.train, testLimit = counts.test } = options
  checkLimit(limit, counts.train, "training images of MNIST")
  checkLimit(testLimit, counts.test, "test images of MNIST")
  const size = `${limit.toLocaleString("en")} training and ${testLimit.toLocaleString("en")} test images`
  try {
    const [trainImages, trainLabels, testImages, testLabels] = await readInOrder(files, dataset("mnist").files, options)
    const train = await unpack(trainImages, trainLabels, counts.train)
    const test = await unpack(testImages, testLabels, counts.test)
    return {
      ...facts,
      train: firstImages(train, limit, "training images of MNIST"),
      test: firstImages(test, testLimit, "test images of MNIST"),
      origin: farthestOrigin([trainImages, trainLabels, testImages, testLabels]),
      label: `MNIST, ${size}`,
      note: undefined,
    }
  } catch (error) {
    if (!(options.standIn && error instanceof DataUnavailable)) throw error
    return {
      ...facts,
      name: "drawn digits",
      train: drawnDigits(limit, "train"),
      test: drawnDigits(testLimit, "test"),
      origin: "stand-in",
      label: `drawn digits (a stand-in for MNIST), ${size}`,
      note: "data: digits drawn by a generator, a stand-in for MNIST. Results are not results on MNIST",
    }
  }
}

// One after the other, so that without a network the first failure is the only wait.
async function readInOrder(files: FileSource, wanted: readonly DataFile[], options: ReadOptions) {
  const found = []
  for (const file of wanted) found.push(await files.read(file, options))
  return found
}

type Packed = { bytes: Uint8Array; where: string }

async function unpack(images: Packed, labels: Packed, count: number): Promise<LabelledImages> {
  const [pixels, digits] = await Promise.all([
    gunzip(images.bytes, { where: images.where, maxBytes: 16 + count * side * side }),
    gunzip(labels.bytes, { where: labels.where, maxBytes: 8 + count }),
  ])
  return decodeMnist(pixels, images.where, digits, labels.where, count)
}

/** Images and labels from two unpacked IDX files, validated. */
export function decodeMnist(
  pixels: Uint8Array,
  pixelsWhere: string,
  digits: Uint8Array,
  digitsWhere: string,
  count: number,
): LabelledImages {
  const images = readIdx(pixels, pixelsWhere, [count, side, side])
  const labels = readIdx(digits, digitsWhere, [count])
  const bad = badLabel(labels.data as Uint8Array, classes.length)
  if (bad >= 0) throw damaged(digitsWhere, "labels 0..9", `label ${labels.data[bad]} for image ${bad}`)
  return { images, labels: { dtype: "i32", shape: [count], data: Int32Array.from(labels.data) } }
}
