import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { expect, test } from "vitest"
import { tarOf } from "../../test/fixtures/archives.ts"
import { memoryFiles } from "../../test/fixtures/memory-files.ts"
import { cifar10, decodeCifar10, readCifar10Archive } from "./cifar10.ts"
import { DataUnavailable } from "./files.ts"

/** Records with these labels, every pixel of a record its number. */
const records = (...labels: number[]) =>
  Uint8Array.from({ length: labels.length * 3073 }, (_, i) =>
    i % 3073 === 0 ? labels[i / 3073] : Math.floor(i / 3073),
  )

test("records become images and labels, over several files", () => {
  const { images, labels } = decodeCifar10([
    { bytes: records(3, 9), where: "a" },
    { bytes: records(0), where: "b" },
  ])
  expect(images.shape).toEqual([3, 3, 32, 32])
  expect([...labels.data]).toEqual([3, 9, 0])
  expect([images.data[0], images.data[3072], images.data[2 * 3072]]).toEqual([0, 1, 0])
})

test("refuses parts of records and labels above 9", () => {
  const decode = (bytes: Uint8Array) => decodeCifar10([{ bytes, where: "a" }])
  expect(() => decode(records(1).subarray(1))).toThrow("a whole number of 3073-byte records, found 3072 bytes")
  expect(() => decode(new Uint8Array(0))).toThrow("found 0 bytes")
  expect(() => decode(records(1, 10))).toThrow("label 10 in record 1")
})

test("the official archive: five files to train on, one to test", () => {
  const file = (name: string, ...labels: number[]) => [`cifar-10-batches-bin/${name}.bin`, records(...labels)] as const
  const train = [1, 2, 3, 4, 5].map((number) => file(`data_batch_${number}`, number, 0))
  const whole = Object.fromEntries([...train, file("test_batch", 8, 9)])
  const read = readCifar10Archive(tarOf(whole), "a.tar", 2)
  expect([...read.train.labels.data]).toEqual([1, 0, 2, 0, 3, 0, 4, 0, 5, 0])
  expect([...read.test.labels.data]).toEqual([8, 9])
  expect(() => readCifar10Archive(tarOf(Object.fromEntries(train)), "a.tar", 2)).toThrow(
    "test_batch.bin, found no such file",
  )
  expect(() => readCifar10Archive(tarOf(whole), "a.tar", 3)).toThrow("3 images in data_batch_1.bin, found 6146 bytes")
})

test("a subset in the data folder says that it is one", async () => {
  const files = memoryFiles({
    "cifar10/train_8k.bin.gz": new Uint8Array(gzipSync(records(1, 2, 3))),
    "cifar10/test_2k.bin.gz": new Uint8Array(gzipSync(records(4))),
  })
  const data = await cifar10(files, { limit: 2 })
  expect(data.label).toBe("CIFAR-10, 2 training and 1 test images")
  expect(data.note).toMatch(/subset of 3 training images/)
  await expect(cifar10(files, { limit: 4 })).rejects.toThrow("cannot take 4 training images of CIFAR-10: there are 3")
  await expect(cifar10(memoryFiles({}))).rejects.toBeInstanceOf(DataUnavailable)
})

const folder = join(process.env.CAJAL_DATA ?? "../shared/data", "cifar10")
test.skipIf(!existsSync(folder))("reads the real subset", async () => {
  const paths = ["cifar10/train_8k.bin.gz", "cifar10/test_2k.bin.gz"]
  const files = memoryFiles(Object.fromEntries(paths.map((path) => [path, readFileSync(join(folder, "..", path))])))
  const { train, test: held, mean } = await cifar10(files)
  expect([train.labels.shape, held.labels.shape]).toEqual([[8000], [2000]])
  const counts = new Int32Array(10)
  for (const label of train.labels.data) counts[label]++
  expect([...counts]).toEqual(Array(10).fill(800))
  let red = 0
  for (let image = 0; image < 8000; image++) {
    for (let i = 0; i < 1024; i++) red += train.images.data[image * 3072 + i] / 255
  }
  expect(Math.abs(red / 8000 / 1024 - mean[0])).toBeLessThan(0.01)
})
