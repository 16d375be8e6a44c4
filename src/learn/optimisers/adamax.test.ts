import { expect, test } from "vitest"
import { tensor } from "../../engine/index.ts"
import { clipByValue } from "./adam.ts"
import { adamax, adamaxState } from "./adamax.ts"

test("two steps by hand", () => {
  let model = { w: tensor([1, -2]), index: tensor([3], { dtype: "i32" }) }
  let state = adamaxState(model)
  const gradients = [
    [0.5, -1],
    [-0.1, 4],
  ]
  const [w, m, u] = [
    [1, -2],
    [0, 0],
    [0, 0],
  ]
  for (const [t, g] of gradients.entries()) {
    for (const i of [0, 1]) {
      m[i] = 0.9 * m[i] + 0.1 * g[i]
      u[i] = Math.max(0.999 * u[i], Math.abs(g[i]) + 1e-8)
      w[i] -= ((0.1 / (1 - 0.9 ** (t + 1))) * m[i]) / u[i]
    }
    const slopes = { w: tensor(g), index: model.index }
    ;[model, state] = adamax(model, slopes, state, { rate: 0.1 })
    expect(model.w.toList()).toEqual(w.map((x) => expect.closeTo(x, 5)))
  }
  expect(model.index.toList()).toEqual([3])
  expect(state.steps.item()).toBe(2)
})

test("the first step moves every weight by the rate, whatever its gradient", () => {
  const model = tensor([1, 1, 1])
  const [next] = adamax(model, tensor([100, -1e-3, 1]), adamaxState(model), { rate: tensor(0.01) })
  expect(next.toList()).toEqual([0.99, 1.01, 0.99].map((x) => expect.closeTo(x, 5)))
})

test("gradients are cut number by number", () => {
  const g = { a: tensor([5, -0.5]), steps: tensor([7], { dtype: "i32" }) }
  const cut = clipByValue(g, 1)
  expect([cut.a.toList(), cut.steps.toList()]).toEqual([[1, -0.5], [7]])
})
