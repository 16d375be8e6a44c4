import { asEvents, ones, type Tensor } from "../../engine/index.ts"
import { decayOf, type Quantity, toTensor } from "../quantity.ts"
import { synapse } from "./synapse.ts"

/** Which resources a spike's efficacy counts: those it leaves (BrainPy), or those it finds (Tsodyks and Markram). */
export interface Efficacy {
  /** Default "left". */
  readonly resources: "left" | "found"
}

export interface DepressionState {
  /** Share of the resources that is there, 0..1, `[..., neurons]`. */
  readonly x: Tensor
}

export interface DepressionParameters extends Efficacy {
  /** Recovery. Default 200. */
  readonly tauMs: Quantity
  /** Share that a spike uses. Default 0.07. */
  readonly use: Quantity
}

/** Spikes times their efficacy: still events where the spikes are. */
const released = (spikes: Tensor, efficacy: Tensor): Tensor => {
  const amount = spikes.mul(efficacy)
  return spikes.type.events === true ? asEvents(amount) : amount
}

const recovered = (x: Tensor, tauMs: Quantity, dtMs: number): Tensor => x.sub(1).mul(decayOf(tauMs, dtMs)).add(1)

/**
 * Short-term depression: `x' = (1 - x) / tau;   at a spike: x -= U x`. Its output is the spikes, each times x.
 * @source Abbott et al., Synaptic depression and cortical gain control (1997)
 */
export const shortTermDepression = synapse<DepressionState, DepressionParameters>({
  model: "shortTermDepression",
  linear: false,
  defaults: { tauMs: 200, use: 0.07, resources: "left" },
  timeConstants: ["tauMs"],
  notNegative: ["use"],
  start: (shape, _, dtype) => ({ x: ones(shape, dtype) }),
  step(state, arriving, p, dtMs) {
    const found = recovered(state.x, p.tauMs, dtMs)
    const x = found.sub(found.mul(arriving).mul(p.use))
    return [{ x }, released(arriving, p.resources === "left" ? x : found)]
  },
})

export interface PlasticityState extends DepressionState {
  /** Share that a spike uses, 0..1, `[..., neurons]`. */
  readonly u: Tensor
}

export interface ShortTermParameters extends Efficacy {
  /** Facilitation: how long u is remembered. Default 1500. */
  readonly tauFacilitationMs: Quantity
  /** Depression: recovery of the resources. Default 200. */
  readonly tauDepressionMs: Quantity
  /** What a spike adds to u, of what is left to 1. Default 0.15. */
  readonly use: Quantity
}

/**
 * Short-term plasticity: `u' = -u / tauF, x' = (1 - x) / tauD;   at a spike: u += U (1 - u), then x -= u x`. Its output is the spikes, each
 * times u x.
 * @source Tsodyks, Pawelzik and Markram, Neural networks with dynamic synapses (1998)
 */
export const shortTermPlasticity = synapse<PlasticityState, ShortTermParameters>({
  model: "shortTermPlasticity",
  linear: false,
  defaults: { tauFacilitationMs: 1500, tauDepressionMs: 200, use: 0.15, resources: "left" },
  timeConstants: ["tauFacilitationMs", "tauDepressionMs"],
  notNegative: ["use"],
  start: (shape, p, dtype) => ({ x: ones(shape, dtype), u: toTensor(p.use, dtype).broadcastTo(shape) }),
  step(state, arriving, p, dtMs) {
    const decayed = state.u.mul(decayOf(p.tauFacilitationMs, dtMs))
    const u = decayed.add(decayed.neg().add(1).mul(arriving).mul(p.use))
    const found = recovered(state.x, p.tauDepressionMs, dtMs)
    const x = found.sub(found.mul(arriving).mul(u))
    return [{ x, u }, released(arriving, u.mul(p.resources === "left" ? x : found))]
  },
})
