import { describe, expect, test } from "vitest"
import { useDevice } from "../devices/device.ts"
import { cond, evalShape, grad, jit, ones, scan, stack, type Tensor, tensor, zeros } from "../index.ts"
import { allDevices, checkGradient, checkVmap, examples, expectClose, randomTensor } from "../testing.ts"

useDevice("reference")

interface Options {
  readonly reverse?: boolean
}

/** What scan means: a loop. */
function unrolled(
  step: (carry: Tensor[], x: Tensor[]) => readonly [Tensor[], Tensor[]],
  init: Tensor[],
  xs: Tensor[],
  { reverse = false }: Options = {},
): [Tensor[], Tensor[]] {
  const length = xs[0].shape[0]
  let carry = init
  const rows: Tensor[][] = []
  for (let i = 0; i < length; i++) {
    const t = reverse ? length - 1 - i : i
    const [next, y] = step(
      carry,
      xs.map((x) => x.at(t)),
    )
    carry = next
    rows[t] = y
  }
  return [carry, rows[0].map((_, k) => stack(rows.map((row) => row[k])))]
}

type Step = (carry: Tensor[], x: Tensor[], w: Tensor) => readonly [Tensor[], Tensor[]]
const steps: readonly [string, Step, number][] = [
  ["a running sum", ([c], [x]) => [[c.add(x)], [c.mul(2)]], 1],
  ["a recurrent network", ([c], [x], w) => [[c.matmul(w).add(x).tanh()], [c.mul(c)]], 1],
  ["two carries that mix", ([a, b], [x], w) => [[a.mul(b).add(x), b.add(a.matmul(w)).sigmoid()], [a.sub(b)]], 2],
  ["a carry that leads nowhere", ([a, b], [x]) => [[a.add(x), b.mul(0.5)], [a.mul(x)]], 2],
  ["a carry that never changes", ([a, b], [x]) => [[a.mul(b).add(x), b], [a.exp()]], 2],
  ["a carry that only passes", ([a, b], [x], w) => [[x.mul(w.sum()), a], [b.mul(a)]], 2],
  ["outputs that do not depend on the carry", ([c], [x], w) => [[c], [x.matmul(w), x]], 1],
  ["a constant read twice", ([c], [x], w) => [[c.matmul(w).add(x.matmul(w.T))], [c]], 1],
]

describe("scan against an unrolled loop", () => {
  for (const reverse of [false, true])
    test.each(steps)(`%s${reverse ? ", reversed" : ""}`, (_, step, carries) => {
      const inputs = [
        randomTensor([4, 3], 1),
        randomTensor([3, 3], 2),
        ...Array.from({ length: carries }, (_, i) => randomTensor([3], 3 + i)),
      ]
      const row = (s: Step) => (c: Tensor[], x: Tensor[], w: Tensor) => {
        const wide = (v: Tensor): Tensor => v.reshape([1, 3])
        const [next, y] = s(c.map(wide), x.map(wide), w)
        return [next.map((v) => v.reshape([3])), y.map((v) => v.reshape([3]))] as const
      }
      const one = row(step)
      const scanned = (xs: Tensor, w: Tensor, ...init: Tensor[]): Tensor[] =>
        scan((c: Tensor[], x: Tensor) => one(c, [x], w), init, xs, { reverse }).flat()
      const looped = (xs: Tensor, w: Tensor, ...init: Tensor[]): Tensor[] =>
        unrolled((c, x) => one(c, x, w), init, [xs], { reverse }).flat()
      const tolerance = { relative: 1e-10 }
      const expected = looped(...(inputs as [Tensor, Tensor]))
      for (const results of [scanned(...(inputs as [Tensor, Tensor])), jit(scanned)(...(inputs as [Tensor, Tensor]))])
        results.forEach((y, i) => {
          expectClose(y, expected[i], tolerance, `output ${i}`)
        })
      // Every choice of outputs that the loss reads.
      for (let mask = 1; mask < 2 ** expected.length; mask++) {
        const lossOf =
          (f: (...xs: never[]) => Tensor[]) =>
          (all: Tensor[]): Tensor =>
            f(...(all as never[]))
              .flatMap((y, i) => ((mask >> i) & 1 ? [y.mul(randomTensor(y.shape, 50 + i)).sum()] : []))
              .reduce((a, b) => a.add(b))
        const wanted = grad(lossOf(looped as never))(inputs)
        for (const found of [grad(lossOf(scanned as never))(inputs), jit(grad(lossOf(scanned as never)))(inputs)])
          wanted.forEach((g: Tensor, i: number) => {
            expectClose(found[i], g, tolerance, `gradient ${i} of outputs ${mask.toString(2)}`)
          })
      }
      checkVmap(
        scanned,
        inputs
          .map((x) => stack([x, x.mul(0.5), x.neg()]))
          .slice(0, 3)
          .concat(inputs.slice(3).map((x) => stack([x, x.mul(0.5), x.neg()]))),
      )
    })

  test("second derivatives", () => {
    const f = (xs: Tensor, w: Tensor, c: Tensor): Tensor[] =>
      scan((h: Tensor, x: Tensor) => [h.mul(w).add(x).tanh(), h.mul(h)], c, xs).flat()
    checkGradient(f, [randomTensor([3, 2], 1), randomTensor([2], 2), randomTensor([2], 3)], { order: 2 })
    checkGradient(
      (xs, w, c) => scan((h: Tensor, x: Tensor) => [h.mul(w).add(x).tanh(), h.mul(h)], c, xs, { reverse: true }).flat(),
      [randomTensor([3, 2], 1), randomTensor([2], 2), randomTensor([2], 3)],
      { order: 2 },
    )
  })

  test("a third derivative", () => {
    checkGradient(
      (x, c) => scan((h: Tensor, v: Tensor) => [h.mul(v).sin(), h], c, x).flat(),
      [randomTensor([2, 1], 1), randomTensor([1], 3)],
      { order: 3 },
    )
  })

  test("scan in scan, and its gradient, twice", () => {
    const f = (xs: Tensor, w: Tensor): Tensor[] =>
      scan(
        (h: Tensor, x: Tensor) => {
          const [inner, ys] = scan((u: Tensor, v: Tensor) => [u.mul(w).add(v).tanh(), u.mul(h)], h, x)
          return [inner.add(h), ys.sum(0)]
        },
        zeros([2], "f64").add(0.3),
        xs,
      ).flat()
    const loop = (xs: Tensor, w: Tensor): Tensor[] =>
      unrolled(
        ([h], [x]) => {
          const [[inner], [ys]] = unrolled(([u], [v]) => [[u.mul(w).add(v).tanh()], [u.mul(h)]], [h], [x])
          return [[inner.add(h)], [ys.sum(0)]]
        },
        [zeros([2], "f64").add(0.3)],
        [xs],
      ).flat()
    const inputs = [randomTensor([3, 2, 2], 1), randomTensor([2], 2)] as const
    const expected = loop(...inputs)
    f(...inputs).forEach((y, i) => {
      expectClose(y, expected[i], { relative: 1e-10 })
    })
    checkGradient(f, inputs, { order: 2 })
  })

  test("scan inside grad inside scan", () => {
    // Each step of the outer scan follows the gradient of an inner scan's loss.
    const inner = (w: Tensor, x: Tensor): Tensor =>
      scan((h: Tensor, _: undefined) => [h.mul(w).add(x).tanh(), undefined], x.mul(0.1), undefined, { length: 3 })[0]
        .square()
        .sum()
    const learn = (xs: Tensor, w: Tensor): Tensor[] =>
      scan((v: Tensor, x: Tensor) => [v.sub(grad(inner)(v, x).mul(0.2)), inner(v, x)], w, xs).flat()
    const byHand = (xs: Tensor, w: Tensor): Tensor[] => {
      let v = w
      const losses: Tensor[] = []
      for (let t = 0; t < xs.shape[0]; t++) {
        const x = xs.at(t)
        let h = x.mul(0.1)
        for (let i = 0; i < 3; i++) h = h.mul(v).add(x).tanh()
        losses.push(h.square().sum())
        v = v.sub(grad((u: Tensor) => inner(u, x))(v).mul(0.2))
      }
      return [v, stack(losses)]
    }
    const inputs = [randomTensor([3, 2], 1), randomTensor([2], 2)] as const
    const expected = byHand(...inputs)
    for (const found of [learn(...inputs), jit(learn)(...inputs)])
      found.forEach((y, i) => {
        expectClose(y, expected[i], { relative: 1e-10 })
      })
    checkGradient(learn, inputs)
  })

  test("carries and xs as trees; y of nothing; no xs", () => {
    const xs = { a: randomTensor([3, 2], 1), b: [randomTensor([3], 2)] }
    const [carry, y] = scan(
      (c: { n: Tensor; name: string }, x: typeof xs) => [
        { n: c.n.add(x.a.sum()).add(x.b[0]), name: c.name },
        undefined,
      ],
      { n: tensor(0, { dtype: "f64" }), name: "sum" },
      xs,
    )
    expect(carry.name).toBe("sum")
    expect(y).toBeUndefined()
    expect(carry.n.item()).toBeCloseTo(xs.a.sum().item() + xs.b[0].sum().item(), 12)
    const [last, powers] = scan((c: Tensor, _: undefined) => [c.mul(2), c], tensor(1), undefined, { length: 5 })
    expect(last.item()).toBe(32)
    expect(powers.toList()).toEqual([1, 2, 4, 8, 16])
  })

  test("no steps", () => {
    const [carry, ys] = scan((c: Tensor, x: Tensor) => [c.add(x), c.mul(x)], tensor([1, 2]), zeros([0, 2]))
    expect(carry.toList()).toEqual([1, 2])
    expect(ys.shape).toEqual([0, 2])
    const f = (c: Tensor): Tensor => scan((h: Tensor, x: Tensor) => [h.mul(x), h], c, zeros([0, 2]))[0].sum()
    expect(grad(f)(tensor([1, 2])).toList()).toEqual([1, 1])
    expect(jit(grad(f))(tensor([1, 2])).toList()).toEqual([1, 1])
  })
})

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
