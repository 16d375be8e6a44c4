import { expect, test } from "vitest"
import { CajalError } from "../engine/errors.ts"
import { claim } from "./claims.ts"
import { choice, integer } from "./parameters.ts"
import { resolveParameters, type SystemDefinition, system } from "./system.ts"

const parameters = {
  k: integer("k", { default: 1, from: 1, to: 64 }),
  steps: integer("steps", { default: 6, from: 1, to: 64 }),
  mode: choice("mode", { default: "a", options: ["a", "b"] }),
}
const definition: SystemDefinition<typeof parameters> = {
  slug: "sltt",
  parameters,
  presets: { smoke: { steps: 2 }, quick: {}, full: { steps: 20, mode: "b" } },
  async *run() {},
  claims: [],
  check: ({ k, steps }) => {
    if (k > steps) throw new CajalError(`K must be in 1..T: K = ${k}, T = ${steps}`)
  },
}

test("a system takes its card from the catalogue", () => {
  expect(system(definition).card.arxiv).toBe("2302.14311")
  expect(() => system({ ...definition, slug: "nobody" })).toThrow('there is no system "nobody"')
})

test("a run gets the defaults, then the preset, then what was given, checked together", () => {
  const of = system(definition)
  expect(resolveParameters(of, "quick", {})).toEqual({ k: 1, steps: 6, mode: "a" })
  expect(resolveParameters(of, "full", { k: "3" })).toEqual({ k: 3, steps: 20, mode: "b" })
  expect(() => resolveParameters(of, "smoke", { k: 3 })).toThrow("K must be in 1..T: K = 3, T = 2")
})

test("slips in a definition show at once", () => {
  const one = claim("same", "", { paper: "", value: () => 1, meets: () => true, threshold: "" })
  expect(() => system({ ...definition, claims: [one, one] })).toThrow("two claims share an id")
  expect(() => system({ ...definition, presets: { ...definition.presets, full: { steps: 65 } } })).toThrow("1..64")
  const seed = { ...definition, parameters: { seed: parameters.k }, check: () => {} } as never
  expect(() => system(seed)).toThrow('the name "seed" is reserved')
})
