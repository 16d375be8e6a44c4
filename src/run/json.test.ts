import { expect, test } from "vitest"
import { jsonProblem } from "./json.ts"

test("what JSON gives back unchanged has no problem", () => {
  expect(jsonProblem({ a: [1, "x", null, true, { b: -0.5 }] })).toBeUndefined()
})

test.each([
  [{ a: [1, Number.NaN] }, "value.a[1]: NaN has no form in JSON"],
  [{ b: new Float32Array(2) }, "value.b: Float32Array has no form in JSON"],
  [{ c: new Map() }, "value.c: Map has no form in JSON"],
  [{ d: undefined }, "value.d: undefined has no form in JSON"],
  [1n, "value: bigint has no form in JSON"],
])("%o", (value, problem) => {
  expect(jsonProblem(value)).toBe(problem)
})
