/** Spike trains of sources whose statistics are known. */
import { CajalError, type HostArray, type HostRandom } from "../../engine/index.ts"

/** A source of spikes: each step alone, or with a memory of one step. */
export type SpikeTrainSource =
  /** A spike in each step with probability `rate`. */
  | { readonly kind: "bernoulli"; readonly rate: number }
  /** The same mean rate; a spike follows a spike with probability `afterSpike`. */
  | { readonly kind: "markov"; readonly rate: number; readonly afterSpike: number }

/**
 * The probability of a spike after none, with which a chain has this mean rate: `rate (1 - afterSpike) / (1 - rate)`.
 * @throws CajalError with all three numbers where there is no such chain
 */
export function afterSilence(rate: number, afterSpike: number): number {
  const chance = (rate * (1 - afterSpike)) / (1 - rate)
  const isRate = rate > 0 && rate < 1 && afterSpike >= 0 && afterSpike < 1
  if (!(isRate && chance <= 1))
    throw new CajalError(
      `no chain has rate ${rate} and a spike after a spike with probability ${afterSpike}: after silence it would need ${Number(chance.toPrecision(3))}`,
      { hint: "rate must lie between 0 and 1, and so must both probabilities" },
    )
  return chance
}

/** Mean entropy of a step, bits. */
export function entropyRate(source: SpikeTrainSource): number {
  const h = (p: number): number => (p <= 0 || p >= 1 ? 0 : -p * Math.log2(p) - (1 - p) * Math.log2(1 - p))
  if (source.kind === "bernoulli") return h(source.rate)
  const { rate, afterSpike } = source
  return rate * h(afterSpike) + (1 - rate) * h(afterSilence(rate, afterSpike))
}

/**
 * Trains of a source, each begun in its stationary state.
 * @param shape steps last: `[trains, steps]`, `[examples, lines, steps]`
 * @returns u8, 0 or 1
 * @throws CajalError where a probability is none
 */
export function spikeTrainsOf(source: SpikeTrainSource, shape: readonly number[], random: HostRandom): HostArray {
  const { rate } = source
  if (!(rate > 0 && rate < 1))
    throw new CajalError(`the rate of a source lies between 0 and 1 spikes a step, not ${rate}`)
  const [afterSpike, after] =
    source.kind === "markov" ? [source.afterSpike, afterSilence(rate, source.afterSpike)] : [rate, rate]
  const steps = shape[shape.length - 1]
  const data = new Uint8Array(shape.reduce((a, b) => a * b, 1))
  for (let i = 0; i < data.length; i++) {
    const chance = i % steps === 0 ? rate : data[i - 1] === 1 ? afterSpike : after
    data[i] = random.uniform() < chance ? 1 : 0
  }
  return { dtype: "u8", shape: [...shape], data }
}
