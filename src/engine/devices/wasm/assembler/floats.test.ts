import { describe, expect, it } from "vitest"
import { f32, f64 } from "./index.ts"
import { bytesAt, type Case, raw, runOperation } from "./testing.ts"

const at = { i32: bytesAt }
const { fround } = Math

/** What f32 and f64 have in common, on numbers both hold exactly. */
const common = {
  const: [[raw(-0.375)], -0.375],
  eq: [[1.5, 1.5], { i32: 1 }],
  ne: [[Number.NaN, Number.NaN], { i32: 1 }],
  lt: [[1, 2], { i32: 1 }],
  gt: [[1, 2], { i32: 0 }],
  le: [[2, 2], { i32: 1 }],
  ge: [[1, 2], { i32: 0 }],
  abs: [[-2.5], 2.5],
  neg: [[0], -0],
  ceil: [[-1.5], -1],
  floor: [[-1.5], -2],
  trunc: [[-1.75], -1],
  nearest: [[2.5], 2],
  sqrt: [[6.25], 2.5],
  add: [[1.5, 0.25], 1.75],
  sub: [[1.5, 0.25], 1.25],
  mul: [[1.5, -0.25], -0.375],
  div: [[1.5, 0.25], 6],
  min: [[0, -0], -0],
  max: [[-0, 0], 0],
  copysign: [[2, -0], -2],
} satisfies Record<string, Case>

const f32Cases: Record<keyof typeof f32, Case> = {
  ...common,
  convertI32S: [[{ i32: -3 }], -3],
  convertI32U: [[{ i32: -1 }], 2 ** 32],
  convertI64S: [[-3n], -3],
  convertI64U: [[-1n], 2 ** 64],
  demote: [[{ f64: 0.1 }], fround(0.1)],
  reinterpret: [[{ i32: 0x40490fdb }], fround(Math.PI)],
  load: [[at, raw(1)], new DataView(Uint8Array.of(0x81, 0x82, 0x83, 0x84).buffer).getFloat32(0, true)],
}

const f64Cases: Record<keyof typeof f64, Case> = {
  ...common,
  convertI32S: [[{ i32: -3 }], -3],
  convertI32U: [[{ i32: -1 }], 2 ** 32 - 1],
  convertI64S: [[-3n], -3],
  convertI64U: [[-1n], 2 ** 64],
  promote: [[{ f32: fround(0.1) }], fround(0.1)],
  reinterpret: [[0x400921fb54442d18n], Math.PI],
  load: [[at, raw(1)], new Float64Array(Uint8Array.from({ length: 8 }, (_, i) => 129 + i).buffer)[0] as number],
}

/** What JavaScript says of each, on numbers whose results f32 holds too or rounds alike. */
const unary: Record<string, (x: number) => number> = {
  abs: Math.abs,
  neg: (x) => -x,
  ceil: Math.ceil,
  floor: Math.floor,
  trunc: Math.trunc,
  nearest: (x) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.sign(x) * Math.round(Math.abs(x))),
  sqrt: Math.sqrt,
}
const binary: Record<string, (x: number, y: number) => number> = {
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  div: (x, y) => x / y,
  min: Math.min,
  max: Math.max,
  copysign: (x, y) => (Object.is(y, -0) || y < 0 ? -Math.abs(x) : Math.abs(x)),
}
const comparisons: Record<string, (x: number, y: number) => boolean> = {
  eq: (x, y) => x === y,
  ne: (x, y) => x !== y,
  lt: (x, y) => x < y,
  gt: (x, y) => x > y,
  le: (x, y) => x <= y,
  ge: (x, y) => x >= y,
}
const values = [-2.5, -1.75, -1.5, -0, 0, 0.75, 1.5, 2.5, Number.POSITIVE_INFINITY, Number.NaN]

describe("agrees with JavaScript", () => {
  const types = [["f32", f32, fround] as const, ["f64", f64, (x: number) => x] as const]

  it.each(Object.entries(unary))("%s", (name, compute) => {
    for (const [type, family, round] of types)
      for (const x of values) expect(runOperation(family[name as "abs"], type, [[x], 0]).actual).toBe(round(compute(x)))
  })

  it.each(Object.entries(binary))("%s", (name, compute) => {
    for (const [type, family, round] of types)
      for (const x of values)
        for (const y of values) {
          // The sign of a NaN that copysign copies from is the machine's own business.
          if (name === "copysign" && Number.isNaN(y)) continue
          expect(runOperation(family[name as "add"], type, [[x, y], 0]).actual).toBe(round(compute(x, y)))
        }
  })

  it.each(Object.entries(comparisons))("%s", (name, holds) => {
    for (const [type, family] of types)
      for (const x of values)
        for (const y of values) {
          const { actual } = runOperation(family[name as "eq"], type, [[x, y], { i32: 0 }])
          expect(actual).toBe(Number(holds(x, y)))
        }
  })
})

describe("f32", () => {
  it.each(Object.keys(f32) as (keyof typeof f32)[])("%s", (name) => {
    const { actual, expected } = runOperation(f32[name], "f32", f32Cases[name])
    expect(actual).toBe(expected)
  })

  it("rounds its constants and keeps NaN and infinity", () => {
    expect(runOperation(f32.const, "f32", [[raw(0.1)], 0]).actual).toBe(fround(0.1))
    expect(runOperation(f32.const, "f32", [[raw(Number.NaN)], 0]).actual).toBeNaN()
    expect(runOperation(f32.const, "f32", [[raw(Number.NEGATIVE_INFINITY)], 0]).actual).toBe(Number.NEGATIVE_INFINITY)
  })
})

describe("f64", () => {
  it.each(Object.keys(f64) as (keyof typeof f64)[])("%s", (name) => {
    const { actual, expected } = runOperation(f64[name], "f64", f64Cases[name])
    expect(actual).toBe(expected)
  })
})
