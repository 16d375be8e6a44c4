import { describe, expect, it } from "vitest"
import { call, f32, f32x4, f64, features, i32, i64, ModuleBuilder, v128 } from "./index.ts"
import { instantiate } from "./testing.ts"

describe("functions", () => {
  it("passes every scalar type in and out", () => {
    const module = new ModuleBuilder()
    module.function("a", { params: ["i32"], results: ["i32"], export: true }, (_, x) => i32.add(x, 1))
    module.function("b", { params: ["i64"], results: ["i64"], export: true }, (_, x) => i64.add(x, 1))
    module.function("c", { params: ["f32"], results: ["f32"], export: true }, (_, x) => f32.add(x, 1))
    module.function("d", { params: ["f64"], results: ["f64"], export: true }, (_, x) => f64.add(x, 1))
    const { a, b, c, d } = instantiate(module)
    expect([a?.(1), b?.(1n), c?.(0.5), d?.(0.1)]).toEqual([2, 2n, 1.5, 1.1])
  })

  it("passes vectors between its own", () => {
    const module = new ModuleBuilder()
    const double = module.function("double", { params: ["v128"], results: ["v128"] }, (_, x) => f32x4.add(x, x))
    module.function("run", { params: ["f32"], results: ["f32"], export: true }, (_, x) =>
      f32x4.extractLane(call(double, [call(double, [f32x4.splat(x)])]), 2),
    )
    expect(instantiate(module).run?.(1.5)).toBe(6)
  })

  it("may be defined, and imported, while another is being built", () => {
    const module = new ModuleBuilder()
    module.function("outer", { params: ["f64"], results: ["f64"], export: true }, (_, x) => {
      const inner = module.function("inner", { params: ["f64"], results: ["f64"] }, (_, y) => {
        const exp = module.importFunction("math", "exp", ["f64"], ["f64"])
        expect(module.importFunction("math", "exp", ["f64"], ["f64"])).toBe(exp)
        return call(exp, [f64.mul(y, 2)])
      })
      return f64.add(call(inner, [x]), call(module.importFunction("math", "log", ["f64"], ["f64"]), [x]))
    })
    const { outer } = instantiate(module, { math: { exp: Math.exp, log: Math.log } })
    expect(outer?.(3)).toBe(Math.exp(6) + Math.log(3))
  })

  it("has locals of every type, interleaved", () => {
    const module = new ModuleBuilder()
    module.function("run", { params: ["i32"], results: ["f64"], export: true }, (f, x) => {
      const a = f.local("f64", 0.5)
      const b = f.local("f32", 0.25)
      const c = f.local("f32", 8)
      const d = f.local("v128", f32x4.splat(16))
      const e = f.local("i64", 32n)
      const g = f.local("f64")
      const sum = f32.add(f32.add(b, c), f32x4.extractLane(d, 0))
      return f64.add(f64.add(f64.add(a, f64.promote(sum)), f64.convertI64S(e)), f64.add(g, f64.convertI32S(x)))
    })
    expect(instantiate(module).run?.(64)).toBe(64 + 32 + 16 + 8 + 0.25 + 0.5)
  })

  it("survives many and large ones", () => {
    const module = new ModuleBuilder()
    const functions = Array.from({ length: 300 }, (_, k) =>
      module.function(`add${k}`, { params: ["i32"], results: ["i32"] }, (f, x) => {
        const locals = Array.from({ length: 200 }, (_, i) => f.local("i32", i32.xor(x, i)))
        return i32.add(
          locals.reduce((sum, local, i) => f.local("i32", i32.add(sum, i32.xor(local, i)))),
          k,
        )
      }),
    )
    module.function("run", { params: ["i32"], results: ["i32"], export: true }, (f, x) => {
      const sum = f.local("i32")
      for (const fn of functions) f.add(sum, call(fn, [x]))
      return sum
    })
    expect(instantiate(module).run?.(1)).toBe(300 * 200 + (299 * 300) / 2)
  })

  it("shows its functions' names to profilers", () => {
    const module = new ModuleBuilder()
    module.importFunction("math", "exp", ["f64"], ["f64"])
    module.function("trap é", { params: [], export: true }, (f) => f.unreachable())
    const names = WebAssembly.Module.customSections(new WebAssembly.Module(module.finish() as BufferSource), "name")
    expect(names).toHaveLength(1)
    try {
      instantiate(module, { math: { exp: Math.exp } })["trap é"]?.()
      expect.unreachable()
    } catch (error) {
      expect((error as Error).stack).toContain("trap é")
    }
  })
})

describe("memory", () => {
  const doubling = (memory: Parameters<ModuleBuilder["memory"]>[0]) => {
    const module = new ModuleBuilder()
    module.memory(memory)
    module.function("run", { params: [], export: true }, (f) =>
      f.store("v128", 0, f32x4.add(v128.load(0), v128.load(0))),
    )
    return module
  }

  it.each([false, true])("comes from the host (shared: %s)", (shared) => {
    if (shared && !features().threads) return
    const memory = new WebAssembly.Memory({ initial: 2, maximum: 5, shared })
    const floats = new Float32Array(memory.buffer)
    floats.set([1, 2, 3, 4])
    const module = doubling({ import: ["env", "memory"], initialPages: 2, maximumPages: 5, shared })
    const { run } = instantiate(module, { env: { memory } })
    run?.()
    expect(Array.from(floats.subarray(0, 5))).toEqual([2, 4, 6, 8, 0])
  })

  it("is its own, with the size asked for", () => {
    const { memory } = instantiate(doubling({ export: "memory", initialPages: 3, maximumPages: 4 }))
    expect(memory.buffer.byteLength).toBe(3 * 65536)
    expect(() => memory.grow(2)).toThrow(RangeError)
  })

  it("begins with the data given", () => {
    const module = doubling({ export: "memory", initialPages: 1 })
    module.data(0, new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer))
    module.data(
      40000,
      Uint8Array.from({ length: 300 }, (_, i) => i),
    )
    const { memory, run } = instantiate(module)
    run?.()
    expect(Array.from(new Float32Array(memory.buffer, 0, 5))).toEqual([2, 4, 6, 8, 0])
    expect(Array.from(new Uint8Array(memory.buffer, 40000, 301))).toEqual([
      ...Array.from({ length: 300 }, (_, i) => i & 255),
      0,
    ])
  })

  it("is refused twice, shared without a maximum, or missing under data", () => {
    expect(() => doubling({ initialPages: 1, shared: true })).toThrow("memory: a shared one needs maximumPages")
    expect(() => doubling({ initialPages: 1 }).memory({ initialPages: 1 })).toThrow(
      "memory: the module has one already",
    )
    const module = new ModuleBuilder()
    module.data(0, new Uint8Array(1))
    expect(() => module.finish()).toThrow("finish: data, but no memory")
  })
})

it("keeps globals of every type between calls", () => {
  const module = new ModuleBuilder()
  const counter = module.global("i32", -1)
  const [long, single, double] = [module.global("i64", 5n), module.global("f32", 0.5), module.global("f64", 0.1)]
  module.function("run", { params: [], results: ["f64"], export: true }, (f) => {
    f.add(counter, 2)
    f.set(long, i64.add(long, 1))
    f.set(single, f32.add(single, 1))
    return f64.add(f64.add(f64.convertI32S(counter), f64.convertI64S(long)), f64.add(f64.promote(single), double))
  })
  const { run } = instantiate(module)
  expect([run?.(), run?.()]).toEqual([1 + 6 + (1.5 + 0.1), 3 + 7 + (2.5 + 0.1)])
})

describe("misuse", () => {
  it("names the function", () => {
    const module = new ModuleBuilder()
    const wrong = (body: Parameters<typeof module.function>[2]) => () =>
      module.function("kernel", { params: ["i32"] }, body as never)
    expect(wrong((_, x) => f32.add(x as never, 1) as never)).toThrow(
      'function "kernel": f32.add: expected f32, got i32',
    )
    expect(wrong((f, x) => f.set(x as never, f32.const(1) as never))).toThrow(
      'function "kernel": set: expected i32, got f32',
    )
    expect(wrong((_, x) => i32.add(x as never, undefined as never) as never)).toThrow(
      "i32.add: expected i32, got undefined",
    )
    expect(wrong((f) => f.return(1 as never))).toThrow('function "kernel": return: the function has no result')
    expect(() => module.finish()).toThrow("finish: a function is still open, or failed")
  })

  it("finds a local of another function, the innermost function named", () => {
    const module = new ModuleBuilder()
    const misuse = () =>
      module.function("outer", { params: ["i32"] }, (_, x) => {
        module.function("inner", { params: [], results: ["i32"] }, () => i32.add(x, 1))
      })
    expect(misuse).toThrow(/^function "inner": a local of "outer" is used in another function$/)
  })

  it("finds calls with wrong arguments, and of another module's functions", () => {
    const [module, other] = [new ModuleBuilder(), new ModuleBuilder()]
    const foreign = other.function("foreign", { params: ["i32"] }, () => {})
    // @ts-expect-error: an argument is missing
    expect(() => module.function("f", { params: [] }, (f) => f.call(foreign, []))).toThrow(
      'call of "foreign": 0 arguments for 1 parameters',
    )
    // @ts-expect-error: a function without a result is no expression
    expect(() => module.function("f", { params: [] }, (f) => f.drop(call(foreign, [1])))).toThrow(
      'call of "foreign": it has no result',
    )
    const caller = new ModuleBuilder()
    caller.function("caller", { params: [] }, (f) => f.call(foreign, [1]))
    expect(() => caller.finish()).toThrow('function "caller": calls "foreign", a function of another module')
  })

  it("finds names exported twice, and an import with two types", () => {
    const module = new ModuleBuilder()
    module.function("f", { params: [], export: true }, () => {})
    expect(() => module.function("f", { params: [], export: true }, () => {})).toThrow('function "f": exported twice')
    module.importFunction("math", "exp", ["f64"], ["f64"])
    expect(() => module.importFunction("math", "exp", ["f32"], ["f32"])).toThrow(
      "importFunction: math.exp is there with another type",
    )
  })

  it("is found by the compiler where it can be", () => {
    const module = new ModuleBuilder()
    const misused = () =>
      module.function("f", { params: ["i32", "v128"], results: ["f32"] }, (f, i, v) => {
        // @ts-expect-error: an i32 is not an f32
        f32.add(i, 1)
        // @ts-expect-error: a vector has no number
        f32x4.add(v, 1)
        // @ts-expect-error: neither is a vector a scalar
        f.set(i, v)
        // @ts-expect-error: and the result is an f32
        f.return(i)
      })
    expect(misused).toThrow("f32.add")
  })
})
