import { expect, test } from "vitest"
import { key, type Tensor, tensor, zeros } from "../../engine/index.ts"
import { checkGradient } from "../../engine/testing.ts"
import { Lstm, lstm } from "./lstm.ts"

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

test("one unit, two steps by hand", () => {
  const cell = new Lstm(tensor([[0.5, -0.3, 0.8, 0.2]]), tensor([[0.1, 0.4, -0.6, 0.7]]), tensor([0, 1, 0.1, -0.2]))
  let [h, c] = [0, 0]
  let state = cell.atRest(1)
  for (const x of [1.5, -0.5]) {
    const [i, f, g, o] = [0.5, -0.3, 0.8, 0.2].map(
      (w, k) => w * x + [0.1, 0.4, -0.6, 0.7][k] * h + [0, 1, 0.1, -0.2][k],
    )
    c = sigmoid(f) * c + sigmoid(i) * Math.tanh(g)
    h = sigmoid(o) * Math.tanh(c)
    state = cell.step(state, tensor([[x]]))
    expect([state.hidden.item(), state.cell.item()]).toEqual([expect.closeTo(h, 6), expect.closeTo(c, 6)])
  }
  expect(cell.run(tensor([[[1.5]], [[-0.5]]])).hidden.item()).toBeCloseTo(h, 6)
})

test("forget gates begin open: by 1, or for times spread up to the longest", () => {
  const parts = (bias: Tensor): number[][] => [0, 1, 2, 3].map((i) => [...bias.slice(0, 50 * i, 50 * (i + 1)).array()])
  const [input, forget, candidate, output] = parts(lstm(3, 50, key(1)).bias)
  expect(new Set(forget)).toEqual(new Set([1]))
  for (const other of [input, candidate, output]) expect(new Set(other)).toEqual(new Set([0]))
  const chrono = parts(lstm(3, 50, key(1), { chronoSteps: 100 }).bias)
  expect(Math.min(...chrono[1])).toBeGreaterThanOrEqual(0)
  expect(Math.max(...chrono[1])).toBeLessThanOrEqual(Math.log(99))
  expect(Math.max(...chrono[1])).toBeGreaterThan(Math.log(60))
  expect(chrono[0]).toEqual(chrono[1].map((x) => -x))
})

test("its gradient through time agrees with differences", () => {
  const made = lstm(2, 3, key(5))
  const xs = tensor(
    Float64Array.from({ length: 5 * 2 * 2 }, (_, i) => Math.sin(i)),
    { shape: [5, 2, 2] },
  )
  checkGradient(
    (input: Tensor, recurrent: Tensor, bias: Tensor) => new Lstm(input, recurrent, bias).run(xs).hidden.square().sum(),
    [made.input, made.recurrent, made.bias].map((x) => x.cast("f64")),
    { relative: 1e-5, absolute: 1e-8 },
  )
  expect(made.atRest(2)).toEqual({ hidden: zeros([2, 3]), cell: zeros([2, 3]) })
})
