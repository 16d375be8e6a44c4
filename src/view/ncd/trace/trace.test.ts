import { describe, expect, test } from "vitest"
import {
  cond,
  einsum,
  flatten,
  grad,
  key,
  normal,
  randomIntegers,
  scan,
  scope,
  softmax,
  split,
  type Tensor,
  type Tree,
  take,
} from "../../../engine/index.ts"
import { conv2dLayer, layerNorm, linear } from "../../../learn/index.ts"
import { compileTerm, difference, drawTerm, parseSvg, printTerm, sameTerm } from "../index.ts"
import { type DiagramOptions, diagramWith } from "./diagram.ts"

/** Traces, draws, reads back and runs what was read: it must be what the program gives. */
function through(options: DiagramOptions, fn: (...args: never[]) => Tree, ...args: Tree[]): string {
  const { term, parameters, inputs, opaque } = diagramWith(options, fn as (...args: Tree[]) => Tree, ...args)
  expect(opaque).toBe(0)
  const read = parseSvg(drawTerm(term))
  expect(sameTerm(read, term)).toBe(true)
  const results = compileTerm(read, parameters)(...inputs)
  flatten((fn as (...args: Tree[]) => Tree)(...args)).leaves.forEach((y, i) =>
    expect(difference(y, results[i])).toBeLessThan(1e-5),
  )
  return printTerm(term)
}

describe("traced programs", () => {
  test("attention: axes are found through merged and split dimensions", () => {
    const w = { q: normal(key(1), [6, 8]), k: normal(key(2), [6, 8]) }
    const run = (p: typeof w, x: Tensor, z: Tensor) => {
      const [q, k] = [x.matmul(p.q).reshape([5, 2, 4]), z.matmul(p.k).reshape([3, 2, 4])]
      return softmax(einsum("yhk,xhk->hyx", q, k))
    }
    const text = through({ axes: ["y m", "x m"] }, run, w, normal(key(3), [5, 6]), normal(key(4), [3, 6]))
    expect(text).toContain("bold q : y m -> y")
    expect(text).toMatch(/softmax\[x\] : \S+ y x -> \S+ y x/)
    expect(text).not.toContain("reshape")
  })

  test("an array meets itself: its two axes stay apart", () => {
    const text = through({}, (x: Tensor) => softmax(x.matmul(x.T)).matmul(x), normal(key(1), [5, 4]))
    expect(text).toContain("einsum")
    through({}, (x: Tensor) => x.matmul(x.T).add(x.matmul(x.T).T.mul(2)), normal(key(1), [4, 4]))
  })

  test("equal blocks fold, each with weights of its own", () => {
    const model = { layers: split(key(1), 3).map((k) => ({ norm: layerNorm(6), map: linear(6, 6, k) })) }
    const run = (m: typeof model, x: Tensor) =>
      m.layers.reduce((z, layer) => scope("layer", () => z.add(layer.map.apply(layer.norm.apply(z)).gelu())), x)
    const text = through({}, run, model, normal(key(2), [4, 6]))
    expect(text).toContain('block "layer" x3')
    expect(text).toContain("layers.*.map.weight")
    expect(text).toContain("gelu")
  })

  test("convolutions are contractions over windows", () => {
    const layer = conv2dLayer(2, 3, 3, key(1), { stride: 2, padding: 1, dilation: 2 })
    const text = through({}, (m: typeof layer, x: Tensor) => m.apply(x).relu(), layer, normal(key(2), [2, 2, 9, 9]))
    expect(text).toMatch(/convolution .*\[2\S+\+2\S+-1\]/)
  })

  test("scans, choices, lookups, slices, gradients", () => {
    const w = { a: normal(key(1), [3, 4]), b: normal(key(2), [4, 4]) }
    const recurrent = (p: typeof w, xs: Tensor, h: Tensor) =>
      scan((s: Tensor, x: Tensor) => [x.matmul(p.a).add(s.matmul(p.b)).tanh(), s.sum(1)] as const, h, xs)
    const [xs, h] = [normal(key(3), [5, 2, 3]), normal(key(4), [2, 4])]
    expect(through({ parameters: [0] }, recurrent, w, xs, h)).toMatch(/scan t constants 0 carries 1/)
    through(
      { parameters: [0] },
      (p: typeof w, x: Tensor, s: Tensor) => grad((q: typeof w) => recurrent(q, x, s)[1].sum())(p),
      w,
      xs,
      h,
    )
    const choose = (x: Tensor) =>
      cond(
        x.sum().gt(0),
        () => x.exp(),
        () => x.mul(2).add(x),
      )
    expect(through({}, choose, normal(key(5), [2, 3]))).toContain('choice "if"')
    const lookup = (table: Tensor, at: Tensor) => take(table, at).slice(1, 1, 3).flip(0)
    through({}, lookup, normal(key(6), [7, 4]), randomIntegers(key(7), [5], 0, 7))
  })

  test("every box knows the line that it comes from", () => {
    const { term } = diagramWith({}, (x: Tensor) => x.exp(), normal(key(1), [3]))
    expect(drawTerm(term)).toMatch(/data-source="[^"]*trace\.test\.ts:\d+/)
  })
})
