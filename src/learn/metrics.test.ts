import { describe, expect, test } from "vitest"
import { hostRandom } from "../engine/index.ts"
import { areaUnderCurve, explainedVariance } from "./metrics.ts"

describe("the area under the curve", () => {
  test("by hand, with ties", () => {
    expect(areaUnderCurve([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])).toBe(0.75)
    expect(areaUnderCurve([1, 1, 1, 1], [0, 1, 0, 1])).toBe(0.5)
    expect(areaUnderCurve([3, 2, 1], [0, 0, 1])).toBe(0)
    expect(areaUnderCurve([0, 1, 1, 2], [0, 0, 1, 1])).toBe(0.875)
  })

  test("is the share of pairs that are in order, ties half", () => {
    const random = hostRandom(5)
    const scores = Array.from({ length: 60 }, () => Math.floor(10 * random.uniform()))
    const labels = scores.map((s) => (random.uniform() < 0.2 + s / 20 ? 1 : 0))
    let [right, pairs] = [0, 0]
    for (const [i, a] of scores.entries())
      for (const [j, b] of scores.entries())
        if (labels[i] === 1 && labels[j] === 0) {
          pairs++
          right += a > b ? 1 : a === b ? 0.5 : 0
        }
    expect(areaUnderCurve(scores, labels)).toBeCloseTo(right / pairs, 12)
  })

  test("needs both, and numbers", () => {
    expect(() => areaUnderCurve([1, 2], [1, 1])).toThrow(/2 positive and 0 negative/)
    expect(() => areaUnderCurve([1, Number.NaN], [1, 0])).toThrow(/score 1 is not a number/)
  })
})

test("explained variance: all, none, and what a constant shift leaves", () => {
  const target = [1, 2, 3, 4]
  expect(explainedVariance(target, target)).toBe(1)
  expect(explainedVariance([0, 0, 0, 0], target)).toBe(0)
  expect(explainedVariance([11, 12, 13, 14], target)).toBe(1)
  expect(explainedVariance([4, 3, 2, 1], target)).toBe(-3)
  expect(() => explainedVariance([1, 2], [5, 5])).toThrow(/does not vary/)
})
