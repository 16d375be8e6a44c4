/**
 * One Tempotron for the two classes; it may learn its time constant too. A learned threshold would be no further constant: weights and threshold
 * together have no scale, and where no weights tell all examples apart, errors take both to 0.
 */
import { highestPotential, linePotentials, postsynapticPotential } from "../../src/learn/index.ts"
import type { Examples } from "./tasks.ts"

const rate = 0.01
const rounds = 5
/** How much the time constant moves for its slope; steps. */
const tauRate = 50
const nudge = 0.1

/** @returns share of test examples that are told apart: it should fire for the class with a memory */
export function tempotron(train: Examples, test: Examples, learned: boolean): { accuracy: number; tau: number } {
  const [, lines, steps] = train.trains.shape
  const weights = new Float64Array(lines).fill(1 / lines)
  const threshold = 1
  let tau = 15
  const trainOf = ({ trains }: Examples, i: number): Uint8Array =>
    (trains.data as Uint8Array).subarray(i * lines * steps, (i + 1) * lines * steps)
  const highest = (example: Uint8Array, own: number) =>
    highestPotential(weights, linePotentials(example, lines, postsynapticPotential(steps, { tau: own })))
  for (let round = 0; round < rounds; round++)
    for (let i = 0; i < train.labels.length; i++) {
      const example = trainOf(train, i)
      const potentials = linePotentials(example, lines, postsynapticPotential(steps, { tau }))
      const { value, at } = highestPotential(weights, potentials)
      const shouldFire = train.labels[i] === 1
      if (value > threshold === shouldFire) continue
      const sign = shouldFire ? 1 : -1
      const slope = learned
        ? (highest(example, tau + nudge).value - highest(example, tau - nudge).value) / (2 * nudge)
        : 0
      for (let line = 0; line < lines; line++) weights[line] += sign * rate * potentials[line * steps + at]
      if (learned) tau = Math.min(steps, Math.max(1, tau + sign * rate * tauRate * slope))
    }
  let right = 0
  for (let i = 0; i < test.labels.length; i++)
    if (highest(trainOf(test, i), tau).value > threshold === (test.labels[i] === 1)) right++
  return { accuracy: right / test.labels.length, tau }
}
