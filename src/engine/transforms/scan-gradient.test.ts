import { describe, expect, test } from "vitest"
import { useDevice } from "../devices/device.ts"
import { customGradient, type Graph, grad, jit, scan, stack, type Tensor, tensor, zeros } from "../index.ts"
import { checkGradient, checkVmap, expectClose, randomTensor, unrolled } from "../testing.ts"

useDevice("reference")

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
        inputs.map((x) => stack([x, x.mul(0.5), x.neg()])),
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

  test("the reverse computes nothing dear again, and keeps nothing that is cheap to compute", () => {
    const f = (w: Tensor, xs: Tensor): Tensor =>
      scan((h: Tensor, x: Tensor) => [h.mul(w).add(x).mul(2).tanh().mul(h.neg()), undefined], xs.at(0), xs)[0].sum()
    const { graph } = jit(grad(f)).program(randomTensor([2], 1), randomTensor([6, 2], 2))
    const [forward, reverse] = graph.nodes.filter((n) => n.primitive.name === "scan")
    const names = (body: Graph): string[] => body.nodes.map((n) => n.primitive.name)
    expect(names(forward.attributes.body)).toContain("tanh")
    expect(names(reverse.attributes.body)).not.toContain("tanh")
    const stacked = forward.outputs.filter((v) => v.type.shape[0] === 6)
    expect(stacked.length).toBe(2) // the carry and its tanh
  })

  test("of what follows cheaply from one value only that value is kept: a potential, not the spike and its surrogate derivative", () => {
    const spike = customGradient(
      (u: Tensor) => u.ge(0).cast(u.dtype),
      ([u], _, g) => [g.mul(u.abs().neg().add(1).maximum(0))],
    )
    const loss = (w: Tensor, v: Tensor, xs: Tensor): Tensor => {
      const [, votes] = scan(
        (c: Tensor, x: Tensor) => {
          const u = c.mul(0.9).add(x.mul(w))
          const s = spike(u.sub(0.3))
          return [u.sub(s), s.matmul(v)]
        },
        zeros([5, 4], "f64"),
        xs,
      )
      return votes.square().sum()
    }
    const inputs = [randomTensor([4], 1), randomTensor([4, 2], 2), randomTensor([6, 5, 4], 3)] as const
    const { graph } = jit((w: Tensor, v: Tensor, xs: Tensor) => [
      grad(loss)(w, v, xs),
      grad((y: Tensor) => loss(w, y, xs))(v),
    ]).program(...inputs)
    const [forward] = graph.nodes.filter((node) => node.primitive.name === "scan")
    const stacked = forward.outputs.filter((v) => v.type.shape[0] === 6).map((v) => v.type.shape)
    expect(stacked).toEqual([
      [6, 5, 2],
      [6, 5, 4],
    ])
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
