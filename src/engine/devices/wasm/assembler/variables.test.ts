import { expect, it } from "vitest"
import { f32, f32x4, i32, type Local, ModuleBuilder, select, tee, v128 } from "./index.ts"
import { instantiate } from "./testing.ts"

it("sets a local and uses it in one expression", () => {
  const module = new ModuleBuilder()
  module.function("square", { params: ["i32"], results: ["i32"], export: true }, (f, x) => {
    const next = f.local("i32")
    return i32.mul(tee(next, i32.add(x, 1)), next)
  })
  expect(instantiate(module).square?.(6)).toBe(49)
})

it("selects numbers and vectors without a branch", () => {
  const module = new ModuleBuilder()
  module.function("relu", { params: ["f32"], results: ["f32"], export: true }, (_, x) => select(f32.gt(x, 0), x, 0))
  module.function("flip", { params: ["f32"], results: ["f32"], export: true }, (_, x) =>
    select(f32.gt(x, 0), -1, f32.abs(x)),
  )
  module.function("lane", { params: ["i32"], results: ["f32"], export: true }, (_, which) =>
    f32x4.extractLane(select(which, f32x4.splat(1), f32x4.splat(2)), 3),
  )
  const { relu, flip, lane } = instantiate(module)
  expect([relu?.(2), relu?.(-2), flip?.(2), flip?.(-2), lane?.(1), lane?.(0)]).toEqual([2, 0, -1, 2, 1, 2])
  expect(() => select(i32.const(1), 1 as never, 2 as never)).toThrow("select: one of the two must be an expression")
  expect(() => select(1, v128.load(0), f32.const(1) as never)).toThrow("select: expected v128, got f32")
})

it("computes a shared expression once for each use", () => {
  const module = new ModuleBuilder()
  const calls = module.global("i32", 0)
  module.function("run", { params: [], results: ["i32"], export: true }, (f) => {
    const counter: Local<"i32"> = f.local("i32")
    const next = tee(counter, i32.add(counter, 1))
    f.set(calls, i32.add(next, next))
    return i32.add(i32.mul(calls, 10), counter)
  })
  expect(instantiate(module).run?.()).toBe(32)
})
