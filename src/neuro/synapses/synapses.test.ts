import { describe, expect, test } from "vitest"
import { asEvents, scan, type Tensor, tensor } from "../../engine/index.ts"
import { checkGradient } from "../../engine/testing.ts"
import { rungeKutta } from "../testing.ts"
import {
  alphaSynapse,
  ampaSynapse,
  coba,
  cuba,
  dualExponentialSynapse,
  exponentialSynapse,
  gabaASynapse,
  gapJunction,
  magnesiumBlock,
  nmdaSynapse,
  type Synapse,
  shortTermDepression,
  shortTermPlasticity,
} from "./index.ts"

/** What a synapse gives, one value a step, f64. */
function answer<S extends object, P extends object>(
  model: Synapse<S, P>,
  x: number[],
  p: Partial<P>,
  dtMs: number,
): number[] {
  const [, g] = scan(
    (state: S, arriving: Tensor) => model(state, arriving, p, dtMs),
    model.state([], p, "f64"),
    tensor(x, { dtype: "f64" }),
  )
  return [...g.array()]
}

const impulse = (steps: number, weight = 1): number[] => [weight, ...new Array(steps - 1).fill(0)]
const close = (xs: number[], digits = 9) => xs.map((x) => expect.closeTo(x, digits))
const area = (g: number[], dtMs: number): number => g.reduce((sum, x) => sum + x * dtMs, 0)

describe("the answer to one spike is the closed form, at any step", () => {
  test("exponential", () => {
    for (const dt of [0.1, 2]) {
      const g = answer(exponentialSynapse, impulse(40, 0.7), { tauMs: 3 }, dt)
      expect(g).toEqual(close(g.map((_, k) => 0.7 * Math.exp((-k * dt) / 3))))
    }
    expect(area(answer(exponentialSynapse, impulse(20_000), {}, 0.01), 0.01)).toBeCloseTo(8, 1)
  })

  test("dual exponential peaks at 1, at its time, with its area", () => {
    const [rise, decay] = [1, 10]
    const scale = (rise / decay) ** (rise / (rise - decay))
    for (const dt of [0.01, 0.5]) {
      const g = answer(dualExponentialSynapse, impulse(4000), {}, dt)
      const factor = (scale * decay) / (decay - rise)
      expect(g).toEqual(close(g.map((_, k) => factor * (Math.exp((-k * dt) / decay) - Math.exp((-k * dt) / rise)))))
    }
    const g = answer(dualExponentialSynapse, impulse(15_000), {}, 0.01)
    const peakMs = ((decay * rise) / (decay - rise)) * Math.log(decay / rise)
    expect(Math.max(...g)).toBeCloseTo(1, 6)
    expect(g.indexOf(Math.max(...g)) * 0.01).toBeCloseTo(peakMs, 1)
    expect(area(g, 0.01)).toBeCloseTo(scale * decay, 3)
  })

  test("alpha peaks at 1/e after tau", () => {
    const g = answer(alphaSynapse, impulse(3000), { tauMs: 5 }, 0.05)
    expect(g).toEqual(close(g.map((_, k) => ((k * 0.05) / 5) * Math.exp((-k * 0.05) / 5))))
    expect(g[100]).toBeCloseTo(1 / Math.E, 9)
    expect(g.indexOf(Math.max(...g))).toBe(100)
    expect(area(g, 0.05)).toBeCloseTo(5, 3)
  })

  test.each([
    [ampaSynapse, 0.98, 0.18, 0.5, 0.5],
    [gabaASynapse, 0.53, 0.18, 1, 1],
  ] as const)("kinetic receptors rise while the pulse is on, then fall", (model, alpha, beta, T, pulse) => {
    for (const dt of [0.05, 0.1]) {
      const g = answer(model, impulse(200), {}, dt)
      const rate = alpha * T + beta
      const top = (alpha * T) / rate
      const end = top * (1 - Math.exp(-rate * pulse))
      // The state is that at the end of the step.
      const exact = g.map((_, k) => {
        const t = (k + 1) * dt
        return t <= pulse + 1e-9 ? top * (1 - Math.exp(-rate * t)) : end * Math.exp(-beta * (t - pulse))
      })
      expect(g).toEqual(close(exact))
    }
  })

  test("a spike during a pulse of transmitter prolongs it", () => {
    const g = answer(gabaASynapse, [1, 0, 0, 0, 0, 1, ...new Array(14).fill(0)], {}, 0.1)
    expect(g.indexOf(Math.max(...g))).toBe(14)
  })
})

test("NMDA nears the solution of its equations as the step falls, and saturates", () => {
  const f = ([g, y]: readonly number[]): number[] => [-g / 100 + 0.5 * y * (1 - g), -y / 2]
  let y = [0, 1]
  for (let t = 0; t < 2000; t++) y = rungeKutta(f, y, 0.005)
  const errors = [0.2, 0.1, 0.05].map((dt) =>
    Math.abs((answer(nmdaSynapse, impulse(10 / dt + 1), {}, dt).at(-1) as number) - y[0]),
  )
  expect(errors[1]).toBeLessThan(1e-4)
  expect(errors[0] / errors[1]).toBeCloseTo(4, 0)
  expect(errors[1] / errors[2]).toBeCloseTo(4, 0)
  const often = answer(
    nmdaSynapse,
    Array.from({ length: 5000 }, (_, k) => (k % 50 === 0 ? 1 : 0)),
    {},
    0.1,
  )
  expect(Math.max(...often)).toBeLessThan(1)
  expect(Math.max(...often)).toBeGreaterThan(0.9)
})

test("those that say they are linear are, the others are not", () => {
  const a = [1, 0, 0, 2, 0, 0, 0, 1, 0, 0]
  const b = [0, 3, 1, 0, 0, 1, 0, 0, 0, 2]
  const both = a.map((x, i) => x + b[i])
  // biome-ignore lint/suspicious/noExplicitAny: models of all states
  const models: Synapse<any, any>[] = [
    exponentialSynapse,
    dualExponentialSynapse,
    alphaSynapse,
    nmdaSynapse,
    ampaSynapse,
    gabaASynapse,
    shortTermDepression,
    shortTermPlasticity,
  ]
  for (const model of models) {
    const [ga, gb, g] = [a, b, both].map((x) => answer(model, x, {}, 0.5))
    const off = Math.max(...g.map((x, i) => Math.abs(x - ga[i] - gb[i])))
    expect([model.model, off < 1e-9]).toEqual([model.model, model.linear])
  }
})

describe("short-term plasticity at a constant rate settles at its fixed point", () => {
  const [periodMs, dt] = [50, 0.5]
  const train = Array.from({ length: 10_000 }, (_, k) => ((k + 1) % (periodMs / dt) === 0 ? 1 : 0))
  const last = (g: number[]): number => g.findLast((x) => x !== 0) as number

  test.each(["left", "found"] as const)("facilitation and depression, resources %s", (resources) => {
    for (const [use, tauFacilitationMs, tauDepressionMs] of [
      [0.15, 1500, 200],
      [0.5, 20, 800],
    ]) {
      const g = answer(shortTermPlasticity, train, { use, tauFacilitationMs, tauDepressionMs, resources }, dt)
      const [f, d] = [Math.exp(-periodMs / tauFacilitationMs), Math.exp(-periodMs / tauDepressionMs)]
      // u after a spike: u = f u (1 - U) + U; x found by a spike: x = 1 - (1 - x (1 - u)) d
      const u = use / (1 - f * (1 - use))
      const x = (1 - d) / (1 - d * (1 - u))
      expect(last(g)).toBeCloseTo(u * x * (resources === "found" ? 1 : 1 - u), 6)
    }
  })

  test("depression alone", () => {
    const d = Math.exp(-periodMs / 200)
    const x = (1 - d) / (1 - d * 0.93)
    expect(last(answer(shortTermDepression, train, { resources: "found" }, dt))).toBeCloseTo(x, 6)
    expect(last(answer(shortTermDepression, train, {}, dt))).toBeCloseTo(0.93 * x, 6)
  })

  test("what it gives is still a spike tensor", () => {
    const [, out] = shortTermPlasticity(shortTermPlasticity.state([2]), asEvents(tensor([1, 0])), {}, 1)
    expect(out.type.events).toBe(true)
    expect(shortTermPlasticity(shortTermPlasticity.state([2]), tensor([1, 0]), {}, 1)[1].type.events).not.toBe(true)
  })
})

describe("outputs", () => {
  const [g, v] = [tensor([0.5, 2]), tensor([-60, -20])]

  test("currents, conductances, and the block of magnesium", () => {
    expect(cuba(g)).toBe(g)
    expect(coba(g, v, -80).toList()).toEqual([-10, -120])
    const expected = [0, 1].map((i) => {
      const [g0, v0] = [[0.5, 2][i], [-60, -20][i]]
      return expect.closeTo((-g0 * v0) / (1 + (1.2 / 3.57) * Math.exp(-0.062 * v0)), 4)
    })
    expect(magnesiumBlock(g, v).toList()).toEqual(expected)
    expect(magnesiumBlock(g, v, { magnesiumMM: 0 }).toList()).toEqual(coba(g, v, 0).toList())
    expect(() => magnesiumBlock(g, v, { magnesiumMM: -1 })).toThrow(/magnesiumMM must be at least 0 mM, not -1/)
  })

  test("gap junctions pull potentials together", () => {
    const pre = tensor([-70, -50, 10])
    const junctions = gapJunction(
      pre,
      tensor([
        [1, 0],
        [0.5, 0],
        [0, 2],
      ]),
    )
    expect(junctions(tensor([-60, 0])).toList()).toEqual([-10 + 5, 20])
    expect(() => gapJunction(pre, tensor([[-1], [0], [0]]))).toThrow(/at least 0, not -1/)
  })
})

test("gradients pass synapses", () => {
  const x = tensor([1, 0.3], { dtype: "f64" })
  // biome-ignore lint/suspicious/noExplicitAny: models of all states
  for (const model of [dualExponentialSynapse, alphaSynapse, nmdaSynapse, shortTermPlasticity] as Synapse<any, any>[])
    checkGradient(
      (arriving) => {
        const [state] = model(model.state([2], {}, "f64"), arriving, {}, 0.5)
        return model(state, arriving.mul(0.5), {}, 0.5)[1]
      },
      [x],
    )
  checkGradient((tauMs) => exponentialSynapse({ g: x }, x, { tauMs }, 0.5)[1], [tensor([3, 7], { dtype: "f64" })])
})

test("what cannot be is refused", () => {
  const one = tensor([1])
  const dual = (p: object) => () => dualExponentialSynapse(dualExponentialSynapse.state([1]), one, p, 1)
  expect(dual({ tauRiseMs: 4, tauDecayMs: 4 })).toThrow(/tauRiseMs and tauDecayMs are both 4 ms/)
  expect(dual({ tauRiseMs: 0.2 })).toThrow(/time step of 1 ms is longer than the time constant tauRiseMs of 0.2 ms/)
  expect(dual({ tauDecayMs: 0 })).toThrow(/tauDecayMs must be above 0, not 0/)
  expect(() => exponentialSynapse({ g: one }, one, { tauMs: tensor([2, -3]) }, 1)).toThrow(
    /tauMs must be above 0, not -3/,
  )
  expect(() => ampaSynapse(ampaSynapse.state([1]), one, { beta: -1 }, 0.1)).toThrow(/beta must be at least 0, not -1/)
  expect(() => shortTermDepression(shortTermDepression.state([1]), one, { use: -0.1 }, 1)).toThrow(
    /use must be at least 0/,
  )
})
