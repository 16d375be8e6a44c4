import { expect, test } from "vitest"
import { Choice } from "./choice.ts"

/** How many of the last hundred of many runs were together, where a run takes so long. */
function share(msOf: (together: boolean, run: number) => number, runs = 1000): number {
  const choice = new Choice()
  let together = 0
  for (let run = 0; run < runs; run++) {
    const is = choice.next()
    choice.took(is, msOf(is, run))
    if (is && run >= runs - 100) together++
  }
  return together
}

test("takes the way that is quicker, and looks at the other one now and then", () => {
  expect(share((together) => (together ? 1 : 1.9))).toBeGreaterThan(95)
  expect(share((together) => (together ? 9 : 1))).toBeLessThan(3)
  const close = share((together) => (together ? 1 : 1.1))
  expect(close).toBeGreaterThan(90)
  expect(close).toBeLessThan(100)
})

test("finds out that the machine has become busy, or quiet", () => {
  const busy = (from: number, to: number) => (together: boolean, run: number) =>
    run >= from && run < to ? (together ? 8 : 1) : together ? 0.6 : 1
  expect(share(busy(500, 1000))).toBeLessThan(5)
  expect(share(busy(0, 500))).toBeGreaterThan(90)
})

test("the first run, which compiles, does not count", () => {
  expect(share((together, run) => (run === 0 ? 500 : together ? 1 : 2))).toBeGreaterThan(95)
})
