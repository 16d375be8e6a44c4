import { CajalError, type EventLists, type Tensor, type Tree, updateEntries, zeros } from "../../engine/index.ts"
import { type RewardParameters, rewarded } from "./reward.ts"
import {
  type Connectivity,
  type StdpParameters,
  stdpChanges,
  stdpState,
  type WeightChanges,
  type WeightLimits,
} from "./stdp.ts"
import { type TripletParameters, tripletChanges, tripletState } from "./triplet.ts"

/** Connections from both of their sides. */
export interface PlasticSynapses {
  readonly byPre: EventLists
  readonly byPost: EventLists
  /** For each entry of `byPost` the number of its connection, i32. */
  readonly order: Tensor
}

/** Spikes of both sides in a step: those that arrive, and those that the neurons make. */
export interface SpikePair {
  readonly pre: Tensor
  readonly post: Tensor
}

/** How the weights of a projection change with spikes. Its work in a step is that of the spikes of the step. */
export interface Plasticity {
  /** Name for errors and tables. */
  readonly model: string
  state(pre: number, post: number, connections: number): Tree
  /** @param signals of the step, by name */
  step(
    state: Tree,
    weights: Tensor,
    synapses: PlasticSynapses,
    spikes: SpikePair,
    dtMs: number,
    signals: Readonly<Record<string, Tensor>>,
  ): [Tree, Tensor]
}

interface Limits {
  /** Defaults 0 and 1. */
  readonly minimum?: number
  readonly maximum?: number
}

/** Limits of the weights are numbers; which connections there are the projection says. */
type Sparse<P> = Omit<P, keyof WeightLimits | keyof Connectivity> & Limits

/** Weights after changes: depression first, then potentiation, each within the limits. */
function changed(
  weights: Tensor,
  { atPre, atPost }: WeightChanges,
  { byPre, byPost, order }: PlasticSynapses,
  { minimum, maximum }: Limits = {},
): Tensor {
  const limits = { least: minimum, most: maximum }
  const down = updateEntries(weights, atPre.traces, atPre.events, byPre, limits)
  return updateEntries(down, atPost.traces, atPost.events, byPost, { ...limits, order })
}

function limitsOf(model: string, { minimum = 0, maximum = 1 }: Limits): Required<Limits> {
  if (minimum <= maximum) return { minimum, maximum }
  throw new CajalError(`${model}: the least weight ${minimum} is above the greatest, ${maximum}`)
}

/** A rule whose changes act at once. */
function ruleOf<S>(
  model: string,
  parameters: Limits,
  start: (pre: number, post: number) => S,
  changesOf: (state: S, pre: Tensor, post: Tensor, dtMs: number) => [S, WeightChanges],
): Plasticity {
  const limits = limitsOf(model, parameters)
  return {
    model,
    state: (pre, post) => start(pre, post) as unknown as Tree,
    step(state, weights, synapses, { pre, post }, dtMs) {
      const [next, changes] = changesOf(state as unknown as S, pre, post, dtMs)
      return [next as unknown as Tree, changed(weights, changes, synapses, limits)]
    },
  }
}

/** Plasticity of pairs of spikes: see `stdp`. */
export const pairRule = (parameters: Sparse<StdpParameters> = {}): Plasticity =>
  ruleOf("pairRule", parameters, stdpState, (state, pre, post, dtMs) => stdpChanges(state, pre, post, parameters, dtMs))

/** Plasticity of triplets of spikes: see `tripletStdp`. */
export const tripletRule = (parameters: Sparse<TripletParameters> = {}): Plasticity =>
  ruleOf("tripletRule", parameters, tripletState, (state, pre, post, dtMs) =>
    tripletChanges(state, pre, post, parameters, dtMs),
  )

/**
 * Plasticity of pairs of spikes that waits for a reward: see `rewardStdp`. Eligibility fades in every step, so that the work is that of the connections.
 * @param signal name of the signal `[]` that says how much dopamine is released in a step
 */
export function rewardRule(signal: string, parameters: Sparse<RewardParameters> = {}): Plasticity {
  const { minimum, maximum } = limitsOf("rewardRule", parameters)
  return {
    model: "rewardRule",
    state: (pre, post, connections) => ({
      traces: stdpState(pre, post) as unknown as Tree,
      reward: { eligibility: zeros([connections]), dopamine: zeros([]) },
    }),
    step(state, weights, synapses, { pre, post }, dtMs, signals) {
      if (signals[signal] === undefined) throw new CajalError(`rewardRule: there is no signal "${signal}"`)
      // biome-ignore lint/suspicious/noExplicitAny: a tree made by `state`
      const { traces, reward } = state as any
      const [next, changes] = stdpChanges(traces, pre, post, parameters, dtMs)
      const [after, gained] = rewarded(reward, signals[signal], parameters, dtMs)
      const eligibility = changed(after.eligibility, changes, synapses)
      const learned = weights.add(gained).clip(minimum, maximum)
      return [{ traces: next as unknown as Tree, reward: { ...after, eligibility } }, learned]
    },
  }
}
