import { describe, expect, it } from "vitest"
import { type Constant, Operation } from "./expression.ts"
import { i32, i64, ModuleBuilder } from "./index.ts"
import { bytesAt, type Case, instantiate, raw, runOperation } from "./testing.ts"

const at = { i32: bytesAt }

/** Each operation on operands of both signs, so that S and U differ. */
const i32Cases: Record<keyof typeof i32, Case> = {
  const: [[raw(-123456789)], -123456789],
  eqz: [[0], 1],
  eq: [[-5, -5], 1],
  ne: [[-5, -5], 0],
  ltS: [[-1, 1], 1],
  ltU: [[-1, 1], 0],
  gtS: [[-1, 1], 0],
  gtU: [[-1, 1], 1],
  leS: [[-1, 1], 1],
  leU: [[-1, 1], 0],
  geS: [[-1, 1], 0],
  geU: [[-1, 1], 1],
  clz: [[0x00fe0000], 8],
  ctz: [[0x00fe0000], 17],
  popcnt: [[0x00ff0001], 9],
  add: [[0x7fffffff, 2], -0x7fffffff],
  sub: [[-0x80000000, 1], 0x7fffffff],
  mul: [[0x12345, 0x54321], Math.imul(0x12345, 0x54321)],
  divS: [[-7, 2], -3],
  divU: [[-7, 2], 0x7ffffffc],
  remS: [[-17, 5], -2],
  remU: [[-17, 5], 4],
  and: [[0b1100, 0b1010], 0b1000],
  or: [[0b1100, 0b1010], 0b1110],
  xor: [[0b1100, 0b1010], 0b0110],
  shl: [[-3, 4], -48],
  shrS: [[-45, 4], -3],
  shrU: [[-45, 4], 0x0ffffffd],
  rotl: [[0x12345678, 8], 0x34567812],
  rotr: [[0x12345678, 8], 0x78123456],
  extend8S: [[0x12340080], -128],
  extend16S: [[0x12348000], -32768],
  wrap: [[0x123456789abcdef0n], 0x9abcdef0 | 0],
  reinterpret: [[{ f32: 1 }], 0x3f800000],
  truncSatF32S: [[{ f32: -3.7 }], -3],
  truncSatF32U: [[{ f32: -3.7 }], 0],
  truncSatF64S: [[{ f64: -3e10 }], -0x80000000],
  truncSatF64U: [[{ f64: 3e9 }], 3e9 | 0],
  load: [[at, raw(2)], 0x85848382 | 0],
  load8S: [[at, raw(3)], -125],
  load8U: [[at, raw(3)], 131],
  load16S: [[at, raw(1)], 0x8281 - 0x10000],
  load16U: [[at, raw(1)], 0x8281],
}

const i64Cases: Record<keyof typeof i64, Case> = {
  const: [[raw(-1234567890123)], -1234567890123n],
  eqz: [[0n], { i32: 1 }],
  eq: [[-5n, -5n], { i32: 1 }],
  ne: [[-5n, -5n], { i32: 0 }],
  ltS: [[-1n, 1n], { i32: 1 }],
  ltU: [[-1n, 1n], { i32: 0 }],
  gtS: [[-1n, 1n], { i32: 0 }],
  gtU: [[-1n, 1n], { i32: 1 }],
  leS: [[-1n, 1n], { i32: 1 }],
  leU: [[-1n, 1n], { i32: 0 }],
  geS: [[-1n, 1n], { i32: 0 }],
  geU: [[-1n, 1n], { i32: 1 }],
  clz: [[0xfe0000n], 40n],
  ctz: [[0xfe0000n], 17n],
  popcnt: [[-1n], 64n],
  add: [[0x7fffffffffffffffn, 2n], -0x7fffffffffffffffn],
  sub: [[5n, 7n], -2n],
  mul: [[0x123456789n, 0x987654321n], BigInt.asIntN(64, 0x123456789n * 0x987654321n)],
  divS: [[-7n, 2n], -3n],
  divU: [[-7n, 2n], 0x7ffffffffffffffcn],
  remS: [[-17n, 5n], -2n],
  remU: [[-17n, 5n], 4n],
  and: [[0b1100n, 0b1010n], 0b1000n],
  or: [[0b1100n, 0b1010n], 0b1110n],
  xor: [[0b1100n, 0b1010n], 0b0110n],
  shl: [[-3n, 40n], -3n << 40n],
  shrS: [[-45n, 4n], -3n],
  shrU: [[-45n, 4n], 0x0ffffffffffffffdn],
  rotl: [[0x123456789abcdef0n, 8n], 0x3456789abcdef012n],
  rotr: [[0x3456789abcdef012n, 8n], 0x123456789abcdef0n],
  extend8S: [[0x1280n], -128n],
  extend16S: [[0x128000n], -32768n],
  extend32S: [[0x1280000000n], -0x80000000n],
  extendI32S: [[{ i32: -2 }], -2n],
  extendI32U: [[{ i32: -2 }], 0xfffffffen],
  reinterpret: [[{ f64: 1 }], 0x3ff0000000000000n],
  truncSatF32S: [[{ f32: -3.7 }], -3n],
  truncSatF32U: [[{ f32: -3.7 }], 0n],
  truncSatF64S: [[{ f64: -3e18 }], -3000000000000000000n],
  truncSatF64U: [[{ f64: 1e19 }], BigInt.asIntN(64, 10000000000000000000n)],
  load: [[at, raw(1)], BigInt.asIntN(64, 0x8887868584838281n)],
  load32S: [[at, raw(1)], 0x84838281n - 0x100000000n],
  load32U: [[at, raw(1)], 0x84838281n],
}

/** What each comparison means, given the signed and the unsigned reading of both operands. */
const comparisons: Record<string, (a: bigint, b: bigint, unsignedA: bigint, unsignedB: bigint) => boolean> = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  ltS: (a, b) => a < b,
  ltU: (_, __, a, b) => a < b,
  gtS: (a, b) => a > b,
  gtU: (_, __, a, b) => a > b,
  leS: (a, b) => a <= b,
  leU: (_, __, a, b) => a <= b,
  geS: (a, b) => a >= b,
  geU: (_, __, a, b) => a >= b,
}

describe("comparisons", () => {
  const values = [-2n, -1n, 0n, 1n]
  it.each(Object.entries(comparisons))("%s of every two", (name, holds) => {
    for (const a of values)
      for (const b of values) {
        const expected = Number(holds(a, b, BigInt.asUintN(32, a), BigInt.asUintN(32, b)))
        const [x, y] = [Number(a), Number(b)]
        const key = name as "eq"
        expect(runOperation(i32[key], "i32", [[x, y], 0]).actual).toBe(expected)
        expect(runOperation(i32[key], "i32", [[x, y], 0], true).actual).toBe(expected)
        expect(runOperation(i64[key], "i64", [[a, b], { i32: 0 }]).actual).toBe(expected)
      }
  })
})

describe("i32", () => {
  it.each(Object.keys(i32) as (keyof typeof i32)[])("%s", (name) => {
    const { actual, expected } = runOperation(i32[name], "i32", i32Cases[name])
    expect(actual).toBe(expected)
  })

  it.each(Object.keys(i32) as (keyof typeof i32)[])("%s of constants", (name) => {
    const { actual, expected } = runOperation(i32[name], "i32", i32Cases[name], true)
    expect(actual).toBe(expected)
  })

  it("folds address arithmetic", () => {
    const module = new ModuleBuilder()
    module.function("f", { params: ["i32"] }, (_, x) => {
      for (const same of [
        i32.add(x, 0),
        i32.add(0, x),
        i32.sub(x, 0),
        i32.mul(x, 1),
        i32.mul(1, x),
        i32.shl(x, 0),
        i32.or(x, 0),
      ])
        expect(same).toBe(x)
      const twelve = i32.add(i32.add(4, x), 8) as Operation<"i32">
      expect(twelve.a).toBe(x)
      expect((twelve.b as Constant).value).toBe(12)
      expect(i32.sub(i32.add(x, 8), 8)).toBe(x)
    })
    expect(i32.add(i32.mul(3, 4), i32.shl(1, 31))).toMatchObject({ type: "i32", value: -0x80000000 + 12 })
    expect(i32.divS(1, 0)).toBeInstanceOf(Operation)
  })

  it("keeps the order of a difference", () => {
    const module = new ModuleBuilder()
    module.function("f", { params: ["i32"], results: ["i32"], export: true }, (_, x) => i32.sub(100, x))
    expect(instantiate(module).f?.(1)).toBe(99)
  })

  it("takes the numbers of both readings and no others", () => {
    expect(i32.const(0xffffffff)).toMatchObject({ value: -1 })
    for (const bad of [0x100000000, -0x80000001, 0.5, Number.NaN]) expect(() => i32.const(bad)).toThrow("is not an i32")
    expect(() => i32.sub(i32.const(0), 1.5)).toThrow("i32.sub: 1.5 is not an i32")
  })
})

describe("i64", () => {
  it.each(Object.keys(i64) as (keyof typeof i64)[])("%s", (name) => {
    const { actual, expected } = runOperation(i64[name], "i64", i64Cases[name])
    expect(actual).toBe(expected)
  })

  it("takes constants of any size", () => {
    for (const value of [0n, -1n, 63n, 64n, -64n, -65n, 2n ** 63n - 1n, -(2n ** 63n)]) {
      const { actual, expected } = runOperation(i64.const, "i64", [[raw(value as never)], value])
      expect(actual).toBe(expected)
    }
    expect(() => i64.const(2 ** 60)).toThrow("is not an i64")
  })
})
