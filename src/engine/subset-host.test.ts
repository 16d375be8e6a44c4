import { expect, test } from "vitest"
import { hostRandom } from "./random-host.ts"
import { SubsetSampler } from "./subset-host.ts"

/** How far counts are from their shares of the whole (equal ones by default), in standard deviations of chi-square. */
function unevenness(counts: readonly number[], shares = counts.map(() => 1 / counts.length)): number {
  const total = counts.reduce((a, b) => a + b, 0)
  const chi = counts.reduce((sum, count, i) => sum + (count - total * shares[i]) ** 2 / (total * shares[i]), 0)
  return (chi - (counts.length - 1)) / Math.sqrt(2 * (counts.length - 1))
}

test("every ordered draw is as likely, also where many draws share a word", () => {
  const sampler = new SubsetSampler(6)
  const random = hostRandom(3)
  const counts = new Map<string, number>()
  for (let i = 0; i < 120_000; i++) {
    sampler.draw(3, random)
    const drawn = sampler.items.slice(0, 3).join()
    counts.set(drawn, (counts.get(drawn) ?? 0) + 1)
  }
  expect(counts.size).toBe(120)
  expect(unevenness([...counts.values()])).toBeLessThan(4)
})

// 1290 is the largest number of which three draws fit one word; of 1291 two do, of 46341 one.
test.each([1000, 1290, 1291, 46_341])("of %i items each is drawn as often, in every place", (n) => {
  const sampler = new SubsetSampler(n)
  const random = hostRandom(n)
  const places = [0, 1, 2, 3].map(() => new Array<number>(50).fill(0))
  const all = new Array<number>(50).fill(0)
  for (let i = 0; i < 40_000; i++) {
    sampler.draw(4, random)
    places.forEach((counts, place) => {
      const bin = sampler.items[place] % 50
      counts[bin]++
      all[bin]++
    })
  }
  const shares = all.map((_, residue) => Math.ceil((n - residue) / 50) / n)
  for (const counts of [...places, all]) expect(unevenness(counts, shares)).toBeLessThan(4.5)
})

test("what is drawn is different, and nothing is lost", () => {
  const sampler = new SubsetSampler(Int32Array.from({ length: 300 }, (_, i) => 7 * i))
  const random = hostRandom(1)
  for (const count of [0, 1, 64, 299, 300, 5]) {
    sampler.draw(count, random)
    expect(new Set(sampler.items.subarray(0, count)).size).toBe(count)
    expect([...sampler.items].sort((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, i) => 7 * i))
  }
})

test("the same seed draws the same", () => {
  const draw = (seed: number) => {
    const sampler = new SubsetSampler(500)
    const random = hostRandom(seed)
    sampler.draw(100, random)
    sampler.draw(20, random)
    return [...sampler.items]
  }
  expect(draw(4)).toEqual(draw(4))
  expect(draw(4)).not.toEqual(draw(5))
})

test("too many are refused", () => {
  expect(() => new SubsetSampler(10).draw(11, hostRandom(1))).toThrow(/cannot draw 11 of 10 items/)
  expect(() => new SubsetSampler(10).draw(-1, hostRandom(1))).toThrow(/cannot draw -1 of 10 items/)
  expect(() => new SubsetSampler(2 ** 21 + 1)).toThrow(/cannot draw from 2097153 items/)
})
