import fc from "fast-check"
import { beforeAll, expect, test } from "vitest"
import { asEvents, device, jit, scan, type Tensor, useDevice, zeros } from "../../../../index.ts"
import { expectClose, randomTensor } from "../../../../testing.ts"

const threads = [1, 2, 3].map((count) => device("wasm", { threads: count, numerics: "strict" }))
beforeAll(async () => {
  await Promise.all(threads.map((d) => d.ready()))
})
const tolerance = { relative: 1e-4, absolute: 1e-4 }

/** A layer with all that may follow its product: a bias along rows or columns, a scale, an activation, a residual, a second result. */
const layer =
  (isEvents: boolean) =>
  (x: Tensor, w: Tensor, bias: Tensor, gain: Tensor, residual: Tensor): Tensor[] => {
    const y = (isEvents ? asEvents(x) : x).matmul(w).add(bias).mul(gain)
    return [y.relu().add(residual), y.gt(0.1)]
  }

test("a product and the elementwise operators that read it are one kernel, with the same results", () => {
  const size = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 60, max: 130 }))
  fc.assert(
    fc.property(size, size, size, fc.boolean(), (m, k, n, isEvents) => {
      const inputs = useDevice("reference", () => {
        const draw = (shape: number[], seed: number): Tensor => randomTensor(shape, seed, { dtype: "f32" })
        const x = draw([m, k], 1)
        const given = isEvents ? x.gt(0.6).cast("f32") : x
        return [given, draw([k, n], 2), draw([n], 3), draw([m, 1], 4), draw([m, n], 5)] as const
      })
      const expected = useDevice("reference", () => layer(isEvents)(...inputs))
      const run = jit(layer(isEvents))
      const results = threads.map((d) => useDevice(d, () => run(...inputs).map((y) => y.array())))
      expectClose(
        useDevice(threads[0], () => run(...inputs)[0]),
        expected[0],
        tolerance,
        `${m} ${k} ${n}`,
      )
      expect(results[1]).toEqual(results[0])
      expect(results[2]).toEqual(results[0])
    }),
    { numRuns: 40 },
  )
}, 60_000)

test("what a program runs shows it: one kernel for product, bias and activation; for a spiking layer, product and neuron", () => {
  const [x, w, b] = [
    randomTensor([70, 40], 1, { dtype: "f32" }),
    randomTensor([40, 50], 2, { dtype: "f32" }),
    zeros([50]),
  ]
  const names = (
    f: { program: (...args: never[]) => { report: { kernels: readonly { name: string }[] } } },
    ...args: Tensor[]
  ) => f.program(...(args as never[])).report.kernels.map((kernel) => kernel.name)
  useDevice(threads[0], () => {
    expect(names(jit((p: Tensor, q: Tensor, r: Tensor) => p.matmul(q).add(r).relu()) as never, x, w, b)).toEqual([
      "matmul_add_max",
    ])
    const step = (spikes: Tensor, q: Tensor): Tensor =>
      scan(
        (u: Tensor, s: Tensor) => {
          const next = u.mul(0.9).add(asEvents(s.add(u.gt(1).cast("f32"))).matmul(q))
          return [next, next.gt(1)]
        },
        zeros([70, 40]),
        spikes,
      )[1]
    const square = randomTensor([40, 40], 2, { dtype: "f32" })
    expect(names(jit(step) as never, zeros([3, 70, 40]), square)).toContain("events_mul_add_lt")
  })
})

test("a recurrent product whose neuron is updated behind it reads the state before the update", () => {
  const f = (w: Tensor, xs: Tensor): Tensor =>
    scan(
      (h: Tensor, x: Tensor) => {
        const next = h.matmul(w).add(x).tanh()
        return [next, next]
      },
      zeros([70, 40]),
      xs,
    )[1]
  const [w, xs] = [randomTensor([40, 40], 1, { dtype: "f32" }), randomTensor([4, 70, 40], 2, { dtype: "f32" })]
  expectClose(
    useDevice(threads[1], () => jit(f)(w, xs)),
    useDevice("reference", () => f(w, xs)),
    tolerance,
  )
})
