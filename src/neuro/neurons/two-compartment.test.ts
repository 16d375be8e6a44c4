import { expect, test } from "vitest"
import { jit, scan, type Tensor, tensor } from "../../engine/index.ts"
import { twoCompartment } from "./two-compartment.ts"

const run = (basal: number, apical: number, options: object, steps: number, dtMs = 0.05) =>
  jit(
    () =>
      scan(
        (state: ReturnType<typeof twoCompartment.state>) => {
          const parameters = { thresholdMV: 1e9, ...options, apicalCurrent: apical }
          const [next, s] = twoCompartment(state, tensor([basal]), parameters, dtMs)
          return [next, { v: next.v, a: next.apical, s }] as [typeof next, Record<"v" | "a" | "s", Tensor>]
        },
        twoCompartment.state([1]),
        undefined,
        { length: steps },
      )[1],
  )()

test("at rest currents divide between soma and dendrite as between two resistors", () => {
  const [g, basal, apical] = [0.5, 6, 3]
  const { v, a } = run(basal, apical, { coupling: g }, 6000)
  // (1 + g) v - g a = I_b and (1 + g) a - g v = I_a
  const determinant = (1 + g) ** 2 - g ** 2
  expect(v.array().at(-1)).toBeCloseTo(((1 + g) * basal + g * apical) / determinant, 3)
  expect(a.array().at(-1)).toBeCloseTo(((1 + g) * apical + g * basal) / determinant, 3)
})

test("between, the potentials follow the closed form of two coupled compartments", () => {
  // Equal time constants: sum and difference are independent, with rates 1/τ and (1 + 2g)/τ.
  const [g, tau, dt] = [0.8, 10, 0.01]
  const { v, a } = run(2, 0, { coupling: g, tauSomaMs: tau, tauApicalMs: tau, method: "rk4" }, 2000, dt)
  for (const step of [99, 999, 1999]) {
    const t = (step + 1) * dt
    const sum = 2 * (1 - Math.exp(-t / tau))
    const difference = (2 / (1 + 2 * g)) * (1 - Math.exp((-t * (1 + 2 * g)) / tau))
    expect(v.array()[step]).toBeCloseTo((sum + difference) / 2, 4)
    expect(a.array()[step]).toBeCloseTo((sum - difference) / 2, 4)
  }
})

test("the apical side alone does not fire the neuron, but makes it fire more", () => {
  const spikes = (basal: number, apical: number): number =>
    run(basal, apical, { thresholdMV: 20 }, 20_000).s.sum().item()
  expect(spikes(0, 60)).toBe(0)
  expect(spikes(40, 0)).toBeGreaterThan(5)
  expect(spikes(40, 40)).toBeGreaterThan(1.2 * spikes(40, 0))
})

test("a spike travels back into the dendrite", () => {
  const peak = (backMV: number): number => Math.max(...run(40, 0, { thresholdMV: 20, backMV }, 4000).a.array())
  expect(peak(30) - peak(0)).toBeGreaterThan(20)
})
