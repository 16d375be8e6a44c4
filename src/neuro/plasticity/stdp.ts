import { CajalError, type DType, type Tensor, zeros } from "../../engine/index.ts"
import { checkTimes, filled, leastOf, type Quantity } from "../quantity.ts"
import { faded, marked, outer, type Pairing } from "./traces.ts"

/** Weights stay within these. */
export interface WeightLimits {
  /** Defaults 0 and 1. */
  readonly minimum?: Quantity
  readonly maximum?: Quantity
}

/** Which connections there are: 1 where there is one, 0 elsewhere, `[pre, post]`. Without it all learn. */
export interface Connectivity {
  readonly connected?: Tensor
}

export interface StdpState {
  /** Traces of the spikes, `[..., pre]` and `[..., post]`. */
  readonly pre: Tensor
  readonly post: Tensor
}

export interface StdpParameters extends WeightLimits, Connectivity {
  /** Memory of presynaptic spikes, for potentiation, and of postsynaptic ones, for depression. Defaults 16.8 and 33.7. */
  readonly tauPreMs?: Quantity
  readonly tauPostMs?: Quantity
  /** Change of the weight where a spike of the other side has just been, both positive. Defaults 0.96 and 0.53. */
  readonly potentiation?: Quantity
  readonly depression?: Quantity
  /** Default "all". */
  readonly pairing?: Pairing
}

const defaults: Required<Omit<StdpParameters, keyof WeightLimits | keyof Connectivity>> = {
  tauPreMs: 16.8,
  tauPostMs: 33.7,
  potentiation: 0.96,
  depression: 0.53,
  pairing: "all",
}

/** Traces of neurons that have not fired. */
export const stdpState = (pre: number, post: number, dtype: DType = "f32"): StdpState => ({
  pre: zeros([pre], dtype),
  post: zeros([post], dtype),
})

/**
 * Spike-timing dependent plasticity of pairs, additive:
 *   a presynaptic spike: w -= depression · post;   a postsynaptic spike: w += potentiation · pre
 * Spikes of one step do not pair with one another. Presynaptic spikes are those that arrive, after their delay.
 * @param weight `[..., pre, post]`
 * @param preSpikes 0 or 1, `[..., pre]`
 * @param postSpikes 0 or 1, `[..., post]`
 * @source Song, Miller and Abbott, Competitive Hebbian learning through spike-timing-dependent synaptic plasticity (2000)
 */
export function stdp(
  state: StdpState,
  weight: Tensor,
  preSpikes: Tensor,
  postSpikes: Tensor,
  parameters: StdpParameters,
  dtMs: number,
): [StdpState, Tensor] {
  const [next, changes] = stdpChanges(state, preSpikes, postSpikes, parameters, dtMs)
  return [next, limited(weight, densely(changes), parameters)]
}

/**
 * What a step adds to weights: at presynaptic spikes `events[i] · traces[j]` to each w[i, j], at postsynaptic ones `traces[i] · events[j]`. Events are 0
 * where there is no spike.
 */
export interface WeightChanges {
  readonly atPre: { readonly events: Tensor; readonly traces: Tensor }
  readonly atPost: { readonly events: Tensor; readonly traces: Tensor }
}

/** What `stdp` adds to the weights in a step, before limits. */
export function stdpChanges(
  state: StdpState,
  preSpikes: Tensor,
  postSpikes: Tensor,
  parameters: StdpParameters,
  dtMs: number,
): [StdpState, WeightChanges] {
  const p = filled(defaults, parameters)
  checkTimes("stdp", p, ["tauPreMs", "tauPostMs"], dtMs)
  const pre = faded(state.pre, p.tauPreMs, dtMs)
  const post = faded(state.post, p.tauPostMs, dtMs)
  return [
    { pre: marked(pre, preSpikes, p.pairing), post: marked(post, postSpikes, p.pairing) },
    {
      atPre: { events: preSpikes.mul(p.depression).neg(), traces: post },
      atPost: { events: postSpikes.mul(p.potentiation), traces: pre },
    },
  ]
}

/** The changes of all weights, `[..., pre, post]`. */
export const densely = ({ atPre, atPost }: WeightChanges): Tensor =>
  outer(atPost.traces, atPost.events).add(outer(atPre.events, atPre.traces))

/** Weights after a change, within their limits. */
export function limited(weight: Tensor, change: Tensor, p: WeightLimits & Connectivity): Tensor {
  const { minimum = 0, maximum = 1, connected } = p
  const [low, high] = [leastOf(minimum), leastOf(maximum)]
  if (typeof minimum === "number" && low !== undefined && high !== undefined && !(low <= high))
    throw new CajalError(`the least weight ${low} is above the greatest, ${high}`)
  return weight.add(connected === undefined ? change : change.mul(connected)).clip(minimum, maximum)
}
