import { readFileSync } from "node:fs"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { HostArray } from "../../engine/dtype.ts"
import { CajalError } from "../../engine/errors.ts"
import { readSafetensors, writeSafetensors } from "./safetensors.ts"

/** A file with this header and so many bytes of data, all zero. */
function fileOf(header: unknown, dataBytes: number): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header))
  const bytes = new Uint8Array(8 + text.length + dataBytes)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true)
  bytes.set(text, 8)
  return bytes
}

test("reads what the Python package writes", () => {
  // fixtures/make-safetensors.py says how this file was made.
  const bytes = readFileSync(new URL("./fixtures/mixed.safetensors", import.meta.url))
  const { tensors, metadata } = readSafetensors(bytes, "mixed.safetensors")
  expect(metadata).toEqual({ format: "np", "made by": "safetensors" })
  const f32 = (...values: number[]) => Float32Array.from(values)
  expect(tensors).toEqual({
    "layer.weight": { dtype: "f32", shape: [2, 3], data: f32(0.5, -1.25, 3e-5, 1e30, -0, 7) },
    "layer.bias": { dtype: "f64", shape: [2], data: Float64Array.of(0.1, Number.POSITIVE_INFINITY) },
    half: { dtype: "f16", shape: [5], data: Float16Array.of(1, -2.5, 65504, 2 ** -24, Number.POSITIVE_INFINITY) },
    steps: { dtype: "i32", shape: [], data: Int32Array.of(-7) },
    labels: { dtype: "i32", shape: [2], data: Int32Array.of(2147483647, -2147483648) },
    counts: { dtype: "u32", shape: [2], data: Uint32Array.of(4294967295, 1) },
    short: { dtype: "i32", shape: [2], data: Int32Array.of(-3, 4) },
    pixels: { dtype: "u8", shape: [2, 2], data: Uint8Array.of(0, 128, 255, 1) },
    mask: { dtype: "bool", shape: [3], data: Uint8Array.of(1, 0, 1) },
    empty: { dtype: "f32", shape: [0, 4], data: f32() },
    μ: { dtype: "f32", shape: [1], data: f32(2.5) },
  })
})

test("any arrays come back as they were written, aligned", () => {
  const array = fc
    .tuple(
      fc.constantFrom("f32", "f64", "i32", "u32", "u8", "i8", "f16", "bool"),
      fc.array(fc.nat(3), { maxLength: 3 }),
      fc.nat(),
    )
    .map(([dtype, shape, seed]): HostArray => {
      const size = shape.reduce((product, dimension) => product * dimension, 1)
      const values = Array.from({ length: size }, (_, i) => (seed + i * 37) % (dtype === "bool" ? 2 : 127))
      const types = {
        f32: Float32Array,
        f64: Float64Array,
        f16: Float16Array,
        i32: Int32Array,
        u32: Uint32Array,
        u8: Uint8Array,
        i8: Int8Array,
      }
      const type = dtype === "bool" ? Uint8Array : types[dtype as keyof typeof types]
      return { dtype: dtype as HostArray["dtype"], shape, data: type.from(values) }
    })
  const name = fc.string().filter((some) => some !== "__metadata__" && some !== "__proto__")
  fc.assert(
    fc.property(fc.dictionary(name, array), fc.dictionary(name, fc.string()), (tensors, metadata) => {
      const bytes = writeSafetensors(tensors, metadata)
      expect(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8).toBe(0)
      const content = readSafetensors(bytes, "f")
      expect({ ...content.tensors }).toEqual({ ...tensors })
      expect({ ...content.metadata }).toEqual({ ...metadata })
    }),
  )
})

test("bfloat16 widens to f32", () => {
  const bytes = fileOf({ x: { dtype: "BF16", shape: [2], data_offsets: [0, 4] } }, 4)
  bytes.set([0x80, 0x3f, 0x20, 0xc0], bytes.length - 4)
  expect(readSafetensors(bytes, "f").tensors.x.data).toEqual(Float32Array.of(1, -2.5))
})

describe("refuses", () => {
  const f32 = (shape: unknown, place: unknown) => ({ dtype: "F32", shape, data_offsets: place })
  const huge = fileOf("{}", 0)
  new DataView(huge.buffer).setBigUint64(0, 1n << 40n, true)
  const wide = fileOf({ x: { dtype: "I64", shape: [1], data_offsets: [0, 8] } }, 8)
  wide[wide.length - 1] = 1
  const notBool = fileOf({ x: { dtype: "BOOL", shape: [1], data_offsets: [0, 1] } }, 1)
  notBool[notBool.length - 1] = 2
  test.each([
    ["an empty file", new Uint8Array(0), "fewer than the 8"],
    ["a header of a terabyte", huge, "is it a safetensors file?"],
    ["a file cut in its header", fileOf({ x: f32([1], [0, 4]) }, 4).subarray(0, 20), "goes beyond its 20 bytes"],
    ["a file cut in its data", fileOf({ x: f32([2], [0, 8]) }, 7), "describes 8 bytes of data, but 7 follow"],
    ["trailing bytes", fileOf({ x: f32([2], [0, 8]) }, 9), "but 9 follow"],
    ["a header that is not JSON", fileOf("{x", 0), "is not JSON"],
    ["a header that is no object", fileOf("[1]", 0), "not a JSON object"],
    ["a header that starts with a blank", fileOf(" {}", 0), "not a JSON object"],
    ["metadata that is not text", fileOf({ __metadata__: { a: 1 } }, 0), "map of text to text"],
    ["an unknown type", fileOf({ x: { dtype: "F8", shape: [1], data_offsets: [0, 1] } }, 1), '"F8"'],
    ["a negative size", fileOf({ x: f32([-1], [0, 4]) }, 4), "shape [-1]"],
    ["a shape that overflows", fileOf({ x: f32([2 ** 31, 2 ** 31], [0, 4]) }, 4), "bytes but has 4"],
    ["a place that is no pair", fileOf({ x: f32([1], [0]) }, 4), "place [0]"],
    ["a place of another length", fileOf({ x: f32([1], [0, 8]) }, 8), "takes 4 bytes but has 8"],
    ["overlapping tensors", fileOf({ x: f32([2], [0, 8]), y: f32([1], [4, 8]) }, 8), "y starts at 4 where 8"],
    ["a hole", fileOf({ x: f32([1], [0, 4]), y: f32([1], [8, 12]) }, 12), "y starts at 8 where 4"],
    ["an integer beyond 32 bits", wide, "does not fit 32 bits"],
    ["a boolean that is 2", notBool, "not 0 or 1"],
  ])("%s", (_, bytes, message) => {
    expect(() => readSafetensors(bytes, "f")).toThrow(CajalError)
    expect(() => readSafetensors(bytes, "f")).toThrow(message)
  })

  test("to write data that do not fill their shape, or a reserved name", () => {
    const array: HostArray = { dtype: "f32", shape: [2, 2], data: new Float32Array(3) }
    expect(() => writeSafetensors({ w: array })).toThrow("w [2, 2] should hold 4 elements but holds 3")
    const fine: HostArray = { dtype: "f32", shape: [3], data: new Float32Array(3) }
    expect(() => writeSafetensors({ __metadata__: fine })).toThrow("__metadata__")
  })
})
