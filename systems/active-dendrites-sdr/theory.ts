/** The equations of the paper, exactly. */
import { anyOf, binomialTail, hypergeometricTail } from "../../src/engine/index.ts"
import type { NoisySetting, Setting } from "./model.ts"
import { swappedBits } from "./model.ts"

/** Eq 4: the probability that a segment fires for a random activity. */
export const falsePositive = ({ n, a, s, theta }: Setting): number =>
  hypergeometricTail(theta, { population: n, marked: s, drawn: a })

/** Eq 6: the probability that a segment misses its own pattern after v of the a active cells were swapped. */
export const falseNegative = ({ a, s, theta }: Omit<Setting, "n">, v: number): number =>
  hypergeometricTail(s - theta + 1, { population: a, marked: s, drawn: v })

/** Eq 8: the probability that any of M segments fires for a random activity. */
export const neuronFalsePositive = (setting: NoisySetting): number => anyOf(setting.patterns, falsePositive(setting))

/** Eq 13: synapses of a segment that holds M patterns, in the mean. */
export const unionSynapses = ({ n, s }: Pick<Setting, "n" | "s">, patterns: number): number =>
  -n * Math.expm1(patterns * Math.log1p(-s / n))

/** Eq 4 for a segment that holds M patterns; its number of synapses is rounded to a whole one. */
export const unionFalsePositive = (setting: Setting, patterns: number): number =>
  hypergeometricTail(setting.theta, {
    population: setting.n,
    marked: Math.round(unionSynapses(setting, patterns)),
    drawn: setting.a,
  })

/** The controls: what both come to if cells were drawn with replacement. */
export const withReplacement = {
  falsePositive: ({ n, a, s, theta }: Setting): number => binomialTail(theta, s, a / n),
  falseNegative: ({ a, s, theta }: Omit<Setting, "n">, v: number): number => binomialTail(s - theta + 1, s, v / a),
}

export const noisyMiss = (setting: NoisySetting): number =>
  falseNegative(setting, swappedBits(setting.noise, setting.a))

/** The grid of Fig. 6: sizes, shares of active cells and numbers of synapses that cortex may have. */
export const thresholdGrid = {
  n: [0, 1, 2, 3, 4, 5].map((k) => 10_000 + 38_000 * k),
  active: [0.005, 0.01, 0.015, 0.02, 0.025, 0.03],
  s: [20, 25, 30, 35, 40, 45, 50],
} as const

/** Fig. 6: the median false positive rate over the grid, at a threshold. */
export function medianFalsePositive(theta: number): number {
  const rates = thresholdGrid.n
    .flatMap((n) =>
      thresholdGrid.active.flatMap((share) =>
        thresholdGrid.s.map((s) => falsePositive({ n, a: Math.round(share * n), s, theta })),
      ),
    )
    .sort((x, y) => x - y)
  return (rates[rates.length / 2 - 1] + rates[rates.length / 2]) / 2
}
