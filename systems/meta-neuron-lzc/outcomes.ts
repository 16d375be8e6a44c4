/** One network, trained and read in both ways. */
import { hostRandom } from "../../src/engine/index.ts"
import { type RunEvent, training } from "../../src/run/index.ts"
import { type Arm, type Reading, readingOf, trainingPlan } from "./arms.ts"
import { constantsOf, type Learned, planesOf, shareAtLimit } from "./looks.ts"
import type { Values } from "./parameters.ts"
import { type Examples, examplesOf, structureTask } from "./tasks.ts"

/** Examples of a seed: to learn from, and to be tested on. */
export const examplesFor = (p: Values, seed: number): { train: Examples; test: Examples } => {
  const part = (count: number, fold: number): Examples =>
    examplesOf(structureTask(p.rate, p.afterSpike), count, p.lines, p.time, seed, fold)
  return { train: part(p.examples, 0), test: part(p.testExamples, 1) }
}

export type Outcome = { readonly reading: Reading; readonly learned: Learned }

/** Trains a network of an arm and reads it in both ways. */
export async function* outcomeOf(
  name: string,
  arm: Arm,
  p: Values,
  seed: number,
  saved: Parameters<typeof training>[2],
): AsyncGenerator<RunEvent, Outcome, void> {
  const { train, test } = examplesFor(p, seed)
  const { model } = yield* training(name, trainingPlan(arm, train, p, seed), saved)
  const reading = readingOf(model, train, test, p, hostRandom(seed).fold(40).nextU32())
  const shown = { before: trainingPlan(arm, train, p, seed).model, after: model }
  return {
    reading,
    learned: {
      constants: constantsOf(shown),
      planes: arm.kind === "meta" && arm.learned ? planesOf(shown, test) : [],
      atLimit: arm.kind === "meta" ? shareAtLimit(model, test) : 0,
    },
  }
}
