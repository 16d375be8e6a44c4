import { attention, type Tensor, valueAndGrad } from "../../src/engine/index.ts"
import { LayerNorm, meanSquaredError } from "../../src/learn/index.ts"
import { normals, onesOf, zerosOf } from "../harness/arrays.ts"
import type { Case, Inputs, Tensors } from "../harness/case.ts"
import { calling } from "../harness/work.ts"

/** Weights of one block, each name ending in `at`. */
export function block(at: string, width: number, hidden: number, seed: number): Inputs {
  const deviation = Math.sqrt(1 / width)
  return {
    [`n${at}`]: onesOf([width]),
    [`o${at}`]: zerosOf([width]),
    [`q${at}`]: normals(seed, [width, width], deviation),
    [`k${at}`]: normals(seed + 1, [width, width], deviation),
    [`v${at}`]: normals(seed + 2, [width, width], deviation),
    [`p${at}`]: normals(seed + 3, [width, width], deviation),
    [`m${at}`]: onesOf([width]),
    [`l${at}`]: zerosOf([width]),
    [`f${at}`]: normals(seed + 4, [width, hidden], deviation),
    [`g${at}`]: zerosOf([hidden]),
    [`h${at}`]: normals(seed + 5, [hidden, width], Math.sqrt(1 / hidden)),
    [`i${at}`]: zerosOf([width]),
  }
}

export const norm = (x: Tensor, scale: Tensor, shift: Tensor): Tensor => new LayerNorm(scale, shift, 1e-5).apply(x)
const perceptron = (x: Tensor, m: Tensors): Tensor => x.matmul(m.f).add(m.g).gelu().matmul(m.h).add(m.i)

/** `[tokens, width]` -> `[heads, tokens, width / heads]` */
export const toHeads = (x: Tensor, heads: number): Tensor =>
  x.reshape([x.shape[0], heads, x.shape[1] / heads]).transpose([1, 0, 2])

/** softmax(q kᵀ / √d) v, heads side by side again: `[tokens, width]`. */
export function attend(q: Tensor, k: Tensor, v: Tensor, causal = false): Tensor {
  const [heads, tokens, depth] = q.shape
  return attention(q, k, v, { causal })
    .transpose([1, 0, 2])
    .reshape([tokens, heads * depth])
}

/**
 * A transformer block (norm first, causal attention, exact GELU) of width 256 on 256 tokens, 4 heads, hidden width 1024, batch 1: the squared error
 * against a target and its gradients with respect to all weights and the input.
 */
const forwardsAndBackwards: Case = {
  work: "transformer",
  title: "transformer block, forwards and backwards",
  group: "dense",
  unit: "ms",
  parameters: { width: 256, tokens: 256, heads: 4 },
  inputs: () => ({
    ...block("", 256, 1024, 10),
    x: normals(1, [256, 256], 1),
    target: normals(2, [256, 256], 1),
  }),
  ours: ({ target, ...model }, { heads }) => {
    const names = Object.keys(model).sort()
    const error = (m: Tensors, goal: Tensor): Tensor => {
      const normed = norm(m.x, m.n, m.o)
      const [q, k, v] = [m.q, m.k, m.v].map((w) => toHeads(normed.matmul(w), heads))
      const mixed = m.x.add(attend(q, k, v, true).matmul(m.p))
      return meanSquaredError(mixed.add(perceptron(norm(mixed, m.m, m.l), m)), goal)
    }
    return calling(
      (m: Tensors, goal: Tensor) => {
        const [value, gradient] = valueAndGrad((own: Tensors) => error(own, goal))(m)
        return [value, ...names.map((name) => gradient[name])]
      },
      model,
      target,
    )
  },
  compared: 1,
  tolerance: 5e-3,
}

export default [forwardsAndBackwards]
