import { expect, test } from "vitest"
import { hostRandom } from "../../src/engine/random-host.ts"
import {
  aggregationOf,
  delayedGratification,
  episodesOf,
  errorsOf,
  inPercent,
  Recorder,
  standardError,
} from "./measures.ts"

test("errors are neighbours out of upward order", () => {
  expect(errorsOf([1, 2, 2, 3])).toBe(0)
  expect(errorsOf([3, 2, 1])).toBe(2)
  expect(errorsOf([1, 3, 2, 4])).toBe(1)
})

test("aggregation is like neighbours over n", () => {
  expect(aggregationOf([1, 1, 0, 0])).toBe(2 / 4)
  expect(aggregationOf([1, 0, 1, 0])).toBe(0)
})

test("delayed gratification is the mean of (fall - rise) / rise", () => {
  // 5 falls to 3 (before the first rise), rises by 1, falls by 3: (3 - 1) / 1; rises by 2, falls by 1: (1 - 2) / 2.
  const errors = [5, 3, 3, 4, 4, 3, 1, 3, 2]
  expect(episodesOf(errors)).toEqual([
    { from: 1, top: 3, to: 6, gain: 2 },
    { from: 6, top: 7, to: 8, gain: -0.5 },
  ])
  expect(delayedGratification(errors)).toBe(0.75)
})

test("a last rise without a fall does not count, and without episodes it is 0", () => {
  expect(delayedGratification([5, 4, 3])).toBe(0)
  expect(delayedGratification([3, 4, 5])).toBe(0)
  expect(delayedGratification([3, 4, 3, 5])).toBe(0)
  expect(delayedGratification([4])).toBe(0)
  expect(delayedGratification([3, 5, 1])).toBe(1)
})

test("the recorder follows any swaps", () => {
  const random = hostRandom(1)
  const values = [...random.permutation(12)].map((value) => value >> 1)
  const labels = values.map(() => random.integer(2))
  const recorder = new Recorder(values, labels)
  for (let i = 0; i < 400; i++) {
    const a = random.integer(12)
    const b = (a + 1 + random.integer(11)) % 12
    ;[values[a], values[b]] = [values[b], values[a]]
    ;[labels[a], labels[b]] = [labels[b], labels[a]]
    recorder.swap(a, b)
    expect(recorder.errors.at(-1)).toBe(errorsOf(values))
    expect(recorder.aggregation.at(-1)).toBe(aggregationOf(labels))
  }
  expect(recorder.errors.length).toBe(401)
})

test("a curve in percent keeps its ends", () => {
  const percent = inPercent([7, 1, 2, 3, 9])
  expect([percent.length, percent[0], percent[25], percent[100]]).toEqual([101, 7, 1, 9])
  expect(inPercent([4])).toEqual(Array(101).fill(4))
})

test("the standard error of 1, 2, 3 is 1 / sqrt(3)", () => {
  expect(standardError([1, 2, 3])).toBeCloseTo(1 / Math.sqrt(3), 12)
})
