import { CajalError } from "../engine/index.ts"

/** A train of spikes: 0 or 1 a step. */
export type SpikeTrain = ArrayLike<number>

/** One phrase of a parsing: steps `from` up to but not including `to`. */
export interface Phrase {
  readonly from: number
  readonly to: number
}

/**
 * The exhaustive parsing of Lempel and Ziv: each phrase is the shortest string that has not occurred before, where an earlier occurrence may
 * overlap it. The last phrase may be unfinished.
 * @throws CajalError naming position and value of what is neither 0 nor 1; for fewer than 2 steps
 * @source Lempel and Ziv, On the complexity of finite sequences (1976); in the counting form of Kaspar and Schuster (1987)
 */
export function lempelZivPhrases(train: SpikeTrain): Phrase[] {
  const steps = checkedLength(train)
  const phrases: Phrase[] = []
  let from = 0
  while (from < steps) {
    let longest = 0
    for (let start = 0; start < from && from + longest < steps; start++) {
      let length = 0
      while (from + length < steps && train[start + length] === train[from + length]) length++
      if (length > longest) longest = length
    }
    const to = Math.min(from + longest + 1, steps)
    phrases.push({ from, to })
    from = to
  }
  return phrases
}

/**
 * Normalised Lempel-Ziv complexity: phrases · log2(steps) / steps. It nears the entropy rate of the source, in bits a step, as trains get
 * longer.
 * @throws CajalError as `lempelZivPhrases` does
 */
export function lempelZivComplexity(train: SpikeTrain): number {
  const phrases = lempelZivPhrases(train).length
  return (phrases * Math.log2(train.length)) / train.length
}

function checkedLength(train: SpikeTrain): number {
  if (train.length < 2) throw new CajalError(`a train of ${train.length} steps has no complexity: 2 are needed`)
  for (let i = 0; i < train.length; i++)
    if (train[i] !== 0 && train[i] !== 1)
      throw new CajalError(`a spike train is 0 or 1 at each step, and step ${i} is ${train[i]}`)
  return train.length
}
