import { operationError } from "../errors.ts"
import { broadcastShapes, formatShape } from "../shape.ts"
import type { Tensor } from "../tensor.ts"
import { apply } from "../trace.ts"
import { attentionPrimitive } from "./attention-fused.ts"
import { type AttentionOptions, attentionWeights, checkScores } from "./attention-weights.ts"
import { broadcastTo } from "./layout.ts"
import { matmul } from "./matmul.ts"

/**
 * Scaled dot-product attention: softmax(scale · q kᵀ) v.
 * @param q `[..., queries, d]`
 * @param k `[..., keys, d]`
 * @param v `[..., keys, e]`
 * @returns `[..., queries, e]`; leading axes (batch, heads) broadcast
 * @source Vaswani et al., Attention Is All You Need, 2017, eq. 1
 */
export function attention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions = {}): Tensor {
  if (v.rank < 2 || v.shape[v.rank - 2] !== k.shape[k.rank - 2])
    throw operationError(`attention: keys ${formatShape(k.shape)} and values ${formatShape(v.shape)} do not fit`, {
      hint: "keys are [..., keys, d], values [..., keys, e]",
    })
  const lead = broadcastShapes(checkScores(q, k, options), v.shape.slice(0, -2))
  const { causal = false, scale = 1 / Math.sqrt(q.shape[q.rank - 1]), mask } = options
  const isFused = lead !== undefined && canFuse([q, k, v]) && (mask === undefined || mask.dtype === "bool")
  if (!isFused) return matmul(attentionWeights(q, k, options), v)
  const whole = (x: Tensor): Tensor => broadcastTo(x, [...lead, ...x.shape.slice(-2)])
  const scores = [...lead, q.shape[q.rank - 2], k.shape[k.rank - 2]]
  const seen = mask === undefined ? [] : [broadcastTo(mask, scores)]
  return apply(attentionPrimitive, [whole(q), whole(k), whole(v), ...seen], { causal, scale })[0]
}

/** Fused kernels are for f32 and for operands that are not empty. */
const canFuse = (operands: readonly Tensor[]): boolean => operands.every((x) => x.dtype === "f32" && x.size > 0)
