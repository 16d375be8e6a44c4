import { type Tensor, zerosLike } from "../../engine/index.ts"
import type { Quantity } from "../quantity.ts"
import { type Adaptation, type AdaptiveState, rateOfAdaptation } from "./exponential-if.ts"
import { driven, type LeakyIFParameters, type PotentialState } from "./leaky.ts"
import { neuron } from "./neuron.ts"

/** Defaults: rest -65, reset -68, threshold -30, tau 10, resistance 1. */
export interface QuadraticIFParameters extends LeakyIFParameters {
  /** Potential above which it rises by itself. Default -50. */
  readonly criticalMV: Quantity
  /** Curvature, 1/mV. Default 0.07. */
  readonly curvature: Quantity
}

const defaults: QuadraticIFParameters = {
  tauMs: 10,
  resistance: 1,
  restMV: -65,
  resetMV: -68,
  thresholdMV: -30,
  criticalMV: -50,
  curvature: 0.07,
}

const rateOfV = (v: Tensor, drive: Quantity, p: QuadraticIFParameters): Tensor =>
  v.sub(p.restMV).mul(v.sub(p.criticalMV)).mul(p.curvature).add(drive).div(p.tauMs)

/**
 * Quadratic integrate-and-fire: `tau v' = c (v - rest) (v - critical) + R I`.
 * @source Latham et al., Intrinsic dynamics in neuronal networks (2000)
 */
export const quadraticIF = neuron<PotentialState, QuadraticIFParameters>({
  model: "quadraticIF",
  defaults,
  timeConstants: ["tauMs"],
  startMV: (p) => p.restMV,
  start: (v) => ({ v }),
  derivative: ({ v }, current, p) => ({ v: rateOfV(v, driven(current, p.resistance), p) }),
  spiking: (_, p) => p,
})

/**
 * Adaptive quadratic integrate-and-fire, whose current and adaptation are in mV:
 *   tau v' = c (v - rest) (v - critical) - w + I;   tauW w' = a (v - rest) - w;   at a spike: v = reset, w += b
 * @source Izhikevich, Which model to use for cortical spiking neurons? (2004)
 */
export const adaptiveQuadraticIF = neuron<AdaptiveState, Omit<QuadraticIFParameters, "resistance"> & Adaptation>({
  model: "adaptiveQuadraticIF",
  defaults: { ...defaults, a: 1, b: 0.1, tauWMs: 10 },
  timeConstants: ["tauMs", "tauWMs"],
  startMV: (p) => p.restMV,
  start: (v) => ({ v, w: zerosLike(v) }),
  derivative: (s, current, p) => ({
    v: rateOfV(s.v, s.w.neg().add(current), { ...p, resistance: 1 }),
    w: rateOfAdaptation(s, p),
  }),
  spiking: (_, p) => ({ ...p, onSpike: ({ w }) => ({ w: w.add(p.b) }) }),
})
