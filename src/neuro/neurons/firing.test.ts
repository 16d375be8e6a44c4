import { describe, expect, test } from "vitest"
import { full, grad, jit, scan, type Tensor, tensor, zeros } from "../../engine/index.ts"
import { checkGradient } from "../../engine/testing.ts"
import { sigmoid, triangle } from "../surrogate.ts"
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

// biome-ignore lint/suspicious/noExplicitAny: models of all states
const models: { readonly model: Neuron<any, any>; readonly current: number }[] = [
  { model: leakyIntegrator, current: 15 },
  { model: leakyIF, current: 25 },
  { model: exponentialIF, current: 10 },
  { model: adaptiveExponentialIF, current: 65 },
  { model: quadraticIF, current: 10 },
  { model: adaptiveQuadraticIF, current: 20 },
  { model: generalizedIF, current: 1.5 },
  { model: izhikevich, current: 10 },
  { model: hodgkinHuxley, current: 10 },
  { model: morrisLecar, current: 100 },
  { model: wangBuzsaki, current: 2 },
  { model: traubMiles, current: 500 },
]

const fast = { tauMs: 1, thresholdMV: 10, resetMV: -2 }

describe("a step of an integrate-and-fire neuron", () => {
  test("adds what has no dynamics after integration, then fires, then resets", () => {
    const state = { v: tensor([8, 8, 12]) }
    const [next, spikes] = leakyIF(state, 0, { ...fast, tauMs: 1e9 }, 1, tensor([1.5, 2.5, -3]))
    expect(spikes.toList()).toEqual([0, 1, 0])
    expect(spikes.type.events).toBe(true)
    expect(next.v.toList()).toEqual([9.5, -2, 9])
  })

  test("holds the potential for the refractory period after a spike, and what arrives then is lost", () => {
    const p = { ...fast, tauMs: 1e9, tauRefMs: 0.3 }
    const [, [v, spikes]] = scan(
      (state: ReturnType<typeof leakyIF.state>) => {
        const [next, s] = leakyIF(state, 0, p, 0.1, 6)
        return [next, [next.v, s]]
      },
      leakyIF.state([1], p),
      undefined,
      { length: 9 },
    )
    expect(v.flatten().toList()).toEqual([6, -2, -2, -2, -2, 4, -2, -2, -2].map((x) => expect.closeTo(x, 4)))
    expect(spikes.flatten().toList()).toEqual([0, 1, 0, 0, 0, 0, 1, 0, 0])
  })

  test("a soft reset takes threshold - reset away, and does not fire again while refractory", () => {
    const p = { ...fast, tauMs: 1e9, reset: "soft", tauRefMs: 1 } as const
    const [once, first] = leakyIF({ ...leakyIF.state([1], p), v: tensor([30]) }, 0, p, 1)
    const [twice, second] = leakyIF(once, 0, p, 1)
    const [, third] = leakyIF(twice, 0, p, 1)
    expect([once.v.item(), twice.v.item()]).toEqual([18, 18])
    expect([first.item(), second.item(), third.item()]).toEqual([1, 0, 1])
  })

  test("adaptation jumps with the spike, in the neurons that fire alone", () => {
    const state = { v: tensor([-55, -60]), w: tensor([2, 2]) }
    const [next] = adaptiveExponentialIF(state, 100, { b: 5, tauWMs: 1e9 }, 0.1)
    expect(next.w.toList()).toEqual([expect.closeTo(7, 4), expect.closeTo(2, 4)])
    const gif = { ...generalizedIF.state([1]), v: tensor([-40]), i1: tensor([3]), i2: tensor([4]) }
    const p = { r1: 0.5, a1: 1, r2: 0, a2: -1, k1PerMs: 0, k2PerMs: 0, thresholdResetMV: -45 }
    const [fired] = generalizedIF(gif, 0, p, 0.1)
    expect([fired.i1, fired.i2, fired.threshold, fired.v].map((x) => x.item())).toEqual([2.5, -1, -45, -70])
  })
})

test("a membrane without reset fires once where it crosses the threshold upwards", () => {
  const p = { thresholdMV: 10 }
  const at = (v: number): ReturnType<typeof hodgkinHuxley.state> => hodgkinHuxley.state([1], p, { vMV: v })
  expect(hodgkinHuxley(at(9), 0, p, 0.0001, 2)[1].item()).toBe(1)
  expect(hodgkinHuxley(at(11), 0, p, 0.0001, 2)[1].item()).toBe(0)
  expect(hodgkinHuxley(at(11), 0, p, 0.0001, -2)[1].item()).toBe(0)
})

describe("in training", () => {
  const p = { ...fast, tauMs: 5, surrogate: sigmoid(4) }
  const slope = (x: number): number => {
    const s = 1 / (1 + Math.exp(-4 * x))
    return 4 * s * (1 - s)
  }

  test.each(["soft", "hard"] as const)("the gradient of a %s reset is the surrogate's", (reset) => {
    for (const detachReset of [false, true]) {
      const through = (of: 0 | 1) => (delta: Tensor) => {
        const [state, s] = leakyIF({ v: tensor([4], { dtype: "f64" }) }, 0, { ...p, reset, detachReset }, 1, delta)
        return (of === 0 ? state.v : s).sum()
      }
      for (const delta of [6.5, 6.9]) {
        const at = tensor([delta], { dtype: "f64" })
        const v = 4 * Math.exp(-0.2) + delta
        const ds = slope(v - 10)
        const fires = v >= 10 ? 1 : 0
        const felt = detachReset ? 0 : ds
        expect(grad(through(1))(at).item()).toBeCloseTo(ds, 9)
        expect(through(1)(at).item()).toBe(fires)
        expect(grad(through(0))(at).item()).toBeCloseTo(
          reset === "soft" ? 1 - 12 * felt : 1 - fires + (-2 - v) * felt,
          9,
        )
        expect(through(0)(at).item()).toBeCloseTo(fires === 0 ? v : reset === "soft" ? v - 12 : -2, 9)
      }
    }
  })

  test("soft is the default, and refractory neurons pass no gradient to what they ignore", () => {
    const q = { ...p, tauRefMs: 2 }
    const state = { v: tensor([9, 9]), refractory: tensor([0, 1], { dtype: "i32" }) }
    const [next, s] = leakyIF(state, 0, q, 1, 10)
    expect(s.toList()).toEqual([1, 0])
    expect(next.v.toList()).toEqual([expect.closeTo(9 * Math.exp(-0.2) + 10 - 12, 4), 9])
    expect(next.refractory?.toList()).toEqual([2, 0])
    const g = grad((delta: Tensor) => {
      const [after, spikes] = leakyIF(state, 0, q, 1, delta)
      return after.v.add(spikes.mul(100)).sum()
    })(full([2], 3))
    expect((g.toList() as number[])[0]).not.toBe(0)
    expect((g.toList() as number[])[1]).toBe(0)
  })

  test("gradients pass many steps of a scan with a refractory period and conductances", () => {
    const q = { tauMs: 20, restMV: -60, resetMV: -60, thresholdMV: -50, tauRefMs: 2, surrogate: triangle(10) }
    const loss = (g: Tensor): Tensor =>
      scan(
        (state: ReturnType<typeof leakyIF.state>) => leakyIF(state, (v) => v.neg().mul(g), q, 1),
        leakyIF.state([3], q),
        undefined,
        { length: 60 },
      )[1].sum()
    const slopes = jit(grad(loss))(tensor([0.3, 0.5, 0.9])).toList() as number[]
    for (const x of slopes) expect(Number.isFinite(x)).toBe(true)
    // More excitation, more spikes: also in the surrogate's eyes.
    expect(slopes.some((x) => x > 0)).toBe(true)
  })

  test.each(models)(
    "$model.model: below threshold its steps are smooth, and their gradients exact",
    ({ model, current }) => {
      const quiet = model.state([3], { thresholdMV: 1e3, thresholdInfinityMV: 1e3 }, { dtype: "f64" })
      const names = Object.keys(quiet)
      const start = names.map((name) => quiet[name].add(tensor([0.01, -0.02, 0.03], { dtype: "f64" })))
      checkGradient(
        (i, ...variables) => {
          const state = Object.fromEntries(names.map((name, k) => [name, variables[k]]))
          const [next] = model(state, (v) => i.sub(v.mul(0.01)), { thresholdMV: 1e3, surrogate: triangle() }, 0.1)
          return Object.values(next)
        },
        [full([3], current, "f64"), ...start],
        { relative: 1e-5, absolute: 1e-6 },
      )
    },
  )
})

test.each(models)(
  "$model.model: no NaN in a long run of strong, weak and negative currents with f32",
  ({ model, current }) => {
    const drive = tensor([0, 1, 3, -1, -3]).mul(current)
    const [last, out] = jit(() =>
      scan((state) => model(state, drive, {}, 0.05), model.state([5]), undefined, { length: 20_000 }),
    )() as [Record<string, Tensor>, Tensor]
    for (const x of [...Object.values(last), out]) expect(x.array().every((y: number) => Number.isFinite(y))).toBe(true)
  },
)

describe("what cannot be is refused", () => {
  const v = { v: zeros([1]) }
  const step =
    (p: Parameters<typeof leakyIF>[2], dtMs = 1) =>
    () =>
      leakyIF(v, 0, p, dtMs)

  test("steps and time constants, with both numbers", () => {
    expect(step({ tauMs: 0.5 })).toThrow(
      /leakyIF: the time step of 1 ms is longer than the time constant tauMs of 0.5 ms/,
    )
    expect(step({ tauMs: tensor([10, 0.5]) })).toThrow(/time step of 1 ms is longer .* of 0.5 ms/)
    expect(step({ tauMs: -1 })).toThrow(/tauMs must be above 0, not -1/)
    expect(step({ tauMs: Number.NaN })).toThrow(/tauMs must be above 0, not NaN/)
    expect(step({ tauMs: tensor([10, Number.NaN, 5]) })).toThrow(/tauMs must be above 0, not NaN/)
    expect(step({}, 0)).toThrow(/time step must be above 0 ms, not 0 ms/)
    expect(() => adaptiveQuadraticIF(adaptiveQuadraticIF.state([1]), 0, { tauWMs: 0.2 }, 0.5)).toThrow(
      /tauWMs of 0.2 ms/,
    )
  })

  test("a negative refractory period, conductance or capacitance; a reset above the threshold", () => {
    expect(step({ tauRefMs: -2 })).toThrow(/tauRefMs must be at least 0 ms, not -2 ms/)
    expect(step({ resetMV: 30 })).toThrow(/reset potential of 30 mV is not below the threshold of 20 mV/)
    expect(() => hodgkinHuxley(hodgkinHuxley.state([1]), 0, { gNa: -1 }, 0.01)).toThrow(
      /gNa must be at least 0, not -1/,
    )
    expect(() => traubMiles(traubMiles.state([1]), 0, { capacitance: 0 }, 0.01)).toThrow(/capacitance must be above 0/)
  })

  test("but a parameter that is undefined is the default", () => {
    expect(leakyIF(v, 5, { tauMs: undefined }, 1)[0].v.toList()).toEqual(leakyIF(v, 5, {}, 1)[0].v.toList())
  })

  test("a refractory period without a place for it in the state", () => {
    expect(step({ tauRefMs: 2 })).toThrow(/refractory period, their state has no place/)
  })
})
