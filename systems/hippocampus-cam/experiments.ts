/** The paper's three experiments: what is done, and the output that it reports. */
import type { Memory } from "./model.ts"
import {
  evenly,
  learn,
  type Operation,
  recallContent,
  recallCue,
  type Spacing,
  schedule,
  type TimedOperation,
  tightest,
} from "./operations.ts"
import type { Raster } from "./simulation.ts"

export interface Experiment {
  readonly size: Pick<Memory, "cues" | "bits">
  readonly operations: readonly TimedOperation[]
  readonly spacing: Spacing
  readonly durationMs: number
}

interface Times {
  readonly spacing: Spacing
  readonly firstMs?: number
  /** Default: until the last operation has been answered, whatever the delay of the plastic synapses. */
  readonly durationMs?: number
}

/** Operations one after the other. */
export function experiment(
  size: Experiment["size"],
  operations: readonly Operation[],
  { spacing, firstMs, durationMs }: Times,
): Experiment {
  const timed = schedule(operations, spacing, firstMs)
  const last = timed[timed.length - 1].atMs
  return { size, operations: timed, spacing, durationMs: durationMs ?? last + spacing.recallMs + 16 }
}

/** Spikes of the output layer by millisecond. */
export type Output = Readonly<Record<"OutCue" | "OutCont", Readonly<Record<number, readonly number[]>>>>

/** Learning, both recalls, and forgetting. */
export const mixed = experiment(
  { cues: 5, bits: 10 },
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
  { spacing: evenly(10), durationMs: 90 },
)

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

const allCues = [0, 1, 2, 3, 4]
const allBits = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
/** The bits of a number, or those that it has not. */
const bitsOf = (number: number, areSet: boolean): number[] =>
  allBits.filter((bit) => (((number >> bit) & 1) === 1) === areSet)

/** Three rounds in which every cue is taught another content, and everything is recalled. */
export const stress = experiment(
  { cues: 5, bits: 10 },
  [1, 2, 3].flatMap((round) => [
    ...allCues.map((cue) => learn(cue, ...bitsOf(cue + 1, round !== 2))),
    ...allCues.map(recallCue),
    ...allBits.map((bit) => recallContent(bit)),
  ]),
  { spacing: evenly(14), durationMs: 851, firstMs: 1 },
)

/** A robot's map: 16 places of a 4 x 4 grid, each in one of six states. */
export const placeStates = [
  [0, 5, 1, 3],
  [0, 3, 4, 5],
  [0, 5, 4, 3],
  [2, 4, 4, 3],
]

export const map = experiment(
  { cues: 16, bits: 6 },
  [
    ...placeStates.flat().map((state, place) => learn(place, state)),
    ...[[1, 2, 4], [3], [5], [0]].map((states) => recallContent(...states)),
  ],
  { spacing: tightest, durationMs: 140 },
)

/** What the recalls answer, from `mapRecalledMs` on. */
export const mapOutput: Pick<Output, "OutCue"> = {
  OutCue: { 118: [2, 6, 10, 12, 13, 14], 124: [3, 5, 11, 15], 130: [1, 7, 9], 136: [0, 4, 8] },
}
/** The pair that was learnt last is at the output until the first recall begins. */
export const mapRecalledMs = map.operations.find(({ kind }) => kind !== "learn")!.atMs + 1

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
