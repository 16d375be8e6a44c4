import { CajalError, zeros } from "../../engine/index.ts"
import { type Network, network, population, projection, receptor } from "../network/index.ts"
import { leakyIF } from "../neurons/index.ts"
import { type ConductanceState, synapse } from "../synapses/index.ts"
import { fixedTotal } from "../wiring/index.ts"

/** Populations of the cortical microcircuit: layer, excitatory or inhibitory. */
export const microcircuitPopulations = ["L23E", "L23I", "L4E", "L4I", "L5E", "L5I", "L6E", "L6I"] as const
export type MicrocircuitPopulation = (typeof microcircuitPopulations)[number]

/** One number for each population. */
type Each = readonly number[]

const published = {
  size: [20_683, 5834, 21_915, 5479, 4850, 1065, 14_395, 2948] as Each,
  /** Probability that a pair is connected, in 1/10000: a row for each target, a column for each source. */
  probability: [
    [1009, 1689, 437, 818, 323, 0, 76, 0],
    [1346, 1371, 316, 515, 755, 0, 42, 0],
    [77, 59, 497, 1350, 67, 3, 453, 0],
    [691, 29, 794, 1597, 33, 0, 1057, 0],
    [1004, 622, 505, 57, 831, 3726, 204, 0],
    [548, 269, 257, 22, 600, 3158, 86, 0],
    [156, 66, 211, 166, 572, 197, 396, 2252],
    [364, 10, 34, 5, 277, 80, 658, 1443],
  ] as readonly Each[],
  /** Inputs from outside. */
  external: [1600, 1500, 2100, 1900, 2000, 1900, 2900, 2100] as Each,
  /** Potential at the start: mean and deviation, mV. */
  start: [-68.28, -63.16, -63.33, -63.45, -63.11, -61.66, -66.72, -61.43] as Each,
  startDeviation: [5.36, 4.57, 4.74, 4.94, 4.94, 4.55, 5.46, 4.48] as Each,
}

/** Rates of the whole circuit, Hz: what downscaling keeps. */
export const microcircuitRatesHz: Each = [0.903, 2.965, 4.414, 5.876, 7.569, 8.633, 1.105, 7.829]

const membrane = { tauMs: 10, restMV: -65, resetMV: -65, thresholdMV: -50, tauRefMs: 2 }
const capacitancePF = 250
const tauSynapseMs = 0.5
const weightPA = 87.81
const weightDeviation = 0.1
const externalHz = 8

/**
 * Exponential current `i' = -i / tau; i += x` whose output, held over a step, moves the potential of a leaky membrane just as the decaying
 * current would: exact integration.
 * @source Rotter and Diesmann, Exact digital simulation of time-invariant linear systems (1999)
 */
export const exactCurrent = synapse<ConductanceState, { readonly tauMs: number; readonly membraneTauMs: number }>({
  model: "exactCurrent",
  linear: true,
  defaults: { tauMs: 0.5, membraneTauMs: 10 },
  timeConstants: ["tauMs", "membraneTauMs"],
  check({ tauMs, membraneTauMs }) {
    if (tauMs === membraneTauMs)
      throw new CajalError(`exactCurrent: tauMs and membraneTauMs are both ${tauMs} ms; they must differ`)
  },
  start: (shape, _, dtype) => ({ g: zeros(shape, dtype) }),
  step({ g }, arriving, { tauMs, membraneTauMs }, dtMs) {
    const [left, leak] = [Math.exp(-dtMs / tauMs), Math.exp(-dtMs / membraneTauMs)]
    // ∫ exp(-(dt - s) / tauM) exp(-s / tau) ds, over what a current that is held would give.
    const held = (leak - left) / (1 / tauMs - 1 / membraneTauMs) / (membraneTauMs * (1 - leak))
    const next = g.mul(left).add(arriving)
    return [{ g: next }, next.mul(held)]
  },
})

export interface MicrocircuitOptions {
  /** Share of the neurons that are simulated. Default 0.1. */
  readonly neurons?: number
  /** Share of each neuron's inputs that are simulated; the rest is made up for in mean and variance. Default 0.1. */
  readonly inDegree?: number
  /** Inhibitory weight over excitatory weight. Default -4. */
  readonly g?: number
}

/** Synapses between two populations of the whole circuit; a pair may have several. */
const synapses = (target: number, source: number): number => {
  const { size, probability } = published
  return Math.log1p(-probability[target][source] / 10_000) / Math.log1p(-1 / (size[target] * size[source]))
}

/**
 * The cortical microcircuit: 77 169 neurons in four layers and 0.3 billion synapses below 1 mm² of cortex, at any scale. Neurons are leaky
 * integrate-and-fire with exponential currents of 0.5 ms, integrated exactly. With fewer inputs the weights grow by 1 / sqrt(inDegree), and
 * a constant current brings what is missing of the mean, at the rates of the whole circuit.
 * @source Potjans and Diesmann, The cell-type specific cortical microcircuit (2014); downscaling: van Albada et al., Scalability of
 *   asynchronous networks is limited by one-to-one mapping between effective connectivity and correlations (2015)
 */
export function microcircuitNetwork({ neurons = 0.1, inDegree = 0.1, g = -4 }: MicrocircuitOptions = {}): Network {
  for (const [name, share] of Object.entries({ neurons, inDegree }))
    if (!(share > 0 && share <= 1)) throw new CajalError(`microcircuit: ${name} is a share from 0 to 1, not ${share}`)
  const { size, external } = published
  const growth = 1 / Math.sqrt(inDegree)
  const current = receptor(exactCurrent, { tauMs: tauSynapseMs, membraneTauMs: membrane.tauMs })
  /** Mean weight before downscaling, pA. */
  const weight = (target: number, source: number): number => {
    if (source % 2 === 1) return weightPA * g
    return target === 0 && source === 2 ? 2 * weightPA : weightPA
  }
  const all = microcircuitPopulations.map((name, i) => ({ name, i }))
  const populations = all.map(({ name, i }) => {
    const recurrent = all.reduce(
      (sum, { i: j }) => sum + weight(i, j) * (synapses(i, j) / size[i]) * microcircuitRatesHz[j],
      0,
    )
    const missing = 0.001 * tauSynapseMs * (1 - Math.sqrt(inDegree)) * (recurrent + weightPA * external[i] * externalHz)
    const cells = population(Math.round(size[i] * neurons), leakyIF, {
      parameters: { ...membrane, resistance: membrane.tauMs / capacitancePF },
      vMV: { mean: published.start[i], deviation: published.startDeviation[i] },
      current: missing,
    })
    return [name, cells] as const
  })
  const projections = all.flatMap(({ name: to, i }) =>
    all.flatMap(({ name: from, i: j }) => {
      const count = Math.round(synapses(i, j) * neurons * inDegree)
      if (count === 0) return []
      const mean = weight(i, j) * growth
      const delay = j % 2 === 0 ? 1.5 : 0.75
      return projection(from, to, {
        wiring: fixedTotal(count),
        receptor: current,
        weight: { mean, deviation: Math.abs(mean) * weightDeviation, ...(mean < 0 ? { atMost: 0 } : { atLeast: 0 }) },
        delayMs: { mean: delay, deviation: delay / 2, atLeast: shortestDelayMs },
      })
    }),
  )
  return network({
    populations: Object.fromEntries(populations),
    projections,
    poisson: all.map(({ name: to, i }) => ({
      to,
      receptor: current,
      rateHz: external[i] * inDegree * externalHz,
      weight: weightPA * growth,
    })),
  })
}

/** Delays below are drawn again: the published step, 0.1 ms. */
const shortestDelayMs = 0.1
