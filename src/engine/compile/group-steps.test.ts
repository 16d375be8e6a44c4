import { expect, test } from "vitest"
import { useDevice } from "../devices/device.ts"
import type { Graph } from "../graph.ts"
import { asEvents, grad, jit, scan, stopGradient, type Tensor, zeros } from "../index.ts"
import { allDevices, expectClose, randomTensor, unrolled } from "../testing.ts"

const data = (steps: number): [Tensor, Tensor, Tensor] => [
  randomTensor([3, 4], 1, { dtype: "f32" }),
  randomTensor([4, 4], 2, { dtype: "f32" }),
  randomTensor([steps, 2, 3], 3, { dtype: "f32" }),
]

type Step = (c: Tensor, x: Tensor, w: Tensor, r: Tensor) => [Tensor, Tensor]
const recurrent: Step = (c, x, w, r) => {
  const next = c.matmul(r).add(x.matmul(w)).tanh()
  return [next, next.mul(x.sum())]
}

/** The lengths of the loops of a graph, outermost first. */
const loops = (graph: Graph): number[] =>
  graph.nodes.flatMap(({ primitive, attributes }) =>
    primitive.name === "scan" ? [attributes.length, ...loops(attributes.body)] : [],
  )

for (const device of allDevices)
  test.each([1, 5, 31, 37, 64])(`a loop of %i steps, forwards and backwards in time, on ${device}`, (steps) => {
    useDevice(device, () => {
      const [w, r, xs] = data(steps)
      for (const reverse of [false, true]) {
        const f = jit((a: Tensor, b: Tensor, all: Tensor) =>
          scan((c: Tensor, x: Tensor) => recurrent(c, x, a, b), zeros([2, 4]), all, { reverse }),
        )
        const given = reverse ? xs.flip(0) : xs
        const [[last], [ys]] = unrolled(
          ([c], [x]) => recurrent(c, x, w, r).map((v) => [v]) as never,
          [zeros([2, 4])],
          [given],
        )
        const [carry, stacked] = f(w, r, xs)
        expectClose(carry, last, { relative: 1e-4, absolute: 1e-5 })
        expectClose(stacked, reverse ? ys.flip(0) : ys, { relative: 1e-4, absolute: 1e-5 })
      }
    })
  })

test("products of what comes from outside are computed for groups of steps; a loop of few steps needs no groups", () => {
  const program = (steps: number) =>
    jit((a: Tensor, b: Tensor, all: Tensor) =>
      scan((c: Tensor, x: Tensor) => recurrent(c, asEvents(x), a, b), zeros([2, 4]), all),
    ).program(...data(steps)).graph
  expect(loops(program(64))).toEqual([2, 32])
  expect(loops(program(100))).toEqual([4, 25])
  expect(loops(program(25))).toEqual([25])
  expect(loops(program(101))).toEqual([101])
  const [product] = program(25).nodes.filter((node) => node.primitive.name === "matmul")
  expect(product.inputs[0].type).toEqual({ dtype: "f32", shape: [50, 3], events: true })
})

test("a loop that learns from each step at once keeps nothing of it", () => {
  const loss = (w: Tensor, xs: Tensor): Tensor =>
    scan(
      (c: Tensor, x: Tensor) => {
        const next = stopGradient(c).add(x.matmul(w)).tanh()
        return [next, next.square().sum()]
      },
      zeros([2, 4]),
      xs,
    )[1].sum()
  const [w, , xs] = data(64)
  expect(loops(jit(grad(loss)).program(w, xs).graph)).toEqual([64])
})
