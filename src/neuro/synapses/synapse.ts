import type { DType, Shape, Tensor } from "../../engine/index.ts"
import { checkPositive, checkTimes, filled } from "../quantity.ts"

/** The equations of a synapse. */
export interface SynapseEquations<S extends object, P extends object> {
  /** Name for errors and tables. */
  readonly model: string
  /** Whether the answer to a sum of inputs is the sum of the answers. */
  readonly linear: boolean
  readonly defaults: P
  /** Names of the parameters that are time constants: a step must not be longer. */
  readonly timeConstants?: readonly (keyof P & string)[]
  readonly notNegative?: readonly (keyof P & string)[]
  /** What else must hold of the parameters: throws where it does not. */
  readonly check?: (p: P) => void
  readonly start: (shape: Shape, p: P, dtype: DType) => S
  readonly step: (state: S, arriving: Tensor, p: P, dtMs: number) => [S, Tensor]
}

/** A synapse model: a function that takes a step, with what belongs to it. */
export interface Synapse<S extends object, P extends object> {
  /**
   * One step: what is there decays, then what arrives is added.
   * @param arriving spikes, or sums of the weights of spikes, that arrive now, `[..., neurons]`
   * @returns the state, and the conductance (or current) g
   */
  (state: S, arriving: Tensor, parameters: Partial<P>, dtMs: number): [S, Tensor]
  readonly model: string
  /**
   * Whether the answer to a sum of inputs is the sum of the answers: then one state for each postsynaptic neuron stands for all its
   * synapses of this kind. The state of others belongs to the presynaptic neuron.
   */
  readonly linear: boolean
  readonly defaults: P
  /** Synapses at which nothing has arrived. @param shape `[..., neurons]` */
  state(shape: Shape, parameters?: Partial<P>, dtype?: DType): S
}

/** A synapse model from its equations. One's own models are made like this too. */
export function synapse<S extends object, P extends object>(equations: SynapseEquations<S, P>): Synapse<S, P> {
  const { model, linear, defaults, timeConstants = [], notNegative = [] } = equations
  return Object.assign(
    (state: S, arriving: Tensor, parameters: Partial<P>, dtMs: number): [S, Tensor] => {
      const p = filled(defaults, parameters)
      checkTimes(model, p, timeConstants, dtMs)
      checkPositive(model, p, notNegative, true)
      equations.check?.(p)
      return equations.step(state, arriving, p, dtMs)
    },
    {
      model,
      linear,
      defaults,
      state: (shape: Shape, parameters: Partial<P> = {}, dtype: DType = "f32"): S =>
        equations.start(shape, filled(defaults, parameters), dtype),
    },
  )
}
