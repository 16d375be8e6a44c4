import { CajalError, type Tensor } from "../../engine/index.ts"
import type { Population } from "./population.ts"
import { type Part, type Projection, rangeOf } from "./projection.ts"
import type { Receptor } from "./receptor.ts"

/** Independent Poisson spikes to every neuron of a part. */
export interface PoissonInput {
  readonly to: Part
  readonly receptor: Receptor
  /** Rate of all sources of a neuron together: a number, or the name of a signal `[]` or `[neurons]` in Hz. */
  readonly rateHz: number | { readonly signal: string; readonly mostHz: number }
  /** What a spike brings. Default 1. */
  readonly weight?: number
}

/** A current from outside that changes in time: a signal `[]` or `[neurons]`. */
export interface CurrentInput {
  readonly to: Part
  readonly signal: string
}

/** Populations, and what reaches them. */
export interface Network {
  readonly populations: Readonly<Record<string, Population>>
  readonly projections: readonly Projection[]
  readonly poisson: readonly PoissonInput[]
  readonly currents: readonly CurrentInput[]
}

export interface NetworkParts {
  readonly populations: Readonly<Record<string, Population>>
  readonly projections?: readonly Projection[]
  readonly poisson?: readonly PoissonInput[]
  readonly currents?: readonly CurrentInput[]
}

/** A network of parts that fit one another. @throws CajalError where a part is missing, with its name */
export function network({ populations, projections = [], poisson = [], currents = [] }: NetworkParts): Network {
  const sizes = sizesOf(populations)
  if (sizes.size === 0) throw new CajalError("a network needs a population")
  for (const { from, to } of projections) for (const part of [from, to]) rangeOf(part, sizes)
  for (const { to } of [...poisson, ...currents]) rangeOf(to, sizes)
  for (const { rateHz, receptor } of poisson) {
    if (typeof rateHz === "number" && !(rateHz >= 0))
      throw new CajalError(`Poisson input: a rate is at least 0 Hz, not ${rateHz} Hz`)
    if (!receptor.linear)
      throw new CajalError(
        `Poisson input: the receptor ${receptor.model} is not linear: it belongs to presynaptic neurons`,
        {
          hint: "make the sources a population of their own, or take a linear receptor",
        },
      )
  }
  return { populations, projections, poisson, currents }
}

export const sizesOf = (populations: Readonly<Record<string, Population>>): Map<string, number> =>
  new Map(Object.entries(populations).map(([name, { size }]) => [name, size]))

/** Signals of one time step, by name. */
export type Signals = Readonly<Record<string, Tensor>>
