import { describe, expect, it } from "vitest"
import { atomic, features, i32, ModuleBuilder, type Operand } from "./index.ts"

/** Runs one atomic on a shared memory that holds 12 at address 72; gives its value and what memory then holds. */
function run(operation: (address: Operand<"i32">) => ReturnType<typeof atomic.load>) {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })
  const module = new ModuleBuilder()
  module.memory({ import: ["env", "memory"], initialPages: 1, maximumPages: 1, shared: true })
  module.function("run", { params: ["i32"], results: ["i32"], export: true }, (f, address) => {
    f.atomicStore(address, 12, 8)
    f.fence()
    return operation(address)
  })
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.finish()), { env: { memory } })
  return [(exports.run as (address: number) => number)(64), new Int32Array(memory.buffer)[18]]
}

const cases: Record<keyof typeof atomic, [actual: () => unknown, expected: [value: number, left: number]]> = {
  load: [() => run((a) => atomic.load(a, 8)), [12, 12]],
  add: [() => run((a) => atomic.add(a, 5, 8)), [12, 17]],
  sub: [() => run((a) => atomic.sub(a, 5, 8)), [12, 7]],
  and: [() => run((a) => atomic.and(a, 10, 8)), [12, 8]],
  or: [() => run((a) => atomic.or(a, 3, 8)), [12, 15]],
  xor: [() => run((a) => atomic.xor(a, 5, 8)), [12, 9]],
  exchange: [() => run((a) => atomic.exchange(a, 5, 8)), [12, 5]],
  compareExchange: [() => run((a) => atomic.compareExchange(a, 12, 5, 8)), [12, 5]],
  notify: [() => run((a) => atomic.notify(a, -1, 8)), [0, 12]],
  wait32: [
    () => run((a) => i32.add(atomic.wait32(a, 12, 1000, 8), i32.mul(atomic.wait32(a, 13, -1, 8), 10))),
    [12, 12],
  ],
}

describe.skipIf(!features().threads)("atomic", () => {
  it.each(Object.keys(atomic) as (keyof typeof atomic)[])("%s", (name) => {
    const [actual, expected] = cases[name]
    expect(actual()).toEqual(expected)
  })

  it("leaves memory alone where a compareExchange expected another number", () => {
    expect(run((a) => atomic.compareExchange(a, 13, 5, 8))).toEqual([12, 12])
  })

  it("works on a memory of one thread too", () => {
    const module = new ModuleBuilder()
    module.memory({ initialPages: 1 })
    module.function("run", { params: [], results: ["i32"], export: true }, (f) => {
      f.atomicStore(0, 41)
      f.drop(atomic.add(0, 1))
      return atomic.load(0)
    })
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.finish()))
    expect((exports.run as () => number)()).toBe(42)
  })
})
