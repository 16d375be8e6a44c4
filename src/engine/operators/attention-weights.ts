import { isFloat } from "../dtype.ts"
import { operationError } from "../errors.ts"
import { broadcastShapes, formatShape, type Shape, sameShape } from "../shape.ts"
import type { Tensor } from "../tensor.ts"
import { range } from "./constants.ts"
import { and, div, exp, ge, sub, where } from "./elementwise.ts"
import { expandDims, transpose } from "./layout.ts"
import { matmul } from "./matmul.ts"
import { max, softmax, sum } from "./reduce.ts"
import { stopGradient } from "./stop.ts"

export interface AttentionOptions {
  /** Query i sees the keys up to its own; with more keys than queries the queries are the last ones. Default false. */
  readonly causal?: boolean
  /** Factor of the scores. Default 1 / √d. */
  readonly scale?: number
  /**
   * `bool`, broadcast to `[..., queries, keys]`: which keys a query sees; a query that sees none gets zeros. A float mask is added to the scores
   * instead.
   */
  readonly mask?: Tensor
}

/**
 * The weights with which each query attends to the keys: softmax(scale · q kᵀ).
 * @param q `[..., queries, d]`
 * @param k `[..., keys, d]`
 * @returns `[..., queries, keys]`, rows that sum to 1
 */
export function attentionWeights(q: Tensor, k: Tensor, options: AttentionOptions = {}): Tensor {
  const d = q.shape[q.rank - 1]
  checkScores(q, k, options)
  const order = [...k.shape.slice(0, -2).map((_, i) => i), k.rank - 1, k.rank - 2]
  const scores = matmul(q.mul(options.scale ?? 1 / Math.sqrt(d)), transpose(k, order))
  const { mask } = options
  const added = mask !== undefined && mask.dtype !== "bool" ? scores.add(mask) : scores
  const seen = seenOf(scores, options)
  return seen === undefined ? softmax(added) : maskedSoftmax(added, seen)
}

/** @throws CajalError where queries, keys and mask do not fit; returns the leading axes of the scores */
export function checkScores(q: Tensor, k: Tensor, { mask }: AttentionOptions): Shape {
  if (q.rank < 2 || k.rank < 2 || k.shape[k.rank - 1] !== q.shape[q.rank - 1])
    throw operationError(`attention: queries ${formatShape(q.shape)} and keys ${formatShape(k.shape)} do not fit`, {
      hint: "queries are [..., queries, d], keys [..., keys, d]",
    })
  const lead = broadcastShapes(q.shape.slice(0, -2), k.shape.slice(0, -2))
  if (lead === undefined)
    throw operationError(
      `attention: queries ${formatShape(q.shape)} and keys ${formatShape(k.shape)}: the leading axes do not broadcast`,
    )
  if (mask === undefined) return lead
  const scores = [...lead, q.shape[q.rank - 2], k.shape[k.rank - 2]]
  const joined = broadcastShapes(mask.shape, scores)
  if (joined === undefined || !sameShape(joined, scores) || (mask.dtype !== "bool" && !isFloat(mask.dtype)))
    throw operationError(
      `attention: a mask ${mask.describe()} for scores ${formatShape(scores)}: it is bool or float and broadcasts to them`,
    )
  return lead
}

/** Which keys each query sees; undefined where it sees all. */
function seenOf(scores: Tensor, { causal = false, mask }: AttentionOptions): Tensor | undefined {
  const [queries, keys] = scores.shape.slice(-2)
  const given = mask?.dtype === "bool" ? mask : undefined
  if (!causal) return given
  const before = ge(expandDims(range(queries).add(keys - queries), 1), range(keys))
  return given === undefined ? before : and(before, given)
}

/** Softmax over the entries that are seen; a row without any is zero, and so is its gradient. */
function maskedSoftmax(scores: Tensor, seen: Tensor): Tensor {
  const visible = seen.broadcastTo(scores.shape)
  const low = where(visible, scores, -1e30)
  const e = where(visible, exp(sub(low, stopGradient(max(low, -1, true)))), 0)
  const total = sum(e, -1, true)
  return div(e, where(total.gt(0), total, 1))
}
