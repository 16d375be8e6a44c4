import { describe, expect, test } from "vitest"
import { type Recording, record, rungeKutta } from "../testing.ts"
import {
  adaptiveExponentialIF,
  adaptiveQuadraticIF,
  exponentialIF,
  generalizedIF,
  hodgkinHuxley,
  izhikevich,
  leakyIF,
  leakyIntegrator,
  morrisLecar,
  quadraticIF,
  traubMiles,
  wangBuzsaki,
} from "./index.ts"
import type { Neuron } from "./neuron.ts"

/** A neuron as its paper has it, in plain numbers: the potential is y[0]. */
interface Reference {
  // biome-ignore lint/suspicious/noExplicitAny: models of all states
  readonly model: Neuron<any, any>
  readonly current: number
  readonly start: readonly number[]
  readonly f: (y: readonly number[]) => number[]
  readonly threshold: (y: readonly number[]) => number
  /** The state after a spike; without it the crossing is counted. */
  readonly reset?: (y: readonly number[]) => number[]
}

const { exp, tanh, cosh } = Math
const linoid = (z: number): number => (Math.abs(z) < 1e-9 ? 1 : z / (1 - exp(-z)))
const never = (): number => Number.POSITIVE_INFINITY
const tauDecay = (v: number): number => 4 * exp(-(v + 65) / 18)

const references: Reference[] = [
  {
    model: leakyIntegrator,
    current: 15,
    start: [0],
    f: ([v]) => [(-v + 15) / 10],
    threshold: never,
  },
  {
    model: leakyIF,
    current: 25,
    start: [0],
    f: ([v]) => [(-v + 25) / 10],
    threshold: () => 20,
    reset: () => [-5],
  },
  {
    model: exponentialIF,
    current: 10,
    start: [-65],
    f: ([v]) => [(-(v + 65) + 3.48 * exp((v + 59.9) / 3.48) + 10) / 10],
    threshold: () => -55,
    reset: () => [-68],
  },
  {
    model: adaptiveExponentialIF,
    current: 20,
    start: [-65, 0],
    f: ([v, w]) => [(-(v + 65) + 3.48 * exp((v + 59.9) / 3.48) - w + 20) / 10, (v + 65 - w) / 30],
    threshold: () => -55,
    reset: ([, w]) => [-68, w + 1],
  },
  {
    model: quadraticIF,
    current: 10,
    start: [-65],
    f: ([v]) => [(0.07 * (v + 65) * (v + 50) + 10) / 10],
    threshold: () => -30,
    reset: () => [-68],
  },
  {
    model: adaptiveQuadraticIF,
    current: 20,
    start: [-65, 0],
    f: ([v, w]) => [(0.07 * (v + 65) * (v + 50) - w + 20) / 10, (v + 65 - w) / 10],
    threshold: () => -30,
    reset: ([, w]) => [-68, w + 0.1],
  },
  {
    model: generalizedIF,
    current: 1.5,
    start: [-70, 0, 0, -50],
    f: ([v, i1, i2, t]) => [(-(v + 70) + 20 * (1.5 + i1 + i2)) / 20, -0.2 * i1, -0.02 * i2, -0.01 * (t + 50)],
    threshold: (y) => y[3],
    reset: ([, , i2, t]) => [-70, 0, i2, Math.max(-60, t)],
  },
  {
    model: izhikevich,
    current: 10,
    start: [-65, -13],
    f: ([v, u]) => [0.04 * v * v + 5 * v + 140 - u + 10, 0.02 * (0.2 * v - u)],
    threshold: () => 30,
    reset: ([, u]) => [-65, u + 8],
  },
  {
    model: hodgkinHuxley,
    current: 10,
    start: [-65, 0.05293248525724958, 0.5961207535084603, 0.3176769140606974],
    f: ([v, m, h, n]) => [
      -120 * m ** 3 * h * (v - 50) - 36 * n ** 4 * (v + 77) - 0.3 * (v + 54.387) + 10,
      linoid((v + 40) / 10) * (1 - m) - tauDecay(v) * m,
      0.07 * exp(-(v + 65) / 20) * (1 - h) - h / (1 + exp(-(v + 35) / 10)),
      0.1 * linoid((v + 55) / 10) * (1 - n) - 0.125 * exp(-(v + 65) / 80) * n,
    ],
    threshold: () => 20,
  },
  {
    model: morrisLecar,
    current: 100,
    start: [-60, (1 + tanh((-60 - 2) / 30)) / 2],
    f: ([v, w]) => [
      (-4.4 * 0.5 * (1 + tanh((v + 1.2) / 18)) * (v - 130) - 8 * w * (v + 84) - 2 * (v + 60) + 100) / 20,
      0.04 * cosh((v - 2) / 60) * ((1 + tanh((v - 2) / 30)) / 2 - w),
    ],
    threshold: () => 10,
  },
  {
    model: wangBuzsaki,
    current: 2,
    start: [-65, 0.6, 0.32],
    f: ([v, h, n]) => {
      const opening = linoid((v + 35) / 10)
      const m = opening / (opening + 4 * exp(-(v + 60) / 18))
      return [
        -35 * m ** 3 * h * (v - 55) - 9 * n ** 4 * (v + 90) - 0.1 * (v + 65) + 2,
        5 * (0.07 * exp(-(v + 58) / 20) * (1 - h) - h / (1 + exp(-(v + 28) / 10))),
        5 * (0.1 * linoid((v + 34) / 10) * (1 - n) - 0.125 * exp(-(v + 44) / 80) * n),
      ]
    },
    threshold: () => 20,
  },
  {
    model: traubMiles,
    current: 500,
    start: [-60, 0, 0, 0],
    f: ([V, m, h, n]) => {
      const v = V + 63
      return [
        (-10 * (V + 60) - 20_000 * m ** 3 * h * (V - 50) - 6_000 * n ** 4 * (V + 90) + 500) / 200,
        1.28 * linoid((v - 13) / 4) * (1 - m) - 1.4 * linoid((40 - v) / 5) * m,
        0.128 * exp((17 - v) / 18) * (1 - h) - (4 / (1 + exp((40 - v) / 5))) * h,
        0.16 * linoid((v - 15) / 5) * (1 - n) - 0.5 * exp((10 - v) / 40) * n,
      ]
    },
    threshold: () => -20,
  },
]

function simulate({ start, f, threshold, reset }: Reference, dtMs: number): Recording {
  let y = [...start]
  const recording: Recording = { v: [], timesMs: [] }
  for (let step = 1; step <= Math.round(200 / dtMs); step++) {
    const old = y
    y = rungeKutta(f, y, dtMs)
    if (y[0] >= threshold(y) && (reset !== undefined || old[0] < threshold(old))) {
      recording.timesMs.push(step * dtMs)
      if (reset !== undefined) y = reset(y)
    }
    recording.v.push(y[0])
  }
  return recording
}

describe.each(references)("$model.model for 200 ms against Runge-Kutta", (reference) => {
  const { model, current } = reference
  const exact = simulate(reference, 0.0025)

  test("what it computes is the equations: with the same method and step, the same numbers", () => {
    const plain = simulate(reference, 0.01)
    const ours = record(model, current, { method: "rk4" })
    expect(ours.timesMs).toEqual(plain.timesMs.map((t) => expect.closeTo(t, 6)))
    const worst = ours.v.reduce((most, v, i) => Math.max(most, Math.abs(v - plain.v[i])), 0)
    expect(worst).toBeLessThan(1e-6)
  })

  test("its own method finds the spikes of the exact solution", () => {
    for (const dtype of ["f32", "f64"] as const) {
      const ours = record(model, current, {}, { dtype })
      expect(exact.timesMs.length).toBeGreaterThan(model === leakyIntegrator ? -1 : 2)
      expect(ours.timesMs.length).toBe(exact.timesMs.length)
      exact.timesMs.forEach((t, i) => {
        // At most a step late for each spike, and one part in a thousand that the method itself is off.
        expect(Math.abs(ours.timesMs[i] - t)).toBeLessThan(0.01 * (i + 2) + 0.001 * t)
      })
    }
  })
})
