/** The reading without weights: classes by the complexity of spike trains, and the control that counts spikes. */
import { CajalError, type HostArray } from "../../src/engine/index.ts"
import { lempelZivComplexity } from "../../src/neuro/index.ts"

/** Mean complexity over the lines of each example. @param trains u8 `[examples, lines, steps]` */
export function complexities({ shape: [examples, lines, steps], data }: HostArray): Float64Array {
  const trains = data as Uint8Array
  return Float64Array.from({ length: examples }, (_, i) => {
    let sum = 0
    for (let line = 0; line < lines; line++) {
      const from = (i * lines + line) * steps
      sum += lempelZivComplexity(trains.subarray(from, from + steps))
    }
    return sum / lines
  })
}

/** Spikes of each example. */
export function spikeCounts({ shape: [examples, lines, steps], data }: HostArray): Float64Array {
  const trains = data as Uint8Array
  return Float64Array.from({ length: examples }, (_, i) =>
    trains.subarray(i * lines * steps, (i + 1) * lines * steps).reduce((a, b) => a + b, 0),
  )
}

/**
 * Mean value of each class.
 * @throws CajalError naming a class without an example
 */
export function centroids(values: ArrayLike<number>, labels: ArrayLike<number>, classes: number): number[] {
  const [sums, counts] = [Array<number>(classes).fill(0), Array<number>(classes).fill(0)]
  for (let i = 0; i < values.length; i++) {
    sums[labels[i]] += values[i]
    counts[labels[i]]++
  }
  const missing = counts.indexOf(0)
  if (missing >= 0)
    throw new CajalError(`class ${missing} has no example, so it has no centroid`, {
      hint: "give examples of all classes",
    })
  return sums.map((sum, c) => sum / counts[c])
}

/** The class whose centroid is nearest. */
export const nearestClass = (value: number, to: readonly number[]): number =>
  to.reduce((best, centroid, c) => (Math.abs(value - centroid) < Math.abs(value - to[best]) ? c : best), 0)

/** Share of values that are nearest to the centroid of their class. */
export const nearestAccuracy = (values: Float64Array, labels: ArrayLike<number>, to: readonly number[]): number =>
  values.reduce((right, value, i) => right + (nearestClass(value, to) === labels[i] ? 1 : 0), 0) / values.length

/** A threshold and the side of it that class 1 is on. */
export interface Threshold {
  readonly at: number
  readonly isAbove: boolean
}

const thresholdAccuracy = (values: Float64Array, labels: ArrayLike<number>, { at, isAbove }: Threshold): number =>
  values.reduce((right, value, i) => right + (value > at === (labels[i] === (isAbove ? 1 : 0)) ? 1 : 0), 0) /
  values.length

/** The best threshold on training values, judged on test values. */
export function bestThreshold(
  train: Float64Array,
  trainLabels: ArrayLike<number>,
  test: Float64Array,
  testLabels: ArrayLike<number>,
): number {
  let best = { accuracy: 0, threshold: { at: 0, isAbove: true } }
  for (const at of new Set(train))
    for (const isAbove of [true, false]) {
      const threshold = { at, isAbove }
      const accuracy = thresholdAccuracy(train, trainLabels, threshold)
      if (accuracy > best.accuracy) best = { accuracy, threshold }
    }
  return thresholdAccuracy(test, testLabels, best.threshold)
}
