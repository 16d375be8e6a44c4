import { describe, expect, test } from "vitest"
import { useDevice } from "../devices/device.ts"
import { asEvents, grad, jit, type Tensor, tensor } from "../index.ts"
import { allDevices, checkGradient, checkVmap, examples, expectClose, randomTensor } from "../testing.ts"

useDevice("reference")

const shapes: readonly [readonly number[], readonly number[]][] = [
  [
    [3, 4],
    [4, 2],
  ],
  [[4], [4, 2]],
  [[3, 4], [4]],
  [[4], [4]],
  [
    [2, 3, 4],
    [4, 2],
  ],
  [
    [2, 3, 4],
    [2, 4, 2],
  ],
  [
    [3, 4],
    [2, 4, 2],
  ],
  [
    [2, 1, 3, 2],
    [3, 2, 2],
  ],
]

/** Matrix product of NumPy's rules by plain loops, on nested lists of batches worked out by hand. */
function product(a: Tensor, b: Tensor): Tensor {
  const left = a.rank === 1 ? a.reshape([1, a.size]) : a
  const right = b.rank === 1 ? b.reshape([b.size, 1]) : b
  const lead = Array.from(
    { length: Math.max(left.rank, right.rank) - 2 },
    (_, i, rank = Math.max(left.rank, right.rank) - 2) =>
      Math.max(left.shape[left.rank - 2 - rank + i] ?? 1, right.shape[right.rank - 2 - rank + i] ?? 1),
  )
  const [m, k] = left.shape.slice(-2)
  const n = right.shape[right.rank - 1]
  const batches = lead.reduce((x, y) => x * y, 1)
  const x = left.broadcastTo([...lead, m, k]).array()
  const y = right.broadcastTo([...lead, k, n]).array()
  const out = new Float64Array(batches * m * n)
  for (let p = 0; p < batches; p++)
    for (let i = 0; i < m; i++)
      for (let l = 0; l < k; l++)
        for (let j = 0; j < n; j++) out[(p * m + i) * n + j] += x[(p * m + i) * k + l] * y[(p * k + l) * n + j]
  const shape = [...lead, ...(a.rank === 1 ? [] : [m]), ...(b.rank === 1 ? [] : [n])]
  return tensor(out, { shape }).cast(a.dtype)
}

test.each(shapes)("gradients of %j x %j, twice, and values", (a, b) => {
  const inputs = [randomTensor(a, 1), randomTensor(b, 2)]
  expectClose(inputs[0].matmul(inputs[1]), product(inputs[0], inputs[1]), { relative: 1e-12 })
  checkGradient((x, y) => x.matmul(y), inputs, { order: 2 })
})

test.each(shapes)("vmap of %j x %j", (a, b) => {
  checkVmap((x, y) => x.matmul(y), [examples(3, (s) => randomTensor(a, s)), examples(3, (s) => randomTensor(b, s), 9)])
})

test("vmap of vmap", () => {
  checkVmap(
    (x, y) => x.mul(2).matmul(y.T),
    [examples(2, (s) => randomTensor([2, 3], s)), examples(2, (s) => randomTensor([4, 3], s), 9)],
  )
})

describe.each(allDevices)("values on %s", (device) => {
  const run = <T>(body: () => T): T => useDevice(device, body)

  test("sizes around the tiles, both operands straight and transposed", () => {
    run(() => {
      for (const [m, k, n] of [
        [1, 1, 1],
        [1, 7, 9],
        [5, 1, 3],
        [6, 8, 8],
        [7, 9, 17],
        [13, 31, 33],
        [64, 40, 24],
        [65, 257, 50],
        [100, 3, 130],
      ]) {
        const [a, b] = [randomTensor([m, k], m, { dtype: "f32" }), randomTensor([k, n], n, { dtype: "f32" })]
        const expected = product(a, b)
        const tolerance = { relative: 1e-4, absolute: 1e-5 * Math.sqrt(k) }
        const name = `${m} ${k} ${n}`
        expectClose(a.matmul(b), expected, tolerance, name)
        const f = jit((x: Tensor, y: Tensor, xt: Tensor, yt: Tensor) => [
          xt.T.matmul(y),
          x.matmul(yt.T),
          xt.T.matmul(yt.T),
          yt.matmul(xt).T,
        ])
        for (const y of f(a, b, tensor(a.T.array(), { shape: [k, m] }), tensor(b.T.array(), { shape: [n, k] })))
          expectClose(y, expected, tolerance, `${name}, transposed`)
      }
    })
  })

  test("f64", () => {
    run(() => {
      const [a, b] = [randomTensor([9, 20], 1), randomTensor([20, 11], 2)]
      expectClose(a.matmul(b), product(a, b), { relative: 1e-12 })
      expectClose(jit((x: Tensor, y: Tensor) => y.T.matmul(x.T))(a, b), product(a, b).T, { relative: 1e-12 })
    })
  })

  test("batches, broadcast", () => {
    run(() => {
      for (const [a, b] of shapes) {
        const [x, y] = [randomTensor(a, 1, { dtype: "f32" }), randomTensor(b, 2, { dtype: "f32" })]
        expectClose(x.matmul(y), product(x, y), { relative: 1e-5 })
      }
    })
  })

  test("spike tensors: the product, both gradients", () => {
    run(() => {
      for (const density of [0, 0.05, 0.5, 1]) {
        const spikes = randomTensor([17, 40], 3, { from: 0, to: 1, dtype: "f32" }).lt(density).cast("f32")
        const weight = randomTensor([40, 23], 4, { dtype: "f32" })
        const target = randomTensor([17, 23], 5, { dtype: "f32" })
        const loss = (s: Tensor, w: Tensor): Tensor => s.matmul(w).mul(target).sum()
        const events = (s: Tensor, w: Tensor): Tensor => loss(asEvents(s), w)
        const tolerance = { relative: 1e-4, absolute: 1e-5 }
        expectClose(
          jit((s: Tensor, w: Tensor) => asEvents(s).matmul(w))(spikes, weight),
          product(spikes, weight),
          tolerance,
          `${density}`,
        )
        for (const argument of [0, 1]) {
          const expected = grad(loss, { argument })(spikes, weight)
          expectClose(
            jit(grad(events, { argument }))(spikes, weight),
            expected,
            tolerance,
            `gradient ${argument} at ${density}`,
          )
          expectClose(
            grad(events, { argument })(spikes, weight),
            expected,
            tolerance,
            `eager gradient ${argument} at ${density}`,
          )
        }
      }
    })
  })
})

describe("errors", () => {
  const x = (...shape: number[]): Tensor => randomTensor(shape, 1)
  test.each<[string, () => unknown, RegExp]>([
    [
      "inner sizes",
      () => x(2, 3).matmul(x(4, 5)),
      /cannot multiply \[2, 3\] by \[4, 5\]: the inner sizes 3 and 4 differ/,
    ],
    ["leading axes", () => x(2, 3, 3).matmul(x(4, 3, 5)), /the leading axes do not broadcast/],
    ["dtypes", () => x(2, 2).matmul(x(2, 2).cast("f32")), /f64 \[2, 2\] by f32 \[2, 2\]: dtypes/],
    ["scalars", () => x().matmul(x(2)), /as matrices/],
  ])("%s", (_, fail, message) => {
    expect(fail).toThrow(message)
  })
  test("a hint for a forgotten transpose", () => {
    expect(() => x(2, 3).matmul(x(5, 3))).toThrow(expect.objectContaining({ hint: expect.stringContaining("b.T") }))
  })
})
