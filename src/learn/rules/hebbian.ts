/** Changes of weights that a synapse can find by itself: from what its two neurons do. */
import { CajalError, eye, range, type Tensor } from "../../engine/index.ts"

/**
 * Hebb's rule: neurons that are active together connect, dW = postᵀ pre / batch.
 * @param post `[batch, post]`
 * @param pre `[batch, pre]`
 * @returns the change of the weights `[post, pre]`, the mean over the batch
 * @throws CajalError when the two are not batches of the same size
 */
export function hebbian(post: Tensor, pre: Tensor): Tensor {
  if (post.rank !== 2 || pre.rank !== 2 || post.shape[0] !== pre.shape[0])
    throw new CajalError(`hebbian takes [batch, post] and [batch, pre], not ${post.describe()} and ${pre.describe()}`)
  return post.T.matmul(pre).mul(1 / pre.shape[0])
}

/** The opposite: what is active together disconnects. `[batch, post]`, `[batch, pre]` -> `[post, pre]`. */
export const antiHebbian = (post: Tensor, pre: Tensor): Tensor => hebbian(post, pre).neg()

/**
 * Oja's subspace rule. The neurons y = W x send their activity back, x̂ = Wᵀ y; they learn by Hebb from what comes in and by
 * anti-Hebb from what they say themselves, dW = yᵀ (x - x̂) / batch. The rows become an orthonormal basis of the principal subspace.
 * @param weight `[neurons, inputs]`
 * @param x `[batch, inputs]`
 * @source Oja, Neural networks, principal components, and subspaces (1989), eq. 8
 */
export function ojaSubspace(weight: Tensor, x: Tensor): Tensor {
  const y = x.matmul(weight.T)
  return hebbian(y, x.sub(y.matmul(weight)))
}

/**
 * Sanger's rule: as Oja's, but a neuron hears back only from itself and those before it. The rows become the principal components
 * themselves, the largest first: dW = (yᵀ x - tril(yᵀ y) W) / batch.
 * @param weight `[neurons, inputs]`
 * @param x `[batch, inputs]`
 * @source Sanger, Optimal unsupervised learning in a single-layer linear feedforward neural network (1989), eq. 4
 */
export function sanger(weight: Tensor, x: Tensor): Tensor {
  const y = x.matmul(weight.T)
  return hebbian(y, x).sub(lowerTriangle(hebbian(y, y)).matmul(weight))
}

function lowerTriangle(x: Tensor): Tensor {
  const places = range(x.shape[0])
  return x.mul(places.expandDims(1).ge(places).cast(x.dtype))
}

/**
 * Anti-Hebbian lateral connections, which make neurons independent of one another: dL = -(yᵀ y) / batch off the diagonal.
 * @param y `[batch, neurons]`
 * @returns `[neurons, neurons]`, 0 on the diagonal
 * @source Földiák, Forming sparse representations by local anti-Hebbian learning (1990); its target for how often two are active together is 0 here
 */
export function decorrelating(y: Tensor): Tensor {
  const together = antiHebbian(y, y)
  return together.mul(eye(y.shape[1]).neg().add(1))
}
