import { describe, expect, test } from "vitest"
import { useDevice } from "../devices/device.ts"
import { isGraph, type Node } from "../graph.ts"
import {
  customGradient,
  type Graph,
  grad,
  jit,
  scan,
  stopGradient,
  type Tensor,
  valueAndGrad,
  zeros,
} from "../index.ts"
import { allDevices, expectClose, otherDevices, randomTensor } from "../testing.ts"

useDevice("reference")

const scansOf = (graph: Graph): Node[] => graph.nodes.filter((n) => n.primitive.name === "scan")

/** A leaky unit whose loss is taken at every step: `stop` cuts the gradient through time. */
const online =
  (stop: boolean) =>
  (w: Tensor, xs: Tensor, ys: Tensor): Tensor => {
    const [, losses] = scan(
      (u: Tensor, [x, y]: Tensor[]) => {
        const before = stop ? stopGradient(u) : u
        const next = before.mul(0.9).add(x.matmul(w)).tanh()
        return [next, next.sub(y).square().mean()]
      },
      zeros([4, 3], xs.dtype as "f64"),
      [xs, ys],
    )
    return losses.sum()
  }

const data = (steps: number, dtype: "f32" | "f64" = "f64") =>
  [
    randomTensor([2, 3], 1, { dtype }),
    randomTensor([steps, 4, 2], 2, { dtype }),
    randomTensor([steps, 4, 3], 3, { dtype }),
  ] as [Tensor, Tensor, Tensor]

/** The gradient of each step alone, added up: what a stopped carry means. */
function onlineByHand(w: Tensor, xs: Tensor, ys: Tensor): Tensor {
  let u = zeros([4, 3], "f64")
  let total = zeros([2, 3], "f64")
  for (let t = 0; t < xs.shape[0]; t++) {
    const [before, x, y] = [u, xs.at(t), ys.at(t)]
    const next = (v: Tensor): Tensor => before.mul(0.9).add(x.matmul(v)).tanh()
    total = total.add(grad((v: Tensor) => next(v).sub(y).square().mean())(w))
    u = next(w)
  }
  return total
}

describe("with the carry stopped", () => {
  const step = jit((...all: [Tensor, Tensor, Tensor]) => valueAndGrad(online(true))(...all))

  test("forward and backward are one scan that stacks nothing but the losses", () => {
    const { graph } = step.program(...data(7))
    const scans = scansOf(graph)
    expect(scans.length).toBe(1)
    for (const v of scans[0].outputs)
      expect(v.type.shape.length === 1 && v.type.shape[0] === 7 ? "losses" : v.type.shape).not.toContain(7)
    const stacked = scans[0].outputs.slice(scans[0].attributes.carries)
    expect(stacked.map((v) => v.type.shape)).toEqual([[7]])
  })

  test("the gradient is the sum of the steps' own", () => {
    const inputs = data(5)
    expectClose(step(...inputs)[1], onlineByHand(...inputs), { relative: 1e-12 })
    expectClose(grad(online(true))(...inputs), onlineByHand(...inputs), { relative: 1e-12 })
  })

  test.each(otherDevices)("the memory of training on %s does not grow with the number of steps", (device) => {
    useDevice(device, () => {
      const bytes = [4, 8, 64].map((steps) => step.program(...data(steps, "f32")).report.temporaryBytes)
      const bptt = jit((...all: [Tensor, Tensor, Tensor]) => valueAndGrad(online(false))(...all))
      const stacked = [4, 8, 64].map((steps) => bptt.program(...data(steps, "f32")).report.temporaryBytes)
      expect(bytes[2] - bytes[0]).toBeLessThanOrEqual(4 * (64 - 4) + 64) // the losses themselves, aligned
      expect(stacked[2] - stacked[0]).toBeGreaterThan((64 - 4) * 4 * 3 * 4) // at least one state a step
    })
  })

  test("xs reversed, ys read in the other direction", () => {
    const f = (w: Tensor, xs: Tensor): Tensor =>
      scan(
        (u: Tensor, x: Tensor) => {
          const next = stopGradient(u).mul(0.5).add(x.mul(w)).sin()
          return [next, next.square().sum()]
        },
        zeros([2], "f64"),
        xs,
        { reverse: true },
      )[1].sum()
    const inputs = [randomTensor([2], 1), randomTensor([5, 2], 2)] as [Tensor, Tensor]
    const program = jit(grad(f))
    expect(scansOf(program.program(...inputs).graph).length).toBe(1)
    expectClose(program(...inputs), grad(f)(...inputs), { relative: 1e-12 })
  })

  test("the carry of the forward scan is asked for besides", () => {
    const f = (w: Tensor, xs: Tensor): [Tensor, Tensor] => {
      const [last, losses] = scan(
        (u: Tensor, x: Tensor) => {
          const next = stopGradient(u).add(x.mul(w)).tanh()
          return [next, next.sum()]
        },
        zeros([2], "f64"),
        xs,
      )
      return [losses.sum(), last]
    }
    const inputs = [randomTensor([2], 1), randomTensor([5, 2], 2)] as [Tensor, Tensor]
    const program = jit((...all: [Tensor, Tensor]) => valueAndGrad(f)(...all))
    const [[loss, last], g] = program(...inputs) as unknown as [[Tensor, Tensor], Tensor]
    const [[eagerLoss, eagerLast], eagerG] = valueAndGrad(f)(...inputs) as unknown as [[Tensor, Tensor], Tensor]
    for (const [a, b] of [
      [loss, eagerLoss],
      [last, eagerLast],
      [g, eagerG],
    ])
      expectClose(a, b, { relative: 1e-12 })
    expect(scansOf(program.program(...inputs).graph).length).toBe(1)
  })
})

describe("what must not be fused is not, and stays right", () => {
  const check = (f: (w: Tensor, xs: Tensor, ys: Tensor) => Tensor, scans: number): void => {
    const inputs = data(6)
    const program = jit(grad(f))
    expectClose(program(...inputs), grad(f)(...inputs), { relative: 1e-10 })
    expect(scansOf(program.program(...inputs).graph).length).toBe(scans)
  }

  test("a carry that the gradient flows through", () => {
    check(online(false), 2)
  })

  test("a loss of what all steps together make", () => {
    check((w, xs, ys) => {
      const [, out] = scan(
        (u: Tensor, x: Tensor) => {
          const next = stopGradient(u).mul(0.9).add(x.matmul(w)).tanh()
          return [next, next]
        },
        zeros([4, 3], "f64"),
        xs,
      )
      return out.mean(0).sub(ys.at(0)).square().sum()
    }, 2)
  })

  test("a loss of the last carry", () => {
    check(
      (w, xs, ys) =>
        scan(
          (u: Tensor, x: Tensor) => [stopGradient(u).mul(0.9).add(x.matmul(w)).tanh(), undefined],
          zeros([4, 3], "f64"),
          xs,
        )[0]
          .sub(ys.at(0))
          .square()
          .sum(),
      2,
    )
  })

  test("a second scan that reads the first one's results shifted, reversed, or summed", () => {
    const first = (xs: Tensor): Tensor =>
      scan((u: Tensor, x: Tensor) => [u.add(x.sum(0)), u.mul(2)], zeros([2], "f64"), xs)[1]
    const second = (vs: Tensor, reverse = false): Tensor =>
      scan((u: Tensor, v: Tensor) => [u.mul(0.5).add(v), u.mul(v)], zeros([2], "f64"), vs, { reverse })[1]
    const xs = data(6)[1]
    const cases: [string, (t: Tensor) => Tensor, number][] = [
      ["step by step", (t) => second(first(t)), 1],
      ["in the other direction", (t) => second(first(t), true), 2],
      ["turned round", (t) => second(first(t).flip(0)), 2],
      ["with a sum over all steps", (t) => second(first(t).add(first(t).sum(0))), 2],
      ["changed on the way", (t) => second(first(t).exp()), 2],
    ]
    for (const [name, f, scans] of cases) {
      const program = jit(f)
      expectClose(program(xs), f(xs), { relative: 1e-12 }, name)
      expect(scansOf(program.program(xs).graph).length, name).toBe(scans)
    }
  })

  test("scans of different lengths", () => {
    const f = (xs: Tensor): Tensor => {
      const [, ys] = scan((u: Tensor, x: Tensor) => [u.add(x), u], zeros([4, 2], "f64"), xs)
      return scan((u: Tensor, y: Tensor) => [u.add(y), u], zeros([4, 2], "f64"), ys.slice(0, 1))[1]
    }
    const xs = data(6)[1]
    expectClose(jit(f)(xs), f(xs))
  })

  test("two readers of one scan, and a reader of two", () => {
    const run = (vs: Tensor[], by: number): Tensor =>
      scan((u: Tensor, v: Tensor[]) => [u.mul(by).add(v.reduce((a, b) => a.add(b))), u], zeros([4, 2], "f64"), vs)[1]
    const cases: ((xs: Tensor) => Tensor[])[] = [
      (xs) => {
        const a = run([xs], 0.9)
        return [run([a], 0.5), run([a], 0.3)]
      },
      (xs) => {
        const [a, b] = [run([xs], 0.9), run([xs], 0.4)]
        return [run([a, b], 0.5)]
      },
      (xs) => {
        const a = run([xs], 0.9)
        const b = run([a], 0.5)
        return [run([a, b], 0.2), b.sum(0)]
      },
    ]
    const xs = data(6)[1]
    for (const f of cases) {
      const expected = f(xs)
      jit(f)(xs).forEach((y, i) => {
        expectClose(y, expected[i], { relative: 1e-12 })
      })
    }
  })
})

/** Nodes of a graph and of all graphs in it. */
const size = (graph: Graph): number =>
  graph.nodes.reduce(
    (n, node) =>
      n + 1 + Object.values(node.attributes as object).reduce((m: number, x) => m + (isGraph(x) ? size(x) : 0), 0),
    0,
  )

test.each(allDevices)("the program of a scan is as large for 10,000 steps as for 100, on %s", (device) => {
  useDevice(device, () => {
    for (const stop of [true, false]) {
      const program = jit((...all: [Tensor, Tensor, Tensor]) => valueAndGrad(online(stop))(...all))
      const typed = (steps: number) =>
        [zeros([2, 3]), zeros([steps, 4, 2]), zeros([steps, 4, 3])] as [Tensor, Tensor, Tensor]
      const [short, middle, long] = [100, 2500, 10_000].map((steps) => program.program(...typed(steps)))
      expect(size(long.graph)).toBe(size(short.graph))
      expect(long.report.kernels.length).toBe(short.report.kernels.length)
      // Constants grow by a byte or two; and the sum of more than 2,048 losses is a loop in a loop.
      expect(long.report.codeBytes).toBeLessThanOrEqual(middle.report.codeBytes * 1.01)
      expect(long.report.codeBytes - short.report.codeBytes).toBeLessThan(250)
    }
  })
})

test("a surrogate gradient in a stopped scan: one scan", () => {
  const spike = customGradient<[Tensor]>(
    (u) => u.gt(0).cast("f64"),
    ([u], _, g) => [g.mul(u.abs().neg().add(1).maximum(0))],
  )
  const f = (w: Tensor, xs: Tensor): Tensor =>
    scan(
      (u: Tensor, x: Tensor) => {
        const v = stopGradient(u).mul(0.8).add(x.matmul(w))
        const s = spike(v.sub(0.3))
        return [v.sub(s.mul(0.3)), s.sum()]
      },
      zeros([4, 3], "f64"),
      xs,
    )[1].sum()
  const [w, xs] = data(6)
  const program = jit(grad(f))
  expect(scansOf(program.program(w, xs).graph).length).toBe(1)
  expectClose(program(w, xs), grad(f)(w, xs), { relative: 1e-12 })
  expect(program(w, xs).abs().sum().item()).toBeGreaterThan(0)
})
