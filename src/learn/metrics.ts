/** How good predictions are, on the host. */
import { CajalError } from "../engine/index.ts"

/**
 * Area under the receiver operating characteristic: how often a positive example scores above a negative one, ties counting half.
 * @param labels 1 for positive, 0 for negative
 * @throws CajalError where one of the two is missing, or a score is not a number
 */
export function areaUnderCurve(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  const bad = Array.from(scores).findIndex((x) => Number.isNaN(x))
  if (bad >= 0) throw new CajalError(`score ${bad} is not a number`)
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i).sort((a, b) => scores[a] - scores[b])
  let [ranks, positive] = [0, 0]
  for (let from = 0; from < order.length; ) {
    let to = from
    while (to < order.length && scores[order[to]] === scores[order[from]]) to++
    for (let i = from; i < to; i++)
      if (labels[order[i]] === 1) {
        ranks += (from + to + 1) / 2 // equal scores share their mean rank
        positive++
      }
    from = to
  }
  const negative = scores.length - positive
  if (positive === 0 || negative === 0)
    throw new CajalError(`there are ${positive} positive and ${negative} negative examples: the area needs both`)
  return (ranks - (positive * (positive + 1)) / 2) / (positive * negative)
}

/** Share of the target's variance that a prediction explains: `1 - var(target - prediction) / var(target)`. */
export function explainedVariance(prediction: ArrayLike<number>, target: ArrayLike<number>): number {
  const variance = (at: (i: number) => number): number => {
    let [mean, square] = [0, 0]
    for (let i = 0; i < target.length; i++) mean += at(i) / target.length
    for (let i = 0; i < target.length; i++) square += (at(i) - mean) ** 2
    return square / target.length
  }
  const whole = variance((i) => target[i])
  if (!(whole > 0)) throw new CajalError("a target that does not vary has no variance to explain")
  return 1 - variance((i) => target[i] - prediction[i]) / whole
}
