import fc from "fast-check"
import { expect, test } from "vitest"
import { anyOf, binomialTail, hypergeometricTail } from "./probability.ts"

/** C(n, k), exactly. */
function choose(n: number, k: number): bigint {
  if (k < 0 || k > n) return 0n
  let result = 1n
  for (let i = 1n; i <= BigInt(Math.min(k, n - k)); i++) result = (result * (BigInt(n) - i + 1n)) / i
  return result
}

/** A quotient of whole numbers as the nearest double but for its last bit, however small. */
function quotient(numerator: bigint, denominator: bigint): number {
  if (numerator === 0n) return 0
  const shift = Math.max(0, denominator.toString(2).length - numerator.toString(2).length + 64)
  // 2 ** shift may overflow; its halves do not.
  const half = shift >> 1
  return Number((numerator << BigInt(shift)) / denominator) / 2 ** half / 2 ** (shift - half)
}

function exactTail(from: number, population: number, marked: number, drawn: number): number {
  let ways = 0n
  for (let b = Math.max(from, 0); b <= Math.min(marked, drawn); b++)
    ways += choose(marked, b) * choose(population - marked, drawn - b)
  return quotient(ways, choose(population, drawn))
}

const relative = (value: number, exact: number): number => (exact === 0 ? Math.abs(value) : Math.abs(value / exact - 1))

test("the hypergeometric tail is that of whole-number arithmetic", () => {
  const urn = fc
    .integer({ min: 1, max: 400 })
    .chain((population) =>
      fc.tuple(fc.constant(population), fc.nat(population), fc.nat(population), fc.nat(population)),
    )
  fc.assert(
    fc.property(urn, ([population, marked, drawn, from]) => {
      const value = hypergeometricTail(from, { population, marked, drawn })
      expect(relative(value, exactTail(from, population, marked, drawn))).toBeLessThan(1e-11)
    }),
    { numRuns: 300 },
  )
})

test.each([
  [12, 10_000, 30, 300],
  [15, 20_000, 249, 100],
  [30, 20_000, 50, 100],
  [40, 4000, 40, 100], // 4e-66
  [10, 2000, 662, 40],
  [900, 5000, 2500, 1500],
])("and stays so where factorials are huge: at least %i, %i cells, %i, %i", (from, population, marked, drawn) => {
  const value = hypergeometricTail(from, { population, marked, drawn })
  expect(relative(value, exactTail(from, population, marked, drawn))).toBeLessThan(1e-11)
})

test("for 200 000 cells, in the symmetric form that draws the synapses", () => {
  // P = sum of C(a, b) C(n - a, s - b) / C(n, s)
  const [n, a, s] = [200_000, 6000, 50]
  for (const theta of [5, 20, 45]) {
    const value = hypergeometricTail(theta, { population: n, marked: s, drawn: a })
    expect(relative(value, exactTail(theta, n, a, s))).toBeLessThan(1e-11)
  }
})

test("the binomial tail is that of whole-number arithmetic", () => {
  const cases = fc.tuple(fc.integer({ min: 1, max: 200 }), fc.nat(200), fc.nat(64))
  fc.assert(
    fc.property(cases, ([trials, from, share]) => {
      let ways = 0n
      for (let k = from; k <= trials; k++)
        ways += choose(trials, k) * BigInt(share) ** BigInt(k) * BigInt(64 - share) ** BigInt(trials - k)
      const exact = quotient(ways, 64n ** BigInt(trials))
      expect(relative(binomialTail(from, trials, share / 64), exact)).toBeLessThan(1e-11)
    }),
    { numRuns: 300 },
  )
})

test("any of many rare events, and of none", () => {
  expect(relative(anyOf(1_000_000, 1e-20), 1e-14)).toBeLessThan(1e-9)
  expect(anyOf(3, 0.5)).toBeCloseTo(0.875, 14)
  expect(anyOf(0, 0.5)).toBe(0)
  expect(anyOf(5, 1)).toBe(1)
})

test("what is certain and what is impossible", () => {
  expect(hypergeometricTail(0, { population: 5, marked: 2, drawn: 3 })).toBe(1)
  expect(hypergeometricTail(3, { population: 5, marked: 4, drawn: 4 })).toBe(1)
  expect(hypergeometricTail(3, { population: 5, marked: 2, drawn: 3 })).toBe(0)
  expect(hypergeometricTail(1, { population: 0, marked: 0, drawn: 0 })).toBe(0)
  expect(binomialTail(1, 0, 0.5)).toBe(0)
  expect(binomialTail(3, 3, 1)).toBe(1)
  expect(binomialTail(1, 3, 0)).toBe(0)
})

test.each([
  [() => hypergeometricTail(1, { population: 40, marked: 50, drawn: 3 }), /cannot mark 50 of 40/],
  [() => hypergeometricTail(1, { population: 40, marked: 5, drawn: 41 }), /cannot draw 41 of 40/],
  [() => hypergeometricTail(1, { population: 40, marked: 5, drawn: 1.5 }), /drawn must be a count, not 1.5/],
  [() => binomialTail(1, -1, 0.5), /trials must be a count, not -1/],
  [() => binomialTail(1, 3, 1.2), /1.2 is not a probability/],
])("refuses %#", (call, message) => expect(call).toThrow(message))
