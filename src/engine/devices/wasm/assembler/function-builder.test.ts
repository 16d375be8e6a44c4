import { describe, expect, it } from "vitest"
import { call, type Exit, type FunctionBuilder, f32, f32x4, i32, type Local, ModuleBuilder, v128 } from "./index.ts"
import { instantiate } from "./testing.ts"

type Body = (
  f: FunctionBuilder<readonly ["i32"]>,
  a: Local<"i32">,
  b: Local<"i32">,
) => ReturnType<typeof i32.const> | undefined

/** A function of two i32 with an i32 result, as JavaScript sees it; and the length of the module. */
function compile(body: Body): { run: (a?: number, b?: number) => number; size: number } {
  const module = new ModuleBuilder()
  module.memory({ initialPages: 1 })
  module.function("run", { params: ["i32", "i32"], results: ["i32"], export: true }, body)
  const { run } = instantiate(module)
  return { run: (a = 0, b = 0) => run?.(a, b) as unknown as number, size: module.finish().length }
}

describe("for", () => {
  const countTo = (step: number) =>
    compile((f, from, to) => {
      const [i, turns] = [f.local("i32"), f.local("i32")]
      f.for(i, from, to, step, () => f.add(turns, 1))
      return i32.add(i32.mul(turns, 1000), i)
    })

  it("counts from the first bound up to below the second", () => {
    expect(countTo(1).run(0, 5)).toBe(5005)
    expect(countTo(3).run(-4, 5)).toBe(3005)
    expect(countTo(4).run(0, 5)).toBe(2008)
    expect(countTo(1).run(5, 5)).toBe(5)
    expect(countTo(1).run(6, 5)).toBe(6)
  })

  it("tests nothing before a loop between constants, and leaves out an empty one", () => {
    const between = (from: number, to: number) =>
      compile((f) => {
        const [i, sum] = [f.local("i32"), f.local("i32")]
        f.for(i, from, to, 1, () => f.add(sum, i))
        return i32.add(i32.mul(sum, 100), i)
      })
    expect(between(1, 5).run()).toBe(1005)
    expect(between(5, 5).run()).toBe(5)
    expect(between(5, 5).size).toBeLessThan(between(1, 5).size)
    let called = false
    compile((f, a) => {
      f.for(a, 3, 1, 1, () => {
        called = true
      })
      return a
    })
    expect(called).toBe(false)
  })

  it("computes its bound once, but reads a local bound at each turn", () => {
    const { run } = compile((f, a, b) => {
      const i = f.local("i32")
      f.for(i, 0, i32.add(a, 2), 1, () => f.add(a, 10))
      const j = f.local("i32")
      f.for(j, 0, b, 1, () => f.if(i32.eq(j, 2), () => f.set(b, 4)))
      return i32.add(i32.mul(i, 100), j)
    })
    expect(run(3, 9)).toBe(504)
  })

  it("wants a step above 0", () => {
    for (const step of [0, -1, 1.5])
      expect(() => countTo(step)).toThrow(`function "run": for: the step must be an integer above 0, not ${step}`)
  })
})

describe("control flow", () => {
  it("repeats while its condition holds", () => {
    const { run } = compile((f, a, b) => {
      f.while(i32.ne(b, 0), () => {
        const rest = f.local("i32", i32.remU(a, b))
        f.set(a, b)
        f.set(b, rest)
      })
      return a
    })
    expect(run(1071, 462)).toBe(21)
    expect(run(7, 0)).toBe(7)
  })

  it("repeats at least once with the condition at the end", () => {
    const { run } = compile((f, a, b) => {
      f.doWhile(() => {
        f.add(a, 1)
        return i32.ltS(a, b)
      })
      return a
    })
    expect([run(0, 5), run(9, 5)]).toEqual([5, 10])
  })

  it("chooses a branch", () => {
    const { run } = compile((f, a, b) => {
      f.if(
        a,
        () => f.set(b, 1),
        () => f.set(b, 2),
      )
      f.if(i32.eq(a, 7), () => f.return(77))
      return b
    })
    expect([run(1), run(0), run(7)]).toEqual([1, 2, 77])
  })

  it("writes only the branch a constant condition takes", () => {
    const choose = (condition: number) =>
      compile((f) => {
        const x = f.local("i32")
        f.if(
          condition,
          () => f.set(x, 1),
          () => f.set(x, 2),
        )
        f.if(i32.eq(condition, 5), () => f.set(x, 3))
        return x
      })
    expect([choose(1).run(), choose(0).run(), choose(5).run()]).toEqual([1, 2, 3])
  })

  it("leaves inner and outer blocks, also out of loops and branches", () => {
    const { run } = compile((f, a, b) => {
      const i = f.local("i32")
      const trace = f.local("i32")
      f.block((outer) => {
        f.block((inner) => {
          f.for(i, 0, 100, 1, () => {
            f.breakIf(inner, i32.eq(i, a))
            f.if(i32.eq(i, b), () => f.break(outer))
          })
          f.add(trace, 1000)
        })
        f.add(trace, 10000)
      })
      return i32.add(trace, i)
    })
    expect([run(3, 5), run(5, 3), run(200, 200)]).toEqual([10003, 3, 11100])
  })

  it("refuses to break a block that is closed or another function's", () => {
    let stale: Exit | undefined
    const closed: Body = (f, a) => {
      f.block((exit) => (stale = exit))
      f.block(() => f.break(stale as Exit))
      return a
    }
    expect(() => compile(closed)).toThrow('function "run": break: the block is closed already')
    const foreign = new ModuleBuilder()
    foreign.function("outer", { params: [] }, (f) =>
      f.block((exit) => {
        const misuse = () => foreign.function("inner", { params: [] }, (g) => g.break(exit))
        expect(misuse).toThrow('function "inner": break: the block is another function\'s')
      }),
    )
  })

  it("returns from anywhere, and traps where a result was forgotten", () => {
    const both: Body = (f, a) => {
      f.if(
        a,
        () => f.return(1),
        () => f.return(2),
      )
      return undefined
    }
    expect([compile(both).run(1), compile(both).run(0)]).toEqual([1, 2])
    expect(() => compile(() => undefined).run()).toThrow(WebAssembly.RuntimeError)
    const stops: Body = (f, a) => {
      f.unreachable()
      return a
    }
    expect(() => compile(stops).run()).toThrow(WebAssembly.RuntimeError)
  })

  it("calls itself and others, and drops results", () => {
    const module = new ModuleBuilder()
    const calls = module.global("i32", 0)
    const count = module.function("count", { params: ["i32"], results: ["i32"] }, (f, by) => {
      f.add(calls, by)
      return calls
    })
    module.function("factorial", { params: ["i32"], results: ["i32"], export: true }, (f, n) => {
      f.call(count, [10])
      f.if(i32.leS(n, 1), () => f.return(1))
      return i32.mul(n, call(f.self, [i32.sub(n, 1)]))
    })
    module.function("calls", { params: [], results: ["i32"], export: true }, () => call(count, [0]))
    const { factorial, calls: counted } = instantiate(module)
    expect([factorial?.(5), counted?.()]).toEqual([120, 50])
  })
})

it("computes a saxpy by vectors with a scalar tail, for every length", () => {
  const module = new ModuleBuilder()
  module.memory({ initialPages: 1, export: "memory" })
  module.function("saxpy", { params: ["f32", "i32", "i32", "i32"], export: true }, (f, a, x, y, count) => {
    const i = f.local("i32")
    const whole = f.local("i32", i32.and(count, -4))
    const scale = f.local("v128", f32x4.splat(a))
    f.for(i, 0, whole, 4, () => {
      const at = f.local("i32", i32.shl(i, 2))
      const target = i32.add(y, at)
      f.store("v128", target, f32x4.add(f32x4.mul(scale, v128.load(i32.add(x, at))), v128.load(target)))
    })
    f.for(i, i, count, 1, () => {
      const at = f.local("i32", i32.shl(i, 2))
      const target = i32.add(y, at)
      f.store("f32", target, f32.add(f32.mul(a, f32.load(i32.add(x, at))), f32.load(target)))
    })
  })
  const { memory, saxpy } = instantiate(module)
  const floats = new Float32Array(memory.buffer)
  for (let count = 0; count <= 13; count++) {
    for (let i = 0; i < 16; i++) {
      floats[i] = i + 1
      floats[64 + i] = 100 * i
    }
    saxpy?.(2, 0, 256, count)
    const expected = Array.from({ length: 16 }, (_, i) => 100 * i + (i < count ? 2 * (i + 1) : 0))
    expect(Array.from(floats.subarray(64, 80))).toEqual(expected)
  }
})

describe("vector constants", () => {
  const adding = (times: number, numbers: readonly number[]) =>
    compile((f, turns) => {
      const [sum, i] = [f.local("v128"), f.local("i32")]
      f.for(i, 0, turns, 1, () => {
        for (let k = 0; k < times; k++) for (const x of numbers) f.set(sum, f32x4.add(sum, f32x4.const(x, 2 * x, 0, 0)))
      })
      return i32.truncSatF32S(f32x4.extractLane(sum, 1))
    })

  it("have their value at every turn of a loop", () => {
    expect(adding(1, [1, 3]).run(5)).toBe(40)
    expect(adding(3, [1, 0, 3]).run(5)).toBe(120)
  })

  it("are written once, however often they are used", () => {
    const size = (times: number) => adding(times, [1]).size
    expect(size(11) - size(10)).toBeLessThan(16)
  })
})
