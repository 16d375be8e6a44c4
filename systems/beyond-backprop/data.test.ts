import { describe, expect, test } from "vitest"
import { DataSource, drawnDigits, fetchFiles } from "../../src/data/index.ts"
import { checkParameters } from "../../src/run/index.ts"
import { checkLabels, cropAndFlip, momentsOf, type Raw, raw, standardImages, standardRows, unitRows } from "./data.ts"
import { channelsOf, parameters, ratesOf } from "./parameters.ts"

const data = new DataSource(fetchFiles("http://nowhere.invalid"), { standIn: true })
const sizes = { images: 600, validationImages: 100, testImages: 200 }

describe("data", async () => {
  const source = await raw(data, "mnist", sizes)

  test("no image validates or tests that is trained on", () => {
    const digits = drawnDigits(700, "train").images.data
    expect([source.train, source.validation, source.test].map(({ labels }) => labels.shape[0])).toEqual([600, 100, 200])
    expect(source.train.images.data).toEqual(digits.subarray(0, 600 * 784))
    expect(source.validation.images.data).toEqual(digits.subarray(600 * 784))
  })

  test("rows in 0..1, rows standardised, images in a frame of 32 pixels", () => {
    const unit = unitRows(source).test.images
    const standard = standardRows(source).test.images
    const { images } = standardImages(source, 50).test
    expect([unit.shape, standard.shape, images.shape]).toEqual([
      [200, 784],
      [200, 784],
      [200, 1, 32, 32],
    ])
    expect(standardImages(source, 50).train.images.shape[0]).toBe(50)
    const [row, column] = [14, 13]
    const pixel = source.test.images.data[row * 28 + column] / 255
    expect(unit.data[row * 28 + column]).toBeCloseTo(pixel, 6)
    expect(standard.data[row * 28 + column]).toBeCloseTo((pixel - 0.1307) / 0.3081, 5)
    expect(images.data[(row + 2) * 32 + column + 2]).toBeCloseTo((pixel - 0.1307) / 0.3081, 5)
    expect(images.data[0]).toBeCloseTo(-0.1307 / 0.3081, 5)
  })

  test("in colour every pixel is standardised over the training images", () => {
    const pixels = {
      dtype: "u8" as const,
      shape: [50, 3, 2, 2],
      data: Uint8Array.from({ length: 600 }, (_, i) => (i * 37) % 251),
    }
    const part = { images: pixels, labels: { dtype: "i32" as const, shape: [50], data: new Int32Array(50) } }
    const colour: Raw = { ...source, mean: [0.5, 0.5, 0.5], std: [1, 1, 1], train: part, validation: part, test: part }
    const { mean, std } = momentsOf(standardRows(colour).train.images)
    for (const x of mean) expect(x).toBeCloseTo(0, 5)
    for (const x of std) expect(x).toBeCloseTo(1, 3)
  })

  test("crops and flips: a shift with reflection, the same for all channels, half of them mirrored", () => {
    const side = 12
    const plane = Float32Array.from({ length: side * side }, (_, i) => i)
    const images = {
      dtype: "f32" as const,
      shape: [200, 2 * side * side],
      data: new Float32Array(200 * 2 * side * side),
    }
    for (let i = 0; i < 200; i++) {
      images.data.set(plane, 2 * i * side * side)
      images.data.set(plane, (2 * i + 1) * side * side)
    }
    const changed = cropAndFlip(images, 2, 5).data
    const shifts = new Set<string>()
    let flips = 0
    for (let i = 0; i < 200; i++) {
      const at = (x: number, y: number, c = 0) => changed[((2 * i + c) * side + y) * side + x]
      const isFlipped = at(6, 6) < at(5, 6)
      if (isFlipped) flips++
      const x0 = isFlipped ? (x: number) => side - 1 - x : (x: number) => x
      const [dx, dy] = [(at(6, 6) % side) - x0(6), Math.floor(at(6, 6) / side) - 6]
      shifts.add(`${dx} ${dy}`)
      const reflect = (v: number) => (v < 0 ? -v : v > 11 ? 22 - v : v)
      for (const [x, y] of [
        [0, 0],
        [11, 11],
        [3, 9],
      ])
        for (const c of [0, 1]) expect(at(x, y, c)).toBe(reflect(y + dy) * side + reflect(x0(x) + dx))
    }
    expect(shifts.size).toBeGreaterThan(60)
    expect(Math.abs(flips - 100)).toBeLessThan(35)
  })

  test("a label out of range is named", () => {
    const labels = { dtype: "i32" as const, shape: [3], data: Int32Array.of(0, 12, 3) }
    expect(() => checkLabels(labels, 10)).toThrow("label 1 is 12, and there are 10 classes: 0 to 9")
  })

  test("rates and channels from the settings", () => {
    expect(ratesOf(1e-3, 1)).toEqual([1e-3])
    expect(ratesOf(1e-3, 3)).toEqual([1e-3, 2e-4, 4.47e-4])
    expect(channelsOf(checkParameters(parameters, {}, "beyond-backprop"))).toEqual([8, 16, 32])
  })
})
