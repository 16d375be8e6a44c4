import { expect, test } from "vitest"
import { grad, jit, type Tensor, tensor } from "../engine/index.ts"
import { atan, boxcar, fastSigmoid, type Surrogate, sigmoid, spike, triangle } from "./surrogate.ts"

const distances = [-2, -0.9, -0.3, 0, 0.2, 0.6, 1.7]
const formulas: [Surrogate, (x: number) => number][] = [
  [atan(2), (x) => 1 / (1 + (Math.PI * x) ** 2)],
  [fastSigmoid(10), (x) => 1 / (1 + 10 * Math.abs(x)) ** 2],
  [
    sigmoid(4),
    (x) => {
      const s = 1 / (1 + Math.exp(-4 * x))
      return 4 * s * (1 - s)
    },
  ],
  [triangle(1), (x) => Math.max(0, 1 - Math.abs(x))],
  [triangle(0.5), (x) => Math.max(0, 1 - Math.abs(x) / 0.5) / 0.5],
  [boxcar(1), (x) => (Math.abs(x) <= 0.5 ? 1 : 0)],
]

test.each(formulas)("$name: forward a step, backward its formula, run at once and compiled", (surrogate, formula) => {
  const f = (x: Tensor) =>
    spike(x, surrogate)
      .mul(tensor([1, 2, 3, 4, 5, 6, 7]))
      .sum()
  const x = tensor(distances)
  expect(spike(x, surrogate).toList()).toEqual([0, 0, 0, 1, 1, 1, 1])
  const expected = distances.map((d, i) => expect.closeTo((i + 1) * formula(d), 4))
  expect(grad(f)(x).toList()).toEqual(expected)
  expect(jit(grad(f))(x).toList()).toEqual(expected)
})

test("the area under the derivative is 1 for those that say so", () => {
  for (const surrogate of [atan(2), sigmoid(4), triangle(1), triangle(0.4), boxcar(0.7)]) {
    let area = 0
    const x = Float32Array.from({ length: 40_001 }, (_, i) => (i - 20_000) / 100)
    for (const d of surrogate.derivative(tensor(x)).array()) area += d / 100
    expect(area).toBeCloseTo(1, 1)
  }
})

test("a slope or width that is not above 0 is refused", () => {
  expect(() => triangle(0)).toThrow(/width must be above 0, not 0/)
  expect(() => atan(-1)).toThrow(/slope must be above 0, not -1/)
})
