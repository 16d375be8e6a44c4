import { expect, test } from "vitest"
import { full, grad, jit, key, range, scan, type Tensor, tensor } from "../engine/index.ts"
import { checkGradient, expectClose } from "../engine/testing.ts"
import { diffuse, integrate, type Method } from "./integrate.ts"
import { exprel, exprelOfStep, linoid } from "./relative-exponentials.ts"
import { stepKey } from "./stimuli.ts"

const f64 = (x: number[]): Tensor => tensor(x, { dtype: "f64" })
type Pair = { readonly x: Tensor; readonly y: Tensor }

test.each(["exponentialEuler", "exponentialMidpoint"] as const)(
  "%s is exact for linear equations, however large the step",
  (method) => {
    // x' = 3 - x / tau, tau from far below the step to far above it
    const taus = f64([0.01, 0.5, 2, 100, 1e6])
    const { x } = integrate(method, ({ x }) => ({ x: x.div(taus).neg().add(3) }), { x: f64([1, 1, 1, 1, 1]) }, 2)
    const exact = [0.01, 0.5, 2, 100, 1e6].map((tau) => 3 * tau + (1 - 3 * tau) * Math.exp(-2 / tau))
    expectClose(x, f64(exact), { relative: 1e-10 })
  },
)

test("a rate that does not depend on its variable is taken as it is", () => {
  const { x } = integrate("exponentialEuler", ({ x }) => ({ x: x.mul(0).add(4) }), { x: f64([1]) }, 0.5)
  expect(x.item()).toBe(3)
})

test("all variables move from their old values", () => {
  const swap = ({ x, y }: Pair): Pair => ({ x: y, y: x.neg() })
  const next = integrate("exponentialEuler", swap, { x: f64([1]), y: f64([2]) }, 0.25)
  expect([next.x.item(), next.y.item()]).toEqual([1.5, 1.75])
})

const orders: [Method, number][] = [
  ["euler", 1],
  ["exponentialEuler", 1],
  ["exponentialMidpoint", 2],
  ["midpoint", 2],
  ["rk4", 4],
]

test.each(orders)("%s: its error falls with the power %i of the step", (method, order) => {
  // A pendulum with friction: coupled and nonlinear.
  const pendulum = ({ x, y }: Pair): Pair => ({ x: y.sub(x.mul(0.3)), y: x.sin().neg().sub(y.mul(0.5)) })
  const end = (steps: number, by = method): [number, number] => {
    const { x, y } = jit(() =>
      scan((s: Pair) => [integrate(by, pendulum, s, 3 / steps), undefined], { x: f64([1]), y: f64([0.5]) }, undefined, {
        length: steps,
      }),
    )()[0]
    return [x.item(), y.item()]
  }
  const [x, y] = end(3000, "rk4")
  const error = (steps: number): number => {
    const [ownX, ownY] = end(steps)
    return Math.hypot(ownX - x, ownY - y)
  }
  expect(Math.abs(Math.log2(error(40) / error(80)) - order)).toBeLessThan(0.25)
})

test.each(orders)("%s: gradients pass steps", (method) => {
  checkGradient(
    (x, y) => {
      const next = integrate(method, (s: Pair) => ({ x: s.y.mul(s.x).sin(), y: s.x.sub(s.y.square()) }), { x, y }, 0.3)
      return [next.x, next.y]
    },
    [f64([0.3, -0.7]), f64([1.2, 0.4])],
  )
})

test("an unknown method is refused with those that there are", () => {
  expect(() => integrate("heun" as Method, ({ x }) => ({ x }), { x: f64([1]) }, 1)).toThrow(
    /no integration method "heun"/,
  )
  expect(() => integrate("euler", ({ x }) => ({ x }), { x: f64([1]) }, 0)).toThrow(
    /time step must be above 0 ms, not 0 ms/,
  )
})

test("an Ornstein-Uhlenbeck process has its variance, another path for each key", () => {
  const [tau, sigma, dt] = [5, 0.8, 0.1]
  const end = jit((seed: Tensor) =>
    scan(
      (s: { x: Tensor }, t: Tensor) => {
        const moved = integrate("exponentialEuler", ({ x }) => ({ x: x.mul(-1 / tau) }), s, dt)
        return [diffuse(stepKey(seed, t), moved, { x: sigma }, dt), undefined]
      },
      { x: full([20_000], 0) },
      range(400),
    ),
  )
  const x = end(key(5))[0].x
  expect(x.mean().item()).toBeCloseTo(0, 1)
  expect(x.variance().item() / ((sigma ** 2 * tau) / 2)).toBeCloseTo(1, 1)
  expect(end(key(6))[0].x.toList()).not.toEqual(x.toList())
  const kept = diffuse(key(1), { x, y: x }, { x: 1 }, dt)
  expect(kept.y).toBe(x)
})

test("relative exponentials: accurate where they are 0 / 0, in value and in slope", () => {
  const at = [-30, -3, -0.51, -0.49, -1e-3, -1e-9, 0, 1e-9, 1e-3, 0.019, 0.021, 0.49, 0.51, 3, 20]
  const formulas: [(z: Tensor) => Tensor, (z: number) => number][] = [
    [exprel, (z) => (z === 0 ? 1 : Math.expm1(z) / z)],
    [linoid, (z) => (z === 0 ? 1 : -z / Math.expm1(-z))],
  ]
  for (const [ours, exact] of formulas) {
    expectClose(ours(f64(at)), f64(at.map(exact)), { relative: 1e-14 })
    expectClose(ours(tensor(at)), tensor(at.map((z) => exact(Math.fround(z)))), { relative: 4e-7 })
    checkGradient(ours, [f64(at.slice(1, -1))])
    expect(grad((z: Tensor) => ours(z).sum())(tensor([0])).item()).toBeCloseTo(0.5, 6)
  }
})

test("the factor of a step: from steps far beyond the time constant to growth", () => {
  const at = [-1e30, -1e4, -16.001, -15.999, -8, -1, -0.1, -1e-7, 0, 1e-7, 0.1, 1]
  const exact = at.map(Math.fround).map((z) => (z === 0 ? 1 : Math.expm1(z) / z))
  expectClose(exprelOfStep(tensor(at)), tensor(exact), { relative: 6e-7, absolute: 0 })
  expect(exprelOfStep(tensor([8])).item() / (Math.expm1(8) / 8)).toBeCloseTo(1, 5)
  const slopes = grad((z: Tensor) => exprelOfStep(z).sum())(tensor([-100, -1, 0])).toList() as number[]
  expect(slopes[0]).toBeCloseTo(1e-4, 6)
  expect(slopes[1]).toBeCloseTo(1 - 2 / Math.E, 5)
  expect(slopes[2]).toBeCloseTo(0.5, 5)
})
