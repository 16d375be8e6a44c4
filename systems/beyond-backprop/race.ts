/** Methods against one another: rates chosen by validation, starts averaged, all that they take measured. */
import { disposeTree } from "../../src/engine/index.ts"
import { type CheckpointState, metric, type RunEvent, type Stages, type TrainingCurve } from "../../src/run/index.ts"
import { mostOf, type PhaseCost } from "./costs.ts"
import { accuraciesOf } from "./evaluate.ts"
import { batchesPerEpoch, type Method, trainPhases } from "./phases.ts"

/** A method in the race. */
export interface Arm {
  /** What its metrics are called. */
  readonly id: string
  readonly title: string
  readonly method: Method
  readonly costs: readonly PhaseCost[]
  /** Tried from the first start; validation picks one for all starts. */
  readonly rates: readonly number[]
  readonly seeds: number
  /** Names of its predictions' accuracies, where they are metrics of their own. */
  readonly names?: readonly string[]
}

/** What came of one training. */
export type Outcome = {
  readonly rate: number
  /** Of all phases together. */
  readonly epochs: number
  /** Per cent, after the last epoch. */
  readonly validation: number
  /** Per cent, of each prediction that the method makes; the one that counts is the last. */
  readonly test: number[]
  /** Validated accuracy after each epoch, at the multiply-adds spent until then. */
  readonly points: { macs: number; accuracy: number }[]
  readonly macs: number
  readonly seconds: number
}

/** What is shown of a method: the outcome at its best rate, the mean accuracy of all starts. */
export interface Entry {
  readonly id: string
  readonly title: string
  readonly outcome: Outcome
  /** Mean over the starts of each prediction's accuracy. */
  readonly test: readonly number[]
  readonly accuracy: number
  readonly peakBytes: number
}

const last = <T>(list: readonly T[]): T => list[list.length - 1]

/** One method, at several rates from one start; then, at the rate that validated best, from the other starts. */
export async function* race(arm: Arm, seed: number, stages: Stages): AsyncGenerator<RunEvent, Entry, void> {
  const { id, title, rates, seeds, costs } = arm
  const tried: Outcome[] = []
  for (const rate of rates) {
    const name = rates.length === 1 ? id : `${id}@${rate}`
    tried.push(yield* stages.stage(name, (saved) => outcomeOf(arm, { name, rate, seed }, saved)))
  }
  const outcome = tried.reduce((best, one) => (one.validation > best.validation ? one : best))
  const starts = [outcome]
  for (let i = 1; i < seeds; i++) {
    const fit = { name: `${id}.${i + 1}`, rate: outcome.rate, seed: seed + i }
    starts.push(yield* stages.stage(fit.name, (saved) => outcomeOf(arm, fit, saved)))
  }
  const test = outcome.test.map((_, k) => starts.reduce((sum, one) => sum + one.test[k], 0) / starts.length)
  for (const [k, name] of (arm.names ?? []).entries()) yield metric(`${id}/${name}`, test[k], { unit: "%" })
  yield metric(`${id}/accuracy`, last(test), { unit: "%" })
  yield metric(`${id}/rate`, outcome.rate)
  yield metric(`${id}/trainingMacs`, outcome.macs)
  return { id, title, outcome, test, accuracy: last(test), peakBytes: mostOf(costs, "peakBytes") }
}

async function* outcomeOf(
  { method, costs }: Arm,
  fit: { readonly name: string; readonly rate: number; readonly seed: number },
  saved: CheckpointState | undefined,
): AsyncGenerator<RunEvent, Outcome, void> {
  const { whole, curves } = yield* trainPhases(method, fit, saved)
  const test = accuraciesOf(method.predictions, whole, method.data.test)
  disposeTree(whole)
  return { rate: fit.rate, test, ...spent(method, costs, curves) }
}

/** What the epochs of each phase spent, added up. */
function spent({ phases, data }: Method, costs: readonly PhaseCost[], curves: readonly TrainingCurve[]) {
  const images = data.train.labels.shape[0]
  const points: Outcome["points"] = []
  let [macs, seconds] = [0, 0]
  curves.forEach(({ epochs }, i) => {
    const { batch } = phases[i]
    const batches = batchesPerEpoch(images, batch)
    macs += costs[i].crossing * images
    for (const { accuracy } of epochs) {
      macs += costs[i].macs * batches * batch
      points.push({ macs, accuracy })
    }
    seconds += (costs[i].ms / 1000) * batches * epochs.length
  })
  return { points, macs, seconds, epochs: points.length, validation: last(points).accuracy }
}
