import { describe, expect, test } from "vitest"
import { useDevice } from "../devices/device.ts"
import { conv2d, convTranspose1d, convTranspose2d, grad, jit, type Tensor, tensor, zeros } from "../index.ts"
import { allDevices, checkGradient, checkVmap, examples, expectClose, otherDevices, randomTensor } from "../testing.ts"

useDevice("reference")

interface Case {
  stride: number
  padding: number
  outputPadding: number
  dilation: number
  groups: number
  kernel: number
}

const cases: Case[] = [
  { stride: 1, padding: 0, outputPadding: 0, dilation: 1, groups: 1, kernel: 3 },
  { stride: 2, padding: 0, outputPadding: 0, dilation: 1, groups: 1, kernel: 2 },
  { stride: 2, padding: 1, outputPadding: 1, dilation: 1, groups: 1, kernel: 3 },
  { stride: 3, padding: 1, outputPadding: 2, dilation: 2, groups: 2, kernel: 2 },
  { stride: 1, padding: 2, outputPadding: 0, dilation: 2, groups: 4, kernel: 3 },
]

/** Every input adds its multiple of the window to what lies under it. */
function plain(x: Tensor, weight: Tensor, { stride, padding, outputPadding, dilation, groups }: Case): Tensor {
  const [batch, channels, height, width] = x.shape
  const [, inner, kh, kw] = weight.shape
  const out = inner * groups
  const extent = (n: number, k: number): number =>
    (n - 1) * stride + dilation * (k - 1) + 1 - 2 * padding + outputPadding
  const [rows, columns] = [extent(height, kh), extent(width, kw)]
  const [a, w] = [x.array(), weight.array()]
  const y = new Float64Array(batch * out * rows * columns)
  for (let b = 0; b < batch; b++)
    for (let c = 0; c < channels; c++)
      for (let o = 0; o < inner; o++)
        for (let h = 0; h < height; h++)
          for (let v = 0; v < width; v++)
            for (let i = 0; i < kh; i++)
              for (let j = 0; j < kw; j++) {
                const [row, column] = [h * stride + i * dilation - padding, v * stride + j * dilation - padding]
                if (row < 0 || row >= rows || column < 0 || column >= columns) continue
                const channel = Math.floor(c / (channels / groups)) * inner + o
                y[((b * out + channel) * rows + row) * columns + column] +=
                  a[((b * channels + c) * height + h) * width + v] * w[((c * inner + o) * kh + i) * kw + j]
              }
  return tensor(y, { shape: [batch, out, rows, columns] })
}

describe.each(cases)("%j", (option) => {
  const x = randomTensor([2, 4, 4, 5], 1)
  const weight = randomTensor([4, 3, option.kernel, option.kernel], 2)
  const expected = plain(x, weight, option)

  test.each(allDevices)("against loops on %s", (name) => {
    useDevice(name, () => {
      expectClose(convTranspose2d(x, weight, option), expected, { relative: 1e-12 })
      const single = jit((a: Tensor, w: Tensor) => convTranspose2d(a, w, option))
      expectClose(single(x.cast("f32"), weight.cast("f32")), expected.cast("f32"), { relative: 1e-5 })
    })
  })

  test("the adjoint of conv2d: <conv(y), x> = <y, convTranspose(x)>", () => {
    const y = randomTensor(expected.shape, 3)
    const there = conv2d(y, weight, option)
    expect(there.shape).toEqual(x.shape)
    expect(there.mul(x).sum().item()).toBeCloseTo(y.mul(expected).sum().item(), 10)
  })

  test("gradients against finite differences", () => {
    const [a, w] = [randomTensor([1, 4, 2, 3], 1), randomTensor([4, 1, option.kernel, option.kernel], 2)]
    checkGradient((p, q) => convTranspose2d(p, q, { ...option, padding: Math.min(option.padding, 1) }), [a, w])
  })
})

test("vmap against a loop", () => {
  checkVmap(
    (p, q) => convTranspose2d(p, q, { stride: 2, outputPadding: 1 }),
    [examples(2, (s) => randomTensor([1, 2, 2, 2], s)), examples(2, (s) => randomTensor([2, 1, 2, 2], s), 7)],
  )
})

test.each(otherDevices)("gradients on %s as on the reference", (name) => {
  const [x, w] = [randomTensor([3, 8, 7, 7], 1, { dtype: "f32" }), randomTensor([8, 6, 4, 4], 2, { dtype: "f32" })]
  const run = (a: Tensor, k: Tensor) =>
    grad((p: Tensor[]) => convTranspose2d(p[0], p[1], { stride: 2, padding: 1 }).square().sum())([a, k])
  const expected = run(x, w)
  useDevice(name, () =>
    jit(run)(x, w).forEach((t: Tensor, i: number) => {
      expectClose(t, expected[i], { relative: 1e-4 })
    }),
  )
})

test.each(allDevices)("one axis on %s", (name) => {
  const [x, w] = [randomTensor([2, 3, 5], 1, { dtype: "f32" }), randomTensor([3, 2, 4], 2, { dtype: "f32" })]
  const options = { stride: 2, padding: 1, outputPadding: 1 }
  const flat = plain(x.expandDims(3), w.expandDims(3), {
    ...options,
    padding: 0,
    outputPadding: 0,
    dilation: 1,
    groups: 1,
    kernel: 4,
  })
  // With a column alone there is nothing beside it: cut and pad the rows by hand.
  const length = (5 - 1) * 2 + 4
  const rows = flat.slice(3, 0, 1).reshape([2, 2, length])
  useDevice(name, () => {
    const y = convTranspose1d(x, w, options)
    expect(y.shape).toEqual([2, 2, length - 2 + 1])
    expectClose(y, rows.slice(2, 1, length).cast("f32"), { relative: 1e-5 })
  })
})

test("errors", () => {
  const x = zeros([1, 4, 5, 5])
  expect(() => convTranspose2d(x, zeros([3, 2, 2, 2]))).toThrow(/has 4 channels, weight \[3, 2, 2, 2\] expects 3/)
  expect(() => convTranspose2d(x, zeros([4, 2, 2, 2]), { groups: 3 })).toThrow(/cannot be cut into 3 groups/)
  expect(() => convTranspose2d(x, zeros([4, 2, 2, 2]), { stride: 2, outputPadding: 2 })).toThrow(
    /less than the stride 2, not 2/,
  )
  expect(() => convTranspose2d(zeros([1, 4, 1, 1]), zeros([4, 2, 2, 2]), { padding: 1 })).toThrow(/nothing is left/)
  expect(() => convTranspose2d(zeros([4, 5]), zeros([4, 2, 2, 2]))).toThrow(/two tensors of 4 axes/)
  expect(() => convTranspose1d(x, zeros([4, 2, 2]))).toThrow(/convTranspose1d needs x/)
})
