import { concat, matmulHalf, matmulQuantised, quantise, type Tensor } from "../../src/engine/index.ts"
import { normals } from "../harness/arrays.ts"
import type { Case, Inputs, Tensors } from "../harness/case.ts"
import { calling } from "../harness/work.ts"
import { attend, block, norm, toHeads } from "./transformer.ts"

const layers = 8
const [width, hidden] = [512, 2048]

/** How the weights of the products are stored, and multiplied with. */
interface Storage<W extends Tensor | { readonly [name: string]: Tensor }> {
  readonly stored: (weights: Tensor) => W
  readonly product: (x: Tensor, weights: W) => Tensor
}

/** Weights of products: queries, keys, values, projection, both layers of the perceptron. */
const isProduct = (name: string): boolean => /^[qkvpfh]\d$/.test(name)

/**
 * One more token through 8 blocks as in transformer.ts, of width 512 with 8 heads, attending to itself and 127 tokens whose keys and values are
 * kept. It reads 100 MB of weights in f32, and hardly does anything else.
 */
const decode = <W extends Tensor | { readonly [name: string]: Tensor }>(
  work: string,
  title: string,
  { stored, product }: Storage<W>,
): Case => ({
  work,
  title,
  group: "dense",
  unit: "ms",
  parameters: { width, heads: 8, layers, kept: 127 },
  inputs: () => {
    const all: Record<string, Inputs[string]> = { x: normals(1, [1, width], 1) }
    for (let layer = 0; layer < layers; layer++) {
      Object.assign(all, block(String(layer), width, hidden, 100 * (layer + 1)), {
        [`keys${layer}`]: normals(100 * layer + 60, [8, 127, 64], 1),
        [`values${layer}`]: normals(100 * layer + 61, [8, 127, 64], 1),
      })
    }
    return all
  },
  ours: (inputs, { heads }) => {
    const names = Object.keys(inputs)
    const pick = <T>(own: (name: string) => boolean, make: (x: Tensor) => T): Record<string, T> =>
      Object.fromEntries(names.filter(own).map((name) => [name, make(inputs[name])]))
    const plain = pick(
      (name) => !isProduct(name),
      (x) => x,
    )
    const run = (m: Tensors, w: Record<string, W>): readonly Tensor[] => {
      let x = m.x
      for (let at = 0; at < layers; at++) {
        const normed = norm(x, m[`n${at}`], m[`o${at}`])
        const [q, k, v] = ["q", "k", "v"].map((name) => toHeads(product(normed, w[`${name}${at}`]), heads))
        const attended = attend(q, concat([m[`keys${at}`], k], 1), concat([m[`values${at}`], v], 1))
        x = x.add(product(attended, w[`p${at}`]))
        const wide = product(norm(x, m[`m${at}`], m[`l${at}`]), w[`f${at}`])
          .add(m[`g${at}`])
          .gelu()
        x = x.add(product(wide, w[`h${at}`]).add(m[`i${at}`]))
      }
      return [x]
    }
    return calling(run, plain, pick(isProduct, stored))
  },
  compared: 1,
  tolerance: 5e-3,
})

const title = "decode of one token, 8 layers"

export default [
  decode("decode", title, { stored: (w) => w, product: (x, w) => x.matmul(w) }),
  decode("decode in f16", `${title}, f16 weights`, { stored: (w) => w.cast("f16"), product: matmulHalf }),
  decode("decode in int8", `${title}, int8 weights`, {
    stored: (w) => ({ ...quantise(w) }),
    product: (x, w) => matmulQuantised(x, w),
  }),
]
