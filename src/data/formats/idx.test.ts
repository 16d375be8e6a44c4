import { expect, test } from "vitest"
import { readIdx } from "./idx.ts"

const file = new Uint8Array([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6])

test("reads shape and elements", () => {
  expect(readIdx(file, "f", [2, 3])).toEqual({ dtype: "u8", shape: [2, 3], data: file.subarray(12) })
  expect(readIdx(file, "f", [undefined, 3]).shape).toEqual([2, 3])
})

test("refuses another magic number, other sizes, another length", () => {
  expect(() => readIdx(file, "f", [2])).toThrow("expected IDX magic number 0x00000801, found 0x00000802")
  expect(() => readIdx(file, "f", [2, 4])).toThrow("expected sizes 2 x 4, found 2 x 3")
  expect(() => readIdx(file.subarray(0, 17), "f", [2, 3])).toThrow("expected 18 bytes for sizes 2 x 3, found 17 bytes")
  expect(() => readIdx(new Uint8Array([...file, 0]), "f", [2, 3])).toThrow("found 19 bytes")
  expect(() => readIdx(file.subarray(0, 5), "f", [2, 3])).toThrow("expected an IDX header of 12 bytes, found 5 bytes")
})
