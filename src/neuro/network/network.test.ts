import { describe, expect, test } from "vitest"
import { cobaNetwork } from "../benchmarks/index.ts"
import { leakyIF, leakyIntegrator } from "../neurons/index.ts"
import { exponentialSynapse } from "../synapses/index.ts"
import { connectionPairs, fixedProbability, oneToOne } from "../wiring/index.ts"
import { deltaReceptor, meanPotential, network, population, projection, receptor, simulate } from "./index.ts"

/** A neuron that fires at the given times, driven by a current. */
const driven = { parameters: { tauMs: 10, thresholdMV: 10, resetMV: 0, restMV: 0 } }
const pulses = (...at: number[]) => ({
  kick: (tMs: number) => (at.some((t) => Math.abs(t - tMs) < 1e-6) ? 1e5 : 0),
})

test("a spike takes its delay, and brings its weight: to the step", async () => {
  const net = network({
    populations: {
      source: population(3, leakyIF, driven),
      target: population(3, leakyIntegrator, { parameters: { tauMs: 1e6 } }),
    },
    projections: [
      projection("source", "target", {
        wiring: connectionPairs([
          [0, 0],
          [1, 1],
          [2, 2],
          [0, 2],
        ]),
        receptor: deltaReceptor(),
        weight: [1, 2, 3, 4],
        delayMs: [0.5, 1, 2.5, 0.5],
      }),
    ],
    currents: [{ to: "source", signal: "kick" }],
  })
  const { spikes, traces } = await simulate(net, {
    durationMs: 5,
    dtMs: 0.5,
    signals: pulses(1),
    record: { spikes: ["source"], traces: [{ population: "target", variable: "v", neurons: [0, 1, 2] }] },
  })
  expect([...spikes.source.timesMs]).toEqual([1, 1, 1])
  // Connections in order of their sources: 0 to 0 (1 after 0.5 ms), 0 to 2 (2 after 1 ms), 1 to 1 (3 after 2.5 ms), 2 to 2 (4 after 0.5 ms).
  const at = (tMs: number): number[] =>
    [...traces[0].values.slice((tMs / 0.5) * 3, (tMs / 0.5) * 3 + 3)].map(Math.round)
  expect(at(1)).toEqual([0, 0, 0])
  expect(at(1.5)).toEqual([1, 0, 4])
  expect(at(2)).toEqual([1, 0, 6])
  expect(at(3)).toEqual([1, 0, 6])
  expect(at(3.5)).toEqual([1, 3, 6])
})

/** 320 excitatory and 80 inhibitory neurons. */
const balanced = () => cobaNetwork({ scale: 0.1 })

test("a balanced network: the same spikes for the same seed, whole or in two parts", async () => {
  const whole = await simulate(balanced(), { durationMs: 60, seed: 3 })
  const rate = whole.spikes.E.timesMs.length / 320 / 0.06
  expect(rate).toBeGreaterThan(3)
  expect(rate).toBeLessThan(120)
  const first = await simulate(balanced(), { durationMs: 25, seed: 3, stretchMs: 4 })
  const second = await simulate(balanced(), { durationMs: 35, seed: 3, from: first.end })
  for (const name of ["E", "I"]) {
    expect([...first.spikes[name].timesMs, ...second.spikes[name].timesMs]).toEqual([...whole.spikes[name].timesMs])
    expect([...first.spikes[name].neurons, ...second.spikes[name].neurons]).toEqual([...whole.spikes[name].neurons])
  }
  const other = await simulate(balanced(), { durationMs: 60, seed: 4 })
  expect([...other.spikes.E.neurons]).not.toEqual([...whole.spikes.E.neurons])
})

test("projections that share a receptor share a state, and do what they would do apart", async () => {
  const build = (isShared: boolean) => {
    const make = () => receptor(exponentialSynapse, { tauMs: 5 })
    const [a, b] = [make(), make()]
    return network({
      populations: {
        source: population(4, leakyIF, driven),
        target: population(4, leakyIntegrator, { parameters: { tauMs: 20 } }),
      },
      projections: [
        projection("source", "target", { wiring: oneToOne(), receptor: a, weight: 2 }),
        projection("source", "target", { wiring: fixedProbability(0.5), receptor: isShared ? a : b, delayMs: 0.3 }),
      ],
      currents: [{ to: "source", signal: "kick" }],
    })
  }
  const record = { spikes: [], traces: [{ population: "target", variable: "v", neurons: [0, 1, 2, 3] }] }
  const [one, two] = await Promise.all(
    [true, false].map((isShared) => simulate(build(isShared), { durationMs: 10, signals: pulses(1, 3), record })),
  )
  expect(one.end.state.receptors.length).toBe(1)
  expect(two.end.state.receptors.length).toBe(2)
  one.traces[0].values.forEach((v, i) => {
    expect(v).toBeCloseTo(two.traces[0].values[i], 4)
  })
  expect(Math.max(...one.traces[0].values)).toBeGreaterThan(0.5)
})

test("Poisson input has its rate, and stretches can be watched and ended", async () => {
  const ampa = receptor(exponentialSynapse, { tauMs: 2 })
  const net = network({
    populations: { cells: population(200, leakyIntegrator, { parameters: { tauMs: 10 } }) },
    poisson: [{ to: "cells", receptor: ampa, rateHz: 500, weight: 0.1 }],
  })
  const record = { spikes: [], probes: { v: meanPotential("cells") } }
  const { probes } = await simulate(net, { durationMs: 300, record })
  const late = probes.v.values.slice(1000)
  const mean = late.reduce((a, b) => a + b) / late.length
  expect(mean).toBeCloseTo(0.5 * 2 * 0.1, 2) // rate per ms, times the integral of a synapse's answer, times the weight
  const seen: number[] = []
  const ended = new AbortController()
  const short = await simulate(net, {
    durationMs: 300,
    stretchMs: 10,
    record,
    signal: ended.signal,
    onProgress: (doneMs) => {
      seen.push(Math.round(doneMs))
      if (doneMs > 25) ended.abort()
    },
  })
  expect(seen).toEqual([10, 20, 30])
  expect(short.probes.v.values.length).toBe(300)
})

describe("errors", () => {
  const cells = population(4, leakyIF, driven)
  const ampa = receptor(exponentialSynapse)
  const net = (options: object) =>
    network({
      populations: { cells },
      projections: [projection("cells", "cells", { wiring: oneToOne(), receptor: ampa, ...options })],
    })
  test.each<[string, () => unknown, RegExp]>([
    [
      "a population that is not there",
      () =>
        network({
          populations: { cells },
          projections: [projection("cells", "sells", { wiring: oneToOne(), receptor: ampa })],
        }),
      /there is no population "sells"/,
    ],
    [
      "neurons that are not there",
      () =>
        network({ populations: { cells }, currents: [{ to: { population: "cells", from: 2, to: 9 }, signal: "x" }] }),
      /neurons 2 to 9 of population "cells", which has 4/,
    ],
    ["an empty population", () => population(0, leakyIF), /a size is a whole number above 0, not 0/],
    [
      "a negative rate",
      () => network({ populations: { cells }, poisson: [{ to: "cells", receptor: ampa, rateHz: -1 }] }),
      /at least 0 Hz, not -1 Hz/,
    ],
  ])("%s", (_, fail, message) => {
    expect(fail).toThrow(message)
  })
  test.each<[string, () => Promise<unknown>, RegExp]>([
    [
      "no delay",
      () => simulate(net({ delayMs: 0 }), { durationMs: 1 }),
      /a delay of 0 ms is shorter than the time step of 0.1 ms/,
    ],
    [
      "weights",
      () => simulate(net({ weight: [1, 2] }), { durationMs: 1 }),
      /weight of the projection from cells to cells: 2 values for 4/,
    ],
    [
      "two parts of one population",
      () =>
        simulate(net({}), { durationMs: 1, record: { spikes: ["cells", { population: "cells", from: 0, to: 2 }] } }),
      /recording: the spikes of "cells" are asked for twice/,
    ],
    ["the step", () => simulate(net({}), { durationMs: 1, dtMs: 0 }), /the time step must be above 0 ms/],
    [
      "a step longer than a time constant",
      () => simulate(net({ receptor: receptor(exponentialSynapse, { tauMs: 0.05 }) }), { durationMs: 1 }),
      /the time step of 0.1 ms is longer than the time constant tauMs of 0.05 ms/,
    ],
    [
      "a potential that is no number",
      () =>
        simulate(
          network({
            populations: { cells: population(2, leakyIntegrator, {}) },
            currents: [{ to: "cells", signal: "x" }],
          }),
          { durationMs: 2, signals: { x: (t) => (t > 1 ? Number.NaN : 0) }, record: { spikes: [] } },
        ),
      /leakyIntegrator: the potential of neuron 0 of "cells" is no number, between 0.0 and 2.0 ms/,
    ],
  ])("%s", async (_, run, message) => {
    await expect(run()).rejects.toThrow(message)
  })
})
