/** Lateral neurons that find the subspace of their inputs by Hebbian learning, and protect it. */
import { CajalError, concat, type Tensor, zerosLike } from "../../engine/index.ts"
import { hebbian } from "./hebbian.ts"
import { type LateralActivity, outside } from "./projection.ts"

/**
 * A group of subspace neurons, connected back and forth with the N presynaptic neurons of a layer. What earlier tasks have found stays
 * as it is; what is fresh learns. The tensors are state, not parameters: no gradient reaches them.
 */
export class SubspaceNeurons {
  /** Rows of earlier tasks `[old, N]`; none before the second task. */
  readonly old: Tensor | undefined
  /** Rows that learn `[fresh, N]`. */
  readonly fresh: Tensor
  /** Their momentum, same shape. */
  readonly velocity: Tensor

  constructor(old: Tensor | undefined, fresh: Tensor, velocity: Tensor = zerosLike(fresh)) {
    this.old = old
    this.fresh = fresh
    this.velocity = velocity
  }

  /** Old and fresh rows, `[old + fresh, N]`. */
  get rows(): Tensor {
    return this.old === undefined ? this.fresh : concat([this.old, this.fresh])
  }

  /** A new task: all rows so far become old, and `fresh` are those that learn. */
  grown(fresh: Tensor): SubspaceNeurons {
    return new SubspaceNeurons(this.rows, fresh)
  }
}

/**
 * Spiking lateral neurons: a signed burst of at most `steps` spikes stands for -limit..limit, round(clip(y) / limit · n) / n · limit.
 * @throws CajalError when there is not a whole number of steps, at least one
 */
export function burstRate(steps: number, limit = 20): LateralActivity {
  if (!Number.isInteger(steps) || steps < 1)
    throw new CajalError(`a burst takes a whole number of steps, at least 1, not ${steps}`)
  return (y) =>
    y
      .clip(-limit, limit)
      .mul(steps / limit)
      .round()
      .mul(limit / steps)
}

export interface SubspaceLearning {
  /** Learning rate η. */
  readonly rate: number
  /** Share of the change before that goes on. Default 0.9. */
  readonly momentum?: number
  /** How often the rule is applied to a batch. Default 5. */
  readonly iterations?: number
  /** Largest change of a weight by one application, before the rate. Default 10. */
  readonly limit?: number
  readonly activity?: LateralActivity
}

/**
 * Hebbian learning of the fresh rows on a batch. Old rows take part in the feedback, so that the fresh ones learn only what these do
 * not explain:
 *   y = H x;  x̂ = Hᵀ y (all rows);  D = clip(y_freshᵀ (x - x̂) / batch);  m = 0.9 m + 0.1 D;  H_fresh = H_fresh + η m
 * @param x presynaptic activity `[batch, N]`
 * @source Xiao et al., Hebbian learning based orthogonal projection for continual learning of spiking neural networks (2024)
 */
export function learnSubspace(neurons: SubspaceNeurons, x: Tensor, options: SubspaceLearning): SubspaceNeurons {
  const { rate, momentum = 0.9, iterations = 5, limit = 10, activity = (y) => y } = options
  const { old } = neurons
  const unexplained = old === undefined ? x : outside(x, old, activity) // old rows do not change in between
  let { fresh, velocity } = neurons
  for (let i = 0; i < iterations; i++) {
    const y = activity(x.matmul(fresh.T))
    const change = hebbian(y, unexplained.sub(y.matmul(fresh))).clip(-limit, limit)
    velocity = velocity.mul(momentum).add(change.mul(1 - momentum))
    fresh = fresh.add(velocity.mul(rate))
  }
  return new SubspaceNeurons(old, fresh, velocity)
}
