import { expect, test } from "vitest"
import type { HostArray } from "../engine/dtype.ts"
import { firstImages, normalise } from "./images.ts"

test("normalise scales to 0..1, then by mean and std", () => {
  const images: HostArray = { dtype: "u8", shape: [1, 1, 3], data: Uint8Array.of(0, 255, 51) }
  const { dtype, shape, data } = normalise(images, [0.5], [0.25])
  expect([dtype, shape]).toEqual(["f32", [1, 1, 3]])
  expect([...data].map((value) => Math.round(value * 1e4) / 1e4)).toEqual([-2, 2, -1.2])
})

test("normalise takes each channel by its own mean and std", () => {
  const images: HostArray = { dtype: "u8", shape: [2, 2, 1, 1], data: Uint8Array.of(255, 255, 0, 0) }
  expect([...normalise(images, [0, 0.5], [1, 0.5]).data]).toEqual([1, 1, 0, -1])
  expect(() => normalise(images, [0, 0, 0], [1])).toThrow("each of 2 channels")
  expect(() => normalise({ ...images, dtype: "f32" }, [0], [1])).toThrow("u8 pixels")
})

test("the first images, and no more than there are", () => {
  const all = {
    images: { dtype: "u8", shape: [3, 1, 2], data: Uint8Array.of(1, 2, 3, 4, 5, 6) },
    labels: { dtype: "i32", shape: [3], data: Int32Array.of(7, 8, 9) },
  } as const
  const { images, labels } = firstImages(all, 2, "images")
  expect(images).toEqual({ dtype: "u8", shape: [2, 1, 2], data: Uint8Array.of(1, 2, 3, 4) })
  expect(labels.data).toEqual(Int32Array.of(7, 8))
  for (const limit of [0, -1, 1.5, 4])
    expect(() => firstImages(all, limit, "images")).toThrow(`cannot take ${limit} images`)
})
