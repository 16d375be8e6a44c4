import type { Tensor } from "../../engine/index.ts"
import type { Quantity } from "../quantity.ts"
import type { PotentialState } from "./leaky.ts"
import { neuron } from "./neuron.ts"

export interface IzhikevichState extends PotentialState {
  /** Recovery variable, mV/ms, `[..., neurons]`. */
  readonly u: Tensor
}

export interface IzhikevichParameters {
  /** Rate of the recovery variable, 1/ms. Default 0.02. */
  readonly aPerMs: Quantity
  /** How strongly it follows the potential, 1/ms. Default 0.2. */
  readonly bPerMs: Quantity
  /** Potential after a spike. Default -65. */
  readonly cMV: Quantity
  /** What a spike adds to the recovery variable, mV/ms. Default 8. */
  readonly d: Quantity
  /** Peak of a spike. Default 30. */
  readonly thresholdMV: Quantity
}

/**
 * Izhikevich's neuron, the current in mV/ms:
 *   v' = 0.04 v² + 5 v + 140 - u + I;   u' = a (b v - u);   at a spike: v = c, u += d
 * @source Izhikevich, Simple model of spiking neurons (2003)
 */
export const izhikevich = neuron<IzhikevichState, IzhikevichParameters>({
  model: "izhikevich",
  defaults: { aPerMs: 0.02, bPerMs: 0.2, cMV: -65, d: 8, thresholdMV: 30 },
  positive: ["aPerMs"],
  startMV: (p) => p.cMV,
  start: (v, p) => ({ v, u: v.mul(p.bPerMs) }),
  derivative: ({ v, u }, current, p) => ({
    v: v.mul(0.04).add(5).mul(v).add(140).sub(u).add(current),
    u: v.mul(p.bPerMs).sub(u).mul(p.aPerMs),
  }),
  spiking: (_, p) => ({ thresholdMV: p.thresholdMV, resetMV: p.cMV, onSpike: ({ u }) => ({ u: u.add(p.d) }) }),
})

/** Parameters of the firing patterns of cortical and thalamic neurons. @source Izhikevich (2003), fig. 2 */
export const izhikevichPatterns = {
  regularSpiking: { aPerMs: 0.02, bPerMs: 0.2, cMV: -65, d: 8 },
  intrinsicallyBursting: { aPerMs: 0.02, bPerMs: 0.2, cMV: -55, d: 4 },
  chattering: { aPerMs: 0.02, bPerMs: 0.2, cMV: -50, d: 2 },
  fastSpiking: { aPerMs: 0.1, bPerMs: 0.2, cMV: -65, d: 2 },
  thalamoCortical: { aPerMs: 0.02, bPerMs: 0.25, cMV: -65, d: 0.05 },
  resonator: { aPerMs: 0.1, bPerMs: 0.26, cMV: -65, d: 2 },
  lowThresholdSpiking: { aPerMs: 0.02, bPerMs: 0.25, cMV: -65, d: 2 },
} as const satisfies Record<string, Partial<IzhikevichParameters>>
