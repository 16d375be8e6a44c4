import { type DType, type Shape, type Tensor, zeros } from "../../engine/index.ts"
import { checkPositive, checkStep, filled, type Quantity, toTensor } from "../quantity.ts"
import { exprel } from "../relative-exponentials.ts"
import { type FiringOptions, fire, isRefractory, type Membrane } from "./firing.ts"

export interface CurrentLifState extends Membrane {
  /** Synaptic currents that are left, nA, `[..., neurons]`. */
  readonly excitatory: Tensor
  readonly inhibitory: Tensor
}

export interface CurrentLifParameters extends FiringOptions {
  /** Membrane capacitance. Default 1. */
  readonly capacitanceNF?: Quantity
  /** Membrane time constant. Default 20. */
  readonly tauMs?: Quantity
  /** Time constants of the synaptic currents. Default 5. */
  readonly tauExcitatoryMs?: number
  readonly tauInhibitoryMs?: number
  /** Defaults -65, -65, -50. */
  readonly restMV?: Quantity
  readonly resetMV?: Quantity
  readonly thresholdMV?: Quantity
  /** A constant current, nA. Default 0. */
  readonly offsetNA?: Quantity
  /**
   * How a synaptic current acts in the step: `exact` as it decays (NEST), `mean` as its mean over the step (SpiNNaker: weights are
   * scaled once as they arrive). Default "exact".
   */
  readonly synapticCurrent?: "exact" | "mean"
}

const defaults: Required<Omit<CurrentLifParameters, keyof FiringOptions>> = {
  capacitanceNF: 1,
  tauMs: 20,
  tauExcitatoryMs: 5,
  tauInhibitoryMs: 5,
  restMV: -65,
  resetMV: -65,
  thresholdMV: -50,
  offsetNA: 0,
  synapticCurrent: "exact",
}

/**
 * One step of current-based leaky integrate-and-fire with exponential synapses (PyNN's `IF_curr_exp`), integrated exactly: steps may be
 * longer than time constants.
 *   i += weights;   C v' = -C (v - rest) / tau + iE - iI + offset;   i' = -i / tauSyn;   at the threshold: v = reset
 * @param arriving sums of the weights of the spikes that arrive now, nA, same shape; both are positive
 * @returns the state after the step, and the spikes as a spike tensor
 * @source Rotter and Diesmann, Exact digital simulation of time-invariant linear systems (1999)
 */
function step(
  state: CurrentLifState,
  arriving: { readonly excitatory: Quantity; readonly inhibitory: Quantity },
  parameters: CurrentLifParameters,
  dtMs: number,
): [CurrentLifState, Tensor] {
  const p = filled(defaults, parameters)
  checkStep("currentLif", dtMs)
  checkPositive("currentLif", p, ["capacitanceNF", "tauMs", "tauExcitatoryMs", "tauInhibitoryMs"])
  const tau = toTensor(p.tauMs, state.v.dtype)
  const leak = tau.reciprocal().mul(-dtMs).exp()
  // What a current of 1 nA that is held adds to the potential in the step, mV.
  const gain = leak.neg().add(1).mul(tau).div(p.capacitanceNF)
  const synapse = (i: Tensor, weights: Quantity, tauSynMs: number): { push: Tensor; left: Tensor } => {
    const decay = Math.exp(-dtMs / tauSynMs)
    const mean = p.synapticCurrent === "mean"
    const scale = mean ? (tauSynMs / dtMs) * (1 - decay) : 1
    const now = i.add(typeof weights === "number" ? weights * scale : weights.mul(scale))
    // exp(-dt / tau) - exp(-dt / tauSyn), divided by 1 / tauSyn - 1 / tau; safe where the two are equal.
    const rest = tau
      .reciprocal()
      .sub(1 / tauSynMs)
      .mul(dtMs)
    const response = mean ? gain : exprel(rest).mul(leak).mul(dtMs).div(p.capacitanceNF)
    return { push: now.mul(response), left: now.mul(decay) }
  }
  const excitatory = synapse(state.excitatory, arriving.excitatory, p.tauExcitatoryMs)
  const inhibitory = synapse(state.inhibitory, arriving.inhibitory, p.tauInhibitoryMs)
  const v = state.v
    .sub(p.restMV)
    .mul(leak)
    .add(p.restMV)
    .add(gain.mul(p.offsetNA))
    .add(excitatory.push.sub(inhibitory.push))
  const next = { ...state, v, excitatory: excitatory.left, inhibitory: inhibitory.left }
  return fire("currentLif", state, next, p, p, dtMs)
}

/** Neurons at rest without currents. @param shape `[..., neurons]` */
function start(
  shape: Shape,
  parameters: CurrentLifParameters = {},
  { vMV, dtype = "f32" }: { readonly vMV?: Quantity; readonly dtype?: DType } = {},
): CurrentLifState {
  const v = toTensor(vMV ?? parameters.restMV ?? defaults.restMV, dtype).broadcastTo(shape)
  const state = { v, excitatory: zeros(shape, dtype), inhibitory: zeros(shape, dtype) }
  return isRefractory(parameters) ? { ...state, refractory: zeros(shape, "i32") } : state
}

export const currentLif = Object.assign(step, { model: "currentLif", defaults, state: start })
