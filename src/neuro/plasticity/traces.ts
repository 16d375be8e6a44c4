import type { Tensor } from "../../engine/index.ts"
import { decayOf, type Quantity } from "../quantity.ts"

/** What a spike does to the trace of its neuron: adds 1 (all spikes count), or sets it to 1 (only the last counts). */
export type Pairing = "all" | "nearest"

/** What is left of a trace after a step. */
export const faded = (trace: Tensor, tauMs: Quantity, dtMs: number): Tensor => trace.mul(decayOf(tauMs, dtMs))

/** A trace after the spikes of the step, 0 or 1 each. */
export const marked = (trace: Tensor, spikes: Tensor, pairing: Pairing): Tensor =>
  pairing === "all" ? trace.add(spikes) : trace.sub(trace.mul(spikes)).add(spikes)

/**
 * One step of a trace of spikes: `x' = -x / tau`, and a spike adds 1 or sets it to 1.
 * @param trace `[..., neurons]`
 * @param spikes 0 or 1, same shape
 */
export const spikeTrace = (
  trace: Tensor,
  spikes: Tensor,
  tauMs: Quantity,
  dtMs: number,
  pairing: Pairing = "all",
): Tensor => marked(faded(trace, tauMs, dtMs), spikes, pairing)

/** `pre [..., pre]` by `post [..., post]`: `[..., pre, post]`. */
export const outer = (pre: Tensor, post: Tensor): Tensor => pre.expandDims(-1).mul(post.expandDims(-2))
