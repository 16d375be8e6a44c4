import { describe, expect, test } from "vitest"
import { useDevice } from "../devices/device.ts"
import {
  argsort,
  avgPool2d,
  checkpoint,
  concat,
  cond,
  conv2d,
  cumprod,
  cumsum,
  customGradient,
  fft,
  grad,
  irfft,
  jit,
  jvp,
  linearRecurrence,
  logSoftmax,
  maxPool2d,
  rfft,
  scan,
  scatterAdd,
  softmax,
  sort,
  stopGradient,
  straightThrough,
  type Tensor,
  take,
  tensor,
  vmap,
} from "../index.ts"
import { checkGradient, distinctTensor, expectClose, otherDevices, randomTensor } from "../testing.ts"

useDevice("reference")

const f64 = (x: Parameters<typeof tensor>[0]): Tensor => tensor(x, { dtype: "f64" })

/** Holds `jvp` against central differences along a random direction, compiled and eagerly. */
function checkDirection(fn: (...inputs: Tensor[]) => Tensor | Tensor[], inputs: readonly Tensor[], step = 1e-5): void {
  const many = (...xs: Tensor[]): Tensor[] => [fn(...xs)].flat()
  const directions = inputs.map((x, i) => randomTensor(x.shape, 500 + i))
  const moved = (by: number): Tensor[] => many(...inputs.map((x, i) => x.add(directions[i].mul(by))))
  const [ahead, behind] = [moved(step), moved(-step)]
  for (const run of [jvp, jit((f: typeof many, xs: Tensor[], ts: Tensor[]) => jvp(f, xs, ts))]) {
    const [values, tangents] = run(many, [...inputs], directions)
    many(...inputs).forEach((y, i) => {
      expectClose(values[i], y, { relative: 1e-12 }, `value ${i}`)
      expectClose(
        tangents[i],
        ahead[i].sub(behind[i]).div(2 * step),
        { relative: 2e-6, absolute: 2e-7 },
        `derivative ${i} in one direction`,
      )
    })
  }
}

describe("against finite differences", () => {
  const x = randomTensor([3, 4], 1, { from: 0.3, to: 1.5 })
  const y = randomTensor([3, 4], 2, { from: 0.3, to: 1.5 })
  const cases: [string, (...xs: Tensor[]) => Tensor | Tensor[], Tensor[]][] = [
    ["arithmetic", (a, b) => a.mul(b).sub(a.div(b)).add(2).neg(), [x, y]],
    ["one operand twice", (a) => a.mul(a).add(a), [x]],
    ["powers", (a, b) => [a.pow(b), a.pow(3), a.sqrt()], [x, y]],
    ["functions", (a) => [a.exp(), a.log(), a.tanh(), a.sigmoid(), a.erf(), a.sin().mul(a.cos())], [x]],
    ["choices", (a, b) => [a.maximum(b), a.relu(), a.sub(b).abs(), a.clip(0.5, 1)], [x, y]],
    ["products", (a, b) => a.matmul(b.T).matmul(a), [x, y]],
    ["reductions", (a) => [a.sum(0), a.mean(), a.max(1), a.variance(1), a.norm()], [distinctTensor([3, 4], 1)]],
    ["softmax", (a) => [softmax(a), logSoftmax(a, 0)], [x]],
    ["layout", (a, b) => concat([a.T.reshape([2, 6]), b.flip(1).reshape([2, 6]).slice(1, 1, 5)], 1), [x, y]],
    ["broadcasting", (a, b) => a.add(b.at(0)).mul(b.sum()), [x, y]],
    [
      "rows",
      (a) => [take(a, tensor([0, 2, 2], { dtype: "i32" })), scatterAdd([5, 4], tensor([4, 1, 1], { dtype: "i32" }), a)],
      [x],
    ],
    [
      "convolution",
      (a, w) => conv2d(a, w, { stride: 2, padding: 1 }),
      [randomTensor([2, 2, 5, 5], 1), randomTensor([3, 2, 3, 3], 2)],
    ],
    ["pooling", (a) => [maxPool2d(a, 2), avgPool2d(a, 2)], [distinctTensor([1, 2, 4, 4], 1)]],
    ["running sums", (a, b) => [cumsum(a), cumprod(a, 0), linearRecurrence(a, b)], [x, y]],
    ["sorting", (a) => sort(a), [distinctTensor([3, 4], 2)]],
    ["Fourier", (a, b) => [fft({ re: a, im: b }).im, irfft(rfft(a))], [x, y]],
  ]
  test.each(cases)("%s", (_, fn, inputs) => checkDirection(fn, inputs))

  test("scan: states of which only some move, and slices", () => {
    const step = (w: Tensor) => (state: { u: Tensor; s: Tensor; n: Tensor }, current: Tensor) => {
      const u = state.u.mul(0.9).add(current.matmul(w)).add(state.s)
      return [{ u, s: u.tanh(), n: state.n.add(1) }, [u.sigmoid(), state.n]] as const
    }
    const run = (w: Tensor, u: Tensor, currents: Tensor): Tensor[] => {
      const [last, [ys, counts]] = scan(step(w), { u, s: u.mul(0), n: f64(0) }, currents)
      return [last.u, last.s, last.n, ys, counts]
    }
    const [w, u, currents] = [randomTensor([3, 3], 1), randomTensor([2, 3], 2), randomTensor([5, 2, 3], 3)]
    checkDirection(run, [w, u, currents])
    checkDirection((a) => run(a, u, currents), [w]) // the first carry moves only from the second step on
    checkDirection((c) => run(w, u, c), [currents])
    const backwards = (a: Tensor, xs: Tensor) =>
      scan((c: Tensor, t: Tensor) => [c.mul(t).add(t), c], a, xs, { reverse: true })
    checkDirection((a, xs) => backwards(a, xs).flat(), [randomTensor([3], 1), randomTensor([4, 3], 2)])
  })

  test("scan inside scan, read further on", () => {
    const inner = (x: Tensor): Tensor => scan((c: Tensor) => [c.sin().mul(x), c], x, undefined, { length: 3 })[1].sum(0)
    const outer = (x: Tensor): Tensor =>
      scan((c: Tensor, t: Tensor) => [inner(c.add(t)), c], x, x.expandDims(0).mul(f64([[1], [2]])))[0]
    checkDirection((t) => outer(t).exp().mul(inner(t)), [randomTensor([2], 1)])
  })

  test("cond", () => {
    const f = (on: boolean) => (a: Tensor, b: Tensor) =>
      cond(
        tensor(on),
        () => [a.mul(b), a.mul(2)],
        () => [b.exp(), b.mul(0).add(3)],
      )
    for (const on of [true, false]) {
      checkDirection(f(on), [x, y])
      checkDirection((a) => f(on)(a, y), [x])
    }
    const data = (a: Tensor): Tensor =>
      cond(
        a.sum().gt(0),
        () => a.square(),
        () => a.exp(),
      )
    checkDirection(data, [x])
    checkDirection(data, [x.neg()])
  })

  test("checkpoint", () => {
    checkDirection((a, b) => checkpoint((p: Tensor, q: Tensor) => p.matmul(q.T).tanh().sum(0))(a, b), [x, y])
  })
})

describe("rules of one's own hold", () => {
  test("straight-through and surrogate gradients", () => {
    const [values, tangents] = jvp(
      (x: Tensor) => straightThrough((t) => t.round())(x).mul(3),
      [f64([0.4, 1.7])],
      [f64([1, 2])],
    )
    expect(values.toList()).toEqual([0, 6])
    expect(tangents.toList()).toEqual([3, 6])
    const spike = customGradient(
      (u: Tensor) => u.gt(0).cast("f64"),
      ([u], _, g) => [g.div(u.abs().add(1).square())],
    )
    const [, t] = jvp((u: Tensor) => spike(u.sub(1)), [f64([0, 3])], [f64([1, 1])])
    expect(t.toList()).toEqual([1 / 4, 1 / 9])
  })

  test("a rule that closes over an argument, and one inside a scan", () => {
    const scaled = (x: Tensor, factor: Tensor): Tensor =>
      customGradient(
        (t: Tensor) => t.mul(2),
        (_, __, g) => [g.mul(factor)],
      )(x)
    const [y, t] = jvp(scaled, [f64(3), f64(5)], [f64(1), f64(0)])
    expect([y.item(), t.item()]).toEqual([6, 5])
    const run = (x: Tensor): Tensor =>
      scan((c: Tensor) => [straightThrough((u) => u.floor())(c.mul(1.5)), c], x, undefined, { length: 3 })[0]
    const [value, tangent] = jvp(run, [f64(2.9)], [f64(1)])
    expect(value.item()).toBe(Math.floor(Math.floor(Math.floor(2.9 * 1.5) * 1.5) * 1.5))
    expect(tangent.item()).toBe(1.5 ** 3)
  })

  test("stopGradient", () => {
    const [, t] = jvp((x: Tensor) => x.mul(stopGradient(x)), [f64(3)], [f64(1)])
    expect(t.item()).toBe(3)
  })
})

describe("together with the other transforms", () => {
  const weights = [randomTensor([3, 4], 1), randomTensor([4, 2], 2)]
  const x = randomTensor([5, 3], 3)
  const loss = (w: Tensor[]): Tensor => x.matmul(w[0]).tanh().matmul(w[1]).square().mean()

  test("the Hessian times a vector: forwards over reverse, reverse over forwards, reverse twice", () => {
    const direction = [randomTensor([3, 4], 7), randomTensor([4, 2], 8)]
    const dot = (a: Tensor[], b: Tensor[]): Tensor => a.map((t, i) => t.mul(b[i]).sum()).reduce((p, q) => p.add(q))
    const expected = grad((w: Tensor[]) => dot(grad(loss)(w), direction))(weights)
    const forwardReverse = jvp(grad(loss), [weights], [direction])[1]
    const reverseForward = grad((w: Tensor[]) => jvp(loss, [w], [direction])[1])(weights)
    const compiled = jit((w: Tensor[], v: Tensor[]) => jvp(grad(loss), [w], [v])[1])(weights, direction)
    for (const found of [forwardReverse, reverseForward, compiled])
      found.forEach((t: Tensor, i: number) => {
        expectClose(t, expected[i], { relative: 1e-12 })
      })
  })

  test("the same through a scan, and gradients of it", () => {
    const through = (w: Tensor, h: Tensor): Tensor =>
      scan((c: Tensor) => [c.matmul(w).tanh(), undefined], h, undefined, { length: 4 })[0]
        .square()
        .sum()
    const [w, h, v] = [randomTensor([3, 3], 1), randomTensor([2, 3], 2), randomTensor([3, 3], 3)]
    const expected = grad((t: Tensor) => grad(through)(t, h).mul(v).sum())(w)
    expectClose(jvp((t: Tensor) => grad(through)(t, h), [w], [v])[1], expected, { relative: 1e-11 })
    expectClose(grad((t: Tensor) => jvp((u: Tensor) => through(u, h), [t], [v])[1])(w), expected, { relative: 1e-11 })
    checkGradient((a, b) => jvp(through, [a, b], [v, undefined])[1], [w, h])
  })

  test("jvp of jvp: the second derivative of sin", () => {
    const first = (t: Tensor): Tensor => jvp((u: Tensor) => u.sin(), [t], [f64(1)])[1]
    const [value, second] = jvp(first, [f64(2)], [f64(1)])
    expect(value.item()).toBeCloseTo(Math.cos(2), 14)
    expect(second.item()).toBeCloseTo(-Math.sin(2), 14)
  })

  test("vmap over directions: the whole Jacobian", () => {
    const f = (t: Tensor): Tensor => t.matmul(weights[0]).sin()
    const at = x.at(0)
    const rows = vmap((v: Tensor) => jvp(f, [at], [v])[1])(
      f64([
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ]),
    )
    const columns = vmap((g: Tensor) => grad((t: Tensor) => f(t).mul(g).sum())(at))(
      f64([
        [1, 0, 0, 0],
        [0, 1, 0, 0],
        [0, 0, 1, 0],
        [0, 0, 0, 1],
      ]),
    )
    expectClose(rows, columns.T, { relative: 1e-13 })
  })

  test.each(otherDevices)("on %s as on the reference", (name) => {
    const start = randomTensor([4, 3], 1, { dtype: "f32" })
    const w = randomTensor([3, 3], 2, { dtype: "f32" })
    const run = (h: Tensor, m: Tensor) =>
      jvp(
        (a: Tensor, b: Tensor) => scan((c: Tensor) => [c.matmul(b).tanh(), c.sum()], a, undefined, { length: 5 }),
        [h, m],
        [h, m],
      )
    const expected = run(start, w)
    useDevice(name, () => {
      const made = jit(run)(start, w)
      for (const k of [0, 1]) for (const i of [0, 1]) expectClose(made[k][i], expected[k][i], { relative: 1e-5 })
    })
  })
})

test("trees, whole numbers, arguments that do not move, results that do not depend", () => {
  const [values, tangents] = jvp(
    (p: { a: Tensor; n: Tensor }, b: Tensor) => ({ sum: p.a.add(b), order: argsort(p.a), fixed: b.mul(2), n: p.n }),
    [{ a: f64([2, 1]), n: tensor([7], { dtype: "i32" }) }, f64([5, 6])],
    [{ a: f64([1, -1]), n: tensor([1], { dtype: "i32" }) }, undefined],
  )
  expect(values.sum.toList()).toEqual([7, 7])
  expect(tangents.sum.toList()).toEqual([1, -1])
  expect(tangents.fixed.toList()).toEqual([0, 0])
  expect([tangents.order.dtype, tangents.order.toList(), tangents.n.toList()]).toEqual(["i32", [0, 0], [0]])
})

test("a scan and its derivative run once, together", () => {
  const f = (x: Tensor): Tensor => scan((c: Tensor) => [c.sin(), undefined], x, undefined, { length: 9 })[0].mul(2)
  const { graph } = jit((x: Tensor) => jvp(f, [x], [x])).program(f64([1, 2]))
  expect(graph.nodes.filter((node) => node.primitive.name === "scan").length).toBe(1)
})

test("errors", () => {
  const f = (p: { w: Tensor }): Tensor => p.w.sum()
  expect(() => jvp(f, [{ w: f64([1, 2]) }], [{ w: f64([1]) }])).toThrow(/jvp: w is f64 \[2\], its tangent f64 \[1\]/)
  expect(() => jvp(f, [{ w: f64([1, 2]) }], [] as never)).toThrow(/1 arguments and 0 tangents/)
  expect(() => jvp(f, [{ w: f64([1, 2]) }], [{}] as never)).toThrow(/argument 0 has 1 tensors, its tangent has 0/)
})
