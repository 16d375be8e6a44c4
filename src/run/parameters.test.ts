import { describe, expect, expectTypeOf, test } from "vitest"
import { CajalError } from "../engine/errors.ts"
import { allowed, checkParameters, choice, flag, integer, type ParameterValues, real, text } from "./parameters.ts"

const schema = {
  steps: integer("time steps", { default: 6, from: 1, to: 64 }),
  tau: real("time constant", { default: 1.1, from: 1, to: 16, unit: "ms", help: "longer remembers more" }),
  encoder: choice("encoder", { default: "rate", options: ["rate", "latency"] }),
  frozen: flag("frozen", { default: false }),
  layers: text("layers", { default: "300,300" }),
}
const check = (given: Record<string, unknown>) => checkParameters(schema, given, "demo")

function refusal(given: Record<string, unknown>): CajalError {
  try {
    check(given)
  } catch (error) {
    if (error instanceof CajalError) return error
  }
  throw new Error(`${JSON.stringify(given)} was accepted`)
}

describe("checkParameters", () => {
  test("gives defaults, and what was given in their place", () => {
    expect(check({})).toEqual({ steps: 6, tau: 1.1, encoder: "rate", frozen: false, layers: "300,300" })
    expect(check({ steps: 64, tau: 1, encoder: "latency", frozen: true, layers: "" })).toEqual({
      steps: 64,
      tau: 1,
      encoder: "latency",
      frozen: true,
      layers: "",
    })
  })

  test("reads numbers and flags from text", () => {
    expect(check({ steps: "1_0", tau: "1.5e1", frozen: "true" })).toMatchObject({ steps: 10, tau: 15, frozen: true })
    expect(check({ frozen: "no" })).toMatchObject({ frozen: false })
  })

  test.each([
    [{ steps: 0 }, "demo: steps must lie in 1..64, not 0"],
    [{ steps: 65 }, "demo: steps must lie in 1..64, not 65"],
    [{ steps: 1.5 }, "demo: steps must be a whole number, not 1.5"],
    [{ steps: "six" }, 'demo: steps must be a number, not "six"'],
    [{ steps: "" }, 'demo: steps must be a number, not ""'],
    [{ steps: "0x10" }, 'demo: steps must be a number, not "0x10"'],
    [{ tau: Number.NaN }, "demo: tau must be a number, not NaN"],
    [{ tau: "Infinity" }, 'demo: tau must be a number, not "Infinity"'],
    [{ tau: 0.99 }, "demo: tau must lie in 1..16, not 0.99"],
    [{ encoder: "latncy" }, 'demo: encoder cannot be "latncy"; did you mean "latency"?'],
    [{ encoder: 3 }, "demo: encoder cannot be 3"],
    [{ frozen: "maybe" }, 'demo: frozen must be true or false, not "maybe"'],
    [{ layers: 3 }, "demo: layers must be text, not 3"],
    [{ stps: 3 }, 'demo has no parameter "stps"'],
    [{ toString: 3 }, 'demo has no parameter "toString"'],
  ])("refuses %o", (given, message) => {
    expect(refusal(given).message).toBe(message)
  })

  test("suggests the nearest name and says what is allowed", () => {
    expect(refusal({ stps: 3 }).hint).toBe('did you mean "steps"? it has steps, tau, encoder, frozen, layers')
    expect(refusal({ tau: 99 }).hint).toBe("tau: time constant; 1..16 ms, default 1.1; longer remembers more")
  })

  test("infers the type of each value", () => {
    expectTypeOf<ParameterValues<typeof schema>>().toEqualTypeOf<{
      readonly steps: number
      readonly tau: number
      readonly encoder: "rate" | "latency"
      readonly frozen: boolean
      readonly layers: string
    }>()
  })
})

test("allowed says in words what a parameter takes", () => {
  expect(Object.values(schema).map(allowed)).toEqual([
    "1..64, default 6",
    "1..16 ms, default 1.1",
    "rate | latency, default rate",
    "true | false, default false",
    'text, default "300,300"',
  ])
})
