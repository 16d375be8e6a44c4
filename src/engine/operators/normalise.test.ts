import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { useDevice } from "../devices/device.ts"
import { grad, jit, jvp, normaliseChannels, normaliseRows, type Tensor, vmap } from "../index.ts"
import { allDevices, checkGradient, checkThreads, expectClose, moved, randomTensor } from "../testing.ts"

useDevice("reference")

type Way = "rows" | "rows without a mean" | "channels"
const ways: Way[] = ["rows", "rows without a mean", "channels"]

/** The result of each way, and for channels the statistics. */
function results(way: Way, [x, scale, shift]: readonly Tensor[]): Tensor[] {
  if (way === "rows") return [normaliseRows(x, scale, shift, 1e-3)]
  if (way === "rows without a mean") return [normaliseRows(x, scale, undefined, 1e-3)]
  const { y, mean, variance } = normaliseChannels(x, scale, shift, 1e-3)
  return [y, mean, variance]
}

const operandsOf = (way: Way, shape: number[]): Tensor[] => {
  const width = way === "channels" ? shape[1] : shape[shape.length - 1]
  return [
    randomTensor(shape, 1).mul(2).add(1.5),
    randomTensor([width], 2),
    randomTensor([width], 3),
    randomTensor(shape, 4),
  ]
}

/** Results, and gradients of <y, g>. */
const all = (way: Way, own: readonly Tensor[]): Tensor[] => [
  ...results(way, own),
  ...grad((p: Tensor[]) => results(way, p)[0].mul(own[3]).sum())(own.slice(0, way === "rows without a mean" ? 2 : 3)),
]

function expectAsComposed(way: Way, shape: number[]): void {
  const own = operandsOf(way, shape)
  const expected = all(way, own)
  for (const name of allDevices)
    useDevice(name, () => {
      const found = jit((...xs: Tensor[]) => all(way, xs))(...own.map((x) => moved(x).cast("f32")))
      found.forEach((y, i) => {
        expectClose(y.cast("f64"), expected[i], { relative: 2e-4, absolute: 1e-4 }, `${way}, ${name}, result ${i}`)
      })
    })
}

test("against plain loops", () => {
  const own = operandsOf("rows", [3, 5])
  const [x, scale, shift] = own.map((t) => t.array())
  const [y] = results("rows", own).map((t) => t.array())
  for (let row = 0; row < 3; row++) {
    const values = [...x.slice(row * 5, row * 5 + 5)]
    const mean = values.reduce((a, b) => a + b) / 5
    const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 5
    values.forEach((v, i) => {
      expect(y[row * 5 + i]).toBeCloseTo(((v - mean) / Math.sqrt(variance + 1e-3)) * scale[i] + shift[i], 12)
    })
  }
})

describe("against the composed form", () => {
  const size = (max: number) => fc.integer({ min: 1, max })
  test.each(ways)("%s of any sizes", (way) => {
    const shape = fc.tuple(size(6), size(9), size(50)).map((sizes) => [...sizes])
    fc.assert(
      fc.property(shape, (sizes) => expectAsComposed(way, sizes)),
      { numRuns: 20 },
    )
  })
  test("one row, no more axes, and many rows", () => {
    expectAsComposed("rows", [7])
    expectAsComposed("rows", [100, 70])
    expectAsComposed("channels", [40, 6])
    expectAsComposed("channels", [5, 3, 4, 7])
  })
})

test.each(ways)("%s: gradients against finite differences, twice", (way) => {
  const [x, scale, shift] = operandsOf(way, [2, 3, 4])
  const others = way === "rows without a mean" ? [scale] : [scale, shift]
  checkGradient((...own) => results(way, own)[0].exp(), [x, ...others], { order: 2, relative: 1e-4, absolute: 1e-5 })
})

test.each(allDevices)("derivatives of the statistics, second ones, jvp and vmap on %s", (name) => {
  for (const way of ways) {
    const [x, scale, shift, g] = operandsOf(way, [3, 2, 6])
    const loss = (p: readonly Tensor[]): Tensor =>
      results(way, p).reduce((sum, y) => sum.add(y.square().sum()), x.cast(p[0].dtype).sum())
    const programs: ((p: Tensor[]) => Tensor[])[] = [
      (p) => grad((own: Tensor[]) => loss(own))(p),
      (p) =>
        grad((own: Tensor[]) =>
          grad((t: Tensor) => results(way, [t, own[1], own[2]])[0].mul(own[3]).sum())(own[0])
            .square()
            .sum(),
        )(p),
      ([a, b, c, d]) => jvp((t: Tensor) => results(way, [t, b, c])[0], [a], [d]),
      ([a, b, c]) => [
        vmap((t: Tensor) => results(way, [t, b, c])[0])(a.reshape([1, ...a.shape]).broadcastTo([2, ...a.shape])),
      ],
      ([a, b, c, d]) => [
        vmap((t: Tensor) => grad((u: Tensor) => results(way, [u, b, c])[0].mul(d).sum())(t))(
          a.reshape([1, ...a.shape]),
        ),
        vmap((t: Tensor) => results(way, [a, t, c])[0])(b.reshape([1, b.size])),
      ],
    ]
    for (const program of programs) {
      const expected = program([x, scale, shift, g])
      useDevice(name, () => {
        const found = jit(program)([x, scale, shift, g].map((t) => moved(t).cast("f32")))
        found.forEach((y, i) => {
          expectClose(
            y.cast("f64"),
            expected[i],
            { relative: 2e-3, absolute: 5e-4 },
            `${way} ${programs.indexOf(program)}`,
          )
        })
      })
    }
  }
})

test.each(allDevices)("far from zero on %s", (name) => {
  useDevice(name, () => {
    const x = randomTensor([4, 3, 200], 1, { dtype: "f32" })
    const ones = randomTensor([3], 1, { from: 1, to: 1, dtype: "f32" })
    const { mean, variance } = normaliseChannels(x.add(1000), ones, ones, 0)
    const plain = normaliseChannels(x, ones, ones, 0)
    expectClose(mean, plain.mean.add(1000), { relative: 1e-6 })
    expectClose(variance, plain.variance, { relative: 1e-3 })
  })
})

test("errors", () => {
  const x = randomTensor([2, 3], 1)
  expect(() => normaliseRows(x, randomTensor([2], 1), undefined, 0)).toThrow(/\[2, 3\] is scaled and shifted by 3/)
})

describe("threads", () => {
  test.each<[Way, number[]]>([
    ["rows", [301, 203]],
    ["rows without a mean", [67, 1025]],
    ["channels", [13, 7, 33, 31]],
  ])("the same bits on 1, 2 and 3: %s", async (way, shape) => {
    await checkThreads(() =>
      jit((...xs: Tensor[]) => all(way, xs))(...operandsOf(way, shape).map((x) => x.cast("f32"))),
    )
  })
})
