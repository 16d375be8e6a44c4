import { describe, expect, test } from "vitest"
import { useDevice } from "../devices/device.ts"
import * as ops from "../index.ts"
import { type Tensor, tensor } from "../index.ts"
import { allDevices, checkGradient, checkVmap, examples, randomTensor } from "../testing.ts"
import { apply1 } from "../trace.ts"
import { padPrimitive } from "./layout.ts"

useDevice("reference")

type Function = (...inputs: Tensor[]) => Tensor | Tensor[]
const innerPad = (x: Tensor): Tensor =>
  apply1(padPrimitive, [x], { low: [1, 0], high: [0, 2], inner: [2, 1], value: 0 })

const cases: readonly [string, Function, ...number[][]][] = [
  ["reshape", (x) => x.reshape([3, -1]), [2, 3, 2]],
  ["flatten", (x) => x.flatten(), [2, 3]],
  ["transpose", (x) => x.transpose([2, 0, 1]), [2, 3, 4]],
  ["T", (x) => x.T, [2, 3]],
  ["broadcastTo", (x) => x.broadcastTo([3, 2, 4]), [2, 1]],
  ["broadcastTo of a scalar", (x) => x.broadcastTo([2, 2]), []],
  ["slice", (x) => x.slice(1, 1, 4), [2, 5]],
  ["slice by steps", (x) => x.slice(0, 1, 7, 3), [8]],
  ["slice from the end", (x) => x.slice(-1, -3, -1), [2, 5]],
  ["at", (x) => [x.at(1), x.at(-1, 1)], [3, 4]],
  ["flip", (x) => x.flip([0, -1]), [2, 3, 2]],
  [
    "pad",
    (x) =>
      ops.pad(
        x,
        [
          [1, 0],
          [0, 2],
        ],
        3,
      ),
    [2, 3],
  ],
  ["pad between elements", innerPad, [3, 2]],
  ["concat", (a, b) => ops.concat([a, b, a], 1), [2, 3], [2, 1]],
  ["stack", (a, b) => ops.stack([a, b], -1), [2, 3], [2, 3]],
  ["expandDims", (x) => x.expandDims(1), [2, 3]],
  ["squeeze", (x) => x.squeeze(1), [2, 1, 3]],
  ["splitInto", (x) => ops.splitInto(x, 2, 1), [2, 4]],
]

describe("gradients against finite differences, twice", () => {
  test.each(cases)("%s", (_, fn, ...shapes) => {
    const inputs = shapes.map((shape, i) => randomTensor(shape, 5 + i))
    checkGradient(fn, inputs)
    // Layout is linear: a second derivative needs something curved behind it.
    checkGradient((...xs) => [fn(...xs)].flat().map((y) => y.mul(y).mul(y)), inputs, { order: 2 })
  })
})

describe("vmap against a loop", () => {
  test.each(cases)("%s", (_, fn, ...shapes) => {
    checkVmap(
      fn,
      shapes.map((shape, i) => examples(3, (seed) => randomTensor(shape, seed), 10 * i)),
    )
  })
})

describe.each(allDevices)("values on %s", (device) => {
  const run = <T>(body: () => T): T => useDevice(device, body)
  const count = (...shape: number[]): Tensor =>
    ops
      .range(
        shape.reduce((a, b) => a * b, 1),
        "f32",
      )
      .reshape(shape)

  test("views", () => {
    run(() => {
      const x = count(2, 3)
      expect(x.T.toList()).toEqual([
        [0, 3],
        [1, 4],
        [2, 5],
      ])
      expect(x.reshape([3, 2]).toList()).toEqual([
        [0, 1],
        [2, 3],
        [4, 5],
      ])
      expect(x.flip(1).toList()).toEqual([
        [2, 1, 0],
        [5, 4, 3],
      ])
      expect(x.slice(1, 0, 3, 2).toList()).toEqual([
        [0, 2],
        [3, 5],
      ])
      expect(x.at(-1).toList()).toEqual([3, 4, 5])
      expect(x.at(1, 1).toList()).toEqual([1, 4])
      expect(
        tensor([[1], [2]])
          .broadcastTo([2, 2, 3])
          .toList(),
      ).toEqual([
        [
          [1, 1, 1],
          [2, 2, 2],
        ],
        [
          [1, 1, 1],
          [2, 2, 2],
        ],
      ])
      expect(count(2, 2, 2).transpose([1, 2, 0]).toList()).toEqual([
        [
          [0, 4],
          [1, 5],
        ],
        [
          [2, 6],
          [3, 7],
        ],
      ])
    })
  })

  test("views of views", () => {
    run(() => {
      const x = count(3, 4)
      expect(x.T.slice(0, 1, 4, 2).flip(1).toList()).toEqual([
        [9, 5, 1],
        [11, 7, 3],
      ])
      expect(x.T.reshape([2, 6]).toList()).toEqual([
        [0, 4, 8, 1, 5, 9],
        [2, 6, 10, 3, 7, 11],
      ])
      expect(x.slice(0, 1).flip(0).T.sum(1).toList()).toEqual([12, 14, 16, 18])
      const f = ops.jit((y: Tensor) => [
        y.T.slice(0, 1, 4, 2).flip(1),
        y
          .at(1)
          .broadcastTo([2, 4])
          .add(y.slice(0, 0, 2)),
      ])
      const [a, b] = f(x)
      expect(a.toList()).toEqual([
        [9, 5, 1],
        [11, 7, 3],
      ])
      expect(b.toList()).toEqual([
        [4, 6, 8, 10],
        [8, 10, 12, 14],
      ])
    })
  })

  test("joining and padding", () => {
    run(() => {
      expect(ops.concat([count(2, 2), count(2, 1)], 1).toList()).toEqual([
        [0, 1, 0],
        [2, 3, 1],
      ])
      expect(ops.stack([count(2), count(2)], 1).toList()).toEqual([
        [0, 0],
        [1, 1],
      ])
      expect(
        ops
          .pad(
            count(2, 2),
            [
              [1, 0],
              [0, 1],
            ],
            9,
          )
          .toList(),
      ).toEqual([
        [9, 9, 9],
        [0, 1, 9],
        [2, 3, 9],
      ])
      expect(innerPad(count(2, 2)).toList()).toEqual([
        [0, 0, 0, 0, 0],
        [0, 0, 1, 0, 0],
        [0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0],
        [2, 0, 3, 0, 0],
      ])
      expect(ops.splitInto(count(4), 2).map((y) => y.toList())).toEqual([
        [0, 1],
        [2, 3],
      ])
      expect(ops.concat([tensor([true]), tensor([false])]).host()).toEqual({
        dtype: "bool",
        shape: [2],
        data: new Uint8Array([1, 0]),
      })
    })
  })

  test("tensors of no elements", () => {
    run(() => {
      const none = count(2, 3).slice(1, 3, 3)
      expect(none.shape).toEqual([2, 0])
      expect(none.toList()).toEqual([[], []])
      expect(ops.concat([none, count(2, 1)], 1).toList()).toEqual([[0], [1]])
      expect(none.sum(1).toList()).toEqual([0, 0])
      expect(none.T.add(1).toList()).toEqual([])
      expect(
        ops
          .grad((x: Tensor) => x.slice(1, 3, 3).sum())(count(2, 3))
          .toList(),
      ).toEqual([
        [0, 0, 0],
        [0, 0, 0],
      ])
    })
  })

  test("constants", () => {
    run(() => {
      expect(ops.full([2], 7, "i32").host()).toEqual({ dtype: "i32", shape: [2], data: new Int32Array([7, 7]) })
      expect(ops.range(4).dtype).toBe("i32")
      expect(ops.range(4, "f32").toList()).toEqual([0, 1, 2, 3])
      expect(ops.linspace(0, 1, 5).toList()).toEqual([0, 0.25, 0.5, 0.75, 1])
      expect(ops.linspace(3, 9, 1).toList()).toEqual([3])
      expect(ops.eye(2).toList()).toEqual([
        [1, 0],
        [0, 1],
      ])
      expect(ops.zerosLike(ops.eye(2, "f64")).dtype).toBe("f64")
    })
  })
})

describe("errors", () => {
  const x = randomTensor([2, 3], 1)
  test.each<[string, () => unknown, RegExp]>([
    ["reshape", () => x.reshape([4, 2]), /cannot reshape \[2, 3\] \(6 elements\) to \[4, 2\] \(8\)/],
    ["reshape, unknown size", () => x.reshape([-1, 4]), /reshape \[2, 3\] to \[-1, 4\]: no size for -1/],
    ["broadcast", () => x.broadcastTo([2, 4]), /cannot broadcast \[2, 3\] to \[2, 4\]/],
    ["axis", () => x.slice(2, 0, 1), /slice: axis 2 does not exist in a tensor of 2 axes/],
    ["at", () => x.at(5), /axis 0 of \[2, 3\] has no element 5/],
    ["slice before the start", () => x.slice(0, -5, 1), /slice from -3/],
    ["slice by no step", () => x.slice(0, 0, 2, 0), /step/],
    ["transpose", () => x.transpose([0, 0]), /not an order/],
    ["concat", () => ops.concat([x, x.T], 0), /cannot join f64 \[2, 3\], f64 \[3, 2\] along axis 0/],
    ["concat of nothing", () => ops.concat([]), /at least one/],
    ["squeeze", () => x.squeeze(0), /axis 0 of \[2, 3\] has size 2/],
    ["splitInto", () => ops.splitInto(x, 2, 1), /cannot split axis 1 of \[2, 3\] into 2/],
    ["pad", () => ops.pad(x, [[1, 0]]), /pad/],
    ["full", () => ops.zeros([2, -1]), /not a shape/],
  ])("%s", (_, fail, message) => {
    expect(fail).toThrow(message)
  })
})

test("a slice between elements is refused", () => {
  const x = ops.ones([3])
  expect(() => x.slice(0, 0.5)).toThrow(/slice: from 0.5 to 3; both ends are whole numbers/)
  expect(() => x.at(0.5)).toThrow(/no element 0.5/)
})
