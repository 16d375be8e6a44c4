import { describe, expect, test } from "vitest"
import { useDevice } from "../devices/device.ts"
import { scatterAdd, type Tensor, take, takeAlong, takeAlongLast, tensor } from "../index.ts"
import { allDevices, checkGradient, checkVmap, examples, randomTensor } from "../testing.ts"
import { scatterAlongLast } from "./indexing.ts"

useDevice("reference")

const whole = (shape: number[], n: number, seed: number): Tensor =>
  randomTensor(shape, seed, { from: 0, to: n, dtype: "i32" })

describe("gradients against finite differences, twice", () => {
  const cubed = (y: Tensor): Tensor => y.mul(y).mul(y)
  test("take along every axis, indices repeated", () => {
    for (const axis of [0, 1, 2])
      checkGradient(
        (x, i) => cubed(x.take(i, axis)),
        [
          randomTensor([3, 4, 5], 1),
          tensor(
            [
              [0, 2],
              [2, 2],
            ],
            { dtype: "i32" },
          ),
        ],
        { order: 2 },
      )
  })
  test("scatterAdd", () => {
    checkGradient(
      (i, u) => cubed(scatterAdd([4, 3], i, u)),
      [tensor([1, 3, 1], { dtype: "i32" }), randomTensor([3, 3], 2)],
      { order: 2 },
    )
    checkGradient((i, u) => cubed(scatterAdd([4, 3], i, u)), [tensor([1, 3, 1], { dtype: "i32" }), randomTensor([], 2)])
  })
  test("takeAlong, takeAlongLast, scatterAlongLast", () => {
    checkGradient((x, i) => cubed(takeAlong(x, i, 0)), [randomTensor([4, 3], 1), whole([2, 3], 4, 3)], { order: 2 })
    checkGradient((x, i) => cubed(takeAlong(x, i)), [randomTensor([2, 3, 4], 1), whole([2, 3, 6], 4, 3)], { order: 2 })
    checkGradient((x, i) => cubed(takeAlongLast(x, i)), [randomTensor([2, 3, 4], 1), whole([2, 3], 4, 3)], { order: 2 })
    checkGradient((u, i) => cubed(scatterAlongLast(u, i, 5)), [randomTensor([2, 3, 4], 1), whole([2, 3, 4], 5, 3)], {
      order: 2,
    })
  })
})

test("vmap against a loop, indices outside too", () => {
  const x = examples(3, (s) => randomTensor([4, 2], s))
  const outside = tensor(
    [
      [0, 3, 9],
      [-4, 1, 1],
      [2, 2, 0],
    ],
    { dtype: "i32" },
  )
  checkVmap((t, i) => t.take(i), [x, outside])
  checkVmap((t, i) => t.take(i, 1), [x, outside])
  checkVmap((i, u) => scatterAdd([4, 2], i, u), [outside, examples(3, (s) => randomTensor([3, 2], s))])
  checkVmap((t, i) => takeAlongLast(t, i), [randomTensor([3, 2, 5], 1), whole([3, 2], 5, 2)])
  checkVmap((t, i) => takeAlong(t, i, 0), [randomTensor([3, 4, 2], 1), whole([3, 3, 2], 4, 2)])
})

describe.each(allDevices)("values on %s", (device) => {
  const run = <T>(body: () => T): T => useDevice(device, body)

  test("by hand; indices outside are held at the ends", () => {
    run(() => {
      const x = tensor([
        [0, 1],
        [10, 11],
        [20, 21],
      ])
      const i = (...list: number[]): Tensor => tensor(list, { dtype: "i32" })
      expect(take(x, i(2, 0, 2)).toList()).toEqual([
        [20, 21],
        [0, 1],
        [20, 21],
      ])
      expect(take(x, i(1, 1, 0), 1).toList()).toEqual([
        [1, 1, 0],
        [11, 11, 10],
        [21, 21, 20],
      ])
      expect(take(x, i(-3, 7)).toList()).toEqual([
        [0, 1],
        [20, 21],
      ])
      expect(take(x, tensor([1], { dtype: "u32" })).toList()).toEqual([[10, 11]])
      expect(take(x, tensor(1, { dtype: "i32" })).toList()).toEqual([10, 11])
      expect(
        scatterAdd(
          [3, 2],
          i(1, 1, 5),
          tensor([
            [1, 2],
            [3, 4],
            [5, 6],
          ]),
        ).toList(),
      ).toEqual([
        [0, 0],
        [4, 6],
        [5, 6],
      ])
      expect(scatterAdd([2], i(0, 0, 1), tensor(1)).toList()).toEqual([2, 1])
      expect(scatterAdd([2], i(0, 0, 1), tensor([1, 2, 3], { dtype: "i32" })).toList()).toEqual([3, 3])
      expect(takeAlongLast(x, i(1, 0, 1)).toList()).toEqual([1, 10, 21])
      expect(takeAlongLast(x, i(9, -1, 1)).toList()).toEqual([1, 10, 21])
      expect(takeAlong(x, tensor([[2, 0]], { dtype: "i32" }), 0).toList()).toEqual([[20, 1]])
      expect(
        tensor([true, false])
          .take(i(1, 0, 0))
          .toList(),
      ).toEqual([0, 1, 1])
    })
  })

  test("take and scatterAdd are transposes of one another", () => {
    run(() => {
      const [x, i, g] = [randomTensor([7, 5], 1), whole([4, 6], 7, 2), randomTensor([4, 6, 5], 3)]
      const left = x.take(i).mul(g).sum().item()
      const right = scatterAdd([7, 5], i, g).mul(x).sum().item()
      expect(left).toBeCloseTo(right, 12)
    })
  })
})

describe("errors", () => {
  const x = randomTensor([2, 3], 1)
  test.each<[string, () => unknown, RegExp]>([
    ["float indices", () => x.take(tensor([1.5])), /take needs indices of i32 or u32, not f32/],
    ["nothing to take from", () => x.slice(0, 2).take(tensor([0], { dtype: "i32" })), /nothing to take from/],
    [
      "updates of another shape",
      () => scatterAdd([2, 3], tensor([0], { dtype: "i32" }), randomTensor([2, 2], 1)),
      /cannot broadcast \[2, 2\] to \[1, 3\]/,
    ],
    [
      "rows that differ",
      () => takeAlong(x, tensor([[0]], { dtype: "i32" })),
      /indices \[1, 1\] do not go with axis 1 of \[2, 3\]/,
    ],
  ])("%s", (_, fail, message) => {
    expect(fail).toThrow(message)
  })
})
