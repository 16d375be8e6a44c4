import { type Key, normal, type Shape, type Tensor, uniform } from "../engine/index.ts"

/** Normal numbers of variance 2 / fanIn: keeps the size of activations behind rectifiers. @source He et al. (2015), eq. 10 */
export const heNormal = (key: Key, shape: Shape, fanIn: number): Tensor => normal(key, shape, 0, Math.sqrt(2 / fanIn))

/** Uniform numbers within √(6 / (fanIn + fanOut)). @source Glorot and Bengio (2010), eq. 16 */
export function glorotUniform(key: Key, shape: Shape, fanIn: number, fanOut: number): Tensor {
  const limit = Math.sqrt(6 / (fanIn + fanOut))
  return uniform(key, shape, -limit, limit)
}

/** Uniform numbers within 1 / √fanIn. */
export const fanInUniform = (key: Key, shape: Shape, fanIn: number): Tensor =>
  uniform(key, shape, -1 / Math.sqrt(fanIn), 1 / Math.sqrt(fanIn))
