import fc from "fast-check"
import { beforeAll, describe, expect, test } from "vitest"
import { useDevice } from "../devices/device.ts"
import * as ops from "../index.ts"
import { type Tensor, tensor } from "../index.ts"
import {
  allDevices,
  checkGradient,
  checkVmap,
  distinctTensor,
  examples,
  expectClose,
  moved,
  randomTensor,
} from "../testing.ts"

useDevice("reference")

const cases: readonly [string, (x: Tensor) => Tensor][] = [
  ["sum", (x) => x.sum()],
  ["sum of one axis", (x) => x.sum(1)],
  ["sum of two axes, kept", (x) => x.sum([0, -1], true)],
  ["mean", (x) => x.mean([1, 2])],
  ["max", (x) => x.max(1)],
  ["max of all", (x) => x.max()],
  ["min, kept", (x) => x.min([0, 2], true)],
  ["variance", (x) => x.variance(0)],
  ["norm", (x) => x.norm([0, 1])],
  ["logSumExp", (x) => ops.logSumExp(x, 1)],
  ["logSoftmax", (x) => x.logSoftmax(-1)],
  ["softmax", (x) => x.softmax(1)],
]

describe("gradients against finite differences, twice", () => {
  test.each(cases)("%s", (_, fn) => {
    const x = distinctTensor([2, 3, 4], 5)
    checkGradient(fn, [x])
    checkGradient((t) => fn(t.add(2).square()).mul(fn(t)), [x], { order: 2 })
  })

  test("equal extrema share the gradient", () => {
    const gradient = ops.grad((x: Tensor) => x.max())(tensor([1, 3, 3, 2]))
    expect(gradient.toList()).toEqual([0, 0.5, 0.5, 0])
  })
})

describe("vmap against a loop", () => {
  test.each(cases)("%s", (_, fn) => {
    checkVmap(fn, [examples(3, (seed) => distinctTensor([2, 3, 4], seed))])
  })
  test("argmax and argmin", () => {
    checkVmap((x) => [x.argmax(), x.argmin(0)], [examples(3, (seed) => distinctTensor([4, 5], seed))])
  })
  test("oneHot", () => {
    checkVmap(
      (i) => ops.oneHot(i, 4),
      [
        tensor(
          [
            [0, 1],
            [3, 2],
          ],
          { dtype: "i32" },
        ),
      ],
    )
  })
})

describe.each(allDevices)("values on %s", (device) => {
  const run = <T>(body: () => T): T => useDevice(device, body)

  test("against loops, every set of axes", () => {
    const shape = [3, 5, 4]
    const data = randomTensor(shape, 8, { dtype: "f32" }).array()
    for (const axes of [[], [0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]]) {
      const kept = [0, 1, 2].filter((a) => !axes.includes(a))
      const outShape = kept.map((a) => shape[a])
      const size = outShape.reduce((a, b) => a * b, 1)
      const [sums, tops, lows] = [
        new Float32Array(size),
        new Float32Array(size).fill(-9),
        new Float32Array(size).fill(9),
      ]
      for (let i = 0; i < 60; i++) {
        const at = [Math.floor(i / 20), Math.floor(i / 4) % 5, i % 4]
        const out = kept.reduce((n, a) => n * shape[a] + at[a], 0)
        sums[out] += data[i]
        tops[out] = Math.max(tops[out], data[i])
        lows[out] = Math.min(lows[out], data[i])
      }
      run(() => {
        const x = tensor(data, { shape })
        expectClose(x.sum(axes), tensor(sums, { shape: outShape }), { relative: 1e-5 })
        expectClose(x.max(axes), tensor(tops, { shape: outShape }))
        expectClose(x.min(axes), tensor(lows, { shape: outShape }))
        const turned = x
          .transpose([2, 0, 1])
          .sum(
            axes.map((a) => [1, 2, 0][a]),
            true,
          )
          .transpose([1, 2, 0])
        expectClose(turned.reshape(outShape), tensor(sums, { shape: outShape }), { relative: 1e-5 })
      })
    }
  })

  test("derived ones by hand", () => {
    run(() => {
      const x = tensor([
        [1, 2, 3],
        [4, 5, 9],
      ])
      expect(x.mean().item()).toBe(4)
      expect(x.mean(1).toList()).toEqual([2, 6])
      expect(x.variance(0, true).toList()).toEqual([[2.25, 2.25, 9]])
      expect(tensor([3, 4]).norm().item()).toBe(5)
      expect(x.argmax(0).toList()).toEqual([1, 1, 1])
      expect(
        tensor([
          [1, 7, 7],
          [2, 0, 0],
        ])
          .argmax()
          .toList(),
      ).toEqual([1, 0])
      expect(
        tensor([
          [1, 7, 7],
          [2, 0, 0],
        ])
          .argmin()
          .toList(),
      ).toEqual([0, 1])
      expect(ops.logSumExp(tensor([1000, 1000])).item()).toBeCloseTo(1000 + Math.LN2, 3)
      expect(tensor([1000, 1000, -1000]).softmax().toList()).toEqual([0.5, 0.5, 0])
      expect(tensor([0, 0]).logSoftmax().array()[0]).toBeCloseTo(-Math.LN2, 6)
      expect(ops.oneHot(tensor([2, 0], { dtype: "i32" }), 3).toList()).toEqual([
        [0, 0, 1],
        [1, 0, 0],
      ])
      expect(ops.oneHot(tensor(new Uint8Array([1])), 2, "f64").host()).toEqual({
        dtype: "f64",
        shape: [1, 2],
        data: new Float64Array([0, 1]),
      })
    })
  })

  test("integers", () => {
    run(() => {
      const i = tensor(
        [
          [2147483647, 1],
          [-5, 3],
        ],
        { dtype: "i32" },
      )
      expect(i.sum(1).toList()).toEqual([-2147483648, -2])
      expect(i.max(0).toList()).toEqual([2147483647, 3])
      expect(i.min().item()).toBe(-5)
      expect(tensor([1, 4294967295], { dtype: "u32" }).max().item()).toBe(4294967295)
      expect(tensor([1, 4294967295], { dtype: "u32" }).argmax().item()).toBe(1)
      expect(tensor([-1, 2, -3], { dtype: "i32" }).argmin().item()).toBe(2)
    })
  })

  test("NaN is seen", () => {
    run(() => {
      const x = tensor([
        [1, Number.NaN],
        [2, 3],
      ])
      expect(x.sum(1).toList()).toEqual([Number.NaN, 5])
      expect(x.max(1).toList()).toEqual([Number.NaN, 3])
      expect(x.min(0).toList()).toEqual([1, Number.NaN])
    })
  })

  test("long sums", () => {
    run(() => {
      const x = randomTensor([40_003], 4, { dtype: "f32", from: 0, to: 1 })
      const exact = [...x.array()].reduce((a, b) => a + b, 0)
      expect(Math.abs(x.sum().item() - exact) / exact).toBeLessThan(1e-5)
      const f64 = x.cast("f64")
      expect(Math.abs(f64.sum().item() - exact) / exact).toBeLessThan(1e-12)
    })
  })
})

describe("errors", () => {
  test("what cannot be reduced", () => {
    expect(() => tensor([true]).sum()).toThrow(/sum does not take bool/)
    expect(() =>
      tensor([[1, 2]])
        .slice(0, 1)
        .max(0),
    ).toThrow(/no elements/)
    expect(() =>
      tensor([[1, 2]])
        .slice(0, 1)
        .argmax(0),
    ).toThrow(/no elements/)
    expect(() => tensor([1]).sum(1)).toThrow(/axis 1 does not exist/)
    expect(() => ops.oneHot(tensor([1.5]), 2)).toThrow(/whole numbers/)
  })
})

test("the error of a long f32 sum does not grow with its length", () => {
  expect(ops.full([490_001], 700).sum().item() / (700 * 490_001)).toBeCloseTo(1, 6)
  expect(ops.full([3, 300_000], 0.1).sum(1).at(2).item() / 30_000).toBeCloseTo(1, 5)
})

describe("softmax of rows of f32, which has a kernel of its own", () => {
  const programs: ((x: Tensor) => Tensor[])[] = [false, true].flatMap((log) => {
    const fn = (x: Tensor): Tensor => (log ? x.logSoftmax() : x.softmax())
    const loss = (x: Tensor): Tensor => fn(x).mul(x).square().sum()
    return [
      (x: Tensor) => [fn(x), ops.grad(loss)(x)],
      (x: Tensor) => [ops.grad((t: Tensor) => ops.grad(loss)(t).square().sum())(x)],
      (x: Tensor) => ops.jvp(fn, [x], [x.mul(2)]),
      (x: Tensor) => [ops.vmap(fn)(x)],
    ]
  })
  test.each(allDevices)("as in f64 on %s", (name) => {
    const check = (shape: number[]): void => {
      const x = randomTensor(shape, 1).mul(3)
      for (const program of programs.slice(0, shape.length > 1 ? undefined : 1)) {
        const expected = program(x)
        ops.useDevice(name, () => {
          const found = ops.jit(program)(moved(x).cast("f32"))
          found.forEach((y, i) => {
            expectClose(y.cast("f64"), expected[i], { relative: 1e-3, absolute: 1e-4 }, `${shape}`)
          })
        })
      }
    }
    for (const width of [1, 2, 3, 4, 5, 31, 70]) check([3, width])
    check([129])
    check([2, 3, 10])
  })
  test.each(allDevices)("far apart entries on %s", (name) => {
    ops.useDevice(name, () => {
      const x = tensor([1e30, 1e30, -1e30, Number.NEGATIVE_INFINITY, 0])
      expect(x.softmax().toList()).toEqual([0.5, 0.5, 0, 0, 0])
      expect(x.logSoftmax().array()[3]).toBe(Number.NEGATIVE_INFINITY)
    })
  })
})

describe("many elements that come to few", () => {
  const devices = [1, 2, 3].map((threads) => ops.device("wasm", { threads, numerics: "strict" }))
  beforeAll(async () => {
    await Promise.all(devices.map((d) => d.ready()))
  })
  type Case = { shape: number[]; axes: number[]; order: readonly number[] }
  const cases = fc
    .record({
      inner: fc.integer({ min: 1, max: 40 }),
      more: fc.integer({ min: 0, max: 5000 }),
      middle: fc.integer({ min: 1, max: 5 }),
      axes: fc.subarray([0, 1, 2], { minLength: 1 }),
      order: fc.constantFrom([0, 1, 2], [2, 0, 1], [1, 2, 0]),
    })
    .map(({ inner, more, middle, axes, order }): Case => {
      const long = Math.ceil(70_000 / (inner * middle)) + more
      return { shape: [long, middle, inner], axes, order }
    })
  test("sums and extrema, of transposes too: as the reference, with the same bits on 1, 2 and 3 threads", () => {
    fc.assert(
      fc.property(cases, ({ shape, axes, order }) => {
        const x = randomTensor(shape, 1, { dtype: "f32" })
        const run = ops.jit((t: Tensor) => {
          const seen = t.transpose(order)
          return [
            seen.mul(2).add(1).sum(axes),
            seen.max(axes),
            seen.neg().min(axes),
            seen.mul(100).cast("i32").sum(axes),
          ]
        })
        const expected = run(x)
        const found = devices.map((d) => ops.useDevice(d, () => run(moved(x))))
        found[0].forEach((y, i) => {
          expectClose(y, expected[i], { relative: 1e-5, absolute: 1e-2 })
        })
        const bits = found.map((ys) => ys.map((y) => y.array()))
        expect(bits[1]).toEqual(bits[0])
        expect(bits[2]).toEqual(bits[0])
      }),
      { numRuns: 12 },
    )
  })
})
