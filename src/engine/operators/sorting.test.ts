import { describe, expect, test } from "vitest"
import { useDevice } from "../devices/device.ts"
import { argsort, grad, jit, sort, type Tensor, takeAlong, tensor, topK } from "../index.ts"
import { allDevices, checkGradient, checkVmap, distinctTensor, examples, randomTensor } from "../testing.ts"

useDevice("reference")

describe("gradients against finite differences, twice", () => {
  test.each([-1, 0, 1])("along axis %i", (axis) => {
    const x = distinctTensor([3, 4, 5], 3)
    checkGradient((t) => topK(t, 2, axis).values, [x])
    checkGradient((t) => sort(t, axis), [x])
    checkGradient((t) => sort(t, axis, { descending: true }), [x])
    const small = distinctTensor([2, 3, 3], 4)
    checkGradient((t) => topK(t.exp(), 2, axis).values.square(), [small], { order: 2 })
    checkGradient((t) => takeAlong(t, argsort(t, axis), axis).exp(), [small], { order: 2 })
  })

  test("equal elements: the gradient goes to the one that was taken", () => {
    expect(grad((x: Tensor) => topK(x, 2).values.sum())(tensor([2, 5, 5, 5])).toList()).toEqual([0, 1, 1, 0])
  })
})

test("vmap against a loop", () => {
  const xs = [examples(3, (s) => distinctTensor([4, 5], s))]
  checkVmap((x) => Object.values(topK(x, 2, 0)), xs)
  checkVmap((x) => [sort(x), argsort(x, 0, { descending: true })], xs)
  checkVmap((x) => grad((t: Tensor) => topK(t, 3).values.exp().sum())(x), xs)
})

describe.each(allDevices)("on %s", (device) => {
  const run = <T>(body: () => T): T => useDevice(device, body)

  test("by hand: ties, NaN, infinities, negative zero", () => {
    run(() => {
      const x = tensor([3, 1, 3, Number.NaN, Number.NEGATIVE_INFINITY, 1, Number.POSITIVE_INFINITY, 3])
      expect(argsort(x).toList()).toEqual([4, 1, 5, 0, 2, 7, 6, 3])
      expect(argsort(x, 0, { descending: true }).toList()).toEqual([3, 6, 0, 2, 7, 1, 5, 4])
      expect(topK(x, 4).indices.toList()).toEqual([3, 6, 0, 2])
      expect(topK(x, 4).values.toList()).toEqual([Number.NaN, Number.POSITIVE_INFINITY, 3, 3])
      expect(argsort(tensor([0, -0, 0])).toList()).toEqual([0, 1, 2])
      expect(sort(tensor([2, -1, 7], { dtype: "i32" })).host()).toEqual({
        dtype: "i32",
        shape: [3],
        data: new Int32Array([-1, 2, 7]),
      })
      expect(sort(tensor([2, 4294967295, 7], { dtype: "u32" })).toList()).toEqual([2, 7, 4294967295])
      expect(topK(tensor([1, 2]), 0).values.shape).toEqual([0])
    })
  })

  test.each(["f32", "f64", "i32", "u32"] as const)("against Array.sort, %s", (dtype) => {
    run(() => {
      for (const n of [1, 2, 3, 8, 31, 64, 65, 200, 1000]) {
        const x = randomTensor([3, n], n, { dtype, from: dtype === "u32" ? 0 : -40, to: 40 }) // integers: many ties
        const data = [...x.array()]
        for (const k of new Set([1, Math.min(n, 5), Math.ceil(n / 2), n]))
          for (const largest of [true, false]) {
            if (!largest && k !== n) continue
            const { values, indices } = largest ? topK(x, k) : { values: sort(x), indices: argsort(x) }
            for (let row = 0; row < 3; row++) {
              const own = data.slice(row * n, (row + 1) * n)
              const order = own.map((_, i) => i).sort((i, j) => (largest ? own[j] - own[i] : own[i] - own[j]) || i - j)
              expect([...indices.array()].slice(row * k, (row + 1) * k)).toEqual(order.slice(0, k))
              expect([...values.array()].slice(row * k, (row + 1) * k)).toEqual(order.slice(0, k).map((i) => own[i]))
            }
          }
      }
    })
  })

  test("along other axes, compiled", () => {
    run(() => {
      const x = randomTensor([4, 6, 3], 5, { dtype: "f32" })
      const f = jit((t: Tensor) => [topK(t, 2, 1).values, topK(t, 2, 1).indices, sort(t.T, -1)])
      const [values, indices, sorted] = f(x)
      expect(values.shape).toEqual([4, 2, 3])
      expect(takeAlong(x, indices, 1).toList()).toEqual(values.toList())
      const data = x.array()
      for (let a = 0; a < 4; a++)
        for (let c = 0; c < 3; c++) {
          const line = Array.from({ length: 6 }, (_, i) => data[(a * 6 + i) * 3 + c]).sort((p, q) => q - p)
          expect([values.array()[(a * 2 + 0) * 3 + c], values.array()[(a * 2 + 1) * 3 + c]]).toEqual(line.slice(0, 2))
        }
      expect(sorted.at(0).at(0).toList()).toEqual(sort(x.slice(2, 0, 1).slice(1, 0, 1).flatten()).toList())
    })
  })
})

describe("errors", () => {
  const x = randomTensor([2, 3], 1)
  test.each<[string, () => unknown, RegExp]>([
    ["too many", () => topK(x, 4), /topK: cannot take 4 of the 3 elements of axis 1 of \[2, 3\]/],
    ["not a number of elements", () => topK(x, 1.5), /cannot take 1.5/],
    ["scalars", () => sort(x.sum()), /sort needs a tensor with an axis/],
    ["axis", () => argsort(x, 2), /argsort: axis 2 does not exist/],
    ["bool", () => sort(x.gt(0)), /does not take bool/],
  ])("%s", (_, fail, message) => {
    expect(fail).toThrow(message)
  })
})
