import { describe, expect, it } from "vitest"
import { type FunctionBuilder, f32, i32, i64, ModuleBuilder, v128 } from "./index.ts"
import type { StoreKind } from "./stores.ts"
import { instantiate } from "./testing.ts"

describe("stores", () => {
  const value = -0x0102030405060709n
  const cases: Record<StoreKind, [f: (f: FunctionBuilder) => void, bytes: number]> = {
    i32: [(f) => f.store("i32", 64, i32.wrap(i64.const(value)), 3), 4],
    i64: [(f) => f.store("i64", 64, value, 3), 8],
    f32: [(f) => f.store("f32", 64, f32.reinterpret(i32.wrap(i64.const(value))), 3), 4],
    f64: [(f) => f.store("f64", 64, new Float64Array(BigInt64Array.of(value).buffer)[0] as number, 3), 8],
    u8: [(f) => f.store("u8", 64, i32.wrap(i64.const(value)), 3), 1],
    u16: [(f) => f.store("u16", 64, i32.wrap(i64.const(value)), 3), 2],
    u32: [(f) => f.store("u32", 64, value, 3), 4],
    v128: [(f) => f.store("v128", 64, v128.load64Zero(0), 3), 8],
  }
  const pattern = new Uint8Array(BigInt64Array.of(value).buffer)

  /** Memory from 64 on after `body` ran on a memory of ones that begins with `pattern`. */
  function run(body: (f: FunctionBuilder<readonly []>) => void): number[] {
    const module = new ModuleBuilder()
    module.memory({ initialPages: 1, export: "memory" })
    module.function("run", { params: [], export: true }, body)
    const exports = instantiate(module)
    const memory = new Uint8Array(exports.memory.buffer)
    memory.fill(1)
    memory.set(pattern)
    if (body === cases.v128[0]) memory.fill(0, 67 + 8, 67 + 16)
    exports.run?.()
    return Array.from(memory.subarray(64, 96))
  }

  it.each(Object.keys(cases) as StoreKind[])("stores %s, and not a byte more", (kind) => {
    const [body, count] = cases[kind]
    const zeros = kind === "v128" ? 8 : 0
    const expected = [
      1,
      1,
      1,
      ...pattern.subarray(0, count),
      ...Array(zeros).fill(0),
      ...Array(29 - count - zeros).fill(1),
    ]
    expect(run(body)).toEqual(expected)
  })

  it.each([8, 16, 32, 64] as const)("stores a lane of %i bits", (bits) => {
    const lane = 64 / bits - 1
    const bytes = bits / 8
    const expected = [1, 1, ...pattern.subarray(lane * bytes, lane * bytes + bytes), ...Array(30 - bytes).fill(1)]
    expect(run((f) => f.storeLane(bits, 64, v128.load(0), lane, 2))).toEqual(expected)
  })

  it("copies and fills", () => {
    const memory = run((f) => {
      f.memoryFill(64, 0x1ff, 4)
      f.memoryCopy(66, 0, 8)
    })
    expect(memory.slice(0, 12)).toEqual([255, 255, ...pattern, 1, 1])
  })

  it("refuses lanes and offsets that are not there", () => {
    expect(() => run((f) => f.storeLane(32, 0, v128.load(0), 4))).toThrow(
      'function "run": store lane of 32 bits: no lane 4',
    )
    expect(() => run((f) => f.store("i32", 0, 0, -4))).toThrow('function "run": store i32: bad offset -4')
  })
})
