import { expect, test } from "vitest"
import { jit, scan, type Tensor, tensor } from "../../engine/index.ts"
import { intervals, record } from "../testing.ts"
import { leakyIF, leakyIntegrator } from "./index.ts"

test("below threshold the potential follows its closed form, exactly, at any step", () => {
  for (const dtMs of [0.1, 1, 10]) {
    const { v, timesMs } = record(leakyIF, 0.9, { restMV: -70, resistance: 20 }, { dtMs, durationMs: 50 })
    expect(timesMs).toEqual([])
    v.forEach((x, i) => {
      expect(x).toBeCloseTo(-70 + 18 * (1 - Math.exp((-(i + 1) * dtMs) / 10)), 9)
    })
  }
})

test("spikes come in the step where the closed form reaches the threshold, and after each refractory period again", () => {
  const parameters = { tauMs: 20, restMV: -60, resetMV: -60, thresholdMV: -50, tauRefMs: 5 }
  for (const dtMs of [0.1, 0.5]) {
    const { timesMs } = record(leakyIF, 14, parameters, { dtMs, durationMs: 100 })
    // 14 (1 - exp(-t / 20)) = 10
    const rise = Math.ceil((20 * Math.log(14 / 4)) / dtMs)
    const still = 5 / dtMs
    const expected = Array.from({ length: 3 }, (_, k) => (rise + k * (rise + still)) * dtMs)
    expect(timesMs).toEqual(expected.map((t) => expect.closeTo(t, 9)))
  }
})

test("the f-I curve: silent below the rheobase, its closed form above", () => {
  const currents = [10, 14.9, 15.5, 17, 20, 30, 60]
  const [tau, tauRef, dtMs] = [10, 2, 0.01]
  const p = { tauMs: tau, restMV: -65, resetMV: -68, thresholdMV: -50, tauRefMs: tauRef }
  const run = jit(() =>
    scan(
      (state: ReturnType<typeof leakyIF.state>) => leakyIF(state, tensor(currents), p, dtMs),
      leakyIF.state([currents.length], p),
      undefined,
      { length: 50_000 },
    ),
  )
  const rates = run()[1].sum(0).toList() as number[]
  currents.forEach((current, i) => {
    const period = tauRef + tau * Math.log((current + 3) / (current - 15))
    const rate = current <= 15 ? 0 : 500 / period
    expect(Math.abs(rates[i] - rate)).toBeLessThan(1 + 0.003 * rate)
  })
})

test("each neuron has its own parameters where they are tensors", () => {
  const p = { tauMs: tensor([10, 20]), thresholdMV: tensor([5, 1]), tauRefMs: tensor([0, 3]), resetMV: 0 }
  let state = leakyIF.state([2], p)
  const spikes: Tensor[] = []
  for (let t = 0; t < 6; t++) {
    const [next, s] = leakyIF(state, 30, p, 1)
    state = next
    spikes.push(s)
  }
  // 30 (1 - exp(-1 / 10)) = 2.85, 30 (1 - exp(-1 / 20)) = 1.46
  expect(spikes.map((s) => s.toList())).toEqual([
    [0, 1],
    [1, 0],
    [0, 0],
    [1, 0],
    [0, 1],
    [1, 0],
  ])
})

test("a leaky integrator gives its potential and never fires", () => {
  const [state, v] = leakyIntegrator(leakyIntegrator.state([2]), tensor([100, -100]), { resistance: 2 }, 10)
  expect(v).toBe(state.v)
  expect(Object.keys(state)).toEqual(["v"])
  expect(v.toList()).toEqual([200, -200].map((x) => expect.closeTo(x * (1 - Math.exp(-1)), 4)))
})

test("a conductance belongs to the leak: integrated exactly, however strong", () => {
  // tau v' = -(v - rest) + g (E - v): settles at (rest + g E) / (1 + g) with tau / (1 + g)
  const { v } = record(
    leakyIF,
    (x) => x.neg().mul(7),
    { restMV: -60, tauMs: 20 },
    { dtMs: 5, durationMs: 50, vMV: -70 },
  )
  v.forEach((x, i) => {
    expect(x).toBeCloseTo(-7.5 - 62.5 * Math.exp((-(i + 1) * 5 * 8) / 20), 9)
  })
})

test("firing is as regular as its cause", () => {
  const { timesMs } = record(leakyIF, 25, { tauRefMs: 1.5 }, { dtMs: 0.05 })
  const gaps = intervals(timesMs)
  for (const gap of gaps) expect(gap).toBeCloseTo(gaps[0], 6)
})
