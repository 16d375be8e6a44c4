/** What is measured on an array while it sorts: order, delayed gratification, aggregation. */

/** How many neighbours are out of upward order: positions i with value[i] < value[i-1]. Sortedness is n minus this. */
export function errorsOf(values: ArrayLike<number>): number {
  let errors = 0
  for (let i = 1; i < values.length; i++) if (values[i] < values[i - 1]) errors++
  return errors
}

/** The share of cells whose right neighbour has the same label: matching neighbours over n. */
export function aggregationOf(labels: ArrayLike<number>): number {
  let same = 0
  for (let i = 1; i < labels.length; i++) if (labels[i] === labels[i - 1]) same++
  return same / labels.length
}

/**
 * Follows an array from swap to swap, at the cost of the neighbourhoods that a swap touches.
 * Give `recorder.swap` to the array as its `onSwap`.
 */
export class Recorder {
  /** Errors at the start and after each swap. */
  readonly errors: number[]
  /** Aggregation of the labels at the start and after each swap; empty when there are none. */
  readonly aggregation: number[]
  readonly #values: Float64Array
  readonly #labels: Int32Array
  #errorCount: number
  #sameCount: number

  /** @param labels a label a cell, by starting position, that travels with it */
  constructor(values: ArrayLike<number>, labels: ArrayLike<number> = []) {
    this.#values = Float64Array.from(values)
    this.#labels = Int32Array.from(labels)
    this.#errorCount = errorsOf(values)
    this.#sameCount = Math.round(aggregationOf(labels) * labels.length)
    this.errors = [this.#errorCount]
    this.aggregation = labels.length === 0 ? [] : [this.#sameCount / labels.length]
  }

  readonly swap = (position: number, other: number): void => {
    const left = Math.min(position, other)
    const right = Math.max(position, other)
    this.#count(left, right, -1)
    exchange(this.#values, left, right)
    if (this.#labels.length > 0) exchange(this.#labels, left, right)
    this.#count(left, right, 1)
    this.errors.push(this.#errorCount)
    if (this.#labels.length > 0) this.aggregation.push(this.#sameCount / this.#labels.length)
  }

  /** Adds `sign` for what the pairs of neighbours around two positions contribute, each pair once. */
  #count(left: number, right: number, sign: number): void {
    this.#countPair(left, sign)
    this.#countPair(left + 1, sign)
    if (right > left + 1) this.#countPair(right, sign)
    this.#countPair(right + 1, sign)
  }

  #countPair(i: number, sign: number): void {
    if (i < 1 || i >= this.#values.length) return
    if (this.#values[i] < this.#values[i - 1]) this.#errorCount += sign
    if (this.#labels[i] === this.#labels[i - 1]) this.#sameCount += sign
  }
}

function exchange(items: Float64Array | Int32Array, a: number, b: number): void {
  const item = items[a]
  items[a] = items[b]
  items[b] = item
}

/** An episode of delayed gratification: errors rise from `from` to `top`, then fall to `to` (indices into the errors). */
export interface Episode {
  from: number
  top: number
  to: number
  /** (fall - rise) / rise */
  gain: number
}

/** The rises of the errors, each with the fall that follows it. A last rise without a fall is left out. */
export function episodesOf(errors: ArrayLike<number>): Episode[] {
  const turns = turningPoints(errors)
  const episodes: Episode[] = []
  for (let i = 0; i + 2 < turns.length; i++) {
    const [from, top, to] = [turns[i], turns[i + 1], turns[i + 2]]
    const rise = errors[top] - errors[from]
    if (rise > 0) episodes.push({ from, top, to, gain: (errors[top] - errors[to] - rise) / rise })
  }
  return episodes
}

/** Delayed gratification: the mean over the episodes, 0 when there is none. */
export function delayedGratification(errors: ArrayLike<number>): number {
  const episodes = episodesOf(errors)
  return episodes.length === 0 ? 0 : mean(episodes.map(({ gain }) => gain))
}

/** The first index, every index where a rise turns into a fall or the other way round, and the last. */
function turningPoints(errors: ArrayLike<number>): number[] {
  const turns = [0]
  let direction = 0
  let last = 0 // where the curve last changed
  for (let i = 1; i < errors.length; i++) {
    const sign = Math.sign(errors[i] - errors[i - 1])
    if (sign === 0) continue
    if (direction !== 0 && sign !== direction) turns.push(last)
    direction = sign
    last = i
  }
  if (last > 0) turns.push(last)
  return turns
}

/** A curve sampled at 0, 1, ... 100 % of its length, each time at the nearest entry. */
export const inPercent = (curve: readonly number[]): number[] =>
  Array.from({ length: 101 }, (_, percent) => curve[Math.round((percent / 100) * (curve.length - 1))])

export const mean = (numbers: readonly number[]): number =>
  numbers.reduce((sum, number) => sum + number, 0) / numbers.length

/** The standard error of the mean; 0 for a single number. */
export function standardError(numbers: readonly number[]): number {
  if (numbers.length < 2) return 0
  const centre = mean(numbers)
  const squares = numbers.reduce((sum, number) => sum + (number - centre) ** 2, 0)
  return Math.sqrt(squares / (numbers.length - 1) / numbers.length)
}

/** The mean of several curves, entry by entry. */
export const meanCurve = (curves: readonly (readonly number[])[]): number[] =>
  curves[0].map((_, i) => mean(curves.map((curve) => curve[i])))
