import { describe, expect, test } from "vitest"
import { useDevice } from "../devices/device.ts"
import { isGraph } from "../graph.ts"
import {
  asEvents,
  checkpoint,
  customGradient,
  evalShape,
  type Graph,
  grad,
  jit,
  scan,
  straightThrough,
  type Tensor,
  tensor,
  vmap,
} from "../index.ts"
import { allDevices, checkGradient, checkVmap, examples, expectClose, randomTensor } from "../testing.ts"

useDevice("reference")

/** A step whose gradient is that of a triangle around 0: the usual surrogate of a spike. */
const spike = customGradient<[Tensor]>(
  (u) => asEvents(u.gt(0).cast(u.dtype)),
  ([u], _, g) => [g.mul(u.abs().neg().add(1).maximum(0))],
)

const slope = (u: number): number => Math.max(0, 1 - Math.abs(u))

describe("customGradient", () => {
  const u = tensor([-0.5, 0.25, 2], { dtype: "f64" })
  const expected = [slope(-0.5), slope(0.25), slope(2)]

  test("its rule replaces the gradient, eagerly, compiled, in both", () => {
    expect(spike(u).toList()).toEqual([0, 1, 1])
    for (const f of [grad((x: Tensor) => spike(x).sum()), jit(grad((x: Tensor) => spike(x).sum()))])
      expect(f(u).toList()).toEqual(expected)
  })

  test("the rule is differentiated again", () => {
    const doubled = customGradient<[Tensor]>(
      (x) => x.mul(x),
      ([x], y, g) => [g.mul(x.mul(x).mul(y))], // says that the derivative of x² is x⁴
    )
    const at = tensor(3, { dtype: "f64" })
    expect(grad((x: Tensor) => doubled(x))(at).item()).toBe(81)
    // d/dx (g x² y) with y = doubled(x): 2 x y + x² x⁴
    expect(grad(grad((x: Tensor) => doubled(x)))(at).item()).toBe(2 * 3 * 9 + 9 * 81)
  })

  test("several inputs, some without a cotangent, and tensors that it closes over", () => {
    const outside = tensor(10, { dtype: "f64" })
    const f = customGradient<[Tensor, Tensor]>(
      (a, b) => a.mul(b).mul(outside),
      ([, b], _, g) => [g.mul(b).mul(7), undefined],
    )
    const both = grad((xs: Tensor[]) => f(xs[0], xs[1]))([tensor(2, { dtype: "f64" }), tensor(3, { dtype: "f64" })])
    expect(both.map((t: Tensor) => t.item())).toEqual([21, 0])
    expect(f(tensor(2, { dtype: "f64" }), tensor(3, { dtype: "f64" })).item()).toBe(60)
  })

  test("a tensor being traced outside is seen by forward and backward", () => {
    const f = (x: Tensor, w: Tensor): Tensor => {
      const scaled = customGradient<[Tensor]>(
        (v) => v.mul(w),
        (_, __, g) => [g.mul(w).mul(2)],
      )
      return scaled(x).sum()
    }
    const [x, w] = [tensor([1, 2]), tensor([3, 4])]
    for (const g of [grad(f), jit(grad(f))]) expect(g(x, w).toList()).toEqual([6, 8])
  })

  test("under vmap: against a loop, and its gradient", () => {
    const xs = examples(3, (s) => randomTensor([4], s))
    checkVmap((x) => spike(x), [xs])
    checkVmap((x) => grad((v: Tensor) => spike(v).mul(v).sum())(x), [xs])
    const g = grad((all: Tensor) => vmap((x: Tensor) => spike(x).sum())(all).sum())(xs)
    const values = xs.array()
    g.array().forEach((v, i) => {
      expect(v).toBeCloseTo(slope(values[i]), 12)
    })
    const weighted = customGradient<[Tensor, Tensor]>(
      (x, w) => x.mul(w).sum(),
      ([x, w], _, gy) => [gy.mul(w).mul(2), gy.mul(x).mul(3)],
    )
    checkVmap(
      (x, w) => grad((both: Tensor[]) => weighted(both[0], both[1]))([x, w]),
      [xs, examples(3, (s) => randomTensor([4], s), 7)],
    )
  })

  test.each(allDevices)("inside scan: a spiking neuron through time on %s", (device) => {
    const loss = (w: Tensor, xs: Tensor): Tensor => {
      const [, s] = scan(
        (u: Tensor, x: Tensor) => {
          const v = u.mul(0.9).add(x.mul(w))
          const z = spike(v.sub(0.5))
          return [v.sub(z.mul(0.5)), z]
        },
        tensor([0, 0]),
        xs,
      )
      return s.mul(randomTensor([6, 2], 5, { dtype: "f32" })).sum()
    }
    const byHand = (w: readonly number[], xs: readonly number[][]): number[] => {
      const weights = randomTensor([6, 2], 5, { dtype: "f32" }).array()
      return w.map((weight, n) => {
        const states: { v: number; x: number }[] = []
        let u = 0
        for (const x of xs) {
          const v = u * 0.9 + x[n] * weight
          states.push({ v, x: x[n] })
          u = v - (v > 0.5 ? 0.5 : 0)
        }
        let total = 0
        let du = 0
        for (let t = states.length - 1; t >= 0; t--) {
          const { v, x } = states[t]
          const dz = weights[t * 2 + n] - 0.5 * du
          const dv = du + dz * slope(v - 0.5)
          total += dv * x
          du = dv * 0.9
        }
        return total
      })
    }
    const w = tensor([0.8, 1.3])
    const xs = randomTensor([6, 2], 8, { dtype: "f32", from: 0, to: 1 })
    const expected = byHand([...w.array()], xs.toList() as number[][])
    useDevice(device, () => {
      for (const g of [grad(loss)(w, xs), jit(grad(loss))(w, xs)])
        g.array().forEach((v, i) => expect(v).toBeCloseTo(expected[i], 4))
    })
  })

  test("straightThrough", () => {
    const rounded = straightThrough((x) => x.round())
    expect(rounded(tensor([0.4, 1.6])).toList()).toEqual([0, 2])
    expect(grad((x: Tensor) => rounded(x).square().sum())(tensor([0.4, 1.6])).toList()).toEqual([0, 4])
  })
})

/** All nodes of a graph and of the graphs in it. */
function allNodes(graph: Graph): string[] {
  return graph.nodes.flatMap((node) => [
    node.primitive.name,
    ...Object.values(node.attributes as object).flatMap((x) => (isGraph(x) ? allNodes(x) : [])),
  ])
}
const count = (graph: Graph, name: string): number => allNodes(graph).filter((n) => n === name).length

describe("checkpoint", () => {
  const layer = (x: Tensor, w: Tensor): Tensor => x.matmul(w).tanh().mul(x.matmul(w).sin())
  const inputs = [randomTensor([2, 3], 1), randomTensor([3, 3], 2)] as const

  test("the same values and gradients, of every order", () => {
    const plain = (x: Tensor, w: Tensor): Tensor => layer(layer(x, w), w)
    const held = (x: Tensor, w: Tensor): Tensor => checkpoint(layer)(checkpoint(layer)(x, w), w)
    expectClose(held(...inputs), plain(...inputs), { relative: 1e-14 })
    const g = (f: typeof plain) => grad((all: Tensor[]) => f(all[0], all[1]).square().sum())
    for (const found of [g(held)([...inputs]), jit(g(held))([...inputs])])
      g(plain)([...inputs]).forEach((t: Tensor, i: number) => {
        expectClose(found[i], t, { relative: 1e-12 })
      })
    checkGradient(held, inputs, { order: 2 })
  })

  test("the compiled graph computes it again", () => {
    const f = (wrap: typeof layer) => (x: Tensor, w: Tensor) => grad((v: Tensor) => wrap(x, v).sum())(w)
    const [plain, held] = [f(layer), f(checkpoint(layer))].map((h) => jit(h).program(...inputs).graph)
    expect(count(plain, "tanh")).toBe(1)
    expect(count(held, "barrier")).toBeGreaterThan(0)
    expect(count(held, "tanh")).toBe(1) // the sum of the forward pass is not asked for here
    const both = jit((x: Tensor, w: Tensor) => {
      const loss = (v: Tensor): Tensor => checkpoint(layer)(x, v).sum()
      return [loss(w), grad(loss)(w)]
    }).program(...inputs).graph
    expect(count(both, "tanh")).toBe(2)
  })

  test("in the step of a scan: fewer residuals", () => {
    const step = (h: Tensor, w: Tensor): Tensor => h.matmul(w).tanh().mul(h).sin().exp().matmul(w).tanh()
    const f = (wrap: typeof step) => (h: Tensor, w: Tensor) =>
      grad((v: Tensor) =>
        scan((c: Tensor, _: undefined) => [wrap(c, v), undefined], h, undefined, { length: 5 })[0].sum(),
      )(w)
    const residuals = (g: Graph): number =>
      g.nodes
        .filter((n) => n.primitive.name === "scan")[0]
        .outputs.filter((v) => v.type.shape[0] === 5 && v.type.shape.length === 3).length
    const programs = [f(step), f(checkpoint(step))].map((h) => jit(h).program(...inputs).graph)
    expect(residuals(programs[1])).toBe(1)
    expect(residuals(programs[0])).toBeGreaterThan(1)
    expectClose(jit(f(checkpoint(step)))(...inputs), jit(f(step))(...inputs), { relative: 1e-12 })
  })

  test("trees in and out, and tensors that it closes over", () => {
    const w = tensor([2, 3], { dtype: "f64" })
    const f = checkpoint((p: { x: Tensor; name: string }) => ({ y: p.x.mul(w).exp(), name: p.name }))
    const loss = (x: Tensor): Tensor => f({ x, name: "a" }).y.sum()
    expect(f({ x: w, name: "a" }).name).toBe("a")
    checkGradient(loss, [randomTensor([2], 1)], { order: 2 })
    // What it closes over is differentiated too.
    checkGradient(
      (x, v) => checkpoint((t: Tensor) => t.mul(v).sin())(x),
      [randomTensor([2], 1), randomTensor([2], 2)],
      { order: 2 },
    )
  })

  test("under vmap", () => {
    const xs = [examples(3, (s) => randomTensor([2, 3], s)), examples(3, (s) => randomTensor([3, 3], s), 8)]
    checkVmap((x, w) => checkpoint(layer)(x, w), xs)
    checkVmap((x, w) => grad((all: Tensor[]) => checkpoint(layer)(all[0], all[1]).sum())([x, w]), xs)
  })
})

describe("evalShape", () => {
  test("shapes and dtypes without memory", () => {
    const { types } = evalShape((x: Tensor) => [x.matmul(x.T), x.gt(0)], randomTensor([4, 2], 1))
    expect(types).toEqual([
      { dtype: "f64", shape: [4, 4] },
      { dtype: "bool", shape: [4, 2] },
    ])
  })
})
