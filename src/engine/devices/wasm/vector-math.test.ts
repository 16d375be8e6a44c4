import { expect, test } from "vitest"
import { jit, type Tensor, tensor } from "../../index.ts"
import { erf as exactErf } from "../../special.ts"

/** Distance in units in the last place of f32. */
function distance(value: number, exact: number): number {
  if (Number.isNaN(exact)) return Number.isNaN(value) ? 0 : Number.POSITIVE_INFINITY
  const rounded = Math.fround(exact)
  if (value === rounded) return 0
  const unit = Math.max(2 ** (Math.floor(Math.log2(Math.abs(exact))) - 23), 2 ** -149)
  return Math.abs(value - exact) / unit
}

const grid = (from: number, to: number, count = 20_001): number[] =>
  Array.from({ length: count }, (_, i) => Math.fround(from + ((to - from) * i) / (count - 1)))
const special = [0, -0, 1, -1, 1e-30, -1e-30, 1e-40, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]

const functions: [string, (x: Tensor) => Tensor, (x: number) => number, number[], number][] = [
  ["exp", (x) => x.exp(), Math.exp, [...grid(-103, 88.7), ...special], 2],
  ["expm1", (x) => x.expm1(), Math.expm1, [...grid(-20, 80), ...grid(-1e-3, 1e-3), ...special], 6],
  ["log", (x) => x.log(), Math.log, [...grid(1e-6, 10), ...grid(1, 1e9), ...grid(1e-42, 1e-37, 501), ...special], 2],
  ["log1p", (x) => x.log1p(), Math.log1p, [...grid(-0.999, 10), ...grid(-1e-4, 1e-4), ...special], 6],
  ["tanh", (x) => x.tanh(), Math.tanh, [...grid(-10, 10), ...special], 4],
  ["sigmoid", (x) => x.sigmoid(), (x) => 1 / (1 + Math.exp(-x)), [...grid(-80, 80), ...special], 4],
  ["erf", (x) => x.erf(), exactErf, [...grid(-4, 4), ...special.filter((x) => x !== 1e-40)], 10],
]

test.each(functions)(
  "%s is within a few units in the last place, ends of the range included",
  (_, f, exact, xs, limit) => {
    const values = jit(f)(tensor(xs)).array()
    let worst = 0
    let at = 0
    xs.forEach((x, i) => {
      const d = distance(values[i], exact(Math.fround(x)))
      if (!(d <= worst)) {
        worst = d
        at = x
      }
    })
    expect(worst, `at ${at}`).toBeLessThanOrEqual(limit)
  },
)

test("sin and cos keep their absolute error over many turns, and large angles are right too", () => {
  const xs = [...grid(-100, 100), ...grid(-8192, 8192), 1e5, 123456.789, 1e9, 0, -0]
  for (const [f, exact] of [
    [(x: Tensor) => x.sin(), Math.sin],
    [(x: Tensor) => x.cos(), Math.cos],
  ] as const) {
    const values = jit(f)(tensor(xs)).array()
    xs.forEach((x, i) => {
      expect(Math.abs(values[i] - exact(Math.fround(x))), `at ${x}`).toBeLessThan(2e-7 + 3e-8 * Math.abs(x) * 1e-2)
    })
  }
})
