import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { useDevice } from "../devices/device.ts"
import { eventLists, grad, jit, scan, type Tensor, tensor, updateEntries, zeros } from "../index.ts"
import { allDevices, checkThreads, expectClose, randomPairs, randomTensor } from "../testing.ts"

useDevice("reference")

describe.each(allDevices)("on %s", (name) => {
  test.each(["f32", "f64"] as const)("changes the values of sources with events, within limits: %s", (dtype) => {
    useDevice(name, () => {
      const { lists } = eventLists(3, 4, [0, 0, 1, 2, 2], [0, 3, 1, 2, 0])
      const values = tensor([0.5, 0.5, 0.5, 0.5, 5], { dtype })
      const from = tensor([1, 2, 3, 4], { dtype })
      const events = tensor([0.1, 0, -1], { dtype })
      const y = updateEntries(values, from, events, lists, { least: 0, most: 1 })
      expectClose(y, tensor([0.6, 0.9, 0.5, 0, 1], { dtype }), { relative: 1e-6 })
      const order = tensor([4, 3, 2, 1, 0], { dtype: "i32" })
      const z = updateEntries(values, from, events, lists, { order })
      expectClose(z, tensor([-0.5, -2.5, 0.5, 0.9, 5.1], { dtype }), { relative: 1e-6 })
    })
  })

  test("random lists, from both of their sides, as plain loops say; in a scan", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 4 }),
        (rows, size, count, parts) => {
          const { sources, places } = randomPairs(rows, size, count)
          const forwards = eventLists(rows, size, sources, places, { parts })
          const [pre, post] = [sources, places].map((side) => Int32Array.from(forwards.order, (e) => side[e]))
          const back = eventLists(size, rows, post, pre, { parts })
          const trains = [rows, size].map((n, i) =>
            randomTensor([4, n], i + 3, { dtype: "f32" })
              .gt(0.5)
              .cast("f32"),
          )
          const [x, y] = [rows, size].map((n, i) => randomTensor([n], i + 7, { dtype: "f32" }))
          const expected = new Float64Array(count)
          const [p, q] = trains.map((train) => train.toList() as number[][])
          for (let t = 0; t < 4; t++) {
            for (let e = 0; e < count; e++) expected[e] += -p[t][pre[e]] * y.array()[post[e]]
            for (let e = 0; e < count; e++) expected[e] += q[t][post[e]] * x.array()[pre[e]]
          }
          const order = tensor(back.order, { dtype: "i32" })
          const run = (a: Tensor, b: Tensor): Tensor =>
            scan(
              (w: Tensor, [s, z]: Tensor[]) => {
                const down = updateEntries(w, y, s.neg(), forwards.lists)
                return [updateEntries(down, x, z, back.lists, { order }), w.sum()]
              },
              zeros([count]),
              [a, b],
            )[0]
          const result = useDevice(name, () => jit(run)(trains[0], trains[1]))
          expectClose(result, tensor(expected).cast("f32"), { relative: 1e-5, absolute: 1e-5 })
        },
      ),
      { numRuns: 30 },
    )
  })
})

describe("threads", () => {
  test("the same bits on 1, 2 and 3", async () => {
    const { sources, places } = randomPairs(2000, 1000, 100_000)
    const { lists } = eventLists(2000, 1000, sources, places, { parts: 8 })
    const events = randomTensor([2000], 3, { from: 0, to: 1, dtype: "f32" }).lt(0.2).cast("f32")
    const from = randomTensor([1000], 4, { dtype: "f32" })
    const [y] = await checkThreads(() => [
      jit(() => updateEntries(zeros([100_000]), from, events, lists, { most: 0.5 }))(),
    ])
    expect(y.some((x) => x !== 0)).toBe(true)
  })
})

describe("errors", () => {
  const { lists } = eventLists(2, 3, [0, 1], [1, 2])
  const order = zeros([2])
  test.each<[string, () => unknown, RegExp]>([
    ["sizes", () => updateEntries(zeros([3]), zeros([3]), zeros([2]), lists), /lists of 2 entries from 2 sources/],
    ["order", () => updateEntries(zeros([2]), zeros([3]), zeros([2]), lists, { order }), /the order is i32 \[2\]/],
    [
      "limits",
      () => updateEntries(zeros([2]), zeros([3]), zeros([2]), lists, { least: 2, most: 1 }),
      /the least value 2 is above the greatest, 1/,
    ],
    [
      "gradient",
      () => grad((w: Tensor) => updateEntries(w, zeros([3]), zeros([2]), lists).sum())(zeros([2])),
      /updateEntries has no gradient/,
    ],
  ])("%s", (_, fail, message) => {
    expect(fail).toThrow(message)
  })
})
