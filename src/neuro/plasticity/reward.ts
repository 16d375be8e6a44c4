import { type DType, type Tensor, zeros } from "../../engine/index.ts"
import { checkTimes, decayOf, filled, type Quantity } from "../quantity.ts"
import { densely, limited, type StdpParameters, type StdpState, stdpChanges, stdpState } from "./stdp.ts"

export interface RewardState extends StdpState {
  /** Eligibility of each weight, `[pre, post]`. */
  readonly eligibility: Tensor
  /** Dopamine, a scalar. */
  readonly dopamine: Tensor
}

export interface RewardParameters extends StdpParameters {
  /** How long a weight stays eligible. Default 1000. */
  readonly tauEligibilityMs?: number
  /** How long dopamine stays. Default 200. */
  readonly tauDopamineMs?: number
  /** Dopamine that flows in all the time, per ms. Default 0. */
  readonly tonicPerMs?: Quantity
}

const defaults: Required<Omit<RewardParameters, keyof StdpParameters>> = {
  tauEligibilityMs: 1000,
  tauDopamineMs: 200,
  tonicPerMs: 0,
}

/** Nothing has happened yet. */
export const rewardState = (pre: number, post: number, dtype: DType = "f32"): RewardState => ({
  ...stdpState(pre, post, dtype),
  eligibility: zeros([pre, post], dtype),
  dopamine: zeros([], dtype),
})

/**
 * Spike-timing dependent plasticity that waits for a reward:
 *   c' = -c / tauC + STDP;   d' = -d / tauD + rewards;   w' = c d   (per ms)
 * What `stdp` would change is kept in the eligibility c; dopamine d turns it into weight, exactly over the step.
 * @param weight `[pre, post]`
 * @param reward dopamine released at the end of this step, a scalar
 * @source Izhikevich, Solving the distal reward problem through linkage of STDP and dopamine signaling (2007)
 */
export function rewardStdp(
  state: RewardState,
  weight: Tensor,
  preSpikes: Tensor,
  postSpikes: Tensor,
  reward: Quantity,
  parameters: RewardParameters,
  dtMs: number,
): [RewardState, Tensor] {
  const { eligibility, dopamine, ...traces } = state
  const [next, changes] = stdpChanges(traces, preSpikes, postSpikes, parameters, dtMs)
  const [after, gained] = rewarded({ eligibility, dopamine }, reward, parameters, dtMs)
  return [
    { ...next, ...after, eligibility: after.eligibility.add(densely(changes)) },
    limited(weight, gained, parameters),
  ]
}

/**
 * Eligibility and dopamine after a step in which no spikes change the eligibility, and what weights have gained.
 * @param state.eligibility of each weight, any shape
 */
export function rewarded(
  { eligibility: c, dopamine: d }: Pick<RewardState, "eligibility" | "dopamine">,
  reward: Quantity,
  parameters: RewardParameters,
  dtMs: number,
): [Pick<RewardState, "eligibility" | "dopamine">, Tensor] {
  const p = filled(defaults, parameters)
  checkTimes("rewardStdp", p, ["tauEligibilityMs", "tauDopamineMs"], dtMs)
  // ∫ exp(-s (1 / tauC + 1 / tauD)) ds over the step
  const together = 1 / p.tauEligibilityMs + 1 / p.tauDopamineMs
  const gained = c.mul(d).mul(-Math.expm1(-dtMs * together) / together)
  const tonic = typeof p.tonicPerMs === "number" ? p.tonicPerMs * dtMs : p.tonicPerMs.mul(dtMs)
  return [
    {
      eligibility: c.mul(decayOf(p.tauEligibilityMs, dtMs)),
      dopamine: d.mul(decayOf(p.tauDopamineMs, dtMs)).add(reward).add(tonic),
    },
    gained,
  ]
}
