import type { Tensor } from "../../engine/index.ts"
import { type Quantity, toTensor } from "../quantity.ts"
import { driven } from "./leaky.ts"
import { neuron } from "./neuron.ts"

/** State of neurons with a soma and an apical dendrite. */
export interface TwoCompartmentState {
  /** Potential of the soma, mV, `[..., neurons]`. */
  readonly v: Tensor
  /** Potential of the apical dendrite, mV, same shape. */
  readonly apical: Tensor
}

export interface TwoCompartmentParameters {
  /** Membrane time constants. Default 10 and 20. */
  readonly tauSomaMs: Quantity
  readonly tauApicalMs: Quantity
  /** Resting potential of both. Default 0. */
  readonly restMV: Quantity
  /** Membrane resistance of both: mV per unit of the currents. Default 1. */
  readonly resistance: Quantity
  /** Conductance between the two, as a share of the leak. Default 0.5. */
  readonly coupling: Quantity
  /** What arrives at the apical dendrite in this step: the context. Same unit and shape as the current of the soma. Default 0. */
  readonly apicalCurrent: Quantity
  /** What a spike of the soma adds to the potential of the dendrite, as it travels back. Default 0. */
  readonly backMV: Quantity
  /** Potential of the soma at which the neuron fires. Default 20. */
  readonly thresholdMV: Quantity
  /** Potential of the soma after a spike. Default -5. */
  readonly resetMV: Quantity
}

/**
 * Leaky integrate-and-fire with two sites of integration: the basal current drives the soma, which fires; the apical current drives a dendrite
 * that pulls the soma along:
 *   tauSoma v' = -(v - rest) + coupling (a - v) + R I_basal;   tauApical a' = -(a - rest) + coupling (v - a) + R I_apical
 *   at the threshold: v = reset, a = a + back
 * @source Gerstner et al., Neuronal Dynamics, sections 1.3 and 3.2: compartments in place of the cable equation
 */
export const twoCompartment = neuron<TwoCompartmentState, TwoCompartmentParameters>({
  model: "twoCompartment",
  defaults: {
    ...{ tauSomaMs: 10, tauApicalMs: 20, restMV: 0, resistance: 1, coupling: 0.5 },
    ...{ apicalCurrent: 0, backMV: 0, thresholdMV: 20, resetMV: -5 },
  },
  timeConstants: ["tauSomaMs", "tauApicalMs"],
  notNegative: ["coupling"],
  startMV: (p) => p.restMV,
  start: (v) => ({ v, apical: v }),
  derivative: ({ v, apical }, basal, p) => {
    const flow = apical.sub(v).mul(p.coupling)
    const leak = (x: Tensor): Tensor => x.neg().add(p.restMV)
    return {
      v: leak(v).add(flow).add(driven(basal, p.resistance)).div(p.tauSomaMs),
      apical: leak(apical).sub(flow).add(driven(p.apicalCurrent, p.resistance)).div(p.tauApicalMs),
    }
  },
  spiking: (_, p) => ({
    thresholdMV: p.thresholdMV,
    resetMV: p.resetMV,
    onSpike: ({ apical }) => ({ apical: apical.add(toTensor(p.backMV, apical.dtype)) }),
  }),
})
