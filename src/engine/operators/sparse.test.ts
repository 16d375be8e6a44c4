import { describe, expect, test } from "vitest"
import { device, useDevice } from "../devices/device.ts"
import { asEvents, count, grad, jit, jvp, SparseMatrix, scan, type Tensor, tensor, vmap } from "../index.ts"
import { allDevices, checkGradient, checkVmap, examples, expectClose, otherDevices, randomTensor } from "../testing.ts"

useDevice("reference")

/** A matrix of which about a share of the entries is there; some rows and columns are empty. */
function randomMatrix(rows: number, columns: number, density: number, seed: number, dtype: "f32" | "f64" = "f64") {
  const weight = randomTensor([rows, columns], seed, { dtype })
  const mask = randomTensor([rows, columns], seed + 1, { from: 0, to: 1 }).lt(density)
  return SparseMatrix.fromDense(weight, mask)
}

const spikes = (shape: number[], density: number, seed: number, dtype: "f32" | "f64" = "f32"): Tensor =>
  asEvents(randomTensor(shape, seed, { from: 0, to: 1 }).lt(density).cast(dtype))

/** Products and their gradients against the dense ones. */
function checkAgainstDense(
  m: SparseMatrix,
  n: number,
  make: (shape: number[], seed: number) => Tensor,
  relative: number,
) {
  const [rows, columns] = m.shape
  const dense = m.toDense()
  const mask = m.withValues(m.values.mul(0).add(1)).toDense()
  const dtype = m.values.dtype
  const runs = (first: (w: never, x: Tensor) => Tensor, factor: Tensor) =>
    jit((w: never, x: Tensor) => {
      const loss = (pair: { w: never; x: Tensor }): Tensor => first(pair.w, pair.x).mul(factor).sum()
      return { y: first(w, x), g: grad(loss)({ w, x }) }
    })
  const product = randomTensor([rows, n], 91, { dtype })
  const left = randomTensor([n, columns], 92, { dtype })
  for (const [sparse, full, x] of [
    [
      runs((w: SparseMatrix, t) => w.matmul(t), product),
      runs((w: Tensor, t) => w.matmul(t), product),
      make([columns, n], 5),
    ],
    [
      runs((w: SparseMatrix, t) => w.leftMatmul(t), left),
      runs((w: Tensor, t) => t.matmul(w), left),
      make([n, rows], 6),
    ],
  ] as const) {
    const [mine, theirs] = [sparse(m as never, x), full(dense as never, x)]
    const what = `[${m.shape}] with ${m.entries} entries, ${n} examples`
    expectClose(mine.y, theirs.y, { relative }, `product of ${what}`)
    expectClose(mine.g.x, theirs.g.x, { relative }, `gradient of x of ${what}`)
    const g = mine.g.w as unknown as SparseMatrix
    expectClose(g.toDense(), (theirs.g.w as unknown as Tensor).mul(mask), { relative }, `gradient of ${what}`)
  }
}

describe.each(allDevices)("on %s", (name) => {
  test.each([1, 2, 5, 8, 33])("dense operands, %i examples", (n) => {
    for (const [rows, columns, density] of [
      [7, 9, 0.4],
      [40, 30, 0.1],
      [3, 50, 1],
      [4, 4, 0],
    ]) {
      const [single, double] = (["f32", "f64"] as const).map((dtype) => randomMatrix(rows, columns, density, 3, dtype))
      useDevice(name, () => {
        checkAgainstDense(single, n, (shape, seed) => randomTensor(shape, seed, { dtype: "f32" }), 1e-5)
        checkAgainstDense(double, n, (shape, seed) => randomTensor(shape, seed), 1e-12)
      })
    }
  })

  test.each([1, 6, 17])("spike tensors, %i examples", (n) => {
    for (const [rows, columns] of [
      [7, 9],
      [40, 30],
    ]) {
      const m = randomMatrix(rows, columns, 0.3, 4, "f32")
      for (const density of [0, 0.05, 0.5])
        useDevice(name, () => checkAgainstDense(m, n, (shape, seed) => spikes(shape, density, seed), 1e-5))
      useDevice(name, () =>
        checkAgainstDense(m, n, (shape) => asEvents(randomTensor(shape, 1, { dtype: "f32" }).relu()), 1e-5),
      )
      const double = randomMatrix(rows, columns, 0.3, 4)
      useDevice(name, () => checkAgainstDense(double, n, (shape, seed) => spikes(shape, 0.2, seed, "f64"), 1e-12))
    }
  })

  test("events on the other side of the gradient", () => {
    const m = randomMatrix(12, 10, 0.4, 4, "f32")
    const [x, g] = [randomTensor([5, 12], 1, { dtype: "f32" }), spikes([5, 10], 0.3, 2)]
    const f = (values: Tensor): Tensor => m.withValues(values).leftMatmul(x).mul(g).sum()
    const direct = (values: Tensor) =>
      jit((v: Tensor, t: Tensor) => grad((u: Tensor) => m.withValues(u).leftMatmul(t).mul(g).sum())(v))(values, x)
    useDevice("reference", () => expectClose(grad(f)(m.values), direct(m.values), { relative: 1e-6 }))
    const expected = grad(f)(m.values)
    useDevice(name, () => {
      // A cotangent that is a spike tensor: the weights of silent outputs get nothing.
      const back = jit((w: Tensor, t: Tensor, e: Tensor) =>
        grad((v: Tensor) => m.withValues(v).leftMatmul(t).mul(asEvents(e)).sum())(w),
      )
      expectClose(back(m.values, x, g), expected, { relative: 1e-5 })
    })
  })

  test("recurrent, in a scan, with gradients of the values", () => {
    const m = randomMatrix(20, 20, 0.2, 8, "f32")
    const inputs = randomTensor([6, 3, 20], 2, { dtype: "f32" })
    const net = (w: SparseMatrix | Tensor, xs: Tensor): Tensor =>
      scan(
        (u: Tensor, x: Tensor) => {
          const s = asEvents(u.gt(0.5).cast("f32"))
          const current = w instanceof SparseMatrix ? w.leftMatmul(s) : s.matmul(w)
          return [u.mul(0.8).add(current).add(x), s]
        },
        inputs.at(0).mul(0),
        xs,
      )[0]
        .square()
        .sum()
    const full = jit((w: Tensor, xs: Tensor) => [net(w, xs), grad(net)(w, xs)] as const)(m.toDense(), inputs)
    useDevice(name, () => {
      const [y, g] = jit((w: SparseMatrix, xs: Tensor) => [net(w, xs), grad(net)(w, xs)] as const)(m, inputs)
      expectClose(y, full[0] as Tensor, { relative: 1e-4 })
      const dense = (g as unknown as SparseMatrix).toDense()
      const mask = m.withValues(m.values.mul(0).add(1)).toDense()
      expectClose(dense, (full[1] as Tensor).mul(mask), { relative: 1e-4, absolute: 1e-4 })
    })
  })
})

test("gradients against finite differences, twice, and forwards", () => {
  const m = randomMatrix(4, 5, 0.5, 2)
  for (const f of [
    (v: Tensor, x: Tensor) => m.withValues(v).matmul(x).square(),
    (v: Tensor, x: Tensor) =>
      m
        .withValues(v)
        .leftMatmul(x.reshape([-1, 4]))
        .square(),
    (v: Tensor, x: Tensor) =>
      m
        .transpose()
        .withValues(v)
        .matmul(x.reshape([4, -1]))
        .square(),
  ])
    checkGradient(f, [m.values, randomTensor([5, 4], 3)], { order: 2 })
  checkGradient((v, x) => m.withValues(v).matmul(x), [m.values, randomTensor([5], 3)])
  checkGradient((v, x) => m.withValues(v).leftMatmul(x), [m.values, randomTensor([4], 3)])
  const [y, t] = jvp((v: Tensor) => m.withValues(v).toDense(), [m.values], [m.values.mul(2)])
  expectClose(t, y.mul(2))
})

test("vmap against a loop: values, operands, both", () => {
  const m = randomMatrix(4, 5, 0.5, 2)
  const values = examples(3, (s) => randomTensor([m.entries], s))
  checkVmap((v, x) => m.withValues(v).matmul(x), [values, examples(3, (s) => randomTensor([5, 2], s))])
  checkVmap((v, x) => m.withValues(v).leftMatmul(x), [values, examples(3, (s) => randomTensor([2, 4], s))])
  checkVmap((v, x) => m.withValues(v).matmul(x), [values, examples(3, (s) => randomTensor([5], s))])
  checkVmap(
    (v, x) => grad((u: Tensor) => m.withValues(u).matmul(x).square().sum())(v),
    [values, examples(3, (s) => randomTensor([5, 2], s))],
  )
  const twice = vmap(
    vmap((v: Tensor, x: Tensor) => m.withValues(v).matmul(x)),
    { axes: [null, 0] },
  )
  const x = examples(2, (s) => examples(3, (k) => randomTensor([5], k), s * 10))
  expectClose(twice(values, x).at(1).at(2), m.withValues(values.at(2)).matmul(x.at(1).at(2)), { relative: 1e-12 })
})

test.each(otherDevices)("vmap on %s as on the reference", (name) => {
  const m = randomMatrix(14, 15, 0.3, 2, "f32")
  const values = examples(3, (s) => randomTensor([m.entries], s, { dtype: "f32" }))
  const x = examples(3, (s) => spikes([4, 14], 0.3, s))
  const f = (v: Tensor, t: Tensor): Tensor[] => {
    const loss = (u: Tensor): Tensor => m.withValues(u).leftMatmul(asEvents(t)).square().sum()
    return [loss(v), grad(loss)(v)]
  }
  const expected = vmap(f)(values, x)
  useDevice(name, () =>
    jit(vmap(f))(values, x).forEach((y: Tensor, i: number) => {
      expectClose(y, expected[i], { relative: 1e-5 })
    }),
  )
})

test("large enough for three threads to share, event by event and side by side: the same bits as one", async () => {
  const [one, three] = [1, 3].map((threads) => device("wasm", { threads }))
  await three.ready()
  const m = randomMatrix(300, 200, 0.1, 2, "f32")
  useDevice(three, () => {
    checkAgainstDense(m, 64, (shape, seed) => randomTensor(shape, seed, { dtype: "f32" }), 2e-5)
    for (const density of [0.05, 0.5]) checkAgainstDense(m, 64, (shape, seed) => spikes(shape, density, seed), 2e-5)
    checkAgainstDense(m, 2, (shape, seed) => spikes(shape, 0.1, seed), 2e-5)
  })
  for (const density of [0.05, 0.5, 1]) {
    const run = (): number[][] => {
      const f = jit((w: SparseMatrix, x: Tensor) =>
        grad((p: { w: SparseMatrix; x: Tensor }) =>
          p.w
            .leftMatmul(density < 1 ? asEvents(p.x) : p.x)
            .square()
            .sum(),
        )({ w, x }),
      )
      const g = f(m, spikes([64, 300], density, 3))
      return [[...g.x.array()], [...g.w.values.array()]]
    }
    expect(useDevice(three, run)).toEqual(useDevice(one, run))
  }
})

test("another pattern of as many entries runs in the same program", () => {
  let traces = 0
  const f = jit((m: SparseMatrix, x: Tensor) => {
    traces++
    return m.matmul(x)
  })
  const [a, b] = [
    SparseMatrix.fromCoordinates([3, 3], [0, 1], [1, 1], tensor([1, 2])),
    SparseMatrix.fromCoordinates([3, 3], [2, 2], [0, 2], tensor([3, 4])),
  ]
  const x = tensor([1, 10, 100])
  expect([f(a, x).toList(), f(b, x).toList()]).toEqual([
    [10, 20, 0],
    [0, 0, 403],
  ])
  expect(traces).toBe(1)
})

test("operations: one for each entry and example", () => {
  const m = randomMatrix(10, 10, 0.3, 1, "f32")
  expect(
    count((w: SparseMatrix, x: Tensor) => w.matmul(x), m, randomTensor([10, 7], 1, { dtype: "f32" })),
  ).toMatchObject({
    multiplyAdds: m.entries * 7,
    parameters: m.entries,
  })
  expect(count((w: SparseMatrix, x: Tensor) => w.leftMatmul(x), m, spikes([7, 10], 0.5, 1)).accumulates).toBe(
    m.entries * 7,
  )
})
