import fc from "fast-check"
import { beforeAll, expect, test } from "vitest"
import { asEvents, device, jit, scan, type Tensor, useDevice, zeros } from "../../../../index.ts"
import { expectClose, randomTensor } from "../../../../testing.ts"

const threads = [1, 2, 3].map((count) => device("wasm", { threads: count, numerics: "strict" }))
beforeAll(async () => {
  await Promise.all(threads.map((d) => d.ready()))
})

const fast = device("wasm", { threads: 1 })
const tolerance = { relative: 1e-4, absolute: 1e-4 }

interface Product {
  m: number
  k: number
  n: number
  density: number
  /** Share of events that are other numbers than 1. */
  graded: number
  turned: readonly [boolean, boolean]
}

const shape = fc.record({
  m: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 60, max: 150 })),
  k: fc.oneof(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1000, max: 2100 })),
  n: fc.integer({ min: 1, max: 140 }),
  density: fc.constantFrom(0, 0.02, 0.3, 1),
  graded: fc.constantFrom(0, 0.01, 1),
  turned: fc.tuple(fc.boolean(), fc.boolean()),
})

/** A and B in f32, `turned` ones as transposes of row-major matrices. */
function operands({ m, k, n, density, graded, turned }: Product): [Tensor, Tensor] {
  const draw = (seed: number, s: readonly number[], turn: boolean, from = -1): Tensor => {
    const made = randomTensor(turn ? [...s].reverse() : s, seed, { from, to: 1, dtype: "f32" })
    return turn ? made.T : made
  }
  const chance = draw(1, [m, k], turned[0], 0)
  const other = draw(2, [m, k], turned[0], 0)
    .lt(graded)
    .cast("f32")
    .mul(draw(3, [m, k], turned[0]))
  return [chance.lt(density).cast("f32").mul(other.add(1)), draw(4, [k, n], turned[1])]
}

test("products of events, straight and transposed, equal the reference's", () => {
  fc.assert(
    fc.property(shape, (product) => {
      const [a, b] = useDevice("reference", () => operands(product))
      const expected = useDevice("reference", () => a.matmul(b))
      const f = jit((x: Tensor, y: Tensor) => asEvents(product.turned[0] ? x.T : x).matmul(product.turned[1] ? y.T : y))
      const given = useDevice("reference", () => [
        product.turned[0] ? a.T.add(0) : a.add(0),
        product.turned[1] ? b.T.add(0) : b.add(0),
      ]) as [Tensor, Tensor]
      expectClose(
        useDevice(fast, () => f(...given)),
        expected,
        tolerance,
        JSON.stringify(product),
      )
      const bits = threads.map((d) => useDevice(d, () => f(...given).array()))
      expect(bits[1]).toEqual(bits[0])
      expect(bits[2]).toEqual(bits[0])
    }),
    { numRuns: 60 },
  )
}, 60_000)

test("products of events that are added up in place", () => {
  const total = (spikes: Tensor, errors: Tensor): Tensor =>
    scan(
      (sum: Tensor, [s, e]: [Tensor, Tensor]) => [sum.add(asEvents(s).T.matmul(e)), 0],
      zeros([spikes.shape[2], errors.shape[2]]),
      [spikes, errors],
    )[0]
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 90 }),
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 70 }),
      fc.constantFrom(0, 0.05, 0.6),
      (m, k, n, density) => {
        const [spikes, errors] = useDevice("reference", () => [
          randomTensor([3, k, m], 1, { from: 0, to: 1, dtype: "f32" }).lt(density).cast("f32"),
          randomTensor([3, k, n], 2, { dtype: "f32" }),
        ])
        const expected = useDevice("reference", () => total(spikes, errors))
        expectClose(
          useDevice(fast, () => jit(total)(spikes, errors)),
          expected,
          tolerance,
        )
      },
    ),
    { numRuns: 30 },
  )
})
