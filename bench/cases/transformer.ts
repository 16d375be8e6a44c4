import { concat, type Tensor, tensor, valueAndGrad, where } from "../../src/engine/index.ts"
import { LayerNorm, meanSquaredError } from "../../src/learn/index.ts"
import { normals, onesOf, zerosOf } from "../harness/arrays.ts"
import type { Case, Inputs, Tensors } from "../harness/case.ts"
import { calling } from "../harness/work.ts"

/** Weights of one block, each name ending in `at`. */
function block(at: string, width: number, hidden: number, seed: number): Inputs {
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

const norm = (x: Tensor, scale: Tensor, shift: Tensor): Tensor => new LayerNorm(scale, shift, 1e-5).apply(x)
const perceptron = (x: Tensor, m: Tensors, at: string): Tensor =>
  x.matmul(m[`f${at}`]).add(m[`g${at}`]).gelu().matmul(m[`h${at}`]).add(m[`i${at}`])

/** `[tokens, width]` -> `[heads, tokens, width / heads]` */
const toHeads = (x: Tensor, heads: number): Tensor =>
  x.reshape([x.shape[0], heads, x.shape[1] / heads]).transpose([1, 0, 2])

/** softmax(q kᵀ / √d + mask) v, heads side by side again: `[tokens, width]`. */
function attend(q: Tensor, k: Tensor, v: Tensor, visible?: Tensor): Tensor {
  const [heads, tokens, depth] = q.shape
  const scores = q.matmul(k.transpose([0, 2, 1])).mul(depth ** -0.5)
  const weights = (visible === undefined ? scores : where(visible, scores, -1e9)).softmax()
  return weights
    .matmul(v)
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
  ours: ({ target, ...model }, { tokens, heads }) => {
    const rows = Array.from({ length: tokens }, (_, i) => Array.from({ length: tokens }, (_, j) => j <= i))
    const visible = tensor(rows)
    const names = Object.keys(model).sort()
    const error = (m: Tensors, goal: Tensor, mask: Tensor): Tensor => {
      const normed = norm(m.x, m.n, m.o)
      const [q, k, v] = [m.q, m.k, m.v].map((w) => toHeads(normed.matmul(w), heads))
      const mixed = m.x.add(attend(q, k, v, mask).matmul(m.p))
      return meanSquaredError(mixed.add(perceptron(norm(mixed, m.m, m.l), m, "")), goal)
    }
    return calling(
      (m: Tensors, goal: Tensor, mask: Tensor) => {
        const [value, gradient] = valueAndGrad((own: Tensors) => error(own, goal, mask))(m)
        return [value, ...names.map((name) => gradient[name])]
      },
      model,
      target,
      visible,
    )
  },
  compared: 1,
  tolerance: 5e-3,
}

const layers = 8

/** One more token through 8 such blocks of width 512 with 8 heads, attending to itself and 127 tokens whose keys and values are kept. */
const decode: Case = {
  work: "decode",
  title: "decode of one token, 8 layers",
  group: "dense",
  unit: "ms",
  parameters: { width: 512, heads: 8, layers, kept: 127 },
  inputs: () => {
    const all: Record<string, Inputs[string]> = { x: normals(1, [1, 512], 1) }
    for (let layer = 0; layer < layers; layer++) {
      Object.assign(all, block(String(layer), 512, 2048, 100 * (layer + 1)), {
        [`keys${layer}`]: normals(100 * layer + 60, [8, 127, 64], 1),
        [`values${layer}`]: normals(100 * layer + 61, [8, 127, 64], 1),
      })
    }
    return all
  },
  ours: (inputs, { heads }) =>
    calling((m: Tensors) => {
      let x = m.x
      for (let at = 0; at < layers; at++) {
        const normed = norm(x, m[`n${at}`], m[`o${at}`])
        const [q, k, v] = ["q", "k", "v"].map((name) => toHeads(normed.matmul(m[`${name}${at}`]), heads))
        const attended = attend(q, concat([m[`keys${at}`], k], 1), concat([m[`values${at}`], v], 1))
        x = x.add(attended.matmul(m[`p${at}`]))
        x = x.add(perceptron(norm(x, m[`m${at}`], m[`l${at}`]), m, String(at)))
      }
      return [x]
    }, inputs),
  compared: 1,
  tolerance: 5e-3,
}

export default [forwardsAndBackwards, decode]
