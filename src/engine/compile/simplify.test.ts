import { describe, expect, test } from "vitest"
import { useDevice } from "../devices/device.ts"
import { isGraph } from "../graph.ts"
import {
  asEvents,
  checkpoint,
  cond,
  evalShape,
  full,
  type Graph,
  grad,
  jit,
  key,
  ones,
  scan,
  stopGradient,
  type Tensor,
  tensor,
  uniform,
  zeros,
} from "../index.ts"
import { allDevices, expectClose, randomTensor } from "../testing.ts"
import { simplify } from "./simplify.ts"

useDevice("reference")

const graphOf = (fn: (...xs: Tensor[]) => Tensor | Tensor[], ...inputs: Tensor[]): Graph =>
  simplify(evalShape(fn, ...inputs).graph)
const names = (graph: Graph): string[] => graph.nodes.map((n) => n.primitive.name)
const scans = (graph: Graph): Graph[] =>
  graph.nodes.flatMap((n) => Object.values(n.attributes as object).filter(isGraph))

const x = () => randomTensor([2, 3], 1, { dtype: "f32" })

describe("less to do", () => {
  test.each<[string, (a: Tensor, b: Tensor) => Tensor | Tensor[], string[]]>([
    ["x + 0", (a) => a.add(0), []],
    ["0 + x", (a) => zeros([2, 3]).add(a), []],
    ["x - 0", (a) => a.sub(0), []],
    ["x * 1", (a) => a.mul(1), []],
    ["x / 1", (a) => a.div(1), []],
    ["x * 0 keeps NaN", (a) => a.mul(0), ["full", "mul"]],
    ["stopGradient", (a) => stopGradient(a), []],
    ["a cast to its own dtype", (a) => a.cast("f32"), []],
    ["reshape of reshape", (a) => a.reshape([6]).reshape([3, 2]), ["reshape"]],
    ["reshape and back", (a) => a.reshape([6]).reshape([2, 3]), []],
    ["transpose and back", (a) => a.T.T, []],
    [
      "transpose of transpose",
      (a) => a.reshape([1, 2, 3]).transpose([1, 2, 0]).transpose([1, 0, 2]),
      ["reshape", "transpose"],
    ],
    ["broadcast of broadcast", (a) => a.broadcastTo([4, 2, 3]).broadcastTo([5, 4, 2, 3]), ["broadcast"]],
    ["common subexpressions", (a, b) => a.mul(b).exp().add(a.mul(b).exp()), ["mul", "exp", "add"]],
    [
      "dead code",
      (a, b) => {
        a.matmul(b.T).exp()
        return a.neg()
      },
      ["neg"],
    ],
    ["constants folded", (a) => a.add(full([2, 3], 2).mul(3).exp()), ["full", "add"]],
    ["views of constants folded", (a) => a.add(full([3, 2], 2).T.reshape([2, 3])), ["full", "add"]],
    ["equal and unequal constants", (a) => [a.add(2), a.mul(2), a.add(3)], ["full", "add", "mul", "full", "add"]],
    ["events marked twice", (a) => asEvents(asEvents(a)), ["asEvents"]],
    ["0 and -0 differ", (a) => [a.maximum(0), a.maximum(-0)], ["full", "max", "full", "max"]],
  ])("%s", (_, fn, expected) => {
    expect(names(graphOf(fn, x(), x()))).toEqual(expected)
    const inputs = [x(), randomTensor([2, 3], 2, { dtype: "f32" })] as [Tensor, Tensor]
    const wanted = [fn(...inputs)].flat()
    const found = [jit(fn)(...inputs)].flat()
    wanted.forEach((y, i) => {
      expectClose(found[i], y)
    })
  })

  test("random numbers of one key are drawn once, of two keys twice", () => {
    const same = graphOf((k) => [uniform(k, [3]), uniform(k, [3])], key(1))
    expect(names(same).filter((n) => n === "randomBits").length).toBe(1)
    const two = graphOf((k, l) => [uniform(k, [3]), uniform(l, [3])], key(1), key(2))
    expect(names(two).filter((n) => n === "randomBits").length).toBe(2)
  })

  test("what a checkpoint computes again is not merged away", () => {
    const f = (a: Tensor): Tensor[] => {
      const [y, g] = [
        checkpoint((v: Tensor) => v.exp().tanh())(a),
        grad((v: Tensor) => checkpoint((u: Tensor) => u.exp().tanh())(v).sum())(a),
      ]
      return [y, g]
    }
    expect(names(graphOf(f, x())).filter((n) => n === "exp").length).toBe(2)
  })
})

describe("scans", () => {
  test("what does not change is computed once, before", () => {
    const graph = graphOf(
      (a, w) =>
        scan(
          (c: Tensor, v: Tensor) => [c.add(v), v.matmul(w.exp().mul(2).T)],
          zeros([3]),
          a.reshape([2, 1, 3]).broadcastTo([2, 1, 3]).squeeze(1),
        )[1],
      x(),
      x(),
    )
    const [body] = scans(graph)
    expect(names(graph)).toContain("exp")
    expect(names(body)).not.toContain("exp")
  })

  test("inputs of a step are its own values, not made by a node", () => {
    const graph = graphOf((a, b) => scan((c: Tensor, _: Tensor) => [c, b.neg()], a.at(0), a)[1], x(), x())
    for (const body of scans(graph)) for (const v of body.inputs) expect(v.node).toBeUndefined()
  })

  test("carries that never change are constants; results that nobody reads are dropped, and what only they needed", () => {
    const graph = graphOf(
      (a, b) =>
        scan(
          (c: Tensor[], v: Tensor) => [
            [c[0], c[1].add(v), c[2].mul(c[1])],
            [c[0].mul(v), c[2]],
          ],
          [b.at(0), b.at(1), b.at(0).exp()],
          a,
        )[1][0],
      x(),
      x(),
    )
    const node = graph.nodes.find((n) => n.primitive.name === "scan")
    expect(node?.attributes.carries).toBe(0)
    expect(node?.outputs.length).toBe(1)
    expect(names(scans(graph)[0])).toEqual(["mul"])
    expect(names(graph)).not.toContain("exp")
  })

  test("xs that repeat one slice are constants", () => {
    const graph = graphOf(
      (a) => scan((c: Tensor, v: Tensor) => [c.mul(v).add(1), undefined], a.at(0), a.at(1).broadcastTo([5, 3]))[0],
      x(),
    )
    const node = graph.nodes.find((n) => n.primitive.name === "scan")
    expect(node?.inputs.every((v) => v.type.shape.length === 1)).toBe(true)
  })

  test("a carry that is read by another carry only is kept", () => {
    const f = (a: Tensor): Tensor =>
      scan(([p, q]: Tensor[], v: Tensor) => [[q, p.add(v)], undefined], [a.at(0), a.at(1)], a)[0][0]
    expectClose(jit(f)(x()), f(x()))
  })

  test("no steps", () => {
    const f = (a: Tensor): Tensor[] => {
      const [c, ys] = scan((s: Tensor, v: Tensor) => [s.add(v), s.exp()], a.at(0), a.slice(0, 2))
      return [c, ys]
    }
    const [c, ys] = jit(f)(x())
    expectClose(c, x().at(0))
    expect(ys.shape).toEqual([0, 3])
  })
})

test("branches are simplified, and each has its own work", () => {
  const graph = graphOf(
    (a) =>
      cond(
        a.sum().gt(0),
        () => a.mul(1).add(a.exp()).add(0),
        () => a.exp(),
      ),
    x(),
  )
  const [then, otherwise] = scans(graph)
  expect(names(then)).toEqual(["exp", "add"])
  expect(names(otherwise)).toEqual(["exp"])
})

test.each(allDevices)("a product that is masked afterwards is one masked product, on %s", (device) => {
  useDevice(device, () => {
    const mask = tensor([
      [0, 0.5, 0],
      [1, 0, 0],
    ])
    const f = (g: Tensor, w: Tensor, m: Tensor): Tensor => g.matmul(w.T).mul(asEvents(m))
    const inputs = [randomTensor([2, 4], 1, { dtype: "f32" }), randomTensor([3, 4], 2, { dtype: "f32" }), mask] as [
      Tensor,
      Tensor,
      Tensor,
    ]
    const program = jit(f)
    expect(names(program.program(...inputs).graph)).toContain("maskedMatmul")
    expectClose(program(...inputs), inputs[0].matmul(inputs[1].T).mul(mask), { relative: 1e-5 })
    // Read elsewhere too, it is computed whole.
    const shared = jit((g: Tensor, w: Tensor, m: Tensor) => {
      const p = g.matmul(w.T)
      return [p.mul(asEvents(m)), p]
    })
    expect(names(shared.program(...inputs).graph)).not.toContain("maskedMatmul")
    const all = shared(...inputs)
    expectClose(all[1], inputs[0].matmul(inputs[1].T), { relative: 1e-5 })
  })
})

test("what goes in comes out: graph inputs stay in number, order and type", () => {
  const graph = graphOf((a, _b) => [a, a, a.add(0), ones([2])], x(), x())
  expect(graph.inputs.length).toBe(2)
  expect(graph.outputs.slice(0, 3).every((v) => v === graph.inputs[0])).toBe(true)
})
