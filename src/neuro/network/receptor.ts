import type { Shape, Tensor, Tree } from "../../engine/index.ts"
import type { Synapse } from "../synapses/synapse.ts"

/**
 * What arriving spikes do: the dynamics of a synapse, and the current that it makes. Projections to one population that share a receptor
 * share one state.
 */
export interface Receptor {
  /** Name of the synapse, for errors and tables. */
  readonly model: string
  /**
   * Whether the answer to a sum of spikes is the sum of the answers. Then the state belongs to the postsynaptic neurons; otherwise to the
   * presynaptic ones.
   */
  readonly linear: boolean
  state(shape: Shape): Tree
  step(state: Tree, arriving: Tensor, dtMs: number): [Tree, Tensor]
  /** The current of a conductance g at a potential; undefined where what arrives is added to the potential itself. */
  readonly current: ((g: Tensor, v: Tensor) => Tensor) | undefined
  /** Whether g is a conductance, the weights of which are at least 0: its current depends on the potential. */
  readonly isConductance: boolean
}

/** Short-term plasticity: what leaves a neuron in the place of its spikes. */
export type Release = Pick<Receptor, "model" | "state" | "step">

/** `release(shortTermPlasticity, { use: 0.5 })`: spikes as facilitation and depression leave them. */
export const release = <S extends object, P extends object>(
  synapse: Synapse<S, P>,
  parameters: Partial<P> = {},
): Release => receptor(synapse, parameters)

/**
 * A receptor: `receptor(exponentialSynapse, { tauMs: 5 }, (g, v) => coba(g, v, 0))`.
 * @param current of the conductance g at the potential v; by default g itself is the current
 */
export const receptor = <S extends object, P extends object>(
  synapse: Synapse<S, P>,
  parameters: Partial<P> = {},
  current: (g: Tensor, v: Tensor) => Tensor = (g) => g,
): Receptor => ({
  model: synapse.model,
  linear: synapse.linear,
  state: (shape) => synapse.state(shape, parameters) as unknown as Tree,
  step: (state, arriving, dtMs) =>
    synapse(state as unknown as S, arriving, parameters, dtMs) as unknown as [Tree, Tensor],
  current,
  // A function of g alone makes a current of it whatever its sign.
  isConductance: current.length > 1,
})

/** Spikes are added to the potential at once, each by its weight in mV. */
export const deltaReceptor = (): Receptor => ({
  model: "delta",
  linear: true,
  state: () => ({}),
  step: (state, arriving) => [state, arriving],
  current: undefined,
  isConductance: false,
})
