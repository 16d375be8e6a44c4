import { describe, expect, test } from "vitest"
import { useDevice } from "../devices/device.ts"
import { cond, evalShape, grad, jit, ones, scan, type Tensor, tensor, zeros } from "../index.ts"
import { allDevices, checkGradient, checkVmap, examples, expectClose, randomTensor, unrolled } from "../testing.ts"

useDevice("reference")

describe.each(allDevices)("on %s", (device) => {
  const run = <T>(body: () => T): T => useDevice(device, body)

  test("scan: values and gradients in f32, of all lengths up to 5, both directions", () => {
    for (const length of [1, 2, 3, 4, 5])
      for (const reverse of [false, true]) {
        const xs = randomTensor([length, 2, 3], 1, { dtype: "f32" })
        const w = randomTensor([3, 3], 2, { dtype: "f32" })
        const init = [randomTensor([2, 3], 3, { dtype: "f32" }), randomTensor([2, 3], 4, { dtype: "f32" })]
        const step = ([a, b]: Tensor[], [x]: Tensor[], v: Tensor): readonly [Tensor[], Tensor[]] => [
          [a.matmul(v).add(x).tanh(), b.add(a)],
          [b.mul(x), a],
        ]
        const loss = ([x, v, ...c]: Tensor[]): Tensor =>
          scan((s: Tensor[], t: Tensor) => step(s, [t], v), c, x, { reverse })
            .flat()
            .map((y) => y.square().sum())
            .reduce((p, q) => p.add(q))
        const expected = grad(([x, v, ...c]: Tensor[]) =>
          unrolled((s, t) => step(s, t, v), c, [x], { reverse })
            .flat()
            .map((y) => y.square().sum())
            .reduce((p, q) => p.add(q)),
        )([xs, w, ...init])
        run(() => {
          for (const found of [grad(loss)([xs, w, ...init]), jit(grad(loss))([xs, w, ...init])])
            found.forEach((g, i) => {
              expectClose(g, expected[i], { relative: 1e-4, absolute: 1e-5 }, `length ${length}, gradient ${i}`)
            })
        })
      }
  })

  test("carries that swap places", () => {
    run(() => {
      const f = jit((a: Tensor, b: Tensor, n: Tensor) =>
        scan((s: Tensor[], x: Tensor) => [[s[1], s[0], s[2].add(s[0].mul(x))], s[2]], [a, b, zeros([2])], n),
      )
      const [[a, b, c], ys] = f(tensor([1, 2]), tensor([10, 20]), ones([3]))
      expect(a.toList()).toEqual([10, 20])
      expect(b.toList()).toEqual([1, 2])
      expect(c.toList()).toEqual([12, 24])
      expect(ys.toList()).toEqual([
        [0, 0],
        [1, 2],
        [11, 22],
      ])
    })
  })

  test("integer and bool carries", () => {
    run(() => {
      const f = jit((xs: Tensor) =>
        scan(
          ([n, any]: Tensor[], x: Tensor) => [[n.add(x), any.or(x.gt(2))], any],
          [tensor(0, { dtype: "i32" }), tensor(false)],
          xs,
        ),
      )
      const [[n, any], ys] = f(tensor([1, 3, -7], { dtype: "i32" }))
      expect([n.item(), any.item()]).toEqual([-3, 1])
      expect(ys.host()).toEqual({ dtype: "bool", shape: [3], data: new Uint8Array([0, 0, 1]) })
    })
  })

  test("cond: one branch runs", () => {
    run(() => {
      const f = (x: Tensor): Tensor =>
        cond(
          x.sum().gt(0),
          () => x.mul(2),
          () => x.exp(),
        )
      for (const g of [f, jit(f)]) {
        expect(g(tensor([1, 2])).toList()).toEqual([2, 4])
        expect(g(tensor([-1, 0])).array()[1]).toBe(1)
      }
      const counted = (x: Tensor): Tensor[] => {
        const [, ys] = scan(
          (c: Tensor, v: Tensor) => [
            c.add(v),
            cond(
              c.gt(1),
              () => c.mul(10),
              () => v,
            ),
          ],
          tensor(0),
          x,
        )
        return [ys]
      }
      for (const g of [counted, jit(counted)]) expect(g(tensor([1, 1, 1, 1]))[0].toList()).toEqual([1, 1, 20, 30])
    })
  })
})

describe("cond", () => {
  const f = (x: Tensor, y: Tensor): Tensor[] =>
    cond(
      x.sum().gt(0),
      () => [x.mul(y), x.sin()],
      () => [y.exp().add(x.mul(0)), x.square()],
    )
  test("gradients of both branches, twice", () => {
    checkGradient(f, [randomTensor([3], 1, { from: 0.1, to: 1 }), randomTensor([3], 2)], { order: 2 })
    checkGradient(f, [randomTensor([3], 1, { from: -1, to: -0.1 }), randomTensor([3], 2)], { order: 2 })
  })

  test("a branch that does not read an input gives it no gradient", () => {
    const g = grad((xs: Tensor[]) =>
      cond(
        xs[0].gt(0),
        () => xs[0].mul(3),
        () => xs[1].mul(5),
      ),
    )
    expect(g([tensor(1), tensor(7)]).map((t: Tensor) => t.item())).toEqual([3, 0])
    expect(g([tensor(-1), tensor(7)]).map((t: Tensor) => t.item())).toEqual([0, 5])
    expect(g([tensor(-1), tensor(Number.POSITIVE_INFINITY)]).map((t: Tensor) => t.item())).toEqual([0, 5])
    expect(g([tensor(1), tensor(Number.POSITIVE_INFINITY)]).map((t: Tensor) => t.item())).toEqual([3, 0])
  })

  test("inside scan, with gradients", () => {
    const g = (xs: Tensor, w: Tensor): Tensor[] =>
      scan(
        (c: Tensor, x: Tensor) => [
          cond(
            x.sum().gt(0),
            () => c.mul(w).add(x),
            () => c.sin(),
          ),
          c.square(),
        ],
        xs.at(0),
        xs,
      ).flat()
    checkGradient(
      g,
      [
        tensor(
          [
            [0.5, 0.2],
            [-0.4, 0.1],
            [0.3, 0.9],
          ],
          { dtype: "f64" },
        ),
        randomTensor([2], 2),
      ],
      { order: 2 },
    )
  })

  test("vmap, with one condition for all and one each, and gradients under it", () => {
    const inputs = [examples(4, (s) => randomTensor([3], s)), examples(4, (s) => randomTensor([3], s), 9)]
    checkVmap(f, inputs)
    checkVmap(
      (x, y) =>
        grad((xs: Tensor[]) =>
          f(xs[0], xs[1])
            .map((t) => t.sum())
            .reduce((a, b) => a.add(b)),
        )([x, y]),
      inputs,
    )
    checkVmap(
      (x, y) =>
        cond(
          tensor(true),
          () => x.add(y),
          () => x,
        ),
      inputs,
    )
  })

  test("a graph holds both branches once", () => {
    const { graph } = evalShape(f, randomTensor([3], 1), randomTensor([3], 2))
    expect(graph.nodes.filter((n) => n.primitive.name === "cond").length).toBe(1)
    expect(graph.nodes.some((n) => n.primitive.name === "exp")).toBe(false)
  })
})

describe("errors", () => {
  const x = randomTensor([3, 2], 1)
  test.each<[string, () => unknown, RegExp]>([
    [
      "carry shape",
      () => scan((c: { u: Tensor }, v: Tensor) => [{ u: c.u.add(v).sum() }, c], { u: x.at(0) }, x),
      /carry u starts as f64 \[2\] and becomes f64 \[\]/,
    ],
    ["carry dtype", () => scan((c: Tensor, v: Tensor) => [c.add(v).cast("f32"), c], x.at(0), x), /becomes f32 \[2\]/],
    [
      "carry structure",
      () => scan((c: Tensor[], v: Tensor) => [[c[0], v], v], [x.at(0)], x),
      /built otherwise than the first one/,
    ],
    [
      "lengths",
      () => scan((c: Tensor, [a, b]: Tensor[]) => [c.add(a).add(b), c], x.at(0), [x, x.slice(0, 1)]),
      /different lengths: \[3, 2\], \[2, 2\]/,
    ],
    ["no length", () => scan((c: Tensor) => [c, c], x), /how many steps/],
    ["scalars as xs", () => scan((c: Tensor) => [c, c], x, x.sum()), /scan/],
    [
      "condition",
      () =>
        cond(
          x.sum(),
          () => x,
          () => x,
        ),
      /cond needs a condition of one bool, not f64 \[\]/,
    ],
    [
      "branches",
      () =>
        cond(
          x.sum().gt(0),
          () => x,
          () => x.at(0),
        ),
      /the branches return different things: f64 \[3, 2\] and f64 \[2\]/,
    ],
  ])("%s", (_, fail, message) => {
    expect(fail).toThrow(message)
  })
})
