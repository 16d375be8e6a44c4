/** Spike trains of two classes, and batches of them. */
import { type SpikeTrainSource, spikeTrainsOf, takeRows } from "../../src/data/index.ts"
import { type HostArray, hostRandom, Tensor } from "../../src/engine/index.ts"
import type { Batch } from "./model.ts"

export interface Examples {
  /** u8 `[examples, lines, steps]` */
  readonly trains: HostArray
  /** Classes 0 and 1 in turn. */
  readonly labels: Int32Array
}

/** One source for each class. */
export type Task = readonly [SpikeTrainSource, SpikeTrainSource]

/** Two sources of one rate: without memory, and with. What tells them apart is order, not number. */
export const structureTask = (rate: number, afterSpike: number): Task => [
  { kind: "bernoulli", rate },
  { kind: "markov", rate, afterSpike },
]

/** Two rates. */
export const rateTask: Task = [
  { kind: "bernoulli", rate: 0.1 },
  { kind: "bernoulli", rate: 0.15 },
]

/** Examples of both classes in turn. @param fold which of the independent sets of a seed */
export function examplesOf(
  task: Task,
  count: number,
  lines: number,
  steps: number,
  seed: number,
  fold: number,
): Examples {
  const random = hostRandom(seed).fold(fold)
  const halves = task.map((source, c) => spikeTrainsOf(source, [Math.ceil(count / 2), lines, steps], random.fold(c)))
  const size = lines * steps
  const data = new Uint8Array(count * size)
  for (let i = 0; i < count; i++) {
    const from = Math.floor(i / 2) * size
    data.set((halves[i % 2].data as Uint8Array).subarray(from, from + size), i * size)
  }
  return {
    trains: { dtype: "u8", shape: [count, lines, steps], data },
    labels: Int32Array.from({ length: count }, (_, i) => i % 2),
  }
}

/** Rows of examples as the network takes them, time first. */
export function batchOf({ trains, labels }: Examples, rows: Int32Array): Batch {
  const { shape, data } = takeRows(trains, rows)
  const [batch, lines, steps] = shape
  const turned = new Float32Array(data.length)
  for (let b = 0; b < batch; b++)
    for (let i = 0; i < lines; i++)
      for (let t = 0; t < steps; t++) turned[(t * batch + b) * lines + i] = data[(b * lines + i) * steps + t] as number
  return {
    trains: Tensor.from({ dtype: "f32", shape: [steps, batch, lines], data: turned }),
    labels: Tensor.from({ dtype: "i32", shape: [batch], data: rows.map((row) => labels[row]) }),
  }
}

/** Spikes `[steps, batch, neurons]` as trains, u8 `[batch, neurons, steps]`. */
export function trainsOf(spikes: Tensor): HostArray {
  const [steps, batch, neurons] = spikes.shape
  const data = spikes.array()
  const turned = new Uint8Array(data.length)
  for (let t = 0; t < steps; t++)
    for (let at = 0; at < batch * neurons; at++) turned[at * steps + t] = data[t * batch * neurons + at]
  return { dtype: "u8", shape: [batch, neurons, steps], data: turned }
}
