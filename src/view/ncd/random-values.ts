/** Numbers from a seed for what a term takes. */
import { type Key, key, normal, randomIntegers, split, type Tensor } from "../../engine/index.ts"
import { inTurn, type ParameterValues } from "./compile.ts"
import { type ArrayType, boxesOf, domainOf, type Morphism, shapeOf } from "./terms.ts"

/** Names and sizes of all parameters of a term, each once. */
export function parametersIn(term: Morphism): Map<string, readonly number[]> {
  const found = new Map<string, readonly number[]>()
  for (const { box } of boxesOf(term)) for (const { name, array } of box.parameters) found.set(name, shapeOf(array))
  return found
}

/**
 * Normal numbers; whole numbers from 0 to 1, so that they are indices of every axis worth an index; bits; spikes of which every other one happened.
 * @returns a tensor of the sizes of the array
 */
export function randomArray(array: ArrayType, random: Key): Tensor {
  const shape = shapeOf(array)
  if (array.kind === "real") return normal(random, shape)
  const bits = randomIntegers(random, shape, 0, 2)
  return array.kind === "natural" ? bits : bits.cast(array.kind === "bool" ? "bool" : "f32")
}

/** Inputs and parameters of a term. Parameters of repeated blocks have one value for each turn. */
export function randomValues(term: Morphism, seed: number): { inputs: Tensor[]; parameters: ParameterValues } {
  const [forInputs, forParameters] = split(key(seed), 2)
  const domain = domainOf(term)
  const inputs = split(forInputs, Math.max(1, domain.length))
  const names = turnsOf(term)
  const keys = split(forParameters, Math.max(1, names.size))
  return {
    inputs: domain.map((array, i) => randomArray(array, inputs[i])),
    parameters: Object.fromEntries(
      [...names].map(([name, shape], i) => [name, normal(keys[i], shape, 0, (shape[0] ?? 1) ** -0.5)]),
    ),
  }
}

/** Parameters with the numbers of their turns in place of the stars. */
function turnsOf(m: Morphism, turns: readonly number[] = []): Map<string, readonly number[]> {
  if (m.type === "box") return new Map(m.parameters.map(({ name, array }) => [inTurn(name, turns), shapeOf(array)]))
  if (m.type === "rearrange") return new Map()
  if (m.type !== "block") return new Map(m.parts.flatMap((part) => [...turnsOf(part, turns)]))
  const all = Array.from({ length: m.repeat }, (_, i) => turnsOf(m.body, m.repeat > 1 ? [...turns, i] : turns))
  return new Map(all.flatMap((own) => [...own]))
}
