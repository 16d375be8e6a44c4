import { expect, test } from "vitest"
import { highestPotential, linePotentials, postsynapticPotential, tempotronLesson } from "./tempotron.ts"

test("a postsynaptic potential begins at 0 and peaks at 1", () => {
  const kernel = postsynapticPotential(1000, { tau: 150, tauSynapse: 40 })
  expect(kernel[0]).toBe(0)
  expect(Math.max(...kernel)).toBeCloseTo(1, 4)
  // The peak of exp(-t/τ) - exp(-t/τs) is at ln(τ/τs) τ τs / (τ - τs)
  expect(kernel.indexOf(Math.max(...kernel))).toBeCloseTo((Math.log(150 / 40) * 150 * 40) / 110, -0.3)
})

test("potentials of lines add up after their spikes", () => {
  const kernel = Float64Array.of(0, 1, 0.5, 0.25)
  expect([...linePotentials([1, 0, 1, 0, 0, 0, 0, 1], 2, kernel)]).toEqual([0, 1, 0.5, 1.25, 0, 0, 0, 0])
})

test("a lesson moves weights at the highest moment by what their lines did there, and only on an error", () => {
  const potentials = Float64Array.of(0, 1, 0.5, 0.2, 0.4, 0.6)
  expect(highestPotential([0.5, 0.5], potentials)).toEqual({ value: 0.7, at: 1 })
  const weights = Float64Array.of(0.5, 0.5)
  expect(tempotronLesson(weights, potentials, false, 0.1)).toBe(true)
  expect([...weights]).toEqual([0.5, 0.5])
  expect(tempotronLesson(weights, potentials, true, 0.1)).toBe(false)
  expect([...weights]).toEqual([0.6, 0.54])
  const loud = Float64Array.of(2, 0)
  expect(tempotronLesson(loud, potentials, false, 0.1)).toBe(false)
  expect([...loud]).toEqual([1.9, expect.closeTo(-0.04, 12)])
})

test("two patterns of spikes are told apart by their order", () => {
  const steps = 30
  const kernel = postsynapticPotential(steps, { tau: 8 })
  const pattern = (times: number[]): Float64Array => {
    const trains = new Uint8Array(times.length * steps)
    for (const [line, t] of times.entries()) trains[line * steps + t] = 1
    return linePotentials(trains, times.length, kernel)
  }
  const [rising, falling] = [pattern([2, 8, 14, 20]), pattern([20, 14, 8, 2])]
  const weights = new Float64Array(4).fill(0.1)
  let right = false
  for (let round = 0; round < 500 && !right; round++)
    right = [tempotronLesson(weights, rising, true, 0.02), tempotronLesson(weights, falling, false, 0.02)].every(
      Boolean,
    )
  expect(right).toBe(true)
})

test("time constants that make no potential are refused", () => {
  expect(() => postsynapticPotential(10, { tau: 3, tauSynapse: 5 })).toThrow(/3 and 5 steps/)
})
