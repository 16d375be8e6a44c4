import { describe, expect, test } from "vitest"
import { useDevice } from "../devices/device.ts"
import { asEvents, type ConvolutionOptions, conv1d, conv2d, grad, jit, type Tensor, tensor } from "../index.ts"
import { allDevices, checkGradient, checkVmap, examples, expectClose, otherDevices, randomTensor } from "../testing.ts"

useDevice("reference")

/** Shapes of x and weight, options. */
type Case = readonly [string, readonly number[], readonly number[], ConvolutionOptions]
const cases: readonly Case[] = [
  ["plain", [2, 3, 5, 6], [4, 3, 3, 2], {}],
  ["one by one", [2, 3, 4, 4], [5, 3, 1, 1], {}],
  ["padding", [2, 2, 4, 5], [3, 2, 3, 3], { padding: 1 }],
  ["padding in one direction", [1, 2, 4, 5], [3, 2, 3, 2], { padding: [0, 2] }],
  ["stride", [2, 2, 7, 6], [3, 2, 3, 2], { stride: 2 }],
  ["stride that leaves a rest", [1, 1, 8, 9], [2, 1, 3, 3], { stride: [3, 2], padding: 1 }],
  ["stride larger than the window", [1, 2, 7, 7], [2, 2, 2, 2], { stride: 3 }],
  ["same, odd window", [1, 2, 5, 4], [2, 2, 3, 5], { padding: "same" }],
  ["same, even window", [1, 2, 5, 4], [2, 2, 2, 4], { padding: "same" }],
  ["same, stride", [1, 2, 7, 6], [2, 2, 3, 3], { padding: "same", stride: 2 }],
  ["dilation", [1, 2, 7, 8], [2, 2, 3, 3], { dilation: 2 }],
  ["dilation, stride, padding", [1, 2, 8, 7], [2, 2, 2, 3], { dilation: [3, 2], stride: 2, padding: [1, 3] }],
  ["groups", [2, 4, 5, 4], [6, 2, 3, 3], { groups: 2, padding: 1 }],
  ["depthwise", [2, 3, 5, 5], [3, 1, 3, 3], { groups: 3, padding: 1 }],
  ["depthwise with a multiplier", [1, 3, 5, 5], [6, 1, 2, 2], { groups: 3, stride: 2 }],
  ["the window is the input", [2, 3, 4, 5], [3, 3, 4, 5], {}],
]

/** The definition of convolution on a padded copy of the input: another path than the operator's own loops. */
function direct(
  x: Tensor,
  weight: Tensor,
  { stride = 1, padding = 0, dilation = 1, groups = 1 }: ConvolutionOptions,
): Tensor {
  const two = (v: number | readonly [number, number]): readonly [number, number] => (typeof v === "number" ? [v, v] : v)
  const [[sh, sw], [dh, dw]] = [two(stride), two(dilation)]
  const [batch, channels, height, width] = x.shape
  const [out, inner, kh, kw] = weight.shape
  const spans = [dh * (kh - 1) + 1, dw * (kw - 1) + 1]
  const total = [height, width].map((n, i) =>
    padding === "same"
      ? Math.max(0, (Math.ceil(n / two(stride)[i]) - 1) * two(stride)[i] + spans[i] - n)
      : 2 * two(padding)[i],
  )
  const low = total.map((n) => Math.floor(n / 2))
  const [tall, wide] = [height + total[0], width + total[1]]
  const padded = new Float64Array(batch * channels * tall * wide)
  const data = x.array()
  for (let p = 0; p < batch * channels; p++)
    for (let h = 0; h < height; h++)
      for (let w = 0; w < width; w++)
        padded[(p * tall + h + low[0]) * wide + w + low[1]] = data[(p * height + h) * width + w]
  const [rows, columns] = [Math.floor((tall - spans[0]) / sh) + 1, Math.floor((wide - spans[1]) / sw) + 1]
  const taps = weight.array()
  const y: number[] = []
  for (let b = 0; b < batch; b++)
    for (let o = 0; o < out; o++)
      for (let r = 0; r < rows; r++)
        for (let c = 0; c < columns; c++) {
          let sum = 0
          for (let k = 0; k < inner; k++)
            for (let i = 0; i < kh; i++)
              for (let j = 0; j < kw; j++) {
                const channel = Math.floor(o / (out / groups)) * inner + k
                sum +=
                  padded[((b * channels + channel) * tall + r * sh + i * dh) * wide + c * sw + j * dw] *
                  taps[((o * inner + k) * kh + i) * kw + j]
              }
          y.push(sum)
        }
  return tensor(y, { shape: [batch, out, rows, columns], dtype: "f64" }).cast(x.dtype)
}

describe("conv2d", () => {
  test.each(cases)("%s: gradients against finite differences, twice; values", (_, x, weight, options) => {
    const inputs = [randomTensor(x, 1), randomTensor(weight, 2)]
    expectClose(conv2d(inputs[0], inputs[1], options), direct(inputs[0], inputs[1], options), { relative: 1e-12 })
    checkGradient((a, b) => conv2d(a, b, options), inputs)
    checkGradient(
      (a, b) => conv2d(a, b, options).square(),
      [randomTensor([1, ...x.slice(1)], 3), inputs[1]].map(smaller(options)),
      { order: 2 },
    )
  })

  test("a third derivative: the family is closed", () => {
    checkGradient(
      (x, w) => conv2d(x, w, { padding: 1 }).square(),
      [randomTensor([1, 1, 2, 2], 1), randomTensor([1, 1, 2, 2], 2)],
      { order: 3 },
    )
  })

  test.each(cases)("%s: vmap against a loop, of the gradients too", (_, x, weight, options) => {
    const inputs = [examples(2, (s) => randomTensor(x, s)), examples(2, (s) => randomTensor(weight, s), 9)]
    checkVmap((a, b) => conv2d(a, b, options), inputs)
    const loss = (a: Tensor, b: Tensor): Tensor => conv2d(a, b, options).square().sum()
    checkVmap((a, b) => grad((both: Tensor[]) => loss(both[0], both[1]))([a, b]), inputs)
  })

  test("output sizes of `same` are ceil(size / stride)", () => {
    for (const size of [5, 6, 7, 8])
      for (const kernel of [1, 2, 3, 4])
        for (const stride of [1, 2, 3]) {
          const y = conv2d(randomTensor([1, 1, size, size], 1), randomTensor([1, 1, kernel, kernel], 2), {
            padding: "same",
            stride,
          })
          expect(y.shape).toEqual([1, 1, Math.ceil(size / stride), Math.ceil(size / stride)])
        }
  })

  test("conv1d is conv2d of one row", () => {
    const [x, w] = [randomTensor([2, 3, 9], 1), randomTensor([4, 3, 3], 2)]
    for (const options of [{}, { stride: 2, padding: 1 }, { dilation: 2, padding: "same" as const }]) {
      const { padding = 0, ...rest } = options as { padding?: number | "same"; stride?: number; dilation?: number }
      const y = conv1d(x, w, options)
      const flat = direct(x.expandDims(2), w.expandDims(2), {
        padding: padding === "same" ? "same" : [0, padding],
        stride: [1, rest.stride ?? 1],
        dilation: [1, rest.dilation ?? 1],
      })
      expectClose(y, flat.squeeze(2), { relative: 1e-12 })
    }
    checkGradient((a, b) => conv1d(a, b, { stride: 2, padding: 1 }), [x, w])
  })
})

/** Less of a case for the costlier second derivatives: one example, at most 2 output channels a group. */
const smaller =
  (options: ConvolutionOptions) =>
  (t: Tensor, i: number): Tensor =>
    i === 1 && (options.groups ?? 1) === 1 ? t.slice(0, 0, 2) : t

describe.each(allDevices)("on %s", (device) => {
  const run = <T>(body: () => T): T => useDevice(device, body)

  test("by hand", () => {
    run(() => {
      const x = tensor([
        [
          [
            [1, 2, 3],
            [4, 5, 6],
            [7, 8, 9],
          ],
        ],
      ])
      const w = tensor([
        [
          [
            [1, 0],
            [0, -1],
          ],
        ],
      ])
      expect(conv2d(x, w).toList()).toEqual([
        [
          [
            [-4, -4],
            [-4, -4],
          ],
        ],
      ])
      expect(conv2d(x, w, { padding: 1, stride: 2 }).toList()).toEqual([
        [
          [
            [-1, -3],
            [-7, -4],
          ],
        ],
      ])
      const gradient = grad((a: Tensor) => conv2d(a, w).sum())(x)
      expect(gradient.toList()).toEqual([
        [
          [
            [1, 1, 0],
            [1, 0, -1],
            [0, -1, -1],
          ],
        ],
      ])
    })
  })

  test.each(cases)("%s: values and both gradients in f32", (_, xs, ws, options) => {
    const [x, w] = [randomTensor(xs, 1, { dtype: "f32" }), randomTensor(ws, 2, { dtype: "f32" })]
    const loss = (both: Tensor[]): Tensor => conv2d(both[0], both[1], options).square().sum()
    const [gx, gw] = grad(loss)([x, w].map((t) => t.cast("f64")))
    const y = direct(x, w, options)
    run(() => {
      const tolerance = { relative: 2e-5, absolute: 1e-5 }
      expectClose(conv2d(x, w, options), y, tolerance, "values")
      for (const found of [grad(loss)([x, w]), jit(grad(loss))([x, w])]) {
        expectClose(found[0], gx.cast("f32"), { relative: 1e-4, absolute: 1e-4 }, "gradient of x")
        expectClose(found[1], gw.cast("f32"), { relative: 1e-4, absolute: 1e-4 }, "gradient of weight")
      }
    })
  })

  test("spike tensors pass", () => {
    run(() => {
      const spikes = randomTensor([2, 3, 6, 6], 3, { dtype: "f32" }).gt(0.6).cast("f32")
      const w = randomTensor([4, 3, 3, 3], 4, { dtype: "f32" })
      const loss = (s: Tensor, k: Tensor): Tensor => conv2d(asEvents(s), k, { padding: 1 }).square().sum()
      const dense = (s: Tensor, k: Tensor): Tensor => conv2d(s, k, { padding: 1 }).square().sum()
      for (const argument of [0, 1])
        expectClose(jit(grad(loss, { argument }))(spikes, w), grad(dense, { argument })(spikes, w), { relative: 1e-4 })
    })
  })
})

test.each(otherDevices)("%s agrees on layers of real size, f64 too", (device) => {
  for (const [xs, ws, options] of [
    [[4, 16, 14, 14], [24, 16, 3, 3], { padding: 1 }],
    [[3, 8, 15, 15], [16, 8, 5, 5], { stride: 2, padding: 2 }],
    [[2, 32, 9, 9], [32, 1, 3, 3], { groups: 32, padding: 1 }],
  ] as const) {
    const f = jit((x: Tensor, w: Tensor, g: Tensor) => {
      const [gx, gw] = grad((both: Tensor[]) => conv2d(both[0], both[1], options).mul(g).sum())([x, w])
      return [conv2d(x, w, options), gx, gw]
    })
    const [x, w] = [randomTensor(xs, 1, { dtype: "f32" }), randomTensor(ws, 2, { dtype: "f32" })]
    const g = randomTensor(conv2d(x, w, options).shape, 3, { dtype: "f32" })
    const expected = f(x, w, g)
    useDevice(device, () => {
      f(x, w, g).forEach((y, i) => {
        expectClose(y, expected[i], { relative: 1e-4, absolute: 1e-4 }, `output ${i}`)
      })
    })
  }
  const [x, w] = [randomTensor([2, 3, 6, 6], 1), randomTensor([4, 3, 3, 3], 2)]
  const g = (both: Tensor[]): Tensor => conv2d(both[0], both[1], { padding: 1 }).square().sum()
  const expected = grad(g)([x, w])
  useDevice(device, () => {
    grad(g)([x, w]).forEach((y, i) => {
      expectClose(y, expected[i], { relative: 1e-12 })
    })
  })
})

describe("errors", () => {
  const x = (...shape: number[]): Tensor => randomTensor(shape, 1)
  test.each<[string, () => unknown, RegExp]>([
    [
      "channels",
      () => conv2d(x(1, 3, 4, 4), x(2, 4, 3, 3)),
      /x \[1, 3, 4, 4\] has 3 channels, weight \[2, 4, 3, 3\] expects 4/,
    ],
    ["channels of a group", () => conv2d(x(1, 4, 4, 4), x(2, 4, 3, 3), { groups: 2 }), /has 2 channels a group/],
    ["groups", () => conv2d(x(1, 3, 4, 4), x(2, 3, 3, 3), { groups: 2 }), /cannot be cut into 2 groups/],
    ["rank", () => conv2d(x(3, 4, 4), x(2, 3, 3, 3)), /4 axes, not f64 \[3, 4, 4\]/],
    ["dtype", () => conv2d(x(1, 3, 4, 4), x(2, 3, 3, 3).cast("f32")), /one dtype/],
    ["window", () => conv2d(x(1, 3, 2, 4), x(2, 3, 3, 3)), /a window of 3 x 3 does not fit into 2 x 4 padded by 0/],
    ["dilated window", () => conv2d(x(1, 3, 4, 4), x(2, 3, 3, 3), { dilation: 2 }), /dilated by 2 x 2, does not fit/],
    ["stride", () => conv2d(x(1, 3, 4, 4), x(2, 3, 3, 3), { stride: 0 }), /the stride is a whole number >= 1, not 0/],
    ["padding", () => conv2d(x(1, 3, 4, 4), x(2, 3, 3, 3), { padding: -1 }), /the padding is a whole number >= 0/],
    ["conv1d", () => conv1d(x(1, 3, 4, 4), x(2, 3, 3)), /conv1d needs/],
  ])("%s", (_, fail, message) => {
    expect(fail).toThrow(message)
  })
})
