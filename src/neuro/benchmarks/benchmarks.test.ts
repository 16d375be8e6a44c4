import { describe, expect, test } from "vitest"
import { hostRandom } from "../../engine/index.ts"
import { network, planNetwork, population, projection, receptor, simulate, startState } from "../network/index.ts"
import { leakyIF, leakyIntegrator } from "../neurons/index.ts"
import { exponentialSynapse } from "../synapses/index.ts"
import { oneToOne, procedural } from "../wiring/index.ts"
import {
  cobaHHNetwork,
  cobaNetwork,
  cubaNetwork,
  decisionNetwork,
  decisionPools,
  decisionStimulus,
  decisionTrial,
  decisionTrialMs,
  exactCurrent,
  intervalVariation,
  meanRateHz,
  microcircuitNetwork,
  microcircuitPopulations,
  rateInTime,
  synchrony,
} from "./index.ts"

const sizes = (net: ReturnType<typeof cobaNetwork>) =>
  Object.fromEntries(Object.entries(net.populations).map(([name, { size }]) => [name, size]))

describe("balanced networks", () => {
  test("sizes and connections at any scale, weights kept or divided", () => {
    for (const [scale, weights, expected] of [
      [1, "kept", 0.02 * 4000 ** 2],
      [2, "kept", 0.01 * 8000 ** 2],
      [2, "divided", 0.02 * 8000 ** 2],
    ] as const) {
      const net = cobaNetwork({ scale, weights })
      expect(sizes(net)).toEqual({ E: 3200 * scale, I: 800 * scale })
      const { connections } = planNetwork(net, 0.1, 1)
      // Five standard deviations of a binomial count.
      expect(Math.abs(connections - expected)).toBeLessThan(5 * Math.sqrt(expected))
      expect(net.projections.map(({ weight }) => weight)).toEqual(
        weights === "kept" ? [0.6, 6.7, 0.6, 6.7] : [0.3, 3.35, 0.3, 3.35],
      )
    }
  })

  test("COBA fires at a low rate and irregularly, kept or made just in time; without inhibition at its highest", async () => {
    const window = { fromMs: 100, toMs: 300 }
    for (const net of [cobaNetwork(), cobaNetwork({ wiring: procedural })]) {
      const { spikes } = await simulate(net, { durationMs: 300, seed: 3 })
      const rate = meanRateHz(spikes.E, 3200, window)
      expect(rate).toBeGreaterThan(12)
      expect(rate).toBeLessThan(32)
      expect(intervalVariation(spikes.E, window)).toBeGreaterThan(0.7)
    }
    const { spikes } = await simulate(cobaNetwork({ inhibitoryWeight: 0 }), { durationMs: 300, seed: 3 })
    expect(meanRateHz(spikes.E, 3200, window)).toBeGreaterThan(150)
  })

  test("CUBA fires at about 5 Hz", async () => {
    const { spikes } = await simulate(cubaNetwork(), { durationMs: 400, seed: 3 })
    const rate = meanRateHz(spikes.E, 3200, { fromMs: 150, toMs: 400 })
    expect(rate).toBeGreaterThan(3.5)
    expect(rate).toBeLessThan(8)
  })

  test("COBA-HH fires at about 40 Hz with conductances open at the start; BrainPy's version is ten times weaker", async () => {
    const { spikes } = await simulate(cobaHHNetwork(), { durationMs: 120, seed: 3 })
    const rate = meanRateHz(spikes.E, 3200, { fromMs: 40, toMs: 120 })
    expect(rate).toBeGreaterThan(20)
    expect(rate).toBeLessThan(60)
    const opened = (version: "textbook" | "brainpy") =>
      startState(planNetwork(cobaHHNetwork({ version, conductanceSeed: 5 }), 0.1, 0), hostRandom(0)).receptors.map(
        (synapse) => [...((synapse as { g: { array(): ArrayLike<number> } }).g.array() as Float32Array)],
      )
    const mean = (list: number[]): number => list.reduce((a, b) => a + b, 0) / list.length
    const [gE, gI] = opened("textbook")
    expect(mean(gE)).toBeCloseTo(40, -0.5)
    expect(mean(gI)).toBeGreaterThan(190)
    expect(Math.min(...gE, ...gI)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...opened("brainpy").flat())).toBe(0)
    const weights = cobaHHNetwork({ version: "brainpy" }).projections.map(({ weight }) => weight)
    expect(weights).toEqual([0.6, 6.7, 0.6, 6.7])
  })

  test("a scale must be above 0", () => {
    expect(() => cobaNetwork({ scale: 0 })).toThrow(/the scale must be above 0, not 0/)
  })
})

describe("decision", () => {
  test("strength within pools is made up for between them", () => {
    const net = decisionNetwork({ wPlus: 1.7 })
    expect(sizes(net)).toMatchObject({ E: 1600, I: 400 })
    const weight = (from: object | string, to: object | string) =>
      net.projections.find((p) => p.from === from && p.to === to)?.weight as number
    const { A, B, N } = decisionPools
    expect(weight(A, A)).toBeCloseTo(0.05 * 1.7)
    expect(weight(A, B)).toBeCloseTo(0.05 * 0.8765, 5)
    expect(weight(N, A)).toBe(weight(A, B))
    expect(weight(A, N)).toBe(0.05)
    // A neuron of A gets as much from E as one of N.
    const total = (to: object) => 240 * weight(A, to) + 240 * weight(B, to) + 1120 * weight(N, to)
    expect(total(A)).toBeCloseTo(total(N), 8)
    expect(() => decisionNetwork({ wPlus: 9 })).toThrow(/w\+ must lie in 0\.\.6\.67, not 9/)
  })

  test("the stimulus has its rates, its time and its seed", () => {
    const { A, B } = decisionStimulus({ coherence: 0.5, seed: 2 })
    const { restMs, stimulusMs } = decisionTrial
    expect(A(restMs - 0.1)).toBe(0)
    expect(A(restMs + stimulusMs)).toBe(0)
    const mean = (at: (t: number) => number): number => {
      const rates = Array.from({ length: stimulusMs / 50 }, (_, i) => at(restMs + 50 * i))
      return rates.reduce((a, b) => a + b) / rates.length
    }
    expect(Math.abs(mean(A) - 60)).toBeLessThan(9)
    expect(Math.abs(mean(B) - 20)).toBeLessThan(9)
    expect(A(restMs + 10)).toBe(A(restMs + 49.9))
    expect(A(restMs + 10)).not.toBe(A(restMs + 50))
    expect(decisionStimulus({ coherence: 0.5, seed: 2 }).A(500)).toBe(A(500))
    expect(() => decisionStimulus({ coherence: 1.2 })).toThrow(/a coherence lies in -1\.\.1, not 1\.2/)
  })

  test("the driven pool wins", async () => {
    const { spikes } = await simulate(decisionNetwork(), {
      durationMs: 500,
      seed: 1,
      signals: decisionStimulus({ coherence: 1, seed: 1 }),
      record: { spikes: ["E"] },
    })
    expect(decisionTrialMs).toBe(1600)
    const window = { fromMs: 350, toMs: 500 }
    expect(meanRateHz(spikes.E, decisionPools.A, window)).toBeGreaterThan(25)
    expect(meanRateHz(spikes.E, decisionPools.B, window)).toBeLessThan(6)
  })
})

describe("microcircuit", () => {
  test("sizes and synapses of the whole circuit, and what downscaling leaves of them", () => {
    const whole = microcircuitNetwork({ neurons: 1, inDegree: 1 })
    expect(Object.values(sizes(whole)).reduce((a, b) => a + b)).toBe(77_169)
    const counts = (net: typeof whole) =>
      net.projections.map(({ from, to, wiring }) => [from, to, wiring.kind] as const).length
    expect(counts(whole)).toBe(64 - 9) // zero entries of the table of probabilities
    expect(whole.populations.L23E.current).toBe(0)
    const small = microcircuitNetwork({ neurons: 0.02, inDegree: 0.1 })
    expect(sizes(small).L4E).toBe(438)
    // 0.299 billion synapses below 1 mm² of cortex.
    const { connections } = planNetwork(small, 0.1, 1)
    expect(connections / (0.02 * 0.1)).toBeGreaterThan(2.97e8)
    expect(connections / (0.02 * 0.1)).toBeLessThan(3.01e8)
    expect(small.projections[0].weight).toMatchObject({ mean: 87.81 / Math.sqrt(0.1), atLeast: 0 })
    expect(() => microcircuitNetwork({ inDegree: 2 })).toThrow(/inDegree is a share from 0 to 1, not 2/)
  })

  test("at a twentieth of its size it fires in the order of the whole", async () => {
    const net = microcircuitNetwork({ neurons: 0.05, inDegree: 0.1 })
    const { spikes } = await simulate(net, { durationMs: 350, seed: 2 })
    const rates = Object.fromEntries(
      microcircuitPopulations.map((name) => [
        name,
        meanRateHz(spikes[name], net.populations[name].size, { fromMs: 150, toMs: 350 }),
      ]),
    )
    expect(rates.L5E).toBeGreaterThan(rates.L4E)
    expect(rates.L4E).toBeGreaterThan(rates.L23E)
    expect(rates.L23E).toBeLessThan(2.5)
    expect(rates.L5I).toBeLessThan(20)
  })

  test("its current moves a membrane as the decaying current does", async () => {
    const run = async (dtMs: number) => {
      const net = network({
        populations: {
          source: population(1, leakyIF, { parameters: { thresholdMV: 10, resetMV: 0 } }),
          cell: population(1, leakyIntegrator, { parameters: { tauMs: 10, resistance: 0.04 } }),
        },
        projections: [
          projection("source", "cell", {
            wiring: oneToOne(),
            receptor: receptor(exactCurrent, { tauMs: 0.5, membraneTauMs: 10 }),
            weight: 100,
            delayMs: 0.5,
          }),
        ],
        currents: [{ to: "source", signal: "kick" }],
      })
      const { traces } = await simulate(net, {
        durationMs: 12,
        dtMs,
        signals: { kick: (t) => (t < dtMs / 2 ? 1e5 : 0) },
        record: { spikes: [], traces: [{ population: "cell", variable: "v", neurons: [0] }] },
      })
      return traces[0]
    }
    // The closed form of the two exponentials, from the step in which the spike arrives on.
    const exact = (t: number): number =>
      ((100 * 0.04) / 10 / (1 / 0.5 - 1 / 10)) * (Math.exp(-t / 10) - Math.exp(-t / 0.5))
    for (const dtMs of [0.1, 0.5]) {
      const { timesMs, values } = await run(dtMs)
      timesMs.forEach((t, i) => {
        const since = t - 0.5
        if (since > 0) expect(values[i]).toBeCloseTo(exact(since), 4)
      })
      expect(Math.max(...values)).toBeGreaterThan(0.15)
    }
    expect(exponentialSynapse.linear && exactCurrent.linear).toBe(true)
    expect(() => exactCurrent(exactCurrent.state([1]), exactCurrent.state([1]).g, { membraneTauMs: 0.5 }, 0.1)).toThrow(
      /tauMs and membraneTauMs are both 0\.5 ms/,
    )
  })
})

describe("measures", () => {
  const spikes = (pairs: [number, number][]) => ({
    timesMs: Float64Array.from(pairs, ([t]) => t),
    neurons: Int32Array.from(pairs, ([, i]) => i),
  })

  test("rates of a window and of some neurons", () => {
    const some = spikes([
      [5, 0],
      [15, 0],
      [25, 1],
      [99, 2],
    ])
    expect(meanRateHz(some, 2, { fromMs: 0, toMs: 50 })).toBe((1000 * 3) / (2 * 50))
    expect(meanRateHz(some, { from: 1, to: 3 }, { fromMs: 20, toMs: 100 })).toBe((1000 * 2) / (2 * 80))
    expect([...rateInTime(some, 2, 30, 10)]).toEqual([50, 50, 50])
    expect(() => meanRateHz(some, 2, { fromMs: 5, toMs: 5 })).toThrow(/no time from 5 to 5 ms/)
  })

  test("a clock varies by 0, a Poisson process by 1, in intervals and in counts", () => {
    const window = { fromMs: 0, toMs: 20_000 }
    const clock = spikes(Array.from({ length: 2000 }, (_, i) => [i * 10, 0]))
    expect(intervalVariation(clock, window)).toBeCloseTo(0, 6)
    const random = hostRandom(4)
    const interval = (): number => -20 * Math.log(1 - random.uniform())
    const pairs: [number, number][] = []
    for (let neuron = 0; neuron < 50; neuron++)
      for (let t = interval(); t < 20_000; t += interval()) pairs.push([t, neuron])
    const poisson = spikes(pairs.sort((a, b) => a[0] - b[0]))
    expect(intervalVariation(poisson, window)).toBeCloseTo(1, 1)
    expect(Math.abs(synchrony(poisson, window) - 1)).toBeLessThan(0.1)
    const together = spikes(pairs.map(([t], i) => [Math.floor(t / 30) * 30, i % 50]))
    expect(synchrony(together, window)).toBeGreaterThan(5)
    expect(intervalVariation(spikes([]), window)).toBeNaN()
    expect(synchrony(spikes([]), window)).toBe(0)
  })
})
