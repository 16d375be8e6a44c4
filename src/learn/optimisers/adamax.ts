import { maximum, type Tensor, type Tree, zeros, zerosLike } from "../../engine/index.ts"
import { mapParameters, rateFor } from "./parameters.ts"

/** What Adamax remembers: running first moments and largest gradients, trees like the model, and the number of steps. */
export interface AdamaxState<M extends Tree = Tree> {
  readonly first: M
  readonly largest: M
  /** Scalar. */
  readonly steps: Tensor
}

export interface AdamaxOptions {
  /** Learning rate; a scalar tensor where it changes from step to step. */
  readonly rate: number | Tensor
  /** Decay of the first moment and of the largest gradient. Default 0.9 and 0.999. */
  readonly beta1?: number
  readonly beta2?: number
  /** Default 1e-8. */
  readonly epsilon?: number
}

export const adamaxState = <M extends Tree>(model: M): AdamaxState<M> => ({
  first: mapParameters(zerosLike, model),
  largest: mapParameters(zerosLike, model),
  steps: zeros([]),
})

/**
 * Adam with the infinity norm: `u = max(beta2 u, |g| + epsilon)`, `w = w - rate / (1 - beta1^t) · m / u`.
 * @returns the model after the step and the state for the next
 * @source Kingma and Ba, Adam (2015), algorithm 2
 */
export function adamax<M extends Tree>(
  model: M,
  gradients: M,
  state: AdamaxState<M>,
  { rate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamaxOptions,
): [M, AdamaxState<M>] {
  const steps = state.steps.add(1)
  const first = mapParameters((m, g) => m.mul(beta1).add(g.mul(1 - beta1)), state.first, gradients)
  const largest = mapParameters((u, g) => maximum(u.mul(beta2), g.abs().add(epsilon)), state.largest, gradients)
  const correction = steps.mul(Math.log(beta1)).exp().neg().add(1)
  const next = mapParameters(
    (w, m, u) => w.sub(m.div(u).div(correction.cast(w.dtype)).mul(rateFor(w, rate))),
    model,
    first,
    largest,
  )
  return [next, { first, largest, steps }]
}
