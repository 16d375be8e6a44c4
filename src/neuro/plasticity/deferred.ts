import { CajalError, concat, type DType, type Tensor, where, zeros } from "../../engine/index.ts"
import { checkPositive, checkTimes, filled, type Quantity } from "../quantity.ts"
import { limited, type StdpParameters, type StdpState, stdpState } from "./stdp.ts"
import { faded, marked, outer } from "./traces.ts"

export interface DeferredStdpState extends StdpState {
  /** Postsynaptic spikes on their way to the synapses, the oldest first, `[delay steps, ..., post]`. */
  readonly returning: Tensor
  /** Sum of the presynaptic traces at the postsynaptic spikes that came since the presynaptic neuron fired, `[..., pre, post]`. */
  readonly pending: Tensor
}

export interface DeferredStdpParameters extends Omit<StdpParameters, "pairing"> {
  /** How long a postsynaptic spike takes to reach the synapses, in whole steps. Default 0: it is there in its own step. */
  readonly delayMs?: number
}

const defaults = { tauPreMs: 16.8, tauPostMs: 33.7, potentiation: 0.96, depression: 0.53, delayMs: 0 } satisfies Record<
  string,
  Quantity
>

const stepsOfDelay = (delayMs: number, dtMs: number): number => {
  const steps = Math.round(delayMs / dtMs)
  if (steps >= 0 && Math.abs(steps - delayMs / dtMs) < 1e-6) return steps
  throw new CajalError(`deferredStdp: a delay of ${delayMs} ms is not a whole number of steps of ${dtMs} ms`)
}

/** Synapses of neurons that have not fired. Give the delay and the step that `deferredStdp` is given. */
export const deferredStdpState = (
  pre: number,
  post: number,
  { delayMs = defaults.delayMs }: Pick<DeferredStdpParameters, "delayMs">,
  dtMs: number,
  dtype: DType = "f32",
): DeferredStdpState => ({
  ...stdpState(pre, post, dtype),
  returning: zeros([stepsOfDelay(delayMs, dtMs), post], dtype),
  pending: zeros([pre, post], dtype),
})

/**
 * Spike-timing dependent plasticity of all pairs that touches a weight only when its presynaptic neuron fires, as neuromorphic hardware does, which
 * fetches a neuron's synapses just then. With x and y the traces of presynaptic and of returned postsynaptic spikes, a presynaptic spike does
 *   w = min(w + potentiation · Σ x, maximum), the sum over the postsynaptic spikes that returned since the last presynaptic one
 *   w = max(w - depression · y, minimum), y with what returns in this very step
 * in this order; x is from before the spike. The changed weight is what the spike delivers.
 *
 * The hardware keeps a history of postsynaptic spikes and limits the weight after each of them. None has to be kept here: what is pending only
 * raises the weight, so limiting it after every summand or after the sum is the same.
 * @param weight `[..., pre, post]`
 * @param preSpikes 0 or 1, `[..., pre]`
 * @param postSpikes 0 or 1, `[..., post]`, of the same step
 * @source Jin, Rast, Galluppi, Davies and Furber, Implementing spike-timing-dependent plasticity on SpiNNaker neuromorphic hardware (2010)
 */
export function deferredStdp(
  state: DeferredStdpState,
  weight: Tensor,
  preSpikes: Tensor,
  postSpikes: Tensor,
  parameters: DeferredStdpParameters,
  dtMs: number,
): [DeferredStdpState, Tensor] {
  const p = filled(defaults, parameters)
  checkTimes("deferredStdp", p, ["tauPreMs", "tauPostMs"], dtMs)
  checkPositive("deferredStdp", p, ["potentiation", "depression"], true)
  const steps = stepsOfDelay(p.delayMs, dtMs)
  if (steps !== state.returning.shape[0])
    throw new CajalError(
      `deferredStdp: the state was made for a delay of ${state.returning.shape[0]} steps, not ${steps}`,
    )
  const way = concat([state.returning, postSpikes.expandDims(0)])
  const returned = way.at(0)
  const pre = faded(state.pre, p.tauPreMs, dtMs)
  const post = marked(faded(state.post, p.tauPostMs, dtMs), returned, "all")
  const pending = state.pending.add(outer(pre, returned))
  const fires = preSpikes.gt(0).expandDims(-1)
  const raised = limited(weight, pending.mul(p.potentiation), p)
  const lowered = limited(raised, post.mul(p.depression).neg().expandDims(-2), p)
  return [
    { pre: marked(pre, preSpikes, "all"), post, returning: way.slice(0, 1), pending: where(fires, 0, pending) },
    where(fires, lowered, weight),
  ]
}
