/** Numbers that need no network: the measure itself, and what is read from the input alone. */
import { spikeTrainsOf } from "../../src/data/index.ts"
import { hostRandom } from "../../src/engine/index.ts"
import { lempelZivPhrases } from "../../src/neuro/index.ts"
import { bestThreshold, centroids, complexities, nearestAccuracy, spikeCounts } from "./complexity.ts"
import { type Examples, examplesOf, rateTask } from "./tasks.ts"

/** Strings and their phrases, counted by hand. */
const known: readonly (readonly [text: string, phrases: number])[] = [
  ["0001101001000101", 6],
  ["1001111011000010", 6],
  ["0101010101010101", 3],
  ["0000000000000000", 2],
  ["0110", 3],
]

/** Largest deviation from the known phrases, and the mean complexity of 30 fair coins of 1,024 steps. */
export function exactness(seed: number): { deviation: number; coin: number } {
  const deviations = known.map(([text, phrases]) => Math.abs(lempelZivPhrases([...text].map(Number)).length - phrases))
  const coins = spikeTrainsOf({ kind: "bernoulli", rate: 0.5 }, [30, 1, 1024], hostRandom(seed).fold(20))
  return { deviation: Math.max(...deviations), coin: complexities(coins).reduce((a, b) => a + b, 0) / 30 }
}

/** Classes told from the input trains themselves: by complexity, and by the number of spikes. */
export const inputReading = (train: Examples, test: Examples): { lzc: number; counts: number } => ({
  lzc: nearestAccuracy(complexities(test.trains), test.labels, centroids(complexities(train.trains), train.labels, 2)),
  counts: bestThreshold(spikeCounts(train.trains), train.labels, spikeCounts(test.trains), test.labels),
})

/** Two rates, one line of 1,024 steps. */
export function rateReading(seed: number, examples: number): { lzc: number; counts: number } {
  const part = (count: number, fold: number): Examples => examplesOf(rateTask, count, 1, 1024, seed, fold)
  return inputReading(part(examples, 30), part(examples, 31))
}
