import { CajalError, type Shape, stopGradient, type Tensor, zeros } from "../../engine/index.ts"
import { type Surrogate, spike, triangle } from "../surrogate.ts"

/** State of leaky integrate-and-fire neurons. */
export interface LifState {
  /** Membrane potential after the reset, `[..., neurons]`, in units of the input. */
  readonly u: Tensor
}

/** What a leaky neuron does with what is left of its potential at each step, and how it fires. */
export interface LeakyParameters {
  /** The share of the potential that is left after a step, 0..1; a number or `[neurons]`. */
  readonly decay: number | Tensor
  /** Potential at which the neuron fires; a number or `[neurons]`. Default 1. */
  readonly threshold?: number | Tensor
  /**
   * What a spike does to the potential: takes the threshold from it (soft), or sets it to 0 (hard); "subtract-later" takes the threshold in the
   * next step, after the decay. Default "subtract".
   */
  readonly reset?: "subtract" | "zero" | "subtract-later"
  /** Whether the reset is left out of the gradient. Default false. */
  readonly detachReset?: boolean
  /** Default `triangle()`. */
  readonly surrogate?: Surrogate
}

export interface LifParameters extends Omit<LeakyParameters, "decay"> {
  /** Membrane time constant. */
  readonly tauMs: number
}

/** Neurons at rest. @param shape `[..., neurons]` */
export const lifState = (shape: Shape): LifState => ({ u: zeros(shape) })

/**
 * One step of leaky integration and firing:
 *   u[t] = decay · v[t-1] + I[t];   s[t] = (u[t] >= threshold);   v[t] = u[t] - threshold · s[t]
 * With the later reset the state is the potential before it, v = u, and
 *   u[t] = decay · u[t-1] + I[t] - threshold · s[t-1];   s[t] = (u[t] >= threshold)
 * Decay and threshold may be trained: the gradient reaches them through potential, reset and surrogate.
 * @param state.u what the last step left, `[..., neurons]`
 * @param current I[t], same shape
 * @returns the next state, and the spikes as a spike tensor
 */
export function leaky(state: LifState, current: Tensor, p: LeakyParameters): [LifState, Tensor] {
  const { threshold = 1, reset = "subtract", detachReset = false, surrogate = triangle() } = p
  const fire = (u: Tensor): Tensor => spike(u.sub(threshold), surrogate)
  const resetBy = (s: Tensor): Tensor => (detachReset ? stopGradient(s) : s)
  const decayed = state.u.mul(p.decay).add(current)
  if (reset === "subtract-later") {
    const u = decayed.sub(resetBy(fire(state.u)).mul(threshold))
    return [{ u }, fire(u)]
  }
  const [u, s] = [decayed, fire(decayed)]
  const felt = resetBy(s)
  const v = reset === "subtract" ? u.sub(felt.mul(threshold)) : u.mul(felt.neg().add(1))
  return [{ u: v }, s]
}

/**
 * Leaky integrate-and-fire with exponential decay:
 *   u[t] = v[t-1] · exp(-dt / tau) + I[t];   s = (u >= threshold);   v[t] = u - threshold · s
 * @param state.u membrane potential, `[..., neurons]`, in units of the threshold
 * @param current charge that arrives in the step, same shape and unit
 * @source Gerstner et al., Neuronal Dynamics, eq. 1.5
 */
export function lif(state: LifState, current: Tensor, p: LifParameters, dtMs: number): [LifState, Tensor] {
  const { tauMs, ...rest } = p
  if (!(tauMs > 0)) throw new CajalError(`lif: the membrane time constant must be above 0 ms, not ${tauMs} ms`)
  if (!(dtMs > 0)) throw new CajalError(`lif: the time step must be above 0 ms, not ${dtMs} ms`)
  return leaky(state, current, { ...rest, decay: Math.exp(-dtMs / tauMs) })
}
