import { beforeAll, expect, test } from "vitest"
import {
  argsort,
  avgPool2d,
  conv2d,
  cumprod,
  cumsum,
  type Device,
  device,
  grad,
  jit,
  key,
  maxPool2d,
  normal,
  sort,
  type Tensor,
  topK,
  useDevice,
} from "../../../index.ts"

const devices = [1, 2, 3].map((threads) => device("wasm", { threads }))
beforeAll(async () => {
  await Promise.all(devices.map((d) => d.ready()))
})

const x = (...shape: number[]): Tensor => normal(key(1), shape)
const convolved = (xs: number[], ws: number[], options: object): Tensor[] => {
  const loss = ([a, b]: Tensor[]): Tensor => conv2d(a, b, options).square().sum()
  const inputs = [x(...xs), normal(key(2), ws)]
  return [conv2d(inputs[0], inputs[1], options), ...grad(loss)(inputs)]
}

/** Programs large enough to be shared, whose units do not divide evenly. */
const programs: Record<string, () => Tensor[]> = {
  convolution: () => convolved([5, 4, 13, 13], [7, 4, 3, 3], { padding: 1 }),
  "convolution with stride": () => convolved([3, 6, 21, 21], [9, 6, 5, 5], { stride: 2, padding: 2 }),
  "convolution of one channel": () => convolved([7, 1, 28, 28], [6, 1, 5, 5], {}),
  "convolution in groups": () => convolved([2, 12, 17, 17], [24, 4, 3, 3], { groups: 3 }),
  "convolution of single elements": () => convolved([5, 12, 17, 17], [10, 12, 1, 1], {}),
  pooling: () => {
    const images = x(5, 7, 23, 23)
    const loss = (t: Tensor): Tensor =>
      maxPool2d(t, 3, { stride: 2 })
        .exp()
        .add(avgPool2d(t, 3, { stride: 2 }))
        .sum()
    return [maxPool2d(images, 2), avgPool2d(images, 3, { padding: 1 }), grad(loss)(images)]
  },
  sorting: () => [
    sort(x(7, 5003)),
    argsort(x(501, 67)).cast("f32"),
    topK(x(333, 100), 5).values,
    topK(x(3, 9001), 300).values,
  ],
  scanning: () => [cumsum(x(301, 203)), cumsum(x(301, 203), 0, { reverse: true }), cumprod(x(20_001, 3), 0)],
}

const bits = (d: Device, program: () => Tensor[]): Uint8Array[] =>
  useDevice(d, () => jit(program)().map((y) => new Uint8Array(y.array().buffer)))
const sameBits = (a: Uint8Array[], b: Uint8Array[]): boolean => a.every((x, i) => Buffer.compare(x, b[i]) === 0)

test.each(Object.keys(programs))("%s: the same bits on 1, 2 and 3 threads", (name) => {
  const [one, ...others] = devices.map((d) => bits(d, programs[name]))
  for (const other of others) expect(sameBits(one, other)).toBe(true)
  expect(one.every((x) => x.some((byte) => byte !== 0))).toBe(true)
})
