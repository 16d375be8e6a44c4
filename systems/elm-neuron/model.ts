/**
 * What is made of the Expressive Leaky Memory neuron: a classifier that reads its memory at the end, a model of another neuron that
 * reads it at every step, and an LSTM in its place. The neuron itself is `src/neuro/neurons/elm.ts`.
 * @source Spieler et al., The Expressive Leaky Memory neuron (2024)
 */
import { type Key, scan, split, type Tensor } from "../../src/engine/index.ts"
import {
  binaryCrossEntropy,
  crossEntropy,
  fanInUniform,
  Linear,
  Lstm,
  lstm,
  meanSquaredError,
} from "../../src/learn/index.ts"
import { type ElmNeuron, type ElmOptions, type ElmState, elmNeuron } from "../../src/neuro/index.ts"
import type { Batch } from "./adding.ts"

/** A neuron, or an LSTM in its place, under a linear read-out. */
export class Reader<C extends ElmNeuron | Lstm = ElmNeuron | Lstm> {
  readonly cell: C
  readonly readout: Linear
  constructor(cell: C, readout: Linear) {
    this.cell = cell
    this.readout = readout
  }
}

const readoutOf = (units: number, outputs: number, key: Key): Linear => {
  const [a, b] = split(key)
  return new Linear(fanInUniform(a, [units, outputs], units), fanInUniform(b, [outputs], units))
}

export function elmReader(options: ElmOptions, outputs: number, key: Key): Reader<ElmNeuron> {
  const [a, b] = split(key)
  return new Reader(elmNeuron(options, a), readoutOf(options.memory, outputs, b))
}

export function lstmReader(
  inputs: number,
  units: number,
  outputs: number,
  key: Key,
  chronoSteps?: number,
): Reader<Lstm> {
  const [a, b] = split(key)
  return new Reader(
    lstm(inputs, units, a, chronoSteps === undefined ? {} : { chronoSteps }),
    readoutOf(units, outputs, b),
  )
}

/** The memory after every step. @param inputs `[steps, batch, lines]` @returns `[steps, batch, memory]` */
export const memories = (neuron: ElmNeuron, inputs: Tensor): Tensor =>
  scan(
    (state: ElmState, x: Tensor) => {
      const next = neuron.step(state, x)
      return [next, next.memory]
    },
    neuron.atRest(inputs.shape[1]),
    inputs,
  )[1]

/** What is read after the last step: `[batch, outputs]`. */
export function readLast({ cell, readout }: Reader, inputs: Tensor): Tensor {
  if (cell instanceof Lstm) return readout.apply(cell.run(inputs).hidden)
  const [end] = scan(
    (state: ElmState, x: Tensor) => [cell.step(state, x), undefined],
    cell.atRest(inputs.shape[1]),
    inputs,
  )
  return readout.apply(end.memory)
}

export const sumLoss = (reader: Reader, { inputs, labels }: Batch): Tensor =>
  crossEntropy(readLast(reader, inputs), labels)

/** What goes into a neuron, and what came out. */
export interface Recorded {
  /** `[ms, windows, lines]` */
  readonly inputs: Tensor
  /** 0 or 1, and z-scored, `[ms, windows]`. */
  readonly spikes: Tensor
  readonly voltage: Tensor
}

/** Logit of a spike, and voltage, for every ms: `[ms, windows, 2]`. */
export const imitate = ({ cell, readout }: Reader<ElmNeuron>, inputs: Tensor): Tensor =>
  readout.apply(memories(cell, inputs))

/** Weight of the voltage beside the spikes. */
const voltageWeight = 0.02

/** Cross-entropy of spikes and squared error of the voltage, of all but the first `skipMs`. */
export function imitationLoss(
  reader: Reader<ElmNeuron>,
  { inputs, spikes, voltage }: Recorded,
  skipMs: number,
): Tensor {
  const scored = (x: Tensor): Tensor => x.slice(0, skipMs, x.shape[0])
  const said = scored(imitate(reader, inputs))
  const [logit, potential] = [0, 1].map((i) => said.slice(2, i, i + 1).squeeze([2]))
  return binaryCrossEntropy(logit, scored(spikes)).add(meanSquaredError(potential, scored(voltage)).mul(voltageWeight))
}
