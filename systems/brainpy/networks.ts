/** The benchmark networks: what is simulated, and what is measured of it. */
import {
  cobaHHNetwork,
  cobaNetwork,
  cubaNetwork,
  type DecisionOptions,
  decisionNetwork,
  decisionPools,
  decisionStimulus,
  decisionTrial,
  decisionTrialMs,
  intervalVariation,
  meanRateHz,
  microcircuitPopulations,
  microcircuitRatesHz,
  type Network,
  rateInTime,
  type Simulation,
  type Spikes,
  synchrony,
  type Window,
} from "../../src/neuro/index.ts"
import type { RunEvent } from "../../src/run/index.ts"
import { simulated } from "./simulation.ts"

export interface Balanced {
  readonly name: "coba" | "cuba" | "hh"
  readonly title: string
  readonly durationMs: number
  /** What is measured. */
  readonly window: Window
  /** @param changes what a control changes */
  network(seed: number, changes?: { readonly inhibitoryWeight?: number }): Network
  readonly control?: { readonly title: string; readonly durationMs: number; readonly window: Window }
}

const withoutInhibition = "without inhibition"

export const balancedNetworks: readonly Balanced[] = [
  {
    name: "coba",
    title: "COBA",
    durationMs: 1000,
    window: { fromMs: 200, toMs: 1000 },
    network: (_, changes) => cobaNetwork(changes),
    control: { title: withoutInhibition, durationMs: 500, window: { fromMs: 200, toMs: 500 } },
  },
  {
    name: "cuba",
    title: "CUBA",
    durationMs: 1000,
    window: { fromMs: 200, toMs: 1000 },
    network: (_, changes) => cubaNetwork(changes),
  },
  {
    name: "hh",
    title: "COBA-HH",
    durationMs: 300,
    window: { fromMs: 100, toMs: 300 },
    network: (seed, changes) => cobaHHNetwork({ ...changes, conductanceSeed: seed }),
    control: { title: withoutInhibition, durationMs: 200, window: { fromMs: 100, toMs: 200 } },
  },
]

/** All spikes of a network, its populations one above the other. */
export function allSpikes(network: Network, { spikes }: Simulation): Spikes {
  let below = 0
  const [timesMs, neurons]: number[][] = [[], []]
  for (const [name, { size }] of Object.entries(network.populations)) {
    const own = spikes[name]
    for (let i = 0; i < own.timesMs.length; i++) {
      timesMs.push(own.timesMs[i])
      neurons.push(below + own.neurons[i])
    }
    below += size
  }
  return { timesMs: Float64Array.from(timesMs), neurons: Int32Array.from(neurons) }
}

export const sizeOf = (network: Network): number =>
  Object.values(network.populations).reduce((sum, { size }) => sum + size, 0)

export type Activity = {
  /** Hz. */
  readonly rate: number
  /** Coefficient of variation of the intervals; 0 where there are none. */
  readonly cv: number
  readonly synchrony: number
}

/** Rate, irregularity and synchrony of a network. */
export function activityOf(network: Network, simulation: Simulation, window: Window): Activity {
  const spikes = allSpikes(network, simulation)
  const cv = intervalVariation(spikes, window)
  return {
    rate: meanRateHz(spikes, sizeOf(network), window),
    cv: Number.isNaN(cv) ? 0 : cv,
    synchrony: synchrony(spikes, window),
  }
}

// ---- Decisions ----

const pools = ["A", "B"] as const
/** The last 300 ms of the stimulus and of the delay. */
const lastMs = 300
export const stimulusEndMs = decisionTrial.restMs + decisionTrial.stimulusMs
const decisionWindows = {
  stimulus: { fromMs: stimulusEndMs - lastMs, toMs: stimulusEndMs },
  delay: { fromMs: decisionTrialMs - lastMs, toMs: decisionTrialMs },
}
export const rateBinMs = 20

export type Decision = {
  /** Hz, of each pool in the last 300 ms of the stimulus and of the delay. */
  readonly A: { readonly stimulus: number; readonly delay: number }
  readonly B: { readonly stimulus: number; readonly delay: number }
  /** Rates of the pools in time, in bins of 20 ms. */
  readonly rates: { readonly A: number[]; readonly B: number[] }
}

/** One trial. @param coherence -1..1 */
export async function* decide(
  label: string,
  options: DecisionOptions & { readonly coherence: number },
  seed: number,
  signal: AbortSignal,
): AsyncGenerator<RunEvent, Decision, void> {
  const { spikes } = yield* simulated(label, decisionNetwork(options), {
    durationMs: decisionTrialMs,
    seed,
    signals: decisionStimulus({ coherence: options.coherence, seed }),
    record: { spikes: [{ population: "E", from: 0, to: decisionPools.B.to }] },
    signal,
  })
  const of = (pool: (typeof pools)[number]) => ({
    stimulus: meanRateHz(spikes.E, decisionPools[pool], decisionWindows.stimulus),
    delay: meanRateHz(spikes.E, decisionPools[pool], decisionWindows.delay),
  })
  const inTime = (pool: (typeof pools)[number]) => [
    ...rateInTime(spikes.E, decisionPools[pool], decisionTrialMs, rateBinMs),
  ]
  return { A: of("A"), B: of("B"), rates: { A: inTime("A"), B: inTime("B") } }
}

export type Choice = {
  /** Rates of the pool with the stronger stimulus and of the other. */
  readonly favoured: number
  readonly favouredDelay: number
  readonly other: number
  readonly otherDelay: number
}

/** The pools of a trial as they are driven: the favoured one is A where the coherence is positive. */
export function choiceOf(decision: Decision, coherence: number): Choice {
  const [favoured, other] = coherence >= 0 ? [decision.A, decision.B] : [decision.B, decision.A]
  return {
    favoured: favoured.stimulus,
    favouredDelay: favoured.delay,
    other: other.stimulus,
    otherDelay: other.delay,
  }
}

export const strongCoherence = 0.512
/** Of the psychometric curve. */
export const curveCoherences = [0.032, 0.064, 0.128, 0.256, 0.512, 1]

// ---- The microcircuit ----

export const circuitFromMs = 150

/** Rates of the eight populations, Hz. */
export const circuitRates = (network: Network, { spikes }: Simulation, window: Window): number[] =>
  microcircuitPopulations.map((name) => meanRateHz(spikes[name], network.populations[name].size, window))

/** Whether the rate of the i-th population is within 40 % and 0.6 Hz of the whole circuit's. */
export const isInBand = (rate: number, i: number): boolean =>
  Math.abs(rate - microcircuitRatesHz[i]) <= 0.4 * microcircuitRatesHz[i] + 0.6
