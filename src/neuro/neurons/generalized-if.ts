import { maximum, type Tensor, zerosLike } from "../../engine/index.ts"
import { type Quantity, toTensor } from "../quantity.ts"
import type { LeakyIFParameters, PotentialState } from "./leaky.ts"
import { neuron } from "./neuron.ts"

export interface GeneralizedIFState extends PotentialState {
  /** Internal currents, `[..., neurons]`. */
  readonly i1: Tensor
  readonly i2: Tensor
  /** Threshold, mV, `[..., neurons]`. */
  readonly threshold: Tensor
}

/** Defaults: rest -70, reset -70, tau 20, resistance 20. */
export interface GeneralizedIFParameters extends Omit<LeakyIFParameters, "thresholdMV"> {
  /** Where the threshold settles at rest, and the least it is after a spike. Defaults -50 and -60. */
  readonly thresholdInfinityMV: Quantity
  readonly thresholdResetMV: Quantity
  /** How the threshold follows the potential and forgets, 1/ms. Defaults 0 and 0.01. */
  readonly aPerMs: Quantity
  readonly bPerMs: Quantity
  /** Decay of the internal currents, 1/ms. Defaults 0.2 and 0.02. */
  readonly k1PerMs: Quantity
  readonly k2PerMs: Quantity
  /** The share of the internal currents that a spike leaves. Defaults 0 and 1. */
  readonly r1: Quantity
  readonly r2: Quantity
  /** What a spike adds to them. Defaults 0. */
  readonly a1: Quantity
  readonly a2: Quantity
}

/**
 * Generalized integrate-and-fire, with two currents that spikes set off and a threshold of its own dynamics:
 *   i1' = -k1 i1;   i2' = -k2 i2;   threshold' = a (v - rest) - b (threshold - thresholdInfinity);   tau v' = -(v - rest) + R (I + i1 + i2)
 *   at a spike: i1 = r1 i1 + a1, i2 = r2 i2 + a2, threshold = max(thresholdReset, threshold), v = reset
 * @source Mihalas and Niebur, A generalized linear integrate-and-fire neural model (2009)
 */
export const generalizedIF = neuron<GeneralizedIFState, GeneralizedIFParameters>({
  model: "generalizedIF",
  defaults: {
    tauMs: 20,
    resistance: 20,
    restMV: -70,
    resetMV: -70,
    thresholdInfinityMV: -50,
    thresholdResetMV: -60,
    aPerMs: 0,
    bPerMs: 0.01,
    k1PerMs: 0.2,
    k2PerMs: 0.02,
    r1: 0,
    r2: 1,
    a1: 0,
    a2: 0,
  },
  timeConstants: ["tauMs"],
  notNegative: ["bPerMs", "k1PerMs", "k2PerMs"],
  startMV: (p) => p.restMV,
  start: (v, { thresholdInfinityMV: t }) => ({
    v,
    i1: zerosLike(v),
    i2: zerosLike(v),
    threshold: toTensor(t, v.dtype).broadcastTo(v.shape),
  }),
  derivative: ({ v, i1, i2, threshold }, current, p) => ({
    v: v.neg().add(p.restMV).add(i1.add(i2).add(current).mul(p.resistance)).div(p.tauMs),
    i1: i1.neg().mul(p.k1PerMs),
    i2: i2.neg().mul(p.k2PerMs),
    threshold: v.sub(p.restMV).mul(p.aPerMs).sub(threshold.sub(p.thresholdInfinityMV).mul(p.bPerMs)),
  }),
  spiking: ({ threshold }, p) => ({
    thresholdMV: threshold,
    resetMV: p.resetMV,
    onSpike: ({ i1, i2 }) => ({
      i1: i1.mul(p.r1).add(p.a1),
      i2: i2.mul(p.r2).add(p.a2),
      threshold: maximum(threshold, p.thresholdResetMV),
    }),
  }),
})
