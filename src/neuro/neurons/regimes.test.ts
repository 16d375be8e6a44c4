import { expect, test } from "vitest"
import { intervals, record } from "../testing.ts"
import {
  adaptiveExponentialIF,
  generalizedIF,
  hodgkinHuxley,
  izhikevich,
  izhikevichPatterns,
  morrisLecar,
  wangBuzsaki,
} from "./index.ts"

const pattern = (name: keyof typeof izhikevichPatterns, current: number, durationMs = 500): number[] =>
  record(izhikevich, current, izhikevichPatterns[name], { durationMs, dtMs: 0.1 }).timesMs

test("Izhikevich, regular spiking: adapts, intervals grow and settle", () => {
  const gaps = intervals(pattern("regularSpiking", 10))
  expect(gaps.length).toBeGreaterThan(5)
  expect(gaps[1]).toBeGreaterThan(1.5 * gaps[0])
  expect(gaps[gaps.length - 1] / gaps[gaps.length - 2]).toBeCloseTo(1, 1)
  expect(pattern("regularSpiking", 3)).toEqual([])
})

test("Izhikevich, fast spiking: several times as fast, without adaptation", () => {
  const times = pattern("fastSpiking", 10)
  const gaps = intervals(times)
  expect(times.length).toBeGreaterThan(3 * pattern("regularSpiking", 10).length)
  expect(Math.max(...gaps.slice(3)) / Math.min(...gaps.slice(3))).toBeLessThan(1.1)
})

test("Izhikevich, bursting: an opening burst, then single spikes; chattering: burst after burst", () => {
  const opening = intervals(pattern("intrinsicallyBursting", 10))
  expect(opening[0]).toBeLessThan(5)
  expect(Math.min(...opening.slice(1))).toBeGreaterThan(15)
  const gaps = intervals(pattern("chattering", 10))
  const within = gaps.filter((gap) => gap < 8).length
  const between = gaps.filter((gap) => gap > 15).length
  expect(within + between).toBe(gaps.length)
  expect(between).toBeGreaterThan(4)
  expect(within).toBeGreaterThan(1.5 * between)
})

test("Hodgkin and Huxley: 68 Hz at 10 µA/cm², one spike at 4, none at 2; it jumps to its lowest rate", () => {
  const run = (current: number, durationMs = 1000): number[] =>
    record(hodgkinHuxley, current, {}, { durationMs, dtMs: 0.02 }).timesMs
  expect(run(10).length).toBeGreaterThanOrEqual(67)
  expect(run(10).length).toBeLessThanOrEqual(70)
  expect(run(2, 300).length).toBe(0)
  expect(run(4, 300).length).toBe(1)
  // Repetitive firing of the textbook membrane begins between 6.2 and 6.4, at once at about 50 Hz.
  expect(run(6.0).length).toBeLessThan(10)
  expect(run(6.5).length).toBeGreaterThan(48)
})

test("Morris and Lecar: rests at 80 µA/cm², oscillates at 100, blocks at 250", () => {
  const late = (current: number): [number, number] => {
    const { v, timesMs } = record(morrisLecar, current, {}, { durationMs: 1500, dtMs: 0.1 })
    const end = v.slice(-5000)
    return [timesMs.filter((t) => t > 1000).length, Math.max(...end) - Math.min(...end)]
  }
  expect(late(80)[1]).toBeLessThan(1)
  const [spikes, swing] = late(100)
  expect(spikes).toBeGreaterThanOrEqual(5)
  expect(swing).toBeGreaterThan(50)
  expect(late(250)).toEqual([0, expect.closeTo(0, 0)])
})

test("Wang and Buzsáki: fires as slowly as one likes above its threshold", () => {
  const rate = (current: number): number =>
    record(wangBuzsaki, current, {}, { durationMs: 1000, dtMs: 0.05 }).timesMs.length
  expect(rate(0.1)).toBe(0)
  expect(rate(0.2)).toBeGreaterThan(2)
  expect(rate(0.2)).toBeLessThan(25)
  expect(rate(2)).toBeGreaterThan(90)
})

test("adaptation of AdEx and after-currents of GIF slow their firing", () => {
  const gaps = intervals(record(adaptiveExponentialIF, 10, {}, { dtMs: 0.05 }).timesMs)
  expect(gaps[4]).toBeGreaterThan(1.4 * gaps[0])
  const still = record(generalizedIF, 1.5, {}, { dtMs: 0.1 }).timesMs.length
  const slowed = record(generalizedIF, 1.5, { a2: -0.4 }, { dtMs: 0.1 }).timesMs.length
  expect(slowed).toBeLessThan(still)
})
