import fc from "fast-check"
import { beforeAll, expect, test } from "vitest"
import {
  asEvents,
  type ConvolutionOptions,
  conv2d,
  device,
  grad,
  jit,
  type Tensor,
  useDevice,
} from "../../../../index.ts"
import { expectClose, randomTensor } from "../../../../testing.ts"

const threads = [1, 2, 3].map((count) => device("wasm", { threads: count, numerics: "strict" }))
beforeAll(async () => {
  await Promise.all(threads.map((d) => d.ready()))
})

const fast = device("wasm", { threads: 1 })

interface Convolution {
  readonly batch: number
  readonly inner: number
  readonly outer: number
  readonly size: readonly [number, number]
  readonly kernel: readonly [number, number]
  readonly options: ConvolutionOptions
  /** Share of x that is not 0; undefined for an x that is not marked as spikes. */
  readonly density?: number
}

const pair = (from: number, to: number) =>
  fc.tuple(fc.integer({ min: from, max: to }), fc.integer({ min: from, max: to }))

/** y and its gradients to both inputs, of which x may be marked as spikes. */
function results({ density, options }: Convolution, x: Tensor, w: Tensor, g: Tensor): Tensor[] {
  const made = (a: Tensor, b: Tensor): Tensor => conv2d(density === undefined ? a : asEvents(a), b, options)
  const gradients = grad(([a, b]: Tensor[]) => made(a, b).mul(g).sum())([x, w]) as Tensor[]
  return [made(x, w), ...gradients]
}

function operands({ batch, inner, outer, size, kernel, options, density = 1 }: Convolution): [Tensor, Tensor, Tensor] {
  const { groups = 1 } = options
  const draw = (shape: readonly number[], seed: number): Tensor => randomTensor(shape, seed, { dtype: "f32" })
  const chance = randomTensor([batch, inner * groups, ...size], 1, { from: 0, dtype: "f32" })
  const x = draw(chance.shape, 2).mul(chance.lt(density).cast("f32"))
  const w = draw([outer * groups, inner, ...kernel], 3)
  return [x, w, draw(conv2d(x, w, options).shape, 4)]
}

const fits = ({ size, kernel, options }: Convolution): boolean =>
  [0, 1].every((i) => {
    const [dilation, padding] = [options.dilation, options.padding] as readonly (readonly number[])[]
    return size[i] + 2 * padding[i] >= dilation[i] * (kernel[i] - 1) + 1
  })

/** The same results as the reference device's. */
function check(c: Convolution): void {
  const given = useDevice("reference", () => operands(c))
  const expected = useDevice("reference", () => results(c, ...given))
  const found = useDevice(fast, () => jit((...all: [Tensor, Tensor, Tensor]) => results(c, ...all))(...given))
  found.forEach((y, i) => {
    const scale = Math.max(1, ...Array.from(expected[i].array(), (v) => Math.abs(Number(v))))
    expectClose(y, expected[i], { relative: 1e-4, absolute: 1e-5 * scale }, JSON.stringify(c))
  })
}

const options = (stride: number, dilation: number, groups?: number) =>
  fc.record({
    padding: pair(0, 2),
    stride: pair(1, stride),
    dilation: pair(1, dilation),
    groups: fc.constant(groups ?? 1),
  })

test("3x3 windows in tiles: sizes that leave a rest, channels of any number", () => {
  const cases = fc.record({
    batch: fc.integer({ min: 1, max: 5 }),
    inner: fc.integer({ min: 8, max: 11 }),
    outer: fc.constantFrom(8, 9, 16),
    size: pair(5, 14),
    kernel: fc.constant([3, 3] as const),
    options: options(1, 1),
  })
  fc.assert(fc.property(cases, check), { numRuns: 25, seed: 1 })
})

test("more tiles than a block has, in one image and in many", () => {
  const rest = { inner: 8, outer: 8, kernel: [3, 3], options: { padding: 1 } } as const
  check({ ...rest, batch: 1, size: [33, 41] })
  check({ ...rest, batch: 21, size: [8, 7] })
})

test("windows of any size on rows that are long enough, as columns where they are not", () => {
  const cases = fc.record({
    batch: fc.constantFrom(1, 9),
    inner: fc.integer({ min: 1, max: 4 }),
    outer: fc.integer({ min: 1, max: 14 }),
    size: pair(5, 19),
    kernel: pair(1, 5),
    options: options(2, 2),
  })
  fc.assert(fc.property(cases.filter(fits), check), { numRuns: 30, seed: 5 })
})

test("an image whose columns would fill the second cache", () => {
  check({ batch: 2, inner: 4, outer: 5, size: [51, 55], kernel: [5, 5], options: { padding: 2 } })
  check({
    batch: 1,
    inner: 9,
    outer: 3,
    size: [60, 60],
    kernel: [3, 3],
    options: { padding: 1, stride: [2, 1], dilation: [1, 2] },
  })
})

test("spikes: windows, strides, dilations, densities", () => {
  const cases = fc.record({
    batch: fc.integer({ min: 1, max: 9 }),
    inner: fc.integer({ min: 1, max: 6 }),
    outer: fc.constantFrom(1, 4, 7, 16, 33, 70),
    size: pair(4, 10),
    kernel: pair(1, 4),
    options: options(2, 2),
    density: fc.constantFrom(0, 0.05, 0.2, 1),
  })
  fc.assert(fc.property(cases.filter(fits), check), { numRuns: 40, seed: 2 })
})

test("the gradient that spikes send back is a convolution of spikes", () => {
  const c = { batch: 3, inner: 5, outer: 6, size: [7, 9], kernel: [3, 2], options: { padding: 1 } } as const
  const [x, w, g] = useDevice("reference", () => operands(c))
  const back = (own: Tensor, events: Tensor): Tensor =>
    grad((a: Tensor) => conv2d(a, own, c.options).mul(events).sum())(x)
  const spikes = useDevice("reference", () => g.gt(0.8).cast("f32"))
  const expected = useDevice("reference", () => back(w, spikes))
  const program = jit((own: Tensor, events: Tensor) => back(own, asEvents(events)))
  expectClose(
    useDevice(fast, () => program(w, spikes)),
    expected,
    { relative: 1e-4, absolute: 1e-5 },
  )
})

test("depthwise: windows, strides, dilations, multipliers", () => {
  const cases = fc.record({
    batch: fc.integer({ min: 1, max: 3 }),
    inner: fc.constant(1),
    outer: fc.integer({ min: 1, max: 3 }),
    size: pair(3, 21),
    kernel: pair(1, 4),
    options: options(3, 2, 4),
  })
  fc.assert(fc.property(cases.filter(fits), check), { numRuns: 40, seed: 3 })
  check({ batch: 2, inner: 1, outer: 1, size: [1, 53], kernel: [1, 31], options: { padding: [0, 15], groups: 2 } })
})

const programs: Record<string, Convolution> = {
  tiles: { batch: 9, inner: 9, outer: 16, size: [18, 22], kernel: [3, 3], options: { padding: 1 } },
  "one image in tiles": { batch: 1, inner: 16, outer: 24, size: [30, 30], kernel: [3, 3], options: {} },
  spikes: { batch: 5, inner: 12, outer: 40, size: [16, 17], kernel: [3, 3], options: { padding: 1 }, density: 0.1 },
  "many spikes": {
    batch: 3,
    inner: 12,
    outer: 40,
    size: [9, 9],
    kernel: [5, 5],
    options: { padding: 2 },
    density: 0.8,
  },
  direct: { batch: 2, inner: 6, outer: 23, size: [46, 45], kernel: [5, 5], options: { padding: 2 } },
  depthwise: { batch: 3, inner: 1, outer: 2, size: [30, 31], kernel: [3, 3], options: { padding: 1, groups: 13 } },
}

test.each(Object.keys(programs))("%s: the same bits on 1, 2 and 3 threads in strict numerics", (name) => {
  const c = programs[name]
  const given = useDevice("reference", () => operands(c))
  const [one, ...others] = threads.map((d) =>
    useDevice(d, () =>
      jit((...all: [Tensor, Tensor, Tensor]) => results(c, ...all))(...given).map(
        (y) => new Uint8Array(y.array().buffer),
      ),
    ),
  )
  for (const other of others)
    other.forEach((bytes, i) => {
      expect(Buffer.compare(bytes, one[i])).toBe(0)
    })
  expect(one.every((bytes) => bytes.some((byte) => byte !== 0))).toBe(true)
})
