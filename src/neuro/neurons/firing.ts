import { asEvents, CajalError, maximum, stopGradient, type Tensor, where } from "../../engine/index.ts"
import { leastOf, minus, type Quantity } from "../quantity.ts"
import { type Surrogate, spike } from "../surrogate.ts"

/** How a neuron fires, whatever its equations. */
export interface FiringOptions {
  /** How long after a spike the potential keeps still. Default 0. */
  readonly tauRefMs?: Quantity
  /**
   * What stands for the derivative of a spike with respect to `v - threshold` (in mV where these are). Without one no gradient
   * passes spikes.
   */
  readonly surrogate?: Surrogate
  /** What a spike does to the potential: takes `threshold - reset` from it (soft) or sets it. Default "soft" with a surrogate, else "hard". */
  readonly reset?: "soft" | "hard"
  /** Whether what a spike does to the state is left out of the gradient. Default false. */
  readonly detachReset?: boolean
}

/** What every firing neuron has. */
export interface Membrane {
  /** Membrane potential `[..., neurons]`. */
  readonly v: Tensor
  /** Steps that the refractory period still lasts, i32 like `v`; there when neurons have such a period. */
  readonly refractory?: Tensor
}

/** Where a neuron fires, and what that does. */
export interface Spiking<S> {
  readonly thresholdMV: Quantity
  /** Potential after a spike; undefined for a neuron whose equations bring it back: it fires where the potential crosses upwards. */
  readonly resetMV?: Quantity
  /** Variables other than the potential that a spike changes, as they are after it. */
  readonly onSpike?: (state: S) => Partial<S>
}

/** Whole steps in a period: a spike in step k is followed by as many steps without integration. */
export const stepsOf = (ms: Quantity, dtMs: number): Quantity =>
  typeof ms === "number"
    ? Math.floor(ms / dtMs + 1e-6)
    : ms
        .mul(1 / dtMs)
        .add(1e-4)
        .floor()
        .cast("i32")

/** Whether neurons of these parameters are refractory at all. */
export const isRefractory = ({ tauRefMs = 0 }: FiringOptions): boolean => typeof tauRefMs !== "number" || tauRefMs !== 0

/**
 * What follows integration in every step: the refractory period holds the potential, it is compared with the threshold, and spikes reset it.
 * @param old the state before the step
 * @param state its variables after integration
 * @returns the state after the step, in the structure of `old`, and the spikes as a spike tensor
 * @source order of BrainPy's integrate-and-fire neurons
 */
export function fire<S extends Membrane>(
  model: string,
  old: S,
  state: S,
  { thresholdMV, resetMV, onSpike }: Spiking<S>,
  p: FiringOptions,
  dtMs: number,
): [S, Tensor] {
  checkFiring(model, old, p, thresholdMV, resetMV)
  const { surrogate, reset = surrogate === undefined ? "hard" : "soft", detachReset = false } = p
  const held = old.refractory?.gt(0)
  const v = held === undefined ? state.v : where(held, old.v, state.v)
  const distance = v.sub(thresholdMV)
  const may = [held?.not(), resetMV === undefined ? old.v.lt(thresholdMV) : undefined].filter((x) => x !== undefined)
  const fires = [distance.ge(0), ...may].reduce((a, b) => a.and(b))
  const mask = may.length === 0 ? undefined : may.reduce((a, b) => a.and(b)).cast(v.dtype)
  const learns = surrogate === undefined ? undefined : spike(distance, surrogate)
  const spikes = asEvents(learns === undefined ? fires.cast(v.dtype) : mask === undefined ? learns : learns.mul(mask))
  const felt = detachReset ? stopGradient(spikes) : spikes
  const after = (x: Tensor, y: Tensor | number): Tensor =>
    surrogate === undefined ? where(fires, y, x) : x.add(felt.mul(typeof y === "number" ? x.neg().add(y) : y.sub(x)))
  const whole: S = { ...state, v }
  const changed: Record<string, Tensor> = {}
  for (const [name, y] of Object.entries((onSpike?.(whole) ?? {}) as Record<string, Tensor>))
    changed[name] = after(state[name as keyof S] as Tensor, y)
  if (resetMV !== undefined)
    changed.v = reset === "soft" ? v.sub(felt.mul(minus(thresholdMV, resetMV))) : after(v, resetMV)
  if (old.refractory !== undefined) {
    const left = maximum(old.refractory.sub(1), 0)
    const steps = stepsOf(p.tauRefMs ?? 0, dtMs)
    changed.refractory = where(fires, steps, left)
  }
  return [{ ...old, ...whole, ...changed }, spikes]
}

function checkFiring(model: string, old: Membrane, p: FiringOptions, threshold: Quantity, reset: Quantity | undefined) {
  const tauRefMs = leastOf(p.tauRefMs ?? 0)
  if (tauRefMs !== undefined && !(tauRefMs >= 0))
    throw new CajalError(`${model}: tauRefMs must be at least 0 ms, not ${tauRefMs} ms`)
  if (isRefractory(p) && old.refractory === undefined)
    throw new CajalError(`${model}: the neurons have a refractory period, their state has no place for it`, {
      hint: `make the state with ${model}.state(shape, parameters), with the same parameters`,
    })
  if (typeof threshold === "number" && typeof reset === "number" && !(reset < threshold))
    throw new CajalError(`${model}: the reset potential of ${reset} mV is not below the threshold of ${threshold} mV`)
}
