import { type Tensor, zerosLike } from "../../engine/index.ts"
import type { Quantity } from "../quantity.ts"
import { driven, type LeakyIFParameters, type PotentialState } from "./leaky.ts"
import { neuron } from "./neuron.ts"

/** Defaults: rest -65, reset -68, threshold -55, tau 10, resistance 1. */
export interface ExponentialIFParameters extends LeakyIFParameters {
  /** Potential where a spike takes off by itself. Default -59.9. */
  readonly takeOffMV: Quantity
  /** How sharply it does. Default 3.48. */
  readonly sharpnessMV: Quantity
}

/** State of a neuron with an adaptation variable. */
export interface AdaptiveState extends PotentialState {
  /** Adaptation, in the unit of the current, `[..., neurons]`. */
  readonly w: Tensor
}

/** How a neuron adapts: `tauW w' = a (v - rest) - w`, and `w += b` at a spike. */
export interface Adaptation {
  /** Default 1. */
  readonly a: Quantity
  /** Default 1 (exponential) or 0.1 (quadratic). */
  readonly b: Quantity
  /** Default 30 (exponential) or 10 (quadratic). */
  readonly tauWMs: Quantity
}

const defaults: ExponentialIFParameters = {
  tauMs: 10,
  resistance: 1,
  restMV: -65,
  resetMV: -68,
  thresholdMV: -55,
  takeOffMV: -59.9,
  sharpnessMV: 3.48,
}

const rateOfV = (v: Tensor, current: Quantity, p: ExponentialIFParameters): Tensor =>
  v
    .neg()
    .add(p.restMV)
    .add(v.sub(p.takeOffMV).div(p.sharpnessMV).exp().mul(p.sharpnessMV))
    .add(driven(current, p.resistance))
    .div(p.tauMs)

export const rateOfAdaptation = ({ v, w }: AdaptiveState, p: Adaptation & { readonly restMV: Quantity }): Tensor =>
  v.sub(p.restMV).mul(p.a).sub(w).div(p.tauWMs)

/**
 * Exponential integrate-and-fire: `tau v' = -(v - rest) + D exp((v - vT) / D) + R I`, D the sharpness, vT the take-off.
 * @source Fourcaud-Trocmé et al., How spike generation mechanisms determine the neuronal response (2003)
 */
export const exponentialIF = neuron<PotentialState, ExponentialIFParameters>({
  model: "exponentialIF",
  defaults,
  timeConstants: ["tauMs"],
  positive: ["sharpnessMV"],
  startMV: (p) => p.restMV,
  start: (v) => ({ v }),
  derivative: ({ v }, current, p) => ({ v: rateOfV(v, current, p) }),
  spiking: (_, p) => p,
})

/**
 * Adaptive exponential integrate-and-fire:
 *   tau v' = -(v - rest) + D exp((v - vT) / D) + R (I - w);   tauW w' = a (v - rest) - w;   at a spike: v = reset, w += b
 * @source Brette and Gerstner, Adaptive exponential integrate-and-fire model (2005)
 */
export const adaptiveExponentialIF = neuron<AdaptiveState, ExponentialIFParameters & Adaptation>({
  model: "adaptiveExponentialIF",
  defaults: { ...defaults, a: 1, b: 1, tauWMs: 30 },
  timeConstants: ["tauMs", "tauWMs"],
  positive: ["sharpnessMV"],
  startMV: (p) => p.restMV,
  start: (v) => ({ v, w: zerosLike(v) }),
  derivative: (s, current, p) => ({
    v: rateOfV(s.v, s.w.neg().add(current), p),
    w: rateOfAdaptation(s, p),
  }),
  spiking: (_, p) => ({ ...p, onSpike: ({ w }) => ({ w: w.add(p.b) }) }),
})
