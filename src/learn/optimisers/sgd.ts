import { type Tensor, type Tree, zerosLike } from "../../engine/index.ts"
import { mapParameters, rateFor } from "./parameters.ts"

/** What gradient descent with momentum remembers: a tree like the model. */
export interface SgdState<M extends Tree = Tree> {
  readonly velocity: M
}

export interface SgdOptions {
  /** Learning rate; a scalar tensor where it changes from step to step. */
  readonly rate: number | Tensor
  /** Share of the velocity that is kept. Default 0. */
  readonly momentum?: number
  /** Looks ahead along the velocity. Default false. */
  readonly nesterov?: boolean
  /** Added to the gradient, times the parameter. Default 0. */
  readonly weightDecay?: number
}

export const sgdState = <M extends Tree>(model: M): SgdState<M> => ({ velocity: mapParameters(zerosLike, model) })

/**
 * Gradient descent with momentum: v = momentum · v + g;  w = w - rate · v.
 * @returns the model after the step and the state for the next
 * @source Sutskever et al., On the importance of initialization and momentum (2013), in the form without dampening
 */
export function sgd<M extends Tree>(model: M, gradients: M, state: SgdState<M>, options: SgdOptions): [M, SgdState<M>] {
  const { rate, momentum = 0, nesterov = false, weightDecay = 0 } = options
  const decayed = weightDecay === 0 ? gradients : mapParameters((g, w) => g.add(w.mul(weightDecay)), gradients, model)
  const velocity = momentum === 0 ? decayed : mapParameters((v, g) => v.mul(momentum).add(g), state.velocity, decayed)
  const step = nesterov ? mapParameters((v, g) => v.mul(momentum).add(g), velocity, decayed) : velocity
  return [
    mapParameters((w, d) => w.sub(d.mul(rateFor(w, rate))), model, step),
    { velocity: momentum === 0 ? state.velocity : velocity },
  ]
}
