/** Functions that between them use every operator that has a form in ONNX. */
import {
  argmax,
  argmin,
  asEvents,
  attention,
  avgPool2d,
  clip,
  concat,
  cond,
  conv1d,
  conv2d,
  convTranspose2d,
  cumsum,
  expm1,
  flip,
  gelu,
  grad,
  key,
  linearRecurrence,
  linspace,
  log1p,
  logSoftmax,
  matmulHalf,
  matmulQuantised,
  max,
  maxPool2d,
  min,
  normal,
  normaliseChannels,
  normaliseRows,
  oneHot,
  pad,
  quantise,
  range,
  replaceRow,
  scan,
  scatterAdd,
  shiftLeft,
  shiftRight,
  sigmoid,
  softmax,
  softplus,
  type Tensor,
  take,
  takeAlong,
  tensor,
  topK,
  vmap,
  where,
  xor,
  zeros,
} from "../../../engine/index.ts"
import { leaky } from "../../../neuro/index.ts"
import type { NamedTensors } from "./write.ts"

export interface Case {
  fn: (inputs: NamedTensors) => NamedTensors
  inputs: NamedTensors
}

export const x = normal(key(1), [3, 4])
const images = normal(key(2), [2, 4, 9, 7])
export const w = normal(key(3), [4, 5])
const steps = normal(key(4), [6, 3, 4])
const recurrent = normal(key(5), [5, 5]).mul(0.5)

const filters = normal(key(6), [6, 2, 3, 3])
const upFilters = normal(key(7), [6, 3, 3, 2])
const lineFilters = normal(key(8), [5, 4, 3])
const matrices = normal(key(9), [6, 4, 2])
const corner = normal(key(10), [2, 1, 2, 2])
const codes = { whole: quantise(w), grouped: quantise(w, { groupSize: 2 }) }

export const cases: Record<string, Case> = {
  elementwise: {
    inputs: { x, y: linspace(0.1, 2, 4) },
    fn: ({ x, y }) => ({
      arithmetic: x.add(y).mul(x).sub(2).div(y).neg(),
      functions: x.exp().add(x.sin()).add(x.cos()).add(x.tanh()).add(sigmoid(x)).add(x.abs().sqrt()).add(gelu(x)),
      small: concat([expm1(x.mul(1e-4)).mul(1e4), log1p(x.mul(1e-4)).mul(1e4), expm1(x), log1p(x.abs()), softplus(x)]),
      rounded: concat([x.floor(), x.ceil(), x.mul(4).round(), x.sign(), clip(x, -0.5, 0.5)]),
      powers: y.pow(x).add(x.square()).add(y.log()),
      chosen: where(x.gt(0).and(x.lt(1)).or(x.eq(0)), x, y.mul(-1)),
      truth: xor(x.gt(0), x.le(0.5)).cast("i32"),
      repeated: y
        .expandDims(0)
        .add(zeros([3, 1]))
        .maximum(x.minimum(0.3)),
    }),
  },
  "whole numbers": {
    inputs: {
      n: tensor(
        [
          [1, -2, 300],
          [7, 0, -9],
        ],
        { dtype: "i32" },
      ),
      u: tensor([5, 0, 4000000000], { dtype: "u32" }),
    },
    fn: ({ n, u }) => ({
      arithmetic: n.mul(3).add(1).sub(n.neg()),
      bits: n.and(6).or(1).cast("f32"),
      moved: shiftLeft(n, 3).add(shiftRight(n, 1)),
      unsigned: shiftRight(u, 2),
      cut: n.cast("f32").div(7).cast("i32"),
      flags: n.cast("bool").cast("f32"),
      hot: oneHot(n.maximum(0).minimum(3), 4),
    }),
  },
  shapes: {
    inputs: { x, steps },
    fn: ({ x, steps }) => ({
      turned: flip(x.T.reshape([2, 6]), [0, 1]),
      parts: concat([x.slice(1, 0, 4, 2), x.slice(1, 1, 3), x.slice(0, 0, 3).slice(1, -2)], 1),
      padded: pad(
        x,
        [
          [1, 0],
          [0, 2],
        ],
        0.5,
      ),
      gap: grad((v: Tensor) => v.slice(1, 0, 4, 3).square().sum())(x),
      wide: x
        .expandDims(0)
        .expandDims(-1)
        .mul(linspace(1, 2, 2)),
      counted: range(4, "f32").add(x),
      order: steps.transpose([2, 0, 1]).mean(1),
    }),
  },
  reductions: {
    inputs: { x, steps },
    fn: ({ x, steps }) => ({
      sums: steps.sum([0, 2]).add(x.mean(1)),
      all: x.sum(),
      ends: concat([max(x, 0, true), min(x, 0, true)]),
      where: argmax(x, 1).add(argmin(x, 1)),
      soft: softmax(x).add(logSoftmax(x)).add(softmax(x, 0)),
      running: cumsum(x, 1, { reverse: true, exclusive: true }).add(cumsum(x, 0)),
      recurrence: linearRecurrence(sigmoid(x), x, 1, { reverse: true }),
    }),
  },
  places: {
    inputs: { x, i: tensor([2, 0, 7, -3], { dtype: "i32" }) },
    fn: ({ x, i }) => ({
      rows: take(x, i),
      columns: take(x, i.reshape([2, 2]), 1),
      added: scatterAdd([3, 4], i, concat([x, x.slice(0, 0, 1)])),
      along: takeAlong(x, argmax(x, 1).reshape([3, 1])),
      best: topK(x, 2).values.add(topK(x, 2).indices.cast("f32")),
      other: replaceRow(x, x.at(0).mul(9), i.at(1).add(2)),
    }),
  },
  layers: {
    inputs: { images },
    fn: ({ images }) => {
      const y = conv2d(images, filters, { stride: 2, padding: 1, groups: 2 })
      const up = convTranspose2d(y, upFilters, { stride: [2, 1], padding: [1, 0], outputPadding: [1, 0] })
      const { y: normed } = normaliseChannels(up, linspace(1, 2, 3), linspace(0, 1, 3), 1e-5)
      return {
        y,
        up,
        largest: maxPool2d(normed, 2, { padding: 1 }),
        means: avgPool2d(normed, [3, 2], { stride: 1, padding: 1, countIncludePadding: false }),
        rows: normaliseRows(images, linspace(0.5, 1, 7), linspace(0, 1, 7), 1e-5),
        squares: normaliseRows(images, linspace(0.5, 1, 7), undefined, 1e-6),
        line: conv1d(images.reshape([2, 4, 63]), lineFilters, { dilation: 2, padding: "same" }),
      }
    },
  },
  products: {
    inputs: { x, steps },
    fn: ({ x, steps }) => ({
      matrix: x.matmul(w),
      batched: steps.matmul(matrices),
      quantised: matmulQuantised(x, codes.whole),
      grouped: matmulQuantised(x, codes.grouped),
      half: matmulHalf(x, w.cast("f16")),
      events: asEvents(x.gt(0).cast("f32")).matmul(w),
      attended: attention(steps, steps.mul(2), steps.add(1), { causal: true }),
      masked: attention(steps, steps, steps, {
        mask: tensor([
          [true, false, true],
          [false, false, false],
          [true, true, true],
        ]),
      }),
    }),
  },
  loops: {
    inputs: { steps },
    fn: ({ steps }) => {
      const run = (reverse: boolean) =>
        scan(
          (h: Tensor, now: Tensor) => {
            const next = h.matmul(recurrent).add(now.matmul(w)).tanh()
            return [next, next.sum(1)] as const
          },
          zeros([3, 5]),
          steps,
          { reverse },
        )
      const [last, sums] = run(false)
      const [first, back] = run(true)
      const [counted] = scan((v: Tensor) => [v.mul(0.5).add(1), undefined] as const, steps.at(0), undefined, {
        length: 7,
      })
      const nested = scan(
        (total: Tensor, now: Tensor) => {
          const [inner] = scan((v: Tensor, row: Tensor) => [v.add(row.mul(total.at(0))), v] as const, zeros([4]), now)
          return [total.add(inner), total] as const
        },
        zeros([4]).add(0.1),
        steps.mul(0.1),
      )
      return { last, sums, first, back, counted, total: nested[0], totals: nested[1] as Tensor }
    },
  },
  branches: {
    inputs: { x },
    fn: ({ x }) => ({
      chosen: cond(
        x.sum().gt(0),
        () => x.matmul(w),
        () => x.matmul(w).neg().mul(2),
      ),
      each: vmap((row: Tensor) =>
        cond(
          row.sum().gt(0),
          () => row.mul(2),
          () => row.neg(),
        ),
      )(x),
    }),
  },
  "a gradient": {
    inputs: { x },
    fn: ({ x }) => {
      const loss = (v: Tensor): Tensor =>
        conv2d(v.reshape([1, 1, 3, 4]), corner)
          .relu()
          .sum()
          .add(v.matmul(w).sigmoid().sum())
      return { g: grad(loss)(x) }
    },
  },
  "a spiking network": {
    inputs: { steps },
    fn: ({ steps }) => {
      const p = { decay: linspace(0.7, 0.95, 5), threshold: 0.8, reset: "subtract-later" as const }
      const [, spikes] = scan(
        (state: { u: Tensor; s: Tensor }, now: Tensor) => {
          const [next, s] = leaky(state, now.matmul(w).add(state.s.matmul(recurrent)), p)
          return [{ ...next, s }, s] as const
        },
        { u: zeros([3, 5]), s: asEvents(zeros([3, 5])) },
        steps,
      )
      return { spikes }
    },
  },
}
