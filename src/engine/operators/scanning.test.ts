import { describe, expect, test } from "vitest"
import { useDevice } from "../devices/device.ts"
import { cumprod, cumsum, jit, linearRecurrence, type Tensor, tensor } from "../index.ts"
import { allDevices, checkGradient, checkVmap, examples, expectClose, randomTensor } from "../testing.ts"

useDevice("reference")

const options = [{}, { reverse: true }, { exclusive: true }, { reverse: true, exclusive: true }]

describe.each(options)("%j", (option) => {
  test("gradients against finite differences, twice", () => {
    for (const axis of [0, 1, -1]) {
      const x = randomTensor([2, 3, 4], 3)
      checkGradient((t) => cumsum(t, axis, option).square(), [x], { order: 2 })
      checkGradient((t) => cumprod(t, axis, option), [x], { order: 2 })
    }
  })

  test("the product's gradient is exact at zeros", () => {
    const zeros = tensor([0.5, 0, 2, 0, -1, 3], { dtype: "f64" })
    checkGradient((t) => cumprod(t, 0, option), [zeros], { order: 2 })
  })

  test("vmap against a loop", () => {
    const xs = [examples(3, (s) => randomTensor([2, 4], s))]
    checkVmap((x) => [cumsum(x, 0, option), cumprod(x, -1, option)], xs)
  })

  test.each(allDevices)("against loops on %s", (device) => {
    const x = randomTensor([3, 5, 4], 6, { dtype: "f32", from: 0.5, to: 1.5 })
    const data = x.array()
    for (const axis of [0, 1, 2]) {
      const n = x.shape[axis]
      const step = [20, 4, 1][axis]
      const along = (unit: number, join: (a: number, b: number) => number): Tensor =>
        tensor(
          Float32Array.from(data, (_, i) => {
            const own = Math.floor(i / step) % n
            let total = unit
            for (let j = 0; j < n; j++) {
              const before = option.reverse === true ? j >= own : j <= own
              if (before && !(option.exclusive === true && j === own)) total = join(total, data[i + (j - own) * step])
            }
            return total
          }),
          { shape: x.shape },
        )
      const [sums, products] = [along(0, (a, b) => a + b), along(1, (a, b) => a * b)]
      useDevice(device, () => {
        expectClose(cumsum(x, axis, option), sums, { relative: 1e-6 })
        expectClose(cumprod(x, axis, option), products, { relative: 1e-6 })
        expectClose(jit((t: Tensor) => cumsum(t.mul(2), axis, option))(x), sums.mul(2), { relative: 1e-6 })
      })
    }
  })
})

describe("linearRecurrence", () => {
  test("gradients against finite differences, twice", () => {
    for (const reverse of [false, true]) {
      const inputs = [randomTensor([2, 4], 1), randomTensor([2, 4], 2)]
      checkGradient((a, b) => linearRecurrence(a, b, -1, { reverse }), inputs, { order: 2 })
      checkGradient((a, b) => linearRecurrence(a, b, 0, { reverse }).square(), [randomTensor([4], 1), inputs[1]], {
        order: 2,
      })
    }
  })

  test("vmap against a loop", () => {
    checkVmap(
      (a, b) => linearRecurrence(a, b, 0),
      [examples(3, (s) => randomTensor([2], s)), examples(3, (s) => randomTensor([5, 2], s), 9)],
    )
  })

  test.each(allDevices)("against a loop on %s", (device) => {
    const [a, b] = [randomTensor([7, 3], 1, { dtype: "f32" }), randomTensor([7, 3], 2, { dtype: "f32" })]
    const expected = new Float32Array(21)
    const [factors, terms] = [a.array(), b.array()]
    for (let c = 0; c < 3; c++)
      for (let i = 0, r = 0; i < 7; i++) expected[i * 3 + c] = r = factors[i * 3 + c] * r + terms[i * 3 + c]
    useDevice(device, () => {
      expectClose(linearRecurrence(a, b, 0), tensor(expected, { shape: [7, 3] }))
      expectClose(
        linearRecurrence(a.flip(0), b.flip(0), 0, { reverse: true }).flip(0),
        tensor(expected, { shape: [7, 3] }),
      )
      expectClose(linearRecurrence(a.T, b.T).T, tensor(expected, { shape: [7, 3] }))
    })
  })
})

test.each(allDevices)("integers, and axes of one element and none, on %s", (device) => {
  useDevice(device, () => {
    expect(cumsum(tensor([2147483647, 1, -5], { dtype: "i32" })).toList()).toEqual([
      2147483647, -2147483648, 2147483643,
    ])
    expect(cumsum(tensor([[4294967295], [2]], { dtype: "u32" }), 0).toList()).toEqual([[4294967295], [1]])
    expect(cumprod(tensor([[3], [4]])).toList()).toEqual([[3], [4]])
    expect(cumprod(tensor([[3], [4]]), -1, { exclusive: true }).toList()).toEqual([[1], [1]])
    expect(cumsum(tensor([[1, 2]]).slice(0, 1), 0).shape).toEqual([0, 2])
    expect(cumprod(tensor([[1, 2]]).slice(0, 1), 0).shape).toEqual([0, 2])
  })
})

test("errors", () => {
  expect(() => cumsum(tensor([true]))).toThrow(/cumsum does not take bool/)
  expect(() => cumsum(tensor([1]), 1)).toThrow(/cumsum: axis 1 does not exist/)
  expect(() => linearRecurrence(tensor([1, 2]), tensor([1, 2, 3]))).toThrow(/cannot broadcast \[2\] to \[3\]/)
  expect(() => linearRecurrence(tensor([1], { dtype: "f64" }), tensor([1]))).toThrow(/one dtype/)
})
