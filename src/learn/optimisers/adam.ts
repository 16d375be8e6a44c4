import { type Tensor, type Tree, zeros, zerosLike } from "../../engine/index.ts"
import { mapParameters, rateFor } from "./parameters.ts"

/** What Adam remembers: running first and second moments of the gradients, trees like the model, and the number of steps. */
export interface AdamState<M extends Tree = Tree> {
  readonly first: M
  readonly second: M
  /** Scalar. */
  readonly steps: Tensor
}

export interface AdamOptions {
  /** Learning rate; a scalar tensor where it changes from step to step. */
  readonly rate: number | Tensor
  /** Decay of the two moments. Default 0.9 and 0.999. */
  readonly beta1?: number
  readonly beta2?: number
  /** Default 1e-8. */
  readonly epsilon?: number
  /** Decoupled weight decay, times the rate. Default 0 (Adam); AdamW uses 0.01. */
  readonly weightDecay?: number
}

export const adamState = <M extends Tree>(model: M): AdamState<M> => ({
  first: mapParameters(zerosLike, model),
  second: mapParameters(zerosLike, model),
  steps: zeros([]),
})

/**
 * Adam with decoupled weight decay.
 * @returns the model after the step and the state for the next
 * @source Kingma and Ba (2015), algorithm 1; Loshchilov and Hutter, Decoupled weight decay regularization (2019), algorithm 2
 */
export function adamw<M extends Tree>(
  model: M,
  gradients: M,
  state: AdamState<M>,
  options: AdamOptions,
): [M, AdamState<M>] {
  const { rate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = options
  const steps = state.steps.add(1)
  const first = mapParameters((m, g) => m.mul(beta1).add(g.mul(1 - beta1)), state.first, gradients)
  const second = mapParameters((v, g) => v.mul(beta2).add(g.square().mul(1 - beta2)), state.second, gradients)
  const correction1 = steps.mul(Math.log(beta1)).exp().neg().add(1)
  const correction2 = steps.mul(Math.log(beta2)).exp().neg().add(1)
  const next = mapParameters(
    (w, m, v) => {
      const step = m.div(correction1.cast(w.dtype)).div(v.div(correction2.cast(w.dtype)).sqrt().add(epsilon))
      return w.sub((weightDecay === 0 ? step : step.add(w.mul(weightDecay))).mul(rateFor(w, rate)))
    },
    model,
    first,
    second,
  )
  return [next, { first, second, steps }]
}

/** Scales gradients down so that their common Euclidean norm is at most `limit`. */
export function clipByGlobalNorm<M extends Tree>(gradients: M, limit: number): M {
  const squares: Tensor[] = []
  mapParameters((g) => {
    squares.push(g.square().sum().cast("f32"))
    return g
  }, gradients)
  if (squares.length === 0) return gradients
  const norm = squares.reduce((a, b) => a.add(b)).sqrt()
  const factor = norm.add(1e-12).reciprocal().mul(limit).minimum(1)
  return mapParameters((g) => g.mul(factor.cast(g.dtype)), gradients)
}

/** Cuts each number of the gradients to -limit..limit. */
export const clipByValue = <M extends Tree>(gradients: M, limit: number): M =>
  mapParameters((g) => g.clip(-limit, limit), gradients)
