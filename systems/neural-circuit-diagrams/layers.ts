/** The parts that the architectures are made of, as ordinary programs. Each is one block of its diagram. */
import {
  concat,
  convTranspose2d,
  einsum,
  type Key,
  maxPool2d,
  normal,
  scope,
  softmax,
  split,
  type Tensor,
} from "../../src/engine/index.ts"
import {
  type BatchNorm,
  batchNorm,
  type Conv2d,
  conv2dLayer,
  type LayerNorm,
  type Linear,
  layerNorm,
  linear,
} from "../../src/learn/index.ts"

/** Heads of queries, keys and values `[model, heads, depth]`, and what brings them together again `[heads, depth, model]`. */
export interface Heads {
  readonly q: Tensor
  readonly k: Tensor
  readonly v: Tensor
  readonly o: Tensor
}

export function heads(model: number, count: number, depth: number, key: Key): Heads {
  const [a, b, c, d] = split(key, 4)
  const into = (k: Key): Tensor => normal(k, [model, count, depth], 0, model ** -0.5)
  return { q: into(a), k: into(b), v: into(c), o: normal(d, [count, depth, model], 0, (count * depth) ** -0.5) }
}

/** softmax(q kᵀ / √d) v for every head: `y k h, x k h, x k h -> y k h`. @source Vaswani et al. (2017), eq. 1 */
export const attend = (q: Tensor, k: Tensor, v: Tensor): Tensor => {
  const scores = einsum("yhk,xhk->hyx", q, k).mul(q.shape[q.rank - 1] ** -0.5)
  return einsum("hyx,xhk->yhk", softmax(scores), v)
}

/** Multi-head attention: x `[y, model]` asks, memory `[x, model]` answers. */
export const multiHead = (w: Heads, x: Tensor, memory: Tensor): Tensor =>
  scope("multi-head attention", () =>
    einsum(
      "yhk,hkm->ym",
      attend(einsum("ym,mhk->yhk", x, w.q), einsum("xm,mhk->xhk", memory, w.k), einsum("xm,mhk->xhk", memory, w.v)),
      w.o,
    ),
  )

export interface FeedForward {
  readonly up: Linear
  readonly down: Linear
}
export function feedForward(model: number, hidden: number, key: Key): FeedForward {
  const [a, b] = split(key, 2)
  return { up: linear(model, hidden, a), down: linear(hidden, model, b) }
}
export const forward = ({ up, down }: FeedForward, x: Tensor): Tensor =>
  scope("feed forward", () => down.apply(up.apply(x).relu()))

export interface Encoder {
  readonly attention: Heads
  readonly forward: FeedForward
  readonly norms: readonly LayerNorm[]
}
export function encoder(model: number, count: number, depth: number, key: Key): Encoder {
  const [a, b] = split(key, 2)
  return {
    attention: heads(model, count, depth, a),
    forward: feedForward(model, 4 * model, b),
    norms: [layerNorm(model), layerNorm(model)],
  }
}
/** Attention and feed forward, each added to what went in and normalised. */
export const encode = ({ attention, forward: ff, norms }: Encoder, x: Tensor): Tensor =>
  scope("encoder layer", () => {
    const seen = norms[0].apply(x.add(multiHead(attention, x, x)))
    return norms[1].apply(seen.add(forward(ff, seen)))
  })

export interface Decoder {
  readonly own: Heads
  readonly cross: Heads
  readonly forward: FeedForward
  readonly norms: readonly LayerNorm[]
}
export function decoder(model: number, count: number, depth: number, key: Key): Decoder {
  const [a, b, c] = split(key, 3)
  return {
    own: heads(model, count, depth, a),
    cross: heads(model, count, depth, b),
    forward: feedForward(model, 4 * model, c),
    norms: [layerNorm(model), layerNorm(model), layerNorm(model)],
  }
}
export const decode = ({ own, cross, forward: ff, norms }: Decoder, y: Tensor, memory: Tensor): Tensor =>
  scope("decoder layer", () => {
    const a = norms[0].apply(y.add(multiHead(own, y, y)))
    const b = norms[1].apply(a.add(multiHead(cross, a, memory)))
    return norms[2].apply(b.add(forward(ff, b)))
  })

/** One block of an identity residual network: norm and rectify come first; the bottleneck has a quarter of the channels. */
export interface Residual {
  readonly norms: readonly BatchNorm[]
  readonly reduce: Conv2d
  readonly middle: Conv2d
  readonly expand: Conv2d
}
export function residual(channels: number, key: Key): Residual {
  const [a, b, c] = split(key, 3)
  const inner = channels / 4
  return {
    norms: [batchNorm(channels), batchNorm(inner), batchNorm(inner)],
    reduce: conv2dLayer(channels, inner, 1, a, { bias: false }),
    middle: conv2dLayer(inner, inner, 3, b, { padding: 1, bias: false }),
    expand: conv2dLayer(inner, channels, 1, c, { bias: false }),
  }
}
/** x + W₃ relu(norm(W₂ relu(norm(W₁ relu(norm(x)))))). @source He et al. (2016), Identity Mappings in Deep Residual Networks, fig. 1b */
export const residue = ({ norms, reduce, middle, expand }: Residual, x: Tensor): Tensor =>
  scope("residual block", () => {
    const ready = (norm: BatchNorm, z: Tensor): Tensor => norm.apply(z).relu()
    return x.add(expand.apply(ready(norms[2], middle.apply(ready(norms[1], reduce.apply(ready(norms[0], x)))))))
  })

export interface DoubleConvolution {
  readonly first: Conv2d
  readonly second: Conv2d
}
export function doubleConvolution(from: number, to: number, key: Key): DoubleConvolution {
  const [a, b] = split(key, 2)
  return { first: conv2dLayer(from, to, 3, a, { padding: 1 }), second: conv2dLayer(to, to, 3, b, { padding: 1 }) }
}
export const convolve = ({ first, second }: DoubleConvolution, x: Tensor): Tensor =>
  scope("double convolution", () => second.apply(first.apply(x).relu()).relu())

/** Halves an image. */
export const pool = (x: Tensor): Tensor => maxPool2d(x, 2)
/** Doubles an image, and puts what was there at that size beside it. */
export const raise = (weight: Tensor, x: Tensor, before: Tensor): Tensor =>
  scope("up", () => concat([before, convTranspose2d(x, weight, { stride: 2 })], 1))
