import { CajalError, type Shape, type Tensor, zeros } from "../../engine/index.ts"
import type { Quantity } from "../quantity.ts"
import { atan, type Surrogate, spike } from "../surrogate.ts"

/** State of meta neurons. */
export interface MetaState {
  /** Membrane potential `[..., neurons]`, without a unit. */
  readonly v: Tensor
  /** Recovery, same shape. */
  readonly u: Tensor
}

/** What a meta neuron is made of; each a number or `[neurons]`, and each may be trained. */
export interface MetaParameters {
  /** How recovery follows the potential, and how it decays. */
  readonly a: Quantity
  readonly b: Quantity
  /** Potential after a spike, and what a spike adds to recovery. */
  readonly c: Quantity
  readonly d: Quantity
  readonly threshold: Quantity
  /** Length of an Euler step, up to 1. Default 0.5. */
  readonly stepSize?: number
  /** Default `atan(2)`. */
  readonly surrogate?: Surrogate
}

/** Potential and recovery stay within these. */
export const metaLimit = 3

/** Values of the literature. @source Cheng et al., Meta-dynamic neurons (2020) */
export const metaLiterature = { a: -0.172, b: 0.529, c: 0.021, d: 0.132, threshold: 0.5 } as const

/** @param shape `[..., neurons]` */
export const metaState = (shape: Shape): MetaState => ({ v: zeros(shape), u: zeros(shape) })

/**
 * One Euler step of a neuron of second order whose constants are learned, clipped to ±3:
 *   v += h (v² - v - u + I);   u += h (a v - b u);   s = (v >= threshold);   where s: v = c, u += d
 * The gradient passes spikes, by the surrogate, and resets.
 * @param current I, same shape as the state
 * @returns the state after the reset, and the spikes as a spike tensor
 * @source Cheng et al., Finite meta-dynamic neurons in spiking neural networks for spatio-temporal learning (2020)
 */
export function meta(state: MetaState, current: Tensor, p: MetaParameters): [MetaState, Tensor] {
  const { stepSize: h = 0.5, surrogate = atan(2) } = p
  if (!(h > 0 && h <= 1)) throw new CajalError(`meta: a step lies above 0 and up to 1, not ${h}`)
  const within = (x: Tensor): Tensor => x.clip(-metaLimit, metaLimit)
  const v = within(state.v.add(state.v.square().sub(state.v).sub(state.u).add(current).mul(h)))
  const u = within(state.u.add(state.v.mul(p.a).sub(state.u.mul(p.b)).mul(h)))
  const s = spike(v.sub(p.threshold), surrogate)
  return [{ v: v.mul(s.neg().add(1)).add(s.mul(p.c)), u: u.add(s.mul(p.d)) }, s]
}
