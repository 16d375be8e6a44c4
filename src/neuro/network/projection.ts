import { CajalError } from "../../engine/index.ts"
import type { Plasticity } from "../plasticity/rules.ts"
import type { Wiring } from "../wiring/wiring.ts"
import type { Drawn } from "./drawn.ts"
import type { Receptor, Release } from "./receptor.ts"

/** A population, or some neurons of it that follow one another. */
export type Part = string | { readonly population: string; readonly from: number; readonly to: number }

export interface ProjectionOptions {
  readonly wiring: Wiring
  /** Where its synapse is not linear, its state belongs to the presynaptic neurons, and all connections have one delay. */
  readonly receptor: Receptor
  /** What a spike brings, in the unit of the receptor. Default 1. */
  readonly weight?: Drawn
  /** How long a spike takes, rounded to whole steps, at least one. Default one step. */
  readonly delayMs?: Drawn
  /** Short-term plasticity of what leaves the presynaptic neurons. Default: their spikes. */
  readonly release?: Release
  /** How weights change with spikes, from `weight` on. Default: they do not. */
  readonly plasticity?: Plasticity
}

/** Spikes of one part of a network that reach another. */
export interface Projection extends ProjectionOptions {
  readonly from: Part
  readonly to: Part
}

export const projection = (from: Part, to: Part, options: ProjectionOptions): Projection => ({ from, to, ...options })

/** Neurons of a population, from `from` to `to`. */
export interface Range {
  readonly name: string
  readonly from: number
  readonly to: number
}

/** How many neurons there are in a range. */
export const widthOf = ({ from, to }: Pick<Range, "from" | "to">): number => to - from

/** The neurons of a part. @throws CajalError where there are no such */
export function rangeOf(part: Part, sizes: ReadonlyMap<string, number>): Range {
  const name = typeof part === "string" ? part : part.population
  const size = sizes.get(name)
  if (size === undefined)
    throw new CajalError(`there is no population "${name}"`, { hint: `populations: ${[...sizes.keys()].join(", ")}` })
  const { from, to } = typeof part === "string" ? { from: 0, to: size } : part
  if (!(Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from < to && to <= size))
    throw new CajalError(`neurons ${from} to ${to} of population "${name}", which has ${size}`)
  return { name, from, to }
}
