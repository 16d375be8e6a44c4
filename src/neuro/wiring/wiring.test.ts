import { describe, expect, test } from "vitest"
import { hostRandom } from "../../engine/index.ts"
import {
  allToAll,
  connectionPairs,
  distance,
  distanceDependent,
  fixedInDegree,
  fixedOutDegree,
  fixedProbability,
  fixedTotal,
  gridPositions,
  oneToOne,
  type Wiring,
} from "./index.ts"

const draw = (wiring: Wiring, pre: number, post: number, isSame = false, seed = 1) =>
  wiring.connect({ pre, post, isSame }, hostRandom(seed))
const counts = (list: Int32Array, size: number): number[] => {
  const found = new Array(size).fill(0)
  for (const i of list) found[i]++
  return found
}

test.each([0.02, 0.5])("fixedProbability %f: the share of pairs, each on its own", (p) => {
  const [pre, post] = [400, 500]
  const found = draw(fixedProbability(p), pre, post)
  const mean = p * pre * post
  expect(Math.abs(found.pre.length - mean)).toBeLessThan(5 * Math.sqrt(mean * (1 - p)))
  expect(new Set(Array.from(found.pre, (i, e) => i * post + found.post[e])).size).toBe(found.pre.length)
  // Degrees are binomial: their variance says that pairs do not know of one another.
  for (const [degrees, n] of [
    [counts(found.pre, pre), post],
    [counts(found.post, post), pre],
  ] as const) {
    const average = degrees.reduce((a, b) => a + b) / degrees.length
    const variance = degrees.reduce((a, b) => a + (b - average) ** 2, 0) / (degrees.length - 1)
    expect(variance / (n * p * (1 - p))).toBeGreaterThan(0.75)
    expect(variance / (n * p * (1 - p))).toBeLessThan(1.3)
  }
})

test("probabilities 0 and 1, with and without itself", () => {
  expect(draw(fixedProbability(0), 5, 5).pre.length).toBe(0)
  expect(draw(fixedProbability(1), 4, 5).pre.length).toBe(20)
  const others = draw(fixedProbability(1, { self: false }), 5, 5, true)
  expect(others.pre.length).toBe(20)
  expect(others.pre.some((i, e) => i === others.post[e])).toBe(false)
})

test("degrees", () => {
  const out = draw(fixedOutDegree(7, { self: false }), 30, 30, true)
  expect(counts(out.pre, 30)).toEqual(new Array(30).fill(7))
  expect(new Set(Array.from(out.pre, (i, e) => i * 30 + out.post[e])).size).toBe(210)
  expect(out.pre.some((i, e) => i === out.post[e])).toBe(false)
  const into = draw(fixedInDegree(7), 20, 30)
  expect(counts(into.post, 30)).toEqual(new Array(30).fill(7))
  expect([...into.pre].sort((a, b) => a - b)).toEqual([...into.pre])
})

test("fixedTotal: so many, some pairs more than once, none to itself where that is excluded", () => {
  const found = draw(fixedTotal(5000, { self: false }), 40, 40, true)
  expect(found.pre.length).toBe(5000)
  expect(found.pre.some((i, e) => i === found.post[e])).toBe(false)
  expect(new Set(Array.from(found.pre, (i, e) => i * 40 + found.post[e])).size).toBeGreaterThan(1300)
})

test("one to one, all to all, pairs", () => {
  expect(draw(oneToOne(), 3, 3)).toEqual({ pre: Int32Array.of(0, 1, 2), post: Int32Array.of(0, 1, 2) })
  expect(draw(allToAll(), 2, 2).pre).toEqual(Int32Array.of(0, 0, 1, 1))
  expect(draw(allToAll({ self: false }), 2, 2, true)).toEqual({ pre: Int32Array.of(0, 1), post: Int32Array.of(1, 0) })
  const list = draw(
    connectionPairs([
      [2, 0],
      [0, 1],
    ]),
    3,
    2,
  )
  expect([...list.pre, ...list.post]).toEqual([0, 2, 1, 0])
})

test("distance dependent: the profile is met, on a torus too", () => {
  const places = gridPositions(20, 20)
  const wiring = distanceDependent(places, places, (d) => Math.exp(-d / 3), { self: false, period: [20, 20] })
  const found = draw(wiring, 400, 400, true)
  const byDistance = new Map<number, number>()
  found.pre.forEach((i, e) => {
    const d = distance(places[i], places[found.post[e]], [20, 20])
    byDistance.set(d, (byDistance.get(d) ?? 0) + 1)
  })
  for (const [d, pairs] of [
    [1, 1600],
    [Math.SQRT2, 1600],
    [5, 4800], // 5 along an axis, or 3 and 4
  ]) {
    const p = Math.exp(-d / 3)
    expect(Math.abs((byDistance.get(d) ?? 0) - p * pairs)).toBeLessThan(5 * Math.sqrt(p * (1 - p) * pairs))
  }
  expect(distance([0, 0], [19, 1], [20, 20])).toBeCloseTo(Math.SQRT2)
})

test("the same seed draws the same", () => {
  const wiring = fixedProbability(0.1)
  expect(draw(wiring, 50, 60, false, 3)).toEqual(draw(wiring, 50, 60, false, 3))
  expect(draw(wiring, 50, 60, false, 3)).not.toEqual(draw(wiring, 50, 60, false, 4))
})

describe("errors", () => {
  test.each<[string, () => unknown, RegExp]>([
    ["probability", () => fixedProbability(1.2), /between 0 and 1, not 1.2/],
    ["degree", () => fixedOutDegree(1.5), /whole number of at least 0, not 1.5/],
    ["too many", () => draw(fixedInDegree(5, { self: false }), 5, 5, true), /5 different partners of 4/],
    ["one to one", () => draw(oneToOne(), 2, 3), /2 neurons cannot be wired one to one with 3/],
    ["pairs", () => draw(connectionPairs([[0, 9]]), 2, 3), /0 to 9, of 2 and 3 neurons/],
    [
      "positions",
      () =>
        draw(
          distanceDependent([[0]], [[0]], () => 1),
          2,
          1,
        ),
      /1 and 1 positions for 2 and 1/,
    ],
    [
      "profile",
      () =>
        draw(
          distanceDependent([[0]], [[0]], () => 2),
          1,
          1,
        ),
      /between 0 and 1, not 2/,
    ],
  ])("%s", (_, fail, message) => {
    expect(fail).toThrow(message)
  })
})
