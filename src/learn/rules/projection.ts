/** Learning that leaves a subspace of the input alone: what weights answer to anything in it does not change. */
import { customGradient, type Tensor } from "../../engine/index.ts"

/** What lateral neurons say of what they feel, H x: by default just it. */
export type LateralActivity = (y: Tensor) => Tensor

/**
 * The part of `x` that lies in the span of orthonormal rows, P x = Hᵀ H x: recalled by lateral neurons, y = H x, and sent back, Hᵀ y.
 * @param x `[batch, inputs]`
 * @param rows H, `[directions, inputs]`
 */
export const inside = (x: Tensor, rows: Tensor, activity: LateralActivity = (y) => y): Tensor =>
  activity(x.matmul(rows.T)).matmul(rows)

/** What is left of `x` outside of that span, x - P x. */
export const outside = (x: Tensor, rows: Tensor, activity?: LateralActivity): Tensor => x.sub(inside(x, rows, activity))

/** The share of the energy of `x` (its summed squares) that lies outside of the span of orthonormal rows: a scalar, 0..1. */
export const residualEnergy = (x: Tensor, rows: Tensor): Tensor => outside(x, rows).square().sum().div(x.square().sum())

/**
 * A gradient whose step leaves x · W as it is for all x in the span of orthonormal rows: G - Hᵀ H G. The same as the sum over
 * examples of errors times `outside(x)`, and cheaper where there are more examples than outputs.
 * @param gradient `[inputs, outputs]`
 * @param rows H, `[directions, inputs]`
 * @source Zeng et al., Continual learning of context-dependent processing in neural networks (2019), eq. 1;
 *   Saha et al., Gradient projection memory (2021), eq. 8
 */
export const projectGradient = (gradient: Tensor, rows: Tensor): Tensor =>
  gradient.sub(rows.T.matmul(rows.matmul(gradient)))

/**
 * A product x · W whose weights learn from another presynaptic signal than the one that they carry: dW = zᵀ g, while the error goes on
 * as g · Wᵀ. With a trace of spikes for z a network learns online, step by step; with `outside(x)` what is known stays.
 * @param x `[batch, inputs]`
 * @param weight `[inputs, outputs]`
 * @param presynaptic z, same shape as x; a constant for the gradient
 * @source Xiao et al., Online training through time for spiking neural networks (2022), eq. 5
 */
export const matmulLearning: (x: Tensor, weight: Tensor, presynaptic: Tensor) => Tensor = customGradient<
  [x: Tensor, weight: Tensor, presynaptic: Tensor]
>(
  (x, weight) => x.matmul(weight),
  ([, weight, z], _, g) => [g.matmul(weight.T), z.T.matmul(g), undefined],
)
