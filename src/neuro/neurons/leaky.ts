import type { Tensor } from "../../engine/index.ts"
import type { Quantity } from "../quantity.ts"
import { neuron } from "./neuron.ts"

/** State of a neuron whose potential is its only variable. */
export interface PotentialState {
  /** Membrane potential, mV, `[..., neurons]`. */
  readonly v: Tensor
}

export interface LeakyIntegratorParameters {
  /** Membrane time constant. Default 10. */
  readonly tauMs: Quantity
  /** Membrane resistance: mV per unit of the current. Default 1. */
  readonly resistance: Quantity
  /** Resting potential. Default 0. */
  readonly restMV: Quantity
}

export interface LeakyIFParameters extends LeakyIntegratorParameters {
  /** Potential at which the neuron fires. Default 20. */
  readonly thresholdMV: Quantity
  /** Potential after a spike. Default -5. */
  readonly resetMV: Quantity
}

const equation = {
  timeConstants: ["tauMs"],
  startMV: (p: LeakyIntegratorParameters): Quantity => p.restMV,
  start: (v: Tensor): PotentialState => ({ v }),
  derivative: ({ v }: PotentialState, current: Quantity, p: LeakyIntegratorParameters): PotentialState => ({
    v: v.neg().add(p.restMV).add(driven(current, p.resistance)).div(p.tauMs),
  }),
} as const

/** The potential that a current drives a resistance to. */
export const driven = (current: Quantity, resistance: Quantity): Quantity =>
  typeof current !== "number"
    ? current.mul(resistance)
    : typeof resistance === "number"
      ? current * resistance
      : resistance.mul(current)

/** Leaky integrator, which never fires: `tau v' = -(v - rest) + R I`. Its second result is the potential. */
export const leakyIntegrator = neuron<PotentialState, LeakyIntegratorParameters>({
  model: "leakyIntegrator",
  defaults: { tauMs: 10, resistance: 1, restMV: 0 },
  ...equation,
})

/**
 * Leaky integrate-and-fire, in mV and with a refractory period where `tauRefMs` is given:
 *   tau v' = -(v - rest) + R I;   at the threshold: v = reset
 * @source Gerstner et al., Neuronal Dynamics, eq. 1.5
 */
export const leakyIF = neuron<PotentialState, LeakyIFParameters>({
  model: "leakyIF",
  defaults: { tauMs: 10, resistance: 1, restMV: 0, thresholdMV: 20, resetMV: -5 },
  ...equation,
  spiking: (_, p) => ({ thresholdMV: p.thresholdMV, resetMV: p.resetMV }),
})
