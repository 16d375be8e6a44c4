/** The conditions of the experiment, and how one repeat of a condition is run and measured. */
import type { HostRandom } from "../../src/engine/random-host.ts"
import {
  aggregationOf,
  delayedGratification,
  errorsOf,
  inPercent,
  mean,
  meanCurve,
  Recorder,
  standardError,
} from "./measures.ts"
import { type Algotype, type DamageMode, runFor, SelfSortingArray, settle, withoutPause } from "./model.ts"
import { sortTraditionally } from "./traditional.ts"

export interface Condition {
  /** The first part of the names of its metrics. */
  readonly id: string
  readonly cells: number
  readonly repeats: number
  /** How many cells have each algotype; shuffled over the array for every repeat. */
  readonly counts: Partial<Record<Algotype, number>>
  /** How many different values there are, each equally often; `cells` when all differ. */
  readonly distinct: number
  readonly descending?: readonly Algotype[]
  /** How many cells are frozen, drawn for every repeat; or which, by starting position. */
  readonly frozen?: number | readonly number[]
  readonly damage?: DamageMode
  /** Run for so many ticks instead of until settled. */
  readonly ticks?: number | undefined
  readonly tickLimit: number
  /** Also sort the same start by the textbook. Only where all cells are of one algotype. */
  readonly traditional?: boolean
}

/** What one repeat measured. */
export interface Repeat {
  readonly errors: number
  readonly sortedness: number
  readonly steps: number
  readonly ticks: number
  readonly swaps: number
  readonly gratification: number
  /** Aggregation at 0..100 % of the swaps. Of one algotype: of random half/half labels that do nothing, the control. */
  readonly aggregation: readonly number[]
  readonly traditional?: Readonly<Record<"errors" | "steps" | "swaps" | "gratification", number>>
}

export interface Moments {
  readonly mean: number
  /** Standard error of the mean. */
  readonly error: number
}

/** What all repeats of a condition measured: plain JSON, kept in checkpoints. */
export interface Summary {
  readonly measures: Readonly<Record<string, Moments>>
  readonly aggregation: readonly number[]
}

// Every kind of chance has a stream of its own, so that repeat r starts from the same array in all conditions, and
// a larger set of frozen cells contains the smaller ones.
const streams = { values: 0, frozen: 1, types: 2, schedule: 3 }

/** The start of repeat number `repeat`: values, algotypes and frozen positions. */
export function startOf(condition: Condition, random: HostRandom, repeat: number) {
  const { cells, distinct, counts, frozen = 0 } = condition
  const chance = (stream: number) => random.fold(stream).fold(repeat)
  const values = chance(streams.values)
    .permutation(cells)
    .map((value) => Math.floor((value * distinct) / cells))
  const types = Object.entries(counts).flatMap(([type, count]) => Array<Algotype>(count).fill(type as Algotype))
  const positions =
    typeof frozen === "number" ? chance(streams.frozen).permutation(cells).subarray(0, frozen) : Int32Array.from(frozen)
  return { values, types: chance(streams.types).shuffle(types), frozen: positions }
}

/** Runs one repeat, pausing now and then. The same `random`, condition and number give the same result. */
export function* runRepeat(condition: Condition, random: HostRandom, repeat: number): Generator<void, Repeat, void> {
  const { descending = [], damage = "movable", ticks, tickLimit } = condition
  const start = startOf(condition, random, repeat)
  const recorder = new Recorder(start.values, labelsOf(condition, start.types, random.fold(streams.types).fold(repeat)))
  const array = new SelfSortingArray({ ...start, descending, damage, onSwap: recorder.swap })
  const schedule = random.fold(streams.schedule).fold(numberOf(condition.id)).fold(repeat)
  yield* ticks === undefined ? settle(array, schedule, tickLimit) : runFor(array, schedule, ticks)
  const cells = {
    errors: errorsOf(array.values),
    sortedness: array.n - errorsOf(array.values),
    steps: array.steps,
    ticks: array.ticks,
    swaps: array.swaps,
    gratification: delayedGratification(recorder.errors),
    aggregation: inPercent(recorder.aggregation),
  }
  if (!condition.traditional) return cells
  const passive = new Recorder(start.values)
  const sorted = sortTraditionally(start.types[0], { ...start, damage, onSwap: passive.swap })
  const { steps, swaps } = sorted
  const gratification = delayedGratification(passive.errors)
  return { ...cells, traditional: { errors: errorsOf(sorted.values), steps, swaps, gratification } }
}

/** The algotypes as labels; random halves where there is only one algotype. */
function labelsOf({ cells }: Condition, types: readonly Algotype[], random: HostRandom): number[] {
  const names = [...new Set(types)].sort()
  if (names.length > 1) return types.map((type) => names.indexOf(type))
  return random.split().shuffle(Array.from({ length: cells }, (_, i) => (i < cells / 2 ? 0 : 1)))
}

/** A number for a name (32-bit FNV-1a), so that a condition keeps its stream whatever other conditions are run. */
function numberOf(name: string): number {
  let hash = 0x811c9dc5
  for (const character of name) hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193)
  return hash >>> 0
}

/** Means over the repeats of a condition. Measures of the textbook sorts are named `traditional/...`. */
export function summarise(repeats: readonly Repeat[]): Summary {
  const measures: Record<string, Moments> = {}
  const add = (name: string, values: readonly number[]) => {
    measures[name] = { mean: mean(values), error: standardError(values) }
  }
  for (const name of ["errors", "sortedness", "steps", "ticks", "swaps", "gratification"] as const) {
    add(
      name,
      repeats.map((repeat) => repeat[name]),
    )
  }
  for (const name of ["errors", "steps", "swaps", "gratification"] as const) {
    const values = repeats.flatMap(({ traditional }) => (traditional === undefined ? [] : [traditional[name]]))
    if (values.length > 0) add(`traditional/${name}`, values)
  }
  return { measures, aggregation: meanCurve(repeats.map(({ aggregation }) => aggregation)) }
}

/** Where a mean aggregation curve is highest, in percent of the swaps, and its ends. */
export function peakOf(curve: readonly number[]) {
  const peak = Math.max(...curve)
  return { peak, peakAt: curve.indexOf(peak), start: curve[0], end: curve[curve.length - 1] }
}

/** One run of a condition for the pictures: the array at three moments, and the curves. */
export function example(condition: Condition, random: HostRandom) {
  const start = startOf(condition, random, 0)
  const snapshots: { values: number[]; types: Algotype[]; swaps: number }[] = []
  const record = (cellAt: Iterable<number>, swaps: number) => {
    const cells = [...cellAt]
    snapshots.push({
      values: cells.map((cell) => start.values[cell]),
      types: cells.map((cell) => start.types[cell]),
      swaps,
    })
  }
  const array: SelfSortingArray = new SelfSortingArray({ ...start, onSwap: () => record(array.cellAt, array.swaps) })
  record(array.cellAt, 0)
  const schedule = random.fold(streams.schedule).fold(numberOf(condition.id)).fold(0)
  withoutPause(settle(array, schedule, condition.tickLimit))
  const aggregation = snapshots.map(({ types }) => aggregationOf(types.map((type) => Number(type === start.types[0]))))
  return { snapshots, aggregation, errors: snapshots.map(({ values }) => errorsOf(values)) }
}
