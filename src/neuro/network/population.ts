import { CajalError, type HostRandom, type Tensor, type Tree, tensor } from "../../engine/index.ts"
import type { Membrane } from "../neurons/firing.ts"
import type { Current, Neuron, NeuronOptions } from "../neurons/neuron.ts"
import type { Quantity } from "../quantity.ts"
import { type Drawn, draw } from "./drawn.ts"

/** State of a population: variables by name, the potential among them. */
export type CellState = Membrane & { readonly [name: string]: Tree }

/** Neurons of one kind. */
export interface Population {
  readonly size: number
  /** Name of the model, for errors and tables. */
  readonly model: string
  /** Constant current to every neuron. */
  readonly current: Quantity
  start(random: HostRandom): CellState
  step(state: CellState, current: Current, dtMs: number, deltaMV: Tensor | undefined): [CellState, Tensor]
}

export interface PopulationOptions<P> {
  readonly parameters?: Partial<P> & NeuronOptions
  /** Potential that neurons start at. The default is the model's. */
  readonly vMV?: Drawn
  /** Constant current, in the unit of the model. Default 0. */
  readonly current?: Quantity
}

/**
 * Neurons of one model.
 * @param size how many
 */
export function population<S extends Membrane, P extends object>(
  size: number,
  model: Neuron<S, P>,
  { parameters = {}, vMV, current = 0 }: PopulationOptions<P> = {},
): Population {
  if (!Number.isInteger(size) || size < 1)
    throw new CajalError(`population of ${model.model}: a size is a whole number above 0, not ${size}`)
  return {
    size,
    model: model.model,
    current,
    start(random) {
      const v = vMV === undefined ? undefined : draw(vMV, size, random, `vMV of ${model.model}`)
      const given = v === undefined ? {} : { vMV: typeof v === "number" ? v : tensor(Float32Array.from(v)) }
      return model.state([size], parameters, given) as unknown as CellState
    },
    step: (state, drive, dtMs, deltaMV) =>
      model(state as never, drive, parameters, dtMs, deltaMV) as unknown as [CellState, Tensor],
  }
}
