import { expect, test } from "vitest"
import { hostRandom } from "../engine/index.ts"
import { lempelZivComplexity, lempelZivPhrases } from "./complexity.ts"

const bits = (text: string): number[] => [...text].map(Number)
const phrasesOf = (text: string): string[] => lempelZivPhrases(bits(text)).map(({ from, to }) => text.slice(from, to))

test.each([
  ["0001101001000101", 6],
  ["1001111011000010", 6],
  ["0101010101010101", 3],
  ["0000000000000000", 2],
  ["0110", 3],
])("%s has %i phrases", (text, phrases) => {
  expect(phrasesOf(text).length).toBe(phrases)
})

test("phrases as Lempel and Ziv print them", () => {
  expect(phrasesOf("0001101001000101")).toEqual(["0", "001", "10", "100", "1000", "101"])
  expect(phrasesOf("0101010101010101")).toEqual(["0", "1", "01010101010101"])
})

test("every phrase but the last is new, and without its last step it is old", () => {
  const random = hostRandom(3)
  for (let round = 0; round < 20; round++) {
    const text = Array.from({ length: 60 }, () => (random.uniform() < 0.3 ? "1" : "0")).join("")
    const phrases = lempelZivPhrases(bits(text))
    expect(phrases.map(({ from, to }) => text.slice(from, to)).join("")).toBe(text)
    for (const { from, to } of phrases.slice(0, -1)) {
      expect(text.slice(0, to - 1).includes(text.slice(from, to))).toBe(false)
      if (to - from > 1) expect(text.slice(0, to - 2).includes(text.slice(from, to - 1))).toBe(true)
    }
  }
})

test("nears the entropy rate: a fair coin, a rare event", () => {
  const random = hostRandom(11)
  const mean = (p: number): number => {
    const list = Array.from({ length: 30 }, () =>
      lempelZivComplexity(Array.from({ length: 1024 }, () => (random.uniform() < p ? 1 : 0))),
    )
    return list.reduce((a, b) => a + b, 0) / list.length
  }
  expect(Math.abs(mean(0.5) - 1.06)).toBeLessThan(0.02)
  expect(Math.abs(mean(0.1) - 0.49)).toBeLessThan(0.03)
})

test("what is no train is refused", () => {
  expect(() => lempelZivComplexity([1])).toThrow(/1 steps has no complexity/)
  expect(() => lempelZivComplexity([0, 1, 2])).toThrow(/step 2 is 2/)
  expect(() => lempelZivComplexity([0, Number.NaN])).toThrow(/step 1 is NaN/)
})
