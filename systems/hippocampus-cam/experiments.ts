/** The paper's three experiments: what is done, and the output that it reports. */
import type { Memory } from "./model.ts"
import {
  evenly,
  learn,
  type Operation,
  recallContent,
  recallCue,
  schedule,
  type TimedOperation,
  tightest,
} from "./operations.ts"
import type { Raster } from "./simulation.ts"

export interface Experiment {
  readonly size: Pick<Memory, "cues" | "bits">
  readonly operations: readonly TimedOperation[]
  readonly durationMs: number
}

/** Spikes of the output layer by millisecond. */
export type Output = Readonly<Record<"OutCue" | "OutCont", Readonly<Record<number, readonly number[]>>>>

/** Learning, both recalls, and forgetting. */
export const mixed: Experiment = {
  size: { cues: 5, bits: 10 },
  operations: schedule(
    [
      learn(0, 0, 1, 8, 9),
      learn(4, 1, 5, 6),
      learn(3, 4, 5, 6),
      recallCue(0),
      recallContent(6),
      recallContent(0, 4),
      learn(3, 1, 3, 4, 8),
      recallCue(3),
      recallContent(6),
    ],
    evenly(10),
  ),
  durationMs: 90,
}

/** What is learnt shows at the output twice, and when cue 3 is learnt anew its old content in between. */
export const mixedOutput: Output = {
  OutCue: {
    ...{ 5: [0], 7: [0], 15: [4], 17: [4], 25: [3], 27: [3] },
    ...{ 35: [0], 46: [3, 4], 56: [0, 3], 65: [3], 67: [3], 75: [3], 86: [4] },
  },
  OutCont: {
    ...{ 5: [0, 1, 8, 9], 7: [0, 1, 8, 9], 15: [1, 5, 6], 17: [1, 5, 6], 25: [4, 5, 6], 27: [4, 5, 6] },
    ...{ 36: [0, 1, 8, 9], 45: [6], 55: [0, 4] },
    ...{ 65: [1, 3, 4, 8], 66: [5, 6], 67: [1, 3, 4, 8], 76: [1, 3, 4, 8], 85: [6] },
  },
}

const bitsOf = (number: number): number[] =>
  Array.from({ length: 10 }, (_, bit) => bit).filter((bit) => ((number >> bit) & 1) === 1)
const complementOf = (content: readonly number[]): number[] =>
  Array.from({ length: 10 }, (_, bit) => bit).filter((bit) => !content.includes(bit))

/** Three rounds in which every cue is taught another content, and everything is recalled. */
export const stress: Experiment = {
  size: { cues: 5, bits: 10 },
  operations: schedule(
    [1, 2, 3].flatMap((block): Operation[] => [
      ...[0, 1, 2, 3, 4].map((cue) => learn(cue, ...(block === 2 ? complementOf(bitsOf(cue + 1)) : bitsOf(cue + 1)))),
      ...[0, 1, 2, 3, 4].map(recallCue),
      ...complementOf([]).map((bit) => recallContent(bit)),
    ]),
    evenly(14),
    1,
  ),
  durationMs: 851,
}

/** A robot's map: 16 places of a 4 x 4 grid, each in one of six states. */
export const placeStates = [
  [0, 5, 1, 3],
  [0, 3, 4, 5],
  [0, 5, 4, 3],
  [2, 4, 4, 3],
]

export const map: Experiment = {
  size: { cues: 16, bits: 6 },
  operations: schedule(
    [
      ...placeStates.flat().map((state, place) => learn(place, state)),
      ...[[1, 2, 4], [3], [5], [0]].map((states) => recallContent(...states)),
    ],
    tightest,
  ),
  durationMs: 140,
}

export const mapOutput: Pick<Output, "OutCue"> = {
  OutCue: { 118: [2, 6, 10, 12, 13, 14], 124: [3, 5, 11, 15], 130: [1, 7, 9], 136: [0, 4, 8] },
}

/** Spikes that are there and should not be, and the other way round, from a millisecond on. */
export function differences(raster: Raster, output: Partial<Output>, fromMs = 0): number {
  let count = 0
  for (const [layer, expected] of Object.entries(output) as [keyof Output, Output["OutCue"]][])
    raster[layer].forEach((fired, t) => {
      if (t < fromMs) return
      const wanted = expected[t] ?? []
      count += fired.filter((i) => !wanted.includes(i)).length + wanted.filter((i) => !fired.includes(i)).length
    })
  return count
}
