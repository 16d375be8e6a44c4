import { expect, test } from "vitest"
import { hostRandom } from "../../engine/index.ts"
import { faceOf, talkerSizes, talkers } from "./talkers.ts"

const { bands, features } = talkerSizes
const face = faceOf(hostRandom(1))
const record = (seed: number, frames = 500, snrDb: readonly number[] = [0]) =>
  talkers(hostRandom(seed), { frames, snrDb, face })
const mean = (list: Float32Array): number => list.reduce((a, b) => a + b, 0) / list.length

test("each stretch of noise is as loud as its ratio says", () => {
  for (const snrDb of [-12, 0, 6]) {
    const { clean, mixed } = record(3, 200, [snrDb])
    for (const stretch of [0, 50, 150]) {
      const [from, to] = [stretch * bands, (stretch + 50) * bands]
      const signal = mean(clean.subarray(from, to))
      const noise = mean(mixed.subarray(from, to)) - signal
      expect(10 * Math.log10(signal / noise)).toBeCloseTo(snrDb, 2)
    }
  }
})

test("sounds and faces are of their sizes, in their ranges, and another seed's differ", () => {
  const { clean, mixed, video, frames } = record(3)
  expect([frames, clean.length, video.length]).toEqual([500, 500 * bands, 500 * features])
  expect(Math.min(...clean)).toBeGreaterThanOrEqual(1e-3 - 1e-9)
  expect(mixed.every((x, i) => x > clean[i])).toBe(true)
  expect(Math.max(...video.map(Math.abs))).toBeLessThan(1.6)
  expect(record(3).mixed).toEqual(mixed)
  expect(record(4).clean).not.toEqual(clean)
})

test("the face tells of three articulators and not of the fourth: the upper formant moves unseen", () => {
  const { clean, video } = record(5, 6000)
  const series = (values: Float32Array, width: number, at: number) =>
    Array.from({ length: 6000 }, (_, t) => values[t * width + at])
  // Where the upper formant stands: centre of mass of the bands 15 and above, whatever the loudness.
  const formant = Array.from({ length: 6000 }, (_, t) => {
    const own = clean.subarray(t * bands + 17, (t + 1) * bands)
    return own.reduce((sum, x, i) => sum + i * x, 0) / own.reduce((sum, x) => sum + x, 0)
  })
  const loudness = series(clean, bands, 4)
  const strongest = (y: number[]) =>
    Math.max(...Array.from({ length: features }, (_, k) => Math.abs(correlation(series(video, features, k), y))))
  expect(strongest(loudness)).toBeGreaterThan(0.3)
  expect(strongest(formant)).toBeLessThan(0.25)
})

test("errors", () => {
  expect(() => record(1, 0)).toThrow(/1 frame or more, not 0/)
  expect(() => record(1, 10, [])).toThrow(/no signal-to-noise ratio/)
})

function correlation(a: number[], b: number[]): number {
  const [ma, mb] = [a, b].map((x) => x.reduce((s, y) => s + y, 0) / x.length)
  const sum = (f: (i: number) => number): number => a.reduce((s, _, i) => s + f(i), 0)
  return sum((i) => (a[i] - ma) * (b[i] - mb)) / Math.sqrt(sum((i) => (a[i] - ma) ** 2) * sum((i) => (b[i] - mb) ** 2))
}
