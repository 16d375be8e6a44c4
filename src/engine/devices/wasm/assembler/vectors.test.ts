import { describe, expect, it } from "vitest"
import { v128 } from "./index.ts"
import { bytesAt, type Case, i16, i32s, i64s, raw, runOperation, u8, u16, u32s } from "./testing.ts"

const at = { i32: bytesAt }
/** The bytes memory holds at `bytesAt + offset`. */
const bytes = (offset: number, count = 16) => Uint8Array.from({ length: count }, (_, i) => 128 + offset + i)
const word = (offset: number, width: number) => bytes(offset, width).reduceRight((sum, byte) => sum * 256 + byte, 0)
const long = (offset: number) => new BigInt64Array(bytes(offset, 8).buffer)[0] as bigint

const cases: Record<keyof typeof v128, Case> = {
  const: [[raw(bytes(7) as never)], bytes(7)],
  not: [[i32s(0, -1, 5, 6)], i32s(-1, 0, -6, -7)],
  and: [[i32s(0b1100), i32s(0b1010)], i32s(0b1000)],
  andnot: [[i32s(0b1100), i32s(0b1010)], i32s(0b0100)],
  or: [[i32s(0b1100), i32s(0b1010)], i32s(0b1110)],
  xor: [[i32s(0b1100), i32s(0b1010)], i32s(0b0110)],
  bitselect: [[i32s(0b1100), i32s(0b1010), i32s(0b0110)], i32s(0b1100)],
  anyTrue: [[i32s(0, 0, 0, 4)], { i32: 1 }],
  load: [[at, raw(3)], bytes(3)],
  load8x8S: [[at, raw(3)], i16(...Array.from(bytes(3, 8), (byte) => byte - 256))],
  load8x8U: [[at, raw(3)], i16(...bytes(3, 8))],
  load16x4S: [[at, raw(2)], i32s(...[2, 4, 6, 8].map((offset) => word(offset, 2) - 65536))],
  load16x4U: [[at, raw(2)], i32s(...[2, 4, 6, 8].map((offset) => word(offset, 2)))],
  load32x2S: [[at, raw(1)], i64s(BigInt(word(1, 4)) - (1n << 32n), BigInt(word(5, 4)) - (1n << 32n))],
  load32x2U: [[at, raw(1)], i64s(BigInt(word(1, 4)), BigInt(word(5, 4)))],
  load8Splat: [[at, raw(5)], u8(133)],
  load16Splat: [[at, raw(5)], u16(word(5, 2))],
  load32Splat: [[at, raw(5)], u32s(word(5, 4))],
  load64Splat: [[at, raw(5)], i64s(long(5))],
  load32Zero: [[at, raw(5)], u32s(word(5, 4), 0, 0, 0)],
  load64Zero: [[at, raw(5)], i64s(long(5), 0n)],
  load8Lane: [[at, u8(1), raw(15), raw(4)], u8(...Array(15).fill(1), 132)],
  load16Lane: [[at, u16(1), raw(7), raw(4)], u16(...Array(7).fill(1), word(4, 2))],
  load32Lane: [[at, u32s(1), raw(3), raw(4)], u32s(1, 1, 1, word(4, 4))],
  load64Lane: [[at, i64s(1n), raw(1), raw(4)], i64s(1n, long(4))],
}

describe("v128", () => {
  it.each(Object.keys(v128) as (keyof typeof v128)[])("%s", (name) => {
    const { actual, expected } = runOperation(v128[name], "v128", cases[name])
    expect(actual).toEqual(expected)
  })

  it("refuses constants of another size, bad lanes and bad offsets", () => {
    expect(() => v128.const(new Uint8Array(4))).toThrow("v128.const: 4 bytes instead of 16")
    expect(() => v128.load32Lane(0, v128.load(0), 4)).toThrow("v128.load32Lane: no lane 4")
    expect(() => v128.load(0, -1)).toThrow("v128.load: bad offset -1")
  })
})
