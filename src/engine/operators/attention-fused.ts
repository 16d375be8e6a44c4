import type { HostArray } from "../dtype.ts"
import { type Primitive, primitive, type TensorType } from "../primitive.ts"
import { sizeOf } from "../shape.ts"
import type { Tensor } from "../tensor.ts"
import { apply } from "../trace.ts"
import { vjp } from "../transforms/gradient.ts"
import { attentionWeights } from "./attention-weights.ts"
import { pullBack, repeated, zerosOf } from "./composed.ts"
import { matmul } from "./matmul.ts"
import { sum } from "./reduce.ts"

export interface AttentionAttributes {
  readonly causal: boolean
  readonly scale: number
}

/** The sizes of an attention whose leading axes are one: `[heads, queries, depth]`, `[heads, keys, depth]`, `[heads, keys, width]`. */
export interface AttentionSizes {
  readonly heads: number
  readonly queries: number
  readonly keys: number
  readonly depth: number
  readonly width: number
}

export function sizesOf(q: TensorType, k: TensorType, v: TensorType): AttentionSizes {
  const [queries, depth] = q.shape.slice(-2)
  return {
    heads: sizeOf(q.shape.slice(0, -2)),
    queries,
    keys: k.shape[k.shape.length - 2],
    depth,
    width: v.shape[v.shape.length - 1],
  }
}

/** Calls `visit` with every query and its weights before they are divided by their sum, and the logarithm of that sum. */
function forEachQuery(
  [q, k, v, mask]: readonly (HostArray | undefined)[],
  { causal, scale }: AttentionAttributes,
  visit: (query: number, head: number, weights: Float64Array, logSum: number) => void,
): void {
  const [a, b] = [q, k] as HostArray[]
  const { heads, queries, keys, depth } = sizesOf(a, b, v as HostArray)
  for (let query = 0; query < heads * queries; query++) {
    const head = Math.floor(query / queries)
    const last = causal ? (query % queries) + keys - queries : keys
    const scores = new Float64Array(keys).map((_, j) => {
      if (j > last || mask?.data[query * keys + j] === 0) return Number.NEGATIVE_INFINITY
      let score = 0
      for (let l = 0; l < depth; l++) score += a.data[query * depth + l] * b.data[(head * keys + j) * depth + l]
      return score * scale
    })
    const peak = scores.reduce((x, y) => Math.max(x, y), -Number.MAX_VALUE)
    const weights = scores.map((score) => Math.exp(score - peak))
    const total = weights.reduce((x, y) => x + y)
    const logSum = total === 0 ? Number.POSITIVE_INFINITY : peak + Math.log(total)
    visit(query, head, total === 0 ? weights : weights.map((w) => w / total), logSum)
  }
}

/**
 * softmax(scale · q kᵀ) v, and the logarithm of the sum of exponentials of each row of scores (∞ for a query that sees nothing) for the
 * gradient. Inputs: q, k, v and perhaps which keys each query sees, `[..., queries, keys]`; all of the same leading axes.
 */
export const attentionPrimitive: Primitive<AttentionAttributes> = primitive<AttentionAttributes>({
  name: "attention",
  type: ([q, , v]) => {
    const rows = q.shape.slice(0, -1)
    return [
      { dtype: "f32", shape: [...rows, v.shape[v.shape.length - 1]] },
      { dtype: "f32", shape: rows },
    ]
  },
  evaluate: (inputs, attributes, types) => {
    const [y, sums] = zerosOf(types)
    const v = inputs[2]
    const { keys, width } = sizesOf(inputs[0], inputs[1], v)
    forEachQuery(inputs, attributes, (query, head, weights, logSum) => {
      sums.data[query] = logSum
      for (let c = 0; c < width; c++)
        y.data[query * width + c] = weights.reduce(
          (total, w, j) => total + w * v.data[(head * keys + j) * width + c],
          0,
        )
    })
    return [y, sums]
  },
  gradient: ({ inputs: [q, k, v, ...mask], outputs: [y, logSums], cotangents: [g], attributes }) =>
    g === undefined
      ? []
      : apply(attentionGradientPrimitive, [q, k, v, g, logSums, sum(g.mul(y), -1), ...mask], attributes),
  batch: (inputs, batched, attributes, size) => apply(attentionPrimitive, repeated(inputs, batched, size), attributes),
})

/**
 * The cotangents of q, k and v. Inputs: q, k, v, that of the result, the logarithms of the sums, Σ g · y of each row, and perhaps the mask.
 * @source Dao et al., FlashAttention, 2022, algorithm 4: weights are computed again from the sums
 */
export const attentionGradientPrimitive: Primitive<AttentionAttributes> = primitive<AttentionAttributes>({
  name: "attentionGradient",
  type: ([q, k, v]) => [q, k, v].map(({ shape }) => ({ dtype: "f32", shape })),
  evaluate: ([q, k, v, g, , , mask], attributes, types) => {
    const [dq, dk, dv] = zerosOf(types)
    const { keys, depth, width } = sizesOf(q, k, v)
    forEachQuery([q, k, v, mask], attributes, (query, head, weights) => {
      const pulled = weights.map((_, j) => {
        let total = 0
        for (let c = 0; c < width; c++) total += g.data[query * width + c] * v.data[(head * keys + j) * width + c]
        return total
      })
      const mean = weights.reduce((total, w, j) => total + w * pulled[j], 0)
      weights.forEach((w, j) => {
        const row = head * keys + j
        const slope = w * (pulled[j] - mean) * attributes.scale
        for (let c = 0; c < width; c++) dv.data[row * width + c] += w * g.data[query * width + c]
        for (let l = 0; l < depth; l++) {
          dq.data[query * depth + l] += slope * k.data[row * depth + l]
          dk.data[row * depth + l] += slope * q.data[query * depth + l]
        }
      })
    })
    return [dq, dk, dv]
  },
  // As a function of q, k, v and g alone: the sums and Σ g · y are functions of those.
  gradient: ({ inputs: [q, k, v, g, , , mask], cotangents, wanted, attributes }) => {
    const pulled = (a: Tensor, b: Tensor, c: Tensor, h: Tensor): Tensor[] =>
      vjp([matmul(attentionWeights(a, b, { ...attributes, mask }), c)], [h], [a, b, c]) as Tensor[]
    return pullBack(pulled, [q, k, v, g], cotangents, wanted)
  },
  batch: (inputs, batched, attributes, size) =>
    apply(attentionGradientPrimitive, repeated(inputs, batched, size), attributes),
})

/** How many keys all queries of a head see together, masks aside. */
export const pairsOf = ({ queries, keys }: AttentionSizes, causal: boolean): number => {
  if (!causal) return queries * keys
  const [first, last] = [Math.max(0, keys - queries + 1), keys]
  return ((first + last) * (last - first + 1)) / 2
}
