import { describe, expect, test } from "vitest"
import { useDevice } from "../devices/device.ts"
import { jit, scalar, type Tensor, tensor } from "../index.ts"
import { allDevices, otherDevices } from "../testing.ts"

useDevice("reference")

/** A function that counts how often it is traced. */
function counted<A extends unknown[]>(fn: (...args: A) => unknown) {
  let traces = 0
  const run = jit((...args: A) => {
    traces++
    return fn(...args) as never
  })
  return { run, traces: () => traces }
}

describe("the cache", () => {
  test("one program for each signature: shapes, dtypes, structure, static values, device", () => {
    const { run, traces } = counted((tree: { x: Tensor; label?: string; power?: number }) =>
      tree.x.mul(tree.power ?? 1),
    )
    const calls: [() => unknown, number][] = [
      [() => run({ x: tensor([1, 2]) }), 1],
      [() => run({ x: tensor([3, 4]) }), 1],
      [() => run({ x: tensor([3, 4, 5]) }), 2],
      [() => run({ x: tensor([3, 4], { dtype: "f64" }) }), 3],
      [() => run({ x: tensor([3, 4]), label: "a" }), 4],
      [() => run({ x: tensor([3, 4]), label: "b" }), 5],
      [() => run({ x: tensor([3, 4]), label: "a" }), 5],
      [() => run({ x: tensor([3, 4]), power: 2 }), 6],
      [() => run({ x: tensor([3, 4]), power: 3 }), 7],
      [() => run({ x: tensor([3, 4]), power: 2 }), 7],
    ]
    for (const [call, expected] of calls) {
      call()
      expect(traces()).toBe(expected)
    }
    for (const [i, device] of otherDevices.entries()) {
      useDevice(device, () => run({ x: tensor([1, 2]) }))
      expect(traces()).toBe(8 + i)
    }
  })

  test("static values of every kind", () => {
    const { run, traces } = counted((x: Tensor, how: unknown) =>
      how === "double" ? x.mul(2) : typeof how === "function" ? (how as (t: Tensor) => Tensor)(x) : x,
    )
    const square = (t: Tensor): Tensor => t.mul(t)
    expect((run(tensor(3), "double") as Tensor).item()).toBe(6)
    expect((run(tensor(3), square) as Tensor).item()).toBe(9)
    expect((run(tensor(4), square) as Tensor).item()).toBe(16)
    for (const how of [null, undefined, true, 1, "1", 1n, [1], new Map()]) run(tensor(3), how)
    expect(traces()).toBe(10)
  })

  test("a model of another class is another program", () => {
    class A {
      w = tensor([1])
      scale(): number {
        return 2
      }
    }
    class B extends A {
      override scale(): number {
        return 5
      }
    }
    const f = jit((m: A) => m.w.mul(m.scale()))
    expect([f(new A()).item(), f(new B()).item(), f(new A()).item()]).toEqual([2, 5, 2])
  })

  test("a changing number belongs in a tensor", () => {
    const { run, traces } = counted((x: Tensor, rate: Tensor) => x.mul(rate))
    for (let i = 0; i < 5; i++) expect((run(tensor(2), scalar(i)) as Tensor).item()).toBe(2 * i)
    expect(traces()).toBe(1)
    const statics = jit((x: Tensor, n: number) => x.add(n))
    expect(() => {
      for (let i = 0; i < 2000; i++) statics(tensor(1), i)
    }).toThrow(
      expect.objectContaining({
        message: expect.stringContaining("1024 programs"),
        hint: expect.stringContaining("scalar(x)"),
      }),
    )
  })
})

describe.each(allDevices)("on %s", (device) => {
  const run = <T>(body: () => T): T => useDevice(device, body)

  test("tensors that it closes over", () => {
    run(() => {
      const w = tensor([10, 20])
      const f = jit((x: Tensor) => x.mul(w).add(w.at(1)))
      expect(f(tensor([1, 2])).toList()).toEqual([30, 60])
      expect(f(tensor([0, 1])).toList()).toEqual([20, 40])
    })
  })

  test("inputs that are outputs, outputs twice, constants, unused inputs", () => {
    run(() => {
      const f = jit((x: Tensor, _unused: Tensor) => {
        const y = x.add(1)
        return { x, y, again: y, view: y.reshape([2, 1]), seven: tensor(7), zeros: x.mul(0) }
      })
      const x = tensor([1, 2])
      const results = f(x, tensor([[5]]))
      expect(Object.fromEntries(Object.entries(results).map(([k, v]) => [k, v.toList()]))).toEqual({
        x: [1, 2],
        y: [2, 3],
        again: [2, 3],
        view: [[2], [3]],
        seven: 7,
        zeros: [0, 0],
      })
      // No two results share memory that one of them could free.
      results.y.dispose()
      results.x.dispose()
      expect(results.again.toList()).toEqual([2, 3])
      expect(results.view.toList()).toEqual([[2], [3]])
      expect(x.toList()).toEqual([1, 2])
    })
  })

  test("donated arguments are given away", () => {
    run(() => {
      const f = jit((w: { v: Tensor }, g: Tensor) => ({ v: w.v.sub(g) }), { donate: [0] })
      let w = { v: tensor([5, 5]) }
      const first = w
      const g = tensor([1, 2])
      for (let i = 0; i < 3; i++) w = f(w, g)
      expect(w.v.toList()).toEqual([2, -1])
      expect(g.toList()).toEqual([1, 2])
      expect(() => first.v.toList()).toThrow(/f32 \[2\] was used after it was given away to a compiled function/)
    })
  })

  test("the same tensor donated twice, and donated as well as passed", () => {
    run(() => {
      const f = jit((a: Tensor[], b: Tensor) => a[0].add(a[1]).mul(b), { donate: [0] })
      const x = tensor([1, 2])
      expect(f([x, x], x).toList()).toEqual([2, 8])
      expect(() => x.array()).toThrow(/given away/)
    })
  })

  test("jit in jit is one program; what a function does besides happens while it is traced", () => {
    run(() => {
      let calls = 0
      const inner = jit((x: Tensor) => {
        calls++
        return x.mul(2)
      })
      const outer = jit((x: Tensor) => inner(x).add(inner(x)))
      expect(outer(tensor(3)).item()).toBe(12)
      expect(outer(tensor(4)).item()).toBe(16)
      expect(calls).toBe(2)
      const { graph } = outer.program(tensor(3))
      expect(graph.nodes.filter((n) => n.primitive.name === "mul").length).toBe(1)
    })
  })

  test("a function of no tensors", () => {
    run(() => {
      const f = jit((n: number) => tensor([1, 2, 3]).mul(n))
      expect(f(2).toList()).toEqual([2, 4, 6])
    })
  })

  test("results that are not tensors come back as they are", () => {
    run(() => {
      const f = jit((x: Tensor) => ({ x: x.add(1), name: "kept", list: [1, null] }))
      expect(f(tensor(1))).toMatchObject({ name: "kept", list: [1, null] })
    })
  })

  test("the report counts bytes", () => {
    run(() => {
      const { report } = jit((x: Tensor) => x.mul(2).sum()).program(tensor([1, 2, 3, 4]))
      expect(report.inputBytes).toBe(16)
      expect(report.outputBytes).toBe(4)
      expect(report.kernels.length).toBeGreaterThan(0)
    })
  })
})

test("a program prints what it computes", () => {
  const text = jit((x: Tensor) => x.matmul(x.T).add(1))
    .program(tensor([[1, 2]]))
    .toString()
  expect(text).toContain("inputs %0: f32 [1, 2]")
  expect(text).toMatch(/%\d: f32 \[1, 1\] = matmul %0 %\d/)
  expect(text).toMatch(/outputs %\d/)
})
