import { expect, test } from "vitest"
import { grad, type Tensor, tensor } from "../../engine/index.ts"
import { checkGradient } from "../../engine/testing.ts"
import { type ModulationName, modulationLaws, relu6, twoPoint } from "./two-point.ts"

const at = (law: ModulationName, r: number, c: number): number => twoPoint(tensor([r]), tensor([c]), law).item()

test("each law, by hand", () => {
  // R = 0.5, C = 0.8
  expect(at("cooperation", 0.5, 0.8)).toBeCloseTo(0.25 + 1 + 0.8 * 1.5, 6)
  expect(at("gentleCooperation", 0.5, 0.8)).toBeCloseTo(0.25 + 1 + 0.8 * 1.5, 6) // R² and R/2 are the same at 0.5
  expect(at("gentleCooperation", 1.5, -0.4)).toBeCloseTo(0.75 + 3 - 0.4 * 2.5, 6)
  expect(at("cooperation", 1.5, -0.4)).toBeCloseTo(2.25 + 3 - 0.4 * 2.5, 6)
  expect(at("kayPhillips", 0.5, 0.8)).toBeCloseTo(0.25 * (1 + Math.exp(0.4)), 6)
  expect(at("linear", 0.5, 0.8)).toBeCloseTo(0.9, 6)
  expect(at("tanh", 0.5, 0.8)).toBeCloseTo(0.5 * (1 + Math.tanh(0.4)), 6)
  expect(at("point", 0.5, 0.8)).toBeCloseTo(1.3, 6)
})

test("rates lie in 0..6", () => {
  for (const law of Object.keys(modulationLaws) as ModulationName[])
    for (const r of [-30, -1, 0, 1, 30])
      for (const c of [-30, 0, 30]) {
        const rate = at(law, r, c)
        expect(rate >= 0 && rate <= 6).toBe(true)
      }
  expect(relu6(tensor([-1, 3, 9])).toList()).toEqual([0, 3, 6])
})

test("context alone drives the cooperative neuron, and no other but the point neuron", () => {
  expect(at("cooperation", 0, 1.2)).toBeCloseTo(1.2, 6)
  expect(at("point", 0, 1.2)).toBeCloseTo(1.2, 6)
  for (const law of ["kayPhillips", "linear", "tanh"] as const) expect(at(law, 0, 1.2)).toBe(0)
})

test("Kay and Phillips: no context changes nothing, agreement amplifies, contradiction halves at most", () => {
  for (const r of [0.3, 1, 2]) {
    expect(at("kayPhillips", r, 0)).toBeCloseTo(r, 5)
    expect(at("kayPhillips", r, 0.5)).toBeGreaterThan(r)
    expect(at("kayPhillips", r, -50)).toBeCloseTo(r / 2, 5)
  }
  expect(at("kayPhillips", 0.1, 1e6)).toBeCloseTo(0.05 * (1 + Math.exp(3)), 5) // the exponent is clipped, nothing overflows
})

test("gradients agree with differences, away from corners", () => {
  for (const law of Object.keys(modulationLaws) as ModulationName[])
    checkGradient(
      (r: Tensor, c: Tensor) => twoPoint(r, c, law).square().sum(),
      [tensor([0.4, 0.7, 1.1, -0.5], { dtype: "f64" }), tensor([0.3, -0.2, 0.6, 2.5], { dtype: "f64" })],
    )
})

test("where a rate is clipped, and where a neuron is silent, no gradient passes", () => {
  const slopes = grad((r: Tensor) => twoPoint(r, tensor([0, 0, 0]), "cooperation").sum())(tensor([-1, 0.5, 3]))
  expect(slopes.toList()).toEqual([0, 3, 0])
})

test("an unknown law is refused with those there are", () => {
  expect(() => twoPoint(tensor([1]), tensor([1]), "squared" as never)).toThrow(/no law of modulation "squared"/)
})
