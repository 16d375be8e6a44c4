import { expect, test } from "vitest"
import { grad, jit, leafNames, mapTree, type Tensor, tensor } from "../engine/index.ts"
import { between, type Constrained, positive } from "./constrained.ts"

test("start where they are told to, keep shape and dtype", () => {
  expect(positive(20).value().item()).toBeCloseTo(20, 4)
  const leaks = between(0, 1, tensor([0.1, 0.5, 0.97]))
  leaks
    .value()
    .array()
    .forEach((x: number, i: number) => {
      expect(x).toBeCloseTo([0.1, 0.5, 0.97][i], 6)
    })
  const fine = positive(tensor([[1e-3], [1e3]], { dtype: "f64" })).value()
  expect([fine.dtype, fine.shape]).toEqual(["f64", [2, 1]])
  expect(between(-2, 4, -2).value().item()).toBeCloseTo(-2, 4)
})

test("however far they are pushed, they stay in their range", () => {
  for (const push of [-1, 1]) {
    let model: { tau: Constrained; leak: Constrained } = { tau: positive(5), leak: between(0.2, 0.9, 0.5) }
    const step = jit((m: typeof model) => {
      const g = grad((x: typeof model): Tensor => x.tau.value().add(x.leak.value()).mul(push).sum())(m)
      return mapTree((x, slope) => x.sub(slope.sign()), m, g)
    })
    for (let i = 0; i < 20; i++) model = step(model)
    const [tau, leak] = [model.tau.value().item(), model.leak.value().item()]
    expect(tau / (5 * Math.exp(-20 * push))).toBeCloseTo(1, 4)
    expect(leak).toBeCloseTo(push > 0 ? 0.2 : 0.9, 5)
  }
})

test("only the free number is a parameter", () => {
  expect(leafNames({ tau: positive(3), leak: between(0, 1, 0.5) })).toEqual(["tau.free", "leak.free"])
})

test("errors", () => {
  expect(() => positive(0)).toThrow(/stays positive cannot start at 0/)
  expect(() => positive(tensor([1, -2]))).toThrow(expect.objectContaining({ where: "element 1 of the start" }))
  expect(() => between(0, 1, 1.5)).toThrow(/between 0 and 1 cannot start at 1.5/)
  expect(() => between(1, 1, 1)).toThrow(/cannot lie between 1 and 1/)
})
