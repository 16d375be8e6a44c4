import { describe, expect, test } from "vitest"
import { useDevice } from "../devices/device.ts"
import {
  asEvents,
  avgPool2d,
  evalShape,
  grad,
  jit,
  maxPool2d,
  maxPool2dWithIndices,
  type PoolingOptions,
  type Tensor,
  tensor,
} from "../index.ts"
import {
  allDevices,
  checkGradient,
  checkVmap,
  distinctTensor,
  examples,
  expectClose,
  randomTensor,
} from "../testing.ts"

useDevice("reference")

type Case = readonly [
  string,
  readonly number[],
  number | readonly [number, number],
  PoolingOptions & { countIncludePadding?: boolean },
]
const cases: readonly Case[] = [
  ["2 x 2", [2, 3, 4, 6], 2, {}],
  ["a rest at the edge", [1, 2, 5, 7], 2, {}],
  ["overlapping", [1, 2, 6, 5], 3, { stride: 1 }],
  ["padding", [2, 1, 5, 6], 3, { stride: 2, padding: 1 }],
  ["padding, not counted", [1, 2, 5, 6], 3, { stride: 2, padding: 1, countIncludePadding: false }],
  ["oblong", [1, 2, 5, 8], [1, 3], { stride: [2, 1], padding: [0, 1] }],
  ["same", [1, 2, 5, 6], 3, { stride: 2, padding: "same", countIncludePadding: false }],
  ["the whole plane", [2, 2, 3, 4], [3, 4], {}],
]

/** Every window of one plane, as lists of its elements inside the input: value and place. */
function windows(
  [height, width]: readonly number[],
  plane: ArrayLike<number>,
  y: Tensor,
  c: Case,
): { value: number; place: number }[][] {
  const [, , window, options] = c
  const [kh, kw] = typeof window === "number" ? [window, window] : window
  const stride = options.stride ?? window
  const [sh, sw] = typeof stride === "number" ? [stride, stride] : stride
  const { padding = 0 } = options
  const [rows, columns] = y.shape.slice(2)
  const low =
    padding === "same"
      ? [
          Math.floor(Math.max(0, (rows - 1) * sh + kh - height) / 2),
          Math.floor(Math.max(0, (columns - 1) * sw + kw - width) / 2),
        ]
      : typeof padding === "number"
        ? [padding, padding]
        : padding
  const found: { value: number; place: number }[][] = []
  for (let r = 0; r < rows; r++)
    for (let q = 0; q < columns; q++) {
      const inside: { value: number; place: number }[] = []
      for (let h = r * sh - low[0]; h < r * sh - low[0] + kh; h++)
        for (let w = q * sw - low[1]; w < q * sw - low[1] + kw; w++)
          if (h >= 0 && h < height && w >= 0 && w < width)
            inside.push({ value: plane[h * width + w], place: h * width + w })
      found.push(inside)
    }
  return found
}

describe.each(cases)("%s", (...c) => {
  const [, shape, window, options] = c
  const cut = (x: Tensor): number[][] => {
    const plane = shape[2] * shape[3]
    return Array.from({ length: shape[0] * shape[1] }, (_, p) => [...x.array().slice(p * plane, (p + 1) * plane)])
  }

  test("gradients against finite differences, twice", () => {
    const x = distinctTensor(shape, 3)
    checkGradient((t) => maxPool2d(t, window, options), [x])
    checkGradient((t) => maxPool2d(t, window, options).exp(), [x], { order: 2 })
    checkGradient((t) => avgPool2d(t, window, options), [x])
    checkGradient((t) => avgPool2d(t, window, options).exp(), [x], { order: 2 })
  })

  test("vmap against a loop, of the gradients too", () => {
    const xs = [examples(3, (s) => distinctTensor(shape, s))]
    checkVmap((t) => Object.values(maxPool2dWithIndices(t, window, options)), xs)
    checkVmap((t) => avgPool2d(t, window, options), xs)
    for (const pool of [maxPool2d, avgPool2d])
      checkVmap((t) => grad((x: Tensor) => pool(x, window, options).exp().sum())(t), xs)
  })

  test.each(allDevices)("values and gradients on %s", (device) => {
    const x = randomTensor(shape, 4, { dtype: "f32" })
    const f = (t: Tensor): Tensor =>
      maxPool2d(t, window, options)
        .exp()
        .sum()
        .add(avgPool2d(t, window, options).exp().sum())
    const expected = grad(f)(x.cast("f64")).cast("f32")
    useDevice(device, () => {
      const { values, indices } = maxPool2dWithIndices(x, window, options)
      const means = avgPool2d(x, window, options)
      const all = cut(x).flatMap((plane) => windows(shape.slice(2), plane, values, c))
      const size = typeof window === "number" ? window * window : window[0] * window[1]
      all.forEach((elements, i) => {
        const best = elements.reduce((a, b) => (b.value > a.value ? b : a))
        expect(values.array()[i]).toBe(best.value)
        expect(indices.array()[i]).toBe(best.place)
        const count = options.countIncludePadding === false ? elements.length : size
        expect(means.array()[i]).toBeCloseTo(elements.reduce((a, b) => a + b.value, 0) / count, 5)
      })
      expect(values.size).toBe(all.length)
      expectClose(grad(f)(x), expected, { relative: 1e-5 })
      expectClose(jit(grad(f))(x), expected, { relative: 1e-5 })
    })
  })
})

test.each(allDevices)("the first of equal elements wins, NaN over all, on %s", (device) => {
  useDevice(device, () => {
    const x = tensor([
      [
        [
          [1, 1, 0, 2],
          [1, 1, 2, 2],
          [Number.NaN, 5, -7, -9],
          [Number.NaN, 9, -8, -7],
        ],
      ],
    ])
    const { values, indices } = maxPool2dWithIndices(x, 2)
    expect(values.toList()).toEqual([
      [
        [
          [1, 2],
          [Number.NaN, -7],
        ],
      ],
    ])
    expect(indices.toList()).toEqual([
      [
        [
          [0, 3],
          [8, 10],
        ],
      ],
    ])
    const gradient = grad((t: Tensor) => maxPool2d(t, 2).sum())(
      tensor([
        [
          [
            [3, 3],
            [3, 3],
          ],
        ],
      ]),
    )
    expect(gradient.toList()).toEqual([
      [
        [
          [1, 0],
          [0, 0],
        ],
      ],
    ])
    const low = maxPool2dWithIndices(tensor([[[[Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]]]]), [1, 2])
    expect(low.indices.item()).toBe(0)
  })
})

test("the maximum of spikes is a spike tensor, and so is their mean", () => {
  const { graph } = evalShape(
    (x: Tensor) => [maxPool2d(asEvents(x), 2), avgPool2d(asEvents(x), 2)],
    randomTensor([1, 1, 4, 4], 1),
  )
  expect(graph.outputs.map((v) => v.type.events === true)).toEqual([true, true])
})

describe("errors", () => {
  const x = (...shape: number[]): Tensor => randomTensor(shape, 1)
  test.each<[string, () => unknown, RegExp]>([
    [
      "rank",
      () => maxPool2d(x(3, 4, 4), 2),
      /maxPool2d needs a tensor \[batch, channels, height, width\], not f64 \[3, 4, 4\]/,
    ],
    ["dtype", () => avgPool2d(x(1, 3, 4, 4).cast("i32"), 2), /avgPool2d needs a float tensor/],
    ["window", () => maxPool2d(x(1, 1, 2, 4), 3), /a window of 3 x 3 does not fit into 2 x 4/],
    ["padding", () => maxPool2d(x(1, 1, 4, 4), 2, { padding: 2 }), /a padding of 2 is not smaller than the window, 2/],
    ["window of nothing", () => avgPool2d(x(1, 1, 4, 4), 0), /the window is a whole number >= 1/],
  ])("%s", (_, fail, message) => {
    expect(fail).toThrow(message)
  })
})
