import { describe, expect, it } from "vitest"
import { f32x4, f64x2, features } from "./index.ts"
import { type Case, checkRows, f32s, f64s, i32s, i64s, type Rows, raw, rows } from "./testing.ts"

const nan = Number.NaN

const f32x4Cases: Record<keyof typeof f32x4, Case> = {
  splat: [[{ f32: 1.5 }], f32s(1.5)],
  extractLane: [[f32s(1, 2, 3, 4), raw(2)], { f32: 3 }],
  replaceLane: [[f32s(1, 2, 3, 4), raw(1), { f32: 9 }], f32s(1, 9, 3, 4)],
  const: [[raw(1), raw(-2), raw(0.5), raw(4)], f32s(1, -2, 0.5, 4)],
  eq: [[f32s(1, 2, 3, nan), f32s(2, 2, 2, nan)], i32s(0, -1, 0, 0)],
  ne: [[f32s(1, 2, 3, nan), f32s(2, 2, 2, nan)], i32s(-1, 0, -1, -1)],
  lt: [[f32s(1, 2, 3, nan), f32s(2, 2, 2, 2)], i32s(-1, 0, 0, 0)],
  gt: [[f32s(1, 2, 3, nan), f32s(2, 2, 2, 2)], i32s(0, 0, -1, 0)],
  le: [[f32s(1, 2, 3, nan), f32s(2, 2, 2, 2)], i32s(-1, -1, 0, 0)],
  ge: [[f32s(1, 2, 3, nan), f32s(2, 2, 2, 2)], i32s(0, -1, -1, 0)],
  abs: [[f32s(-1, 2, -0, -4)], f32s(1, 2, 0, 4)],
  neg: [[f32s(-1, 2, 0, -4)], f32s(1, -2, -0, 4)],
  sqrt: [[f32s(1, 4, 9, 6.25)], f32s(1, 2, 3, 2.5)],
  add: [[f32s(1, 2, 3, 4), f32s(10, 20, 30, 40)], f32s(11, 22, 33, 44)],
  sub: [[f32s(1, 2, 3, 4), f32s(10, 20, 30, 40)], f32s(-9, -18, -27, -36)],
  mul: [[f32s(1, 2, 3, 4), f32s(10, 20, 30, 40)], f32s(10, 40, 90, 160)],
  div: [[f32s(1, 2, 3, 4), f32s(2, 4, 8, 16)], f32s(0.5, 0.5, 0.375, 0.25)],
  min: [[f32s(1, 5, 1, 0), f32s(2, 3, nan, -0)], f32s(1, 3, nan, -0)],
  max: [[f32s(1, 5, 1, -0), f32s(2, 3, nan, 0)], f32s(2, 5, nan, 0)],
  pmin: [[f32s(1, 5, 7, 0), f32s(2, 3, nan, -0)], f32s(1, 3, 7, 0)],
  pmax: [[f32s(1, 5, 7, -0), f32s(2, 3, nan, 0)], f32s(2, 5, 7, -0)],
  ceil: [[f32s(-1.5, 1.5, 2, 0.25)], f32s(-1, 2, 2, 1)],
  floor: [[f32s(-1.5, 1.5, 2, 0.25)], f32s(-2, 1, 2, 0)],
  trunc: [[f32s(-1.5, 1.5, 2, -2.75)], f32s(-1, 1, 2, -2)],
  nearest: [[f32s(-1.5, 2.5, 3.5, 0.25)], f32s(-2, 2, 4, 0)],
  convertI32x4S: [[i32s(1, -2, 3, -1)], f32s(1, -2, 3, -1)],
  convertI32x4U: [[i32s(1, 2, 3, -1)], f32s(1, 2, 3, 2 ** 32)],
  demoteF64x2Zero: [[f64s(0.1, 2)], f32s(0.1, 2, 0, 0)],
  relaxedMadd: [[f32s(1, 2, 3, 4), f32s(10, 20, 30, 40), f32s(1, 1, 2, 2)], f32s(11, 41, 92, 162)],
  relaxedNmadd: [[f32s(1, 2, 3, 4), f32s(10, 20, 30, 40), f32s(1, 1, 2, 2)], f32s(-9, -39, -88, -158)],
  relaxedMin: [[f32s(1, 5, 7, 2), f32s(2, 3, 8, 1)], f32s(1, 3, 7, 1)],
  relaxedMax: [[f32s(1, 5, 7, 2), f32s(2, 3, 8, 1)], f32s(2, 5, 8, 2)],
}

const f64x2Cases: Record<keyof typeof f64x2, Case | Rows> = {
  splat: [[{ f64: 1.1 }], f64s(1.1)],
  extractLane: [[f64s(1, 2), raw(1)], { f64: 2 }],
  replaceLane: [[f64s(1, 2), raw(1), { f64: 9 }], f64s(1, 9)],
  const: [[raw(1.1), raw(-2)], f64s(1.1, -2)],
  eq: rows([[f64s(1, 2), f64s(2, 2)], i64s(0n, -1n)], [[f64s(3, nan), f64s(2, 2)], i64s(0n, 0n)]),
  ne: rows([[f64s(1, 2), f64s(2, 2)], i64s(-1n, 0n)], [[f64s(3, nan), f64s(2, 2)], i64s(-1n, -1n)]),
  lt: rows([[f64s(1, 2), f64s(2, 2)], i64s(-1n, 0n)], [[f64s(3, nan), f64s(2, 2)], i64s(0n, 0n)]),
  gt: rows([[f64s(1, 2), f64s(2, 2)], i64s(0n, 0n)], [[f64s(3, nan), f64s(2, 2)], i64s(-1n, 0n)]),
  le: rows([[f64s(1, 2), f64s(2, 2)], i64s(-1n, -1n)], [[f64s(3, nan), f64s(2, 2)], i64s(0n, 0n)]),
  ge: rows([[f64s(1, 2), f64s(2, 2)], i64s(0n, -1n)], [[f64s(3, nan), f64s(2, 2)], i64s(-1n, 0n)]),
  abs: [[f64s(-1, 2)], f64s(1, 2)],
  neg: [[f64s(-1, 0)], f64s(1, -0)],
  sqrt: [[f64s(2, 6.25)], f64s(Math.SQRT2, 2.5)],
  add: [[f64s(1, 2), f64s(10, 20)], f64s(11, 22)],
  sub: [[f64s(1, 2), f64s(10, 20)], f64s(-9, -18)],
  mul: [[f64s(1, 2), f64s(10, 20)], f64s(10, 40)],
  div: [[f64s(1, 2), f64s(3, 16)], f64s(1 / 3, 0.125)],
  min: rows([[f64s(7, 0), f64s(nan, -0)], f64s(nan, -0)], [[f64s(5, 1), f64s(3, 2)], f64s(3, 1)]),
  max: rows([[f64s(7, -0), f64s(nan, 0)], f64s(nan, 0)], [[f64s(5, 1), f64s(3, 2)], f64s(5, 2)]),
  pmin: [[f64s(5, 7), f64s(3, nan)], f64s(3, 7)],
  pmax: [[f64s(5, 7), f64s(6, nan)], f64s(6, 7)],
  ceil: [[f64s(-1.5, 1.25)], f64s(-1, 2)],
  floor: [[f64s(-1.5, 1.75)], f64s(-2, 1)],
  trunc: [[f64s(-1.5, 1.75)], f64s(-1, 1)],
  nearest: [[f64s(2.5, 3.5)], f64s(2, 4)],
  convertLowI32x4S: [[i32s(1, -1, 8, 9)], f64s(1, -1)],
  convertLowI32x4U: [[i32s(1, -1, 8, 9)], f64s(1, 2 ** 32 - 1)],
  promoteLowF32x4: [[f32s(0.5, -2, 8, 9)], f64s(0.5, -2)],
  relaxedMadd: [[f64s(1, 2), f64s(10, 20), f64s(1, 3)], f64s(11, 43)],
  relaxedNmadd: [[f64s(1, 2), f64s(10, 20), f64s(1, 3)], f64s(-9, -37)],
  relaxedMin: [[f64s(1, 5), f64s(2, 3)], f64s(1, 3)],
  relaxedMax: [[f64s(1, 5), f64s(2, 3)], f64s(2, 5)],
}

const absent = (name: string) => name.startsWith("relaxed") && !features().relaxedSimd

describe("f32x4", () => {
  for (const name of Object.keys(f32x4) as (keyof typeof f32x4)[])
    it.skipIf(absent(name))(name, () => checkRows(f32x4[name], "f32", f32x4Cases[name]))

  it("refuses a lane that is not there", () => {
    expect(() => f32x4.extractLane(f32x4.splat(0), 4)).toThrow("f32x4.extractLane: no lane 4, only 0 to 3")
  })
})

describe("f64x2", () => {
  for (const name of Object.keys(f64x2) as (keyof typeof f64x2)[])
    it.skipIf(absent(name))(name, () => checkRows(f64x2[name], "f64", f64x2Cases[name]))
})
