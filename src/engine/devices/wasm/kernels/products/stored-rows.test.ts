import fc from "fast-check"
import { beforeAll, describe, expect, test } from "vitest"
import {
  type Device,
  device,
  jit,
  matmulHalf,
  matmulQuantised,
  quantise,
  type Tensor,
  tensor,
  useDevice,
} from "../../../../index.ts"
import { expectClose, randomTensor } from "../../../../testing.ts"

const strict = [1, 2, 3].map((threads) => device("wasm", { threads, numerics: "strict" }))
const fast = [1, 2, 3].map((threads) => device("wasm", { threads }))
beforeAll(async () => {
  await Promise.all([...strict, ...fast].map((d) => d.ready()))
})

const random = (shape: number[], seed: number): Tensor => randomTensor(shape, seed, { dtype: "f32" })

interface Sizes {
  m: number
  k: number
  n: number
  groups: number
}
/** Small ones with every tail; some cut into parts; some wide enough to share columns. */
const sizes: fc.Arbitrary<Sizes> = fc
  .oneof(
    fc.record({
      m: fc.integer({ min: 1, max: 9 }),
      rows: fc.integer({ min: 1, max: 13 }),
      n: fc.integer({ min: 1, max: 70 }),
    }),
    fc.record({
      m: fc.integer({ min: 1, max: 9 }),
      rows: fc.integer({ min: 40, max: 120 }),
      n: fc.integer({ min: 90, max: 190 }),
    }),
    fc.record({
      m: fc.integer({ min: 1, max: 2 }),
      rows: fc.integer({ min: 1, max: 9 }),
      n: fc.integer({ min: 4096, max: 8300 }),
    }),
  )
  .chain(({ m, rows, n }) => fc.integer({ min: 1, max: 11 }).map((groups) => ({ m, n, groups, k: rows * groups })))
  .filter(({ m, n, k }) => m * n * k < 6e5)

/** Deep enough for several sections of codes in a part, or in a group. */
const deep: readonly Sizes[] = [
  { m: 1, k: 1100, n: 4099, groups: 1 },
  { m: 2, k: 1100, n: 40, groups: 2 },
  { m: 1, k: 5000, n: 65, groups: 1 },
]

const programs: Record<string, (s: Sizes) => Tensor[]> = {
  f32: ({ m, k, n }) => {
    const [x, w, to] = [random([m, k], 1), random([k, n], 2), random([m, n], 3)]
    return jit((a: Tensor, b: Tensor, c: Tensor) => [a.matmul(b), c.add(a.mul(2).matmul(b)), c.T.matmul(a).T])(x, w, to)
  },
  f16: ({ m, k, n }) => {
    const [x, w] = [random([m, k], 1), random([k, n], 2).cast("f16")]
    return jit((a: Tensor, b: Tensor) => [matmulHalf(a, b), matmulHalf(a, b.T.T.flip(0))])(x, w)
  },
  i8: ({ m, k, n, groups }) => {
    const x = random([m, k], 1)
    const q = quantise(random([k, n], 2), { groupSize: k / groups })
    return jit((a: Tensor, codes: Tensor, scales: Tensor) => [matmulQuantised(a, { codes, scales })])(
      x,
      q.codes,
      q.scales,
    )
  },
}

const on = (d: Device, name: string, s: Sizes): Tensor[] => useDevice(d, () => programs[name](s))
const bytesOf = (xs: readonly Tensor[]): Buffer => Buffer.concat(xs.map((x) => Buffer.from(x.array().buffer)))

describe.each(Object.keys(programs))("products of few rows, %s", (name) => {
  test("agree with the reference, whatever the sizes", () => {
    fc.assert(
      fc.property(sizes, (s) => {
        const expected = on(device("reference"), name, s)
        on(fast[0], name, s).forEach((y, i) => {
          expectClose(y, expected[i], { relative: 1e-4, absolute: 3e-5 * Math.sqrt(s.k) }, JSON.stringify(s))
        })
      }),
      { numRuns: 40, examples: deep.map((s) => [s]) },
    )
  })

  test("have the same bits on 1, 2 and 3 threads", () => {
    const some: Sizes[] = [
      { m: 1, k: 517, n: 259, groups: 11 },
      { m: 3, k: 512, n: 512, groups: 1 },
      { m: 8, k: 300, n: 130, groups: 3 },
      { m: 2, k: 96, n: 5003, groups: 4 },
    ]
    for (const s of some)
      for (const team of [strict, fast]) {
        const [one, ...others] = team.map((d) => bytesOf(on(d, name, s)))
        for (const other of others) expect(other.equals(one)).toBe(true)
      }
  })
})

test("infinite and undefined halves come out as such", () => {
  const [k, n] = [37, 45]
  const w = new Float32Array(k * n).fill(0.5)
  const places: [number, number][] = [
    [3 * n + 1, Number.POSITIVE_INFINITY],
    [20 * n + 18, Number.NEGATIVE_INFINITY],
    [36 * n + 44, Number.NaN],
    [9 * n + 30, 1e6],
  ]
  for (const [at, value] of places) w[at] = value
  const product = () => matmulHalf(random([2, k], 1), tensor(w, { shape: [k, n] }).cast("f16"))
  expectClose(useDevice(fast[0], product), useDevice("reference", product), { relative: 1e-5 })
})
