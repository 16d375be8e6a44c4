import { type DType, type Tensor, zeros } from "../../engine/index.ts"
import { checkTimes, filled, type Quantity } from "../quantity.ts"
import { type Connectivity, densely, limited, type WeightChanges, type WeightLimits } from "./stdp.ts"
import { faded, marked, type Pairing } from "./traces.ts"

export interface TripletState {
  /** Fast and slow traces of presynaptic spikes, `[..., pre]`. */
  readonly r1: Tensor
  readonly r2: Tensor
  /** Fast and slow traces of postsynaptic spikes, `[..., post]`. */
  readonly o1: Tensor
  readonly o2: Tensor
}

/** Defaults: fit to hippocampal cultures, all spikes, table 4 of the paper. */
export interface TripletParameters extends WeightLimits, Connectivity {
  /** Fast presynaptic trace, tau+. Default 16.8. */
  readonly tauPlusMs?: Quantity
  /** Fast postsynaptic trace, tau-. Default 33.7. */
  readonly tauMinusMs?: Quantity
  /** Slow presynaptic trace. Default 946. */
  readonly tauXMs?: Quantity
  /** Slow postsynaptic trace. Default 27. */
  readonly tauYMs?: Quantity
  /** Pairs. Defaults 0.0061 and 0.0016. */
  readonly a2Plus?: Quantity
  readonly a2Minus?: Quantity
  /** Triplets. Defaults 0.0067 and 0.0014. */
  readonly a3Plus?: Quantity
  readonly a3Minus?: Quantity
  /** Default "all". */
  readonly pairing?: Pairing
}

const defaults: Required<Omit<TripletParameters, keyof WeightLimits | keyof Connectivity>> = {
  tauPlusMs: 16.8,
  tauMinusMs: 33.7,
  tauXMs: 946,
  tauYMs: 27,
  a2Plus: 6.1e-3,
  a2Minus: 1.6e-3,
  a3Plus: 6.7e-3,
  a3Minus: 1.4e-3,
  pairing: "all",
}

/** Parameters of slices of the visual cortex, with the fewest terms: depression of pairs, potentiation of triplets. Table 3 of the paper. */
export const visualCortexTriplets = {
  tauYMs: 114,
  a2Plus: 0,
  a2Minus: 7.1e-3,
  a3Plus: 6.5e-3,
  a3Minus: 0,
} as const satisfies TripletParameters

/** Traces of neurons that have not fired. */
export const tripletState = (pre: number, post: number, dtype: DType = "f32"): TripletState => ({
  r1: zeros([pre], dtype),
  r2: zeros([pre], dtype),
  o1: zeros([post], dtype),
  o2: zeros([post], dtype),
})

/**
 * Spike-timing dependent plasticity of triplets, additive:
 *   a presynaptic spike: w -= o1 (A2- + A3- r2);   a postsynaptic spike: w += r1 (A2+ + A3+ o2)
 * with the slow traces as they are before the spike. Spikes of one step do not pair with one another.
 * @param weight `[..., pre, post]`
 * @param preSpikes 0 or 1, `[..., pre]`
 * @param postSpikes 0 or 1, `[..., post]`
 * @source Pfister and Gerstner, Triplets of spikes in a model of spike timing-dependent plasticity (2006), eqs. 3 and 4
 */
export function tripletStdp(
  state: TripletState,
  weight: Tensor,
  preSpikes: Tensor,
  postSpikes: Tensor,
  parameters: TripletParameters,
  dtMs: number,
): [TripletState, Tensor] {
  const [next, changes] = tripletChanges(state, preSpikes, postSpikes, parameters, dtMs)
  return [next, limited(weight, densely(changes), parameters)]
}

/** What `tripletStdp` adds to the weights in a step, before limits. */
export function tripletChanges(
  state: TripletState,
  preSpikes: Tensor,
  postSpikes: Tensor,
  parameters: TripletParameters,
  dtMs: number,
): [TripletState, WeightChanges] {
  const p = filled(defaults, parameters)
  checkTimes("tripletStdp", p, ["tauPlusMs", "tauMinusMs", "tauXMs", "tauYMs"], dtMs)
  const [r1, r2] = [faded(state.r1, p.tauPlusMs, dtMs), faded(state.r2, p.tauXMs, dtMs)]
  const [o1, o2] = [faded(state.o1, p.tauMinusMs, dtMs), faded(state.o2, p.tauYMs, dtMs)]
  return [
    {
      r1: marked(r1, preSpikes, p.pairing),
      r2: marked(r2, preSpikes, p.pairing),
      o1: marked(o1, postSpikes, p.pairing),
      o2: marked(o2, postSpikes, p.pairing),
    },
    {
      atPre: { events: r2.mul(p.a3Minus).add(p.a2Minus).mul(preSpikes).neg(), traces: o1 },
      atPost: { events: o2.mul(p.a3Plus).add(p.a2Plus).mul(postSpikes), traces: r1 },
    },
  ]
}
