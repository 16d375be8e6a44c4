import { describe, expect, test } from "vitest"
import { grad, jit, key, normal, type Tensor, tensor } from "../../engine/index.ts"
import { DelayedLinear, type DelayKernel, delayedLinear, delayShares } from "./learnable.ts"

const linear: DelayKernel = { kind: "linear" }

describe("shares of the steps in a delay", () => {
  test("linear: both neighbours, by nearness", () => {
    const shares = delayShares(tensor([0, 1.25, 3]), 3, linear).toList() as number[][]
    expect(shares).toEqual([
      [1, 0, 0],
      [0, 0.75, 0],
      [0, 0.25, 0],
      [0, 0, 1],
    ])
  })

  test("gaussian: a bell of sum 1 around the delay, also where it is far narrower than a step", () => {
    const shares = delayShares(tensor([1.5]), 3, { kind: "gaussian", width: 1 }).array()
    const bell = [0, 1, 2, 3].map((k) => Math.exp(-((k - 1.5) ** 2) / 2))
    const total = bell.reduce((a, b) => a + b)
    bell.forEach((x, k) => expect(shares[k]).toBeCloseTo(x / total, 6))
    const narrow = delayShares(tensor([1.4]), 3, { kind: "gaussian", width: 0.01 }).array()
    expect([...narrow]).toEqual([0, 1, 0, 0])
    expect(() => delayShares(tensor([1]), 3, { kind: "gaussian", width: 0 })).toThrow(/width of a delay/)
  })
})

test("a spike comes out after its delay, with its weight", () => {
  const position = (delay: number): number => Math.log(delay / (4 - delay)) // σ(position) · 4 = delay
  const layer = new DelayedLinear(tensor([[2, -1]]), tensor([[position(3), position(1.5)]]), 4)
  const x = tensor([[[1]], [[0]], [[0]], [[0]], [[0]], [[0]]])
  const y = layer.apply(x).reshape([6, 2]).array()
  const expected = [0, 0, 0, -0.5, 0, -0.5, 2, 0, 0, 0, 0, 0]
  expected.forEach((value, i) => expect(y[i]).toBeCloseTo(value, 5))
  expect(() => layer.apply(tensor([[[1, 1]]]))).toThrow(/1 inputs take/)
  expect(() => delayedLinear(2, 2, 0, key(1))).toThrow(/longest delay/)
})

test.each([linear, { kind: "gaussian", width: 0.8 } as const])(
  "gradients are those of finite differences: %o",
  (kernel) => {
    const x = normal(key(1), [9, 2, 3]).cast("f64")
    const goal = normal(key(2), [9, 2, 2]).cast("f64")
    const start = delayedLinear(3, 2, 5, key(4))
    const layer = new DelayedLinear(start.weight.cast("f64"), start.position.cast("f64"), 5)
    const lossOf = (l: DelayedLinear): Tensor => l.apply(x, kernel).sub(goal).square().sum()
    const gradient = grad(lossOf)(layer)
    for (const field of ["weight", "position"] as const) {
      const values = Float64Array.from(layer[field].array())
      const moved = (at: number, by: number): number => {
        const other = tensor(
          Float64Array.from(values, (v, i) => (i === at ? v + by : v)),
          { shape: [3, 2] },
        )
        return lossOf(
          field === "weight" ? new DelayedLinear(other, layer.position, 5) : new DelayedLinear(layer.weight, other, 5),
        ).item()
      }
      const measured = gradient[field].array()
      values.forEach((_, at) => expect(measured[at]).toBeCloseTo((moved(at, 1e-6) - moved(at, -1e-6)) / 2e-6, 4))
    }
  },
)

test("planted delays are found by their gradient", () => {
  const most = 8
  const planted = [1, 6, 3, 7]
  const x = normal(key(8), [200, 1, 4]).gt(1).cast("f32")
  const truth = new DelayedLinear(
    tensor([[1], [1], [1], [1]]),
    tensor(planted.map((d) => [Math.log(d / (most - d))])),
    most,
  )
  const goal = truth.apply(x)
  const step = jit((layer: DelayedLinear) => {
    // A wide bell sees delays that are still far away.
    const lossOf = (l: DelayedLinear): Tensor => l.apply(x, { kind: "gaussian", width: 1.5 }).sub(goal).square().mean()
    const gradient = grad(lossOf)(layer)
    return new DelayedLinear(layer.weight, layer.position.sub(gradient.position.mul(2)), most)
  })
  let layer = new DelayedLinear(tensor([[1], [1], [1], [1]]), tensor([[0], [0], [0], [0]]), most)
  for (let i = 0; i < 300; i++) layer = step(layer)
  layer
    .delays()
    .array()
    .forEach((delay, i) => expect(Math.abs(delay - planted[i])).toBeLessThan(0.4))
})
