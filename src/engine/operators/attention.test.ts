import { describe, expect, test } from "vitest"
import { useDevice } from "../devices/device.ts"
import { attention, attentionWeights, grad, jit, type Tensor, tensor } from "../index.ts"
import { allDevices, checkGradient, checkVmap, examples, expectClose, otherDevices, randomTensor } from "../testing.ts"

useDevice("reference")

/** Query by query: the seen keys alone, their exponentials, the weighted mean of their values. */
function plain(q: Tensor, k: Tensor, v: Tensor, sees: (i: number, j: number) => boolean, scale: number): Tensor {
  const [queries, d] = q.shape
  const [keys, e] = v.shape
  const [a, b, c] = [q.array(), k.array(), v.array()]
  const out = new Float64Array(queries * e)
  for (let i = 0; i < queries; i++) {
    const weights = Array.from({ length: keys }, (_, j) => {
      let score = 0
      for (let l = 0; l < d; l++) score += a[i * d + l] * b[j * d + l]
      return sees(i, j) ? Math.exp(score * scale) : 0
    })
    const total = weights.reduce((x, y) => x + y, 0)
    weights.forEach((w, j) => {
      for (let l = 0; l < e && total > 0; l++) out[i * e + l] += (w / total) * c[j * e + l]
    })
  }
  return tensor(out, { shape: [queries, e] })
}

const [q, k, v] = [randomTensor([4, 3], 1), randomTensor([6, 3], 2), randomTensor([6, 5], 3)]
const mask = tensor([
  [true, false, true, true, false, true],
  [false, false, false, false, false, false],
  [true, true, true, true, true, true],
  [false, false, false, false, false, true],
])

describe("against loops", () => {
  const all = (): boolean => true
  test("all keys, one scale or another", () => {
    expectClose(attention(q, k, v), plain(q, k, v, all, 1 / Math.sqrt(3)), { relative: 1e-12 })
    expectClose(attention(q, k, v, { scale: 2 }), plain(q, k, v, all, 2), { relative: 1e-12 })
    expectClose(attentionWeights(q, k).sum(-1), tensor([1, 1, 1, 1], { dtype: "f64" }), { relative: 1e-14 })
  })

  test("causal: as many queries as keys, and the last ones of more keys", () => {
    const [own, theirs] = [k, v]
    expectClose(
      attention(k, own, theirs, { causal: true }),
      plain(k, own, theirs, (i, j) => j <= i, 1 / Math.sqrt(3)),
    )
    expectClose(
      attention(q, k, v, { causal: true }),
      plain(q, k, v, (i, j) => j <= i + 2, 1 / Math.sqrt(3)),
    )
    // A query alone with all keys, as in decoding, sees what the last of many does.
    expectClose(attention(k.slice(0, 5), k, v, { causal: true }), attention(k, k, v, { causal: true }).slice(0, 5))
  })

  test("masks: what is hidden does not matter, a query that sees nothing gets zeros", () => {
    const seen = mask.array()
    const sees = (i: number, j: number): boolean => seen[i * 6 + j] === 1
    expectClose(attention(q, k, v, { mask }), plain(q, k, v, sees, 1 / Math.sqrt(3)))
    const both = (i: number, j: number): boolean => sees(i, j) && j <= i + 2
    expectClose(attention(q, k, v, { mask, causal: true }), plain(q, k, v, both, 1 / Math.sqrt(3)))
    const added = tensor([0, 0, -Infinity, 0, 0, -Infinity], { dtype: "f64" })
    expectClose(
      attention(q, k, v, { mask: added }),
      plain(q, k, v, (_, j) => j !== 2 && j !== 5, 1 / Math.sqrt(3)),
    )
    // Huge scores of hidden keys neither overflow nor hide the others.
    const huge = k.mul(tensor([1, 1e200, 1, 1, 1e200, 1], { dtype: "f64" }).expandDims(1))
    expectClose(attention(q, huge, v, { mask }).at(0), attention(q, k, v, { mask }).at(0))
  })
})

test("batches and heads; keys shared by all heads", () => {
  const heads = (n: number, seed: number) =>
    examples(2, (s) => examples(3, (t) => randomTensor([n, 4], t), s * 10), seed)
  const [qs, ks, vs] = [heads(5, 1), heads(7, 2), heads(7, 3)]
  const y = attention(qs, ks, vs)
  expect(y.shape).toEqual([2, 3, 5, 4])
  expectClose(y.at(1).at(2), attention(qs.at(1).at(2), ks.at(1).at(2), vs.at(1).at(2)), { relative: 1e-12 })
  const [one, other] = [ks.slice(1, 0, 1), vs.slice(1, 0, 1)]
  expectClose(attention(qs, one, other).at(1).at(2), attention(qs.at(1).at(2), ks.at(1).at(0), vs.at(1).at(0)))
})

test("gradients against finite differences, and none for what is hidden", () => {
  checkGradient((a, b, c) => attention(a, b, c), [q, k, v])
  checkGradient((a, b, c) => attention(a, b, c, { causal: true, mask }), [q, k, v])
  const g = grad((t: Tensor) => attention(q, t, v, { mask }).square().sum())(k)
  expect(g.array().every((x) => Number.isFinite(x))).toBe(true)
  const hidden = tensor([true, false, true, true, true, true]).broadcastTo([4, 6])
  const [gk, gv] = grad((p: Tensor[]) => attention(q, p[0], p[1], { mask: hidden }).square().sum())([k, v])
  expect([...gk.at(1).array(), ...gv.at(1).array()].every((x) => x === 0)).toBe(true)
})

test("vmap against a loop", () => {
  checkVmap(
    (a, b, c) => attention(a, b, c, { causal: true }),
    [
      examples(2, (s) => randomTensor([3, 2], s)),
      examples(2, (s) => randomTensor([4, 2], s), 5),
      examples(2, (s) => randomTensor([4, 3], s), 9),
    ],
  )
})

test.each(otherDevices)("on %s as on the reference, with gradients", (name) => {
  const make = (seed: number): Tensor => randomTensor([2, 4, 33, 8], seed, { dtype: "f32" })
  const run = (a: Tensor, b: Tensor, c: Tensor) =>
    grad((p: Tensor[]) => attention(p[0], p[1], p[2], { causal: true }).square().sum())([a, b, c])
  const expected = run(make(1), make(2), make(3))
  useDevice(name, () =>
    jit(run)(make(1), make(2), make(3)).forEach((t: Tensor, i: number) => {
      expectClose(t, expected[i], { relative: 1e-4, absolute: 1e-5 })
    }),
  )
})

test.each(allDevices)("errors on %s", (name) => {
  useDevice(name, () => {
    expect(() => attention(q, v, v)).toThrow(/queries \[4, 3\] and keys \[6, 5\] do not fit/)
    expect(() => attention(q, k, q)).toThrow(/keys \[6, 3\] and values \[4, 3\] do not fit/)
    expect(() => attention(q, k, v, { mask: tensor([true, false]) })).toThrow(/a mask bool \[2\] for scores \[4, 6\]/)
    expect(() => attention(q, k, v, { mask: tensor([1, 2], { dtype: "i32" }) })).toThrow(/it is bool or float/)
  })
})
