import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { describe, expect, test } from "vitest"
import { memoryFiles } from "../../test/fixtures/memory-files.ts"
import { CajalError } from "../engine/errors.ts"
import { dataset } from "./datasets.ts"
import { drawnDigits } from "./drawn-digits.ts"
import { DataUnavailable } from "./files.ts"
import { decodeMnist, mnist } from "./mnist.ts"
import { DataSource } from "./source.ts"

/** An IDX file with these sizes, its bytes given by a function of their place. */
function idx(sizes: number[], byte: (i: number) => number): Uint8Array {
  const header = new DataView(new ArrayBuffer(4 + 4 * sizes.length))
  header.setUint32(0, 0x0800 | sizes.length)
  sizes.forEach((size, axis) => void header.setUint32(4 + 4 * axis, size))
  const length = sizes.reduce((product, size) => product * size, 1)
  return new Uint8Array([...new Uint8Array(header.buffer), ...Array.from({ length }, (_, i) => byte(i))])
}

/** Four files of the official sizes: every pixel the number of its image, mod 256, every label mod 10. */
const whole = (() => {
  const zip = (count: number) => {
    const pixels = new Uint8Array(16 + count * 784)
    pixels.set(idx([0, 28, 28], () => 0))
    new DataView(pixels.buffer).setUint32(4, count)
    for (let i = 0; i < count; i++) pixels.fill(i % 256, 16 + i * 784, 16 + (i + 1) * 784)
    return [gzipSync(pixels, { level: 1 }), gzipSync(idx([count], (i) => i % 10))]
  }
  const files = [...zip(60_000), ...zip(10_000)].map((bytes) => new Uint8Array(bytes))
  return Object.fromEntries(dataset("mnist").files.map(({ path }, i) => [path, files[i]]))
})()
const [trainImages, trainLabels] = dataset("mnist").files.map(({ path }) => path)

test("gives the first images with their labels", async () => {
  const { train, test: held, label, origin, note } = await mnist(memoryFiles(whole), { limit: 300, testLimit: 20 })
  expect(train.images.shape).toEqual([300, 28, 28])
  expect([train.images.data[0], train.images.data[257 * 784]]).toEqual([0, 1])
  expect([...train.labels.data.subarray(0, 12)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1])
  expect(held.labels.shape).toEqual([20])
  expect([label, origin, note]).toEqual(["MNIST, 300 training and 20 test images", "file", undefined])
})

test("refuses impossible limits before reading anything", async () => {
  const files = memoryFiles(whole)
  await expect(mnist(files, { limit: 60_001 })).rejects.toThrow(
    "cannot take 60001 training images of MNIST: there are 60,000",
  )
  await expect(mnist(files, { testLimit: 0 })).rejects.toThrow("cannot take 0 test images")
  expect(files.asked).toEqual([])
})

describe("damage is an error that names the file, even where a stand-in is allowed", () => {
  const gz = (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes))
  test.each<[string, string, Uint8Array, RegExp]>([
    ["a truncated gz", trainImages, whole[trainImages].subarray(0, 5000), /whole compressed data/],
    ["no gz", trainLabels, new TextEncoder().encode("<html>"), /gzip file/],
    ["a wrong magic number", trainLabels, gz(idx([60_000, 1], () => 0).subarray(4)), /magic number 0x00000801/],
    ["too few labels", trainLabels, gz(idx([59_999], () => 0)), /sizes 60000, found 59999/],
    ["missing bytes", trainLabels, gz(idx([60_000], () => 0).subarray(0, 60_000)), /60008 bytes for sizes 60000/],
    ["too many bytes", trainLabels, gz(new Uint8Array(70_000)), /at most 60008 bytes/],
    ["a label of 10", trainLabels, gz(idx([60_000], (i) => (i === 123 ? 10 : 0))), /label 10 for image 123/],
  ])("%s", async (_, path, bytes, message) => {
    const error = await mnist(memoryFiles({ ...whole, [path]: bytes }), { standIn: true }).catch((caught) => caught)
    expect(error).toBeInstanceOf(CajalError)
    expect(error).not.toBeInstanceOf(DataUnavailable)
    expect(error.message).toMatch(message)
    expect(error.where).toContain(path)
  })
})

test("small files are validated as well", () => {
  const decode = (pixels: Uint8Array) =>
    decodeMnist(
      pixels,
      "p",
      idx([2], (i) => i),
      "l",
      2,
    )
  expect(decode(idx([2, 28, 28], () => 7)).labels.data).toEqual(Int32Array.of(0, 1))
  expect(() => decode(idx([2, 28, 27], () => 7))).toThrow("expected sizes 2 x 28 x 28, found 2 x 28 x 27")
})

describe("the stand-in", () => {
  test("is used only where allowed, only when files are nowhere, and says what it is", async () => {
    await expect(new DataSource(memoryFiles({})).mnist()).rejects.toBeInstanceOf(DataUnavailable)
    const data = await new DataSource(memoryFiles({}), { standIn: true }).mnist({ limit: 30, testLimit: 10 })
    expect([data.origin, data.name]).toEqual(["stand-in", "drawn digits"])
    expect(data.note).toMatch(/stand-in for MNIST/)
    expect(data.label).toMatch(/stand-in/)
    expect([data.train.images.shape, data.test.images.shape]).toEqual([
      [30, 28, 28],
      [10, 28, 28],
    ])
  })

  test("draws the same digits however many; training and test digits differ", () => {
    const few = drawnDigits(20, "train")
    const many = drawnDigits(50, "train")
    expect(many.images.data.subarray(0, 20 * 784)).toEqual(few.images.data)
    expect(many.labels.data.subarray(0, 20)).toEqual(few.labels.data)
    expect(drawnDigits(20, "test").images.data).not.toEqual(few.images.data)
  })

  test("digits can be told apart, but not trivially", () => {
    const train = drawnDigits(2000, "train")
    const held = drawnDigits(500, "test")
    const means = Array.from({ length: 10 }, () => new Float64Array(784))
    const counts = new Float64Array(10)
    train.labels.data.forEach((label, i) => {
      counts[label]++
      for (let k = 0; k < 784; k++) means[label][k] += train.images.data[i * 784 + k]
    })
    means.forEach((mean, label) => void mean.forEach((sum, k) => void (mean[k] = sum / counts[label])))
    let right = 0
    held.labels.data.forEach((label, i) => {
      const image = held.images.data.subarray(i * 784, (i + 1) * 784)
      const distances = means.map((mean) => mean.reduce((sum, value, k) => sum + (value - image[k]) ** 2, 0))
      if (distances.indexOf(Math.min(...distances)) === label) right++
    })
    expect(Math.min(...counts)).toBeGreaterThan(140)
    expect(right / 500).toBeGreaterThan(0.55)
    expect(right / 500).toBeLessThan(0.9)
  })
})

const folder = join(process.env.CAJAL_DATA ?? "../shared/data", "mnist")
test.skipIf(!existsSync(folder))("reads the real files", async () => {
  const paths = dataset("mnist").files.map(({ path }) => path)
  const files = memoryFiles(Object.fromEntries(paths.map((path) => [path, readFileSync(join(folder, "..", path))])))
  const { train, test: held, mean, std } = await mnist(files)
  expect([...train.labels.data.subarray(0, 10)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4])
  expect([...held.labels.data.subarray(0, 10)]).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9])
  let sum = 0
  let squares = 0
  for (const pixel of train.images.data) {
    sum += pixel / 255
    squares += (pixel / 255) ** 2
  }
  const count = train.images.data.length
  expect(sum / count).toBeCloseTo(mean[0], 4)
  expect(Math.sqrt(squares / count - (sum / count) ** 2)).toBeCloseTo(std[0], 4)
})
