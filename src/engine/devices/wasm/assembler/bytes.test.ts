import { expect, it } from "vitest"
import { ByteWriter } from "./bytes.ts"

const written = (write: (out: ByteWriter) => void) => {
  const out = new ByteWriter(1)
  write(out)
  return Array.from(out.view())
}

it("writes LEB128 in as few bytes as it takes", () => {
  expect(written((out) => out.u32(0))).toEqual([0])
  expect(written((out) => out.u32(127))).toEqual([0x7f])
  expect(written((out) => out.u32(624485))).toEqual([0xe5, 0x8e, 0x26])
  expect(written((out) => out.u32(0xffffffff))).toEqual([0xff, 0xff, 0xff, 0xff, 0x0f])
  expect(written((out) => out.s32(63))).toEqual([0x3f])
  expect(written((out) => out.s32(64))).toEqual([0xc0, 0])
  expect(written((out) => out.s32(-64))).toEqual([0x40])
  expect(written((out) => out.s32(-123456))).toEqual([0xc0, 0xbb, 0x78])
  expect(written((out) => out.s32(-0x80000000))).toEqual([0x80, 0x80, 0x80, 0x80, 0x78])
  expect(written((out) => out.s64(-(2n ** 63n)))).toEqual([...Array(9).fill(0x80), 0x7f])
})

it("writes floats low byte first, and text behind its length in bytes", () => {
  expect(written((out) => out.f32(1))).toEqual([0, 0, 0x80, 0x3f])
  expect(written((out) => out.f64(-2))).toEqual([0, 0, 0, 0, 0, 0, 0, 0xc0])
  expect(written((out) => out.text("aé"))).toEqual([3, 0x61, 0xc3, 0xa9])
})

it("fills in sizes afterwards, in five bytes, nested too", () => {
  const bytes = written((out) =>
    out.sized(() => {
      out.u8(7)
      out.sized(() => out.append(new Uint8Array(300).fill(9)))
    }),
  )
  expect(bytes.slice(0, 11)).toEqual([
    0x80 | (306 & 127),
    0x80 | (306 >> 7),
    0x80,
    0x80,
    0,
    7,
    0x80 | (300 & 127),
    0x80 | (300 >> 7),
    0x80,
    0x80,
    0,
  ])
  expect(bytes).toHaveLength(311)
})
