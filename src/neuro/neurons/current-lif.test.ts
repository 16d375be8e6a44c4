import { expect, test } from "vitest"
import { hostRandom, scan, type Tensor, tensor } from "../../engine/index.ts"
import { type CurrentLifParameters, currentLif } from "./current-lif.ts"

const random = hostRandom(11)
const inputs = (steps: number, most: number): number[] =>
  Array.from({ length: steps }, () => (random.uniform() < 0.3 ? most * random.uniform() : 0))

function run(excitatory: number[], inhibitory: number[], p: CurrentLifParameters, dtMs: number) {
  const [, [v, spikes]] = scan(
    (state: ReturnType<typeof currentLif.state>, x: { e: Tensor; i: Tensor }) => {
      const [next, s] = currentLif(state, { excitatory: x.e, inhibitory: x.i }, p, dtMs)
      return [next, [next.v, s]]
    },
    currentLif.state([], p, { dtype: "f64" }),
    { e: tensor(excitatory, { dtype: "f64" }), i: tensor(inhibitory, { dtype: "f64" }) },
  )
  return { v: [...v.array()], spikes: [...spikes.array()] }
}

test("mean currents: the update of SpiNNaker, number by number, at steps longer than the time constants", () => {
  const [e, i] = [inputs(300, 8), inputs(300, 3)]
  const p = {
    capacitanceNF: 0.14,
    tauMs: 0.5,
    tauExcitatoryMs: 0.3,
    tauInhibitoryMs: 0.3,
    restMV: -60,
    resetMV: -60,
    thresholdMV: -57,
    tauRefMs: 1,
    synapticCurrent: "mean",
  } as const
  const ours = run(e, i, p, 1)
  const [a, R] = [Math.exp(-1 / 0.3), 0.5 / 0.14]
  const b = 0.3 * (1 - a)
  expect(b).toBeCloseTo(0.2893, 4)
  let [iE, iI, v, refractory] = [0, 0, 0, 0]
  for (let t = 0; t < 300; t++) {
    iE += b * e[t]
    iI += b * i[t]
    let fires = 0
    if (refractory <= 0) {
      const settled = (iE - iI) * R
      v = settled - Math.exp(-1 / 0.5) * (settled - v)
      if (v >= 3) [v, refractory, fires] = [0, 1, 1]
    } else refractory -= 1
    expect([ours.v[t], ours.spikes[t]]).toEqual([expect.closeTo(v - 60, 9), fires])
    iE *= a
    iI *= a
  }
  expect(ours.spikes.filter((s) => s === 1).length).toBeGreaterThan(20)
})

test("a spike of 6 nA lifts a slow neuron by 5.47 mV, a fast one by 5.36", () => {
  for (const [capacitanceNF, tauMs, expected] of [
    [0.27, 3, 5.47],
    [0.14, 0.5, 5.36],
  ]) {
    const p = { capacitanceNF, tauMs, tauExcitatoryMs: 0.3, restMV: 0, resetMV: -1, synapticCurrent: "mean" } as const
    expect(run([6], [0], { ...p, thresholdMV: 99 }, 1).v[0]).toBeCloseTo(expected, 2)
  }
})

test.each([5, 20, 19.999])(
  "exact currents: the closed form of the answer to one spike, tauSyn %f ms",
  (tauExcitatoryMs) => {
    const [tau, C, dt] = [20, 0.25, 0.5]
    const p = { capacitanceNF: C, tauMs: tau, tauExcitatoryMs, restMV: -65, thresholdMV: 99 }
    const { v } = run([0.2, ...new Array(99).fill(0)], new Array(100).fill(0), p, dt)
    v.forEach((x, k) => {
      const t = (k + 1) * dt
      const difference = 1 / tauExcitatoryMs - 1 / tau
      const kernel =
        difference === 0 ? t * Math.exp(-t / tau) : (Math.exp(-t / tau) - Math.exp(-t / tauExcitatoryMs)) / difference
      expect(x).toBeCloseTo(-65 + (0.2 / C) * kernel, 8)
    })
  },
)

test("an offset current fires at the closed rate", () => {
  const p = { capacitanceNF: 0.25, tauMs: 10, offsetNA: 0.5, tauRefMs: 2 }
  const { spikes } = run(new Array(5000).fill(0), new Array(5000).fill(0), p, 0.1)
  // 0.5 nA on 40 MΩ: 20 mV towards a threshold of 15
  const period = 2 + Math.ceil(10 * Math.log(20 / 5) * 10) / 10
  expect(spikes.filter((s) => s === 1).length).toBe(Math.floor((500 + 2) / period))
})

test("what cannot be is refused", () => {
  const step = (p: CurrentLifParameters, dt = 1) =>
    currentLif(currentLif.state([1]), { excitatory: 0, inhibitory: 0 }, p, dt)
  expect(() => step({ tauExcitatoryMs: 0 })).toThrow(/currentLif: tauExcitatoryMs must be above 0, not 0/)
  expect(() => step({ capacitanceNF: -1 })).toThrow(/capacitanceNF must be above 0, not -1/)
  expect(() => step({}, -1)).toThrow(/time step must be above 0 ms/)
})
