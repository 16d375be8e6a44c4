import { CajalError } from "../../engine/index.ts"
import type { Method } from "../integrate.ts"
import {
  type Drawn,
  type Network,
  network,
  type Population,
  population,
  projection,
  type Receptor,
  receptor,
} from "../network/index.ts"
import { leakyIF } from "../neurons/index.ts"
import { coba, exponentialSynapse } from "../synapses/index.ts"
import { fixedProbability, type Wiring } from "../wiring/index.ts"

export interface BalancedOptions {
  /** Size k of the network: 3200 k excitatory and 800 k inhibitory neurons. Default 1. */
  readonly scale?: number
  /**
   * What keeps the input of a neuron the same at every size: `kept` connects with 0.02 / k, 80 inputs each; `divided` connects with 0.02
   * and divides the weights by k. Default "kept".
   */
  readonly weights?: "kept" | "divided"
  /** How neurons are wired at a probability: lists that are stored (`fixedProbability`, the default), or rows made from a seed as needed. */
  readonly wiring?: (probability: number) => Wiring
  /** What a spike brings. */
  readonly excitatoryWeight?: number
  readonly inhibitoryWeight?: number
  /** Constant input, mV. */
  readonly inputMV?: number
  /** How a step of the neurons' equation is taken. */
  readonly method?: Method
}

/** Neurons for each unit of scale. */
const size = { E: 3200, I: 800 }
const probability = 0.02

/** The two kinds of input of a benchmark network. */
export interface BalancedReceptors {
  readonly excitatory: Receptor
  readonly inhibitory: Receptor
}

/**
 * Excitatory and inhibitory neurons of one kind, all of which reach all others at random.
 * @param cells a population of that kind
 */
export function balanced(
  cells: (size: number) => Population,
  receptors: BalancedReceptors,
  weight: { readonly excitatory: number; readonly inhibitory: number },
  { scale = 1, weights = "kept", wiring = fixedProbability }: BalancedOptions,
): Network {
  if (!(scale > 0)) throw new CajalError(`benchmark network: the scale must be above 0, not ${scale}`)
  const p = Math.min(1, weights === "kept" ? probability / scale : probability)
  const by = weights === "kept" ? 1 : 1 / scale
  const populations = { E: cells(Math.round(size.E * scale)), I: cells(Math.round(size.I * scale)) }
  return network({
    populations,
    projections: (["E", "I"] as const).flatMap((to) => [
      projection("E", to, { wiring: wiring(p), receptor: receptors.excitatory, weight: weight.excitatory * by }),
      projection("I", to, { wiring: wiring(p), receptor: receptors.inhibitory, weight: weight.inhibitory * by }),
    ]),
  })
}

/** The neurons of both: mV and ms, conductances in units of the leak. */
const membrane = { tauMs: 20, restMV: -60, resetMV: -60, thresholdMV: -50, tauRefMs: 5 }

const leaky =
  (vMV: Drawn, inputMV: number, method: Method | undefined) =>
  (count: number): Population =>
    population(count, leakyIF, {
      parameters: { ...membrane, method },
      vMV,
      current: inputMV,
    })

/**
 * COBA: leaky integrate-and-fire neurons with synapses of conductance, balanced between excitation and inhibition: irregular firing at about
 * 20 Hz. E to all 0.6 (5 ms, 0 mV), I to all 6.7 (10 ms, -80 mV), input 20 mV, delay one step.
 * @source Vogels and Abbott, Signal propagation and logic gating in networks of integrate-and-fire neurons (2005), as Brette et al.,
 *   Simulation of networks of spiking neurons (2007), benchmark 1, and BrainPy's examples have it
 */
export function cobaNetwork(options: BalancedOptions = {}): Network {
  const { excitatoryWeight = 0.6, inhibitoryWeight = 6.7, inputMV = 20, method } = options
  return balanced(
    leaky({ mean: -55, deviation: 2 }, inputMV, method),
    conductanceReceptors(),
    { excitatory: excitatoryWeight, inhibitory: inhibitoryWeight },
    options,
  )
}

/** Exponential conductances: excitatory of 5 ms towards 0 mV, inhibitory of 10 ms towards -80 mV. */
export const conductanceReceptors = (): BalancedReceptors => ({
  excitatory: receptor(exponentialSynapse, { tauMs: 5 }, (g, v) => coba(g, v, 0)),
  inhibitory: receptor(exponentialSynapse, { tauMs: 10 }, (g, v) => coba(g, v, -80)),
})

/**
 * CUBA: the same neurons with synapses of current: about 5.5 Hz. E to all 1.62 mV, I to all -9 mV, input 11 mV (rest at -49 mV), potentials
 * at the start uniform from -60 to -50 mV.
 * @source Brette et al. (2007), benchmark 2
 */
export function cubaNetwork(options: BalancedOptions = {}): Network {
  const { excitatoryWeight = 1.62, inhibitoryWeight = -9, inputMV = 11, method } = options
  return balanced(
    leaky({ from: -60, to: -50 }, inputMV, method),
    {
      excitatory: receptor(exponentialSynapse, { tauMs: 5 }),
      inhibitory: receptor(exponentialSynapse, { tauMs: 10 }),
    },
    { excitatory: excitatoryWeight, inhibitory: inhibitoryWeight },
    options,
  )
}
