/** One network, trained and measured. */
import { type CheckpointState, metric, type RunEvent, type TrainingCurve, training } from "../../src/run/index.ts"
import {
  type Arm,
  glances,
  type Look,
  lookAt,
  microjoules,
  Reader,
  type Reading,
  survivors,
  trainingPlan,
} from "./arms.ts"
import { type Batch, batchOf, type Frames, rowsOf } from "./frames.ts"
import { damagesOf, type Values } from "./parameters.ts"

/** Sets of neurons that are silenced, for each share. */
const draws = 5
/** Frames of the spectrograms, and the one whose neurons are shown. */
export const shownFrames = 60
const lookedAt = 20

const firstFrames = (frames: Frames): Batch => {
  const rows = Array.from({ length: Math.min(shownFrames, frames.target.shape[0]) }, (_, i) => i)
  return batchOf(rowsOf(frames, rows))
}

export type Measured = {
  readonly reading: Reading
  /** Error with the face of another moment. */
  readonly mismatched: number
  /** Mean error by the share of neurons that is silenced. */
  readonly damaged: [share: number, error: number][]
  readonly curve: TrainingCurve
  readonly look: Look
}

export async function* trained(
  name: string,
  options: {
    readonly arm: Arm
    readonly frames: { readonly train: Frames; readonly test: Frames }
    readonly parameters: Values
    readonly seed: number
  },
  saved: CheckpointState | undefined,
): AsyncGenerator<RunEvent, Measured, void> {
  const { arm, frames, parameters: p, seed } = options
  const reader = new Reader(arm, frames.test)
  const every = Math.ceil(p.steps / 20)
  const plan = trainingPlan({
    arm,
    train: frames.train,
    parameters: p,
    seed,
    observe: (network, _, step) =>
      glances.includes(step) || step % every === 0 ? { nmse: reader.read(network).error } : undefined,
  })
  const { model, curve } = yield* training(name, plan, saved)
  const reading = reader.read(model)
  const mean = (share: number): number => {
    const errors = Array.from(
      { length: draws },
      (_, i) => reader.read(model, survivors(arm.sizes, share, seed + i)).error,
    )
    return errors.reduce((a, b) => a + b, 0) / draws
  }
  return {
    reading,
    mismatched: reader.readMismatched(model).error,
    damaged: [[0, reading.error], ...damagesOf(p).map((share): [number, number] => [share, mean(share)])],
    curve,
    look: lookAt(arm, model, firstFrames(frames.test), lookedAt),
  }
}

/** Means over the runs of an arm, as metrics `<name>/...`. */
export function* summaryMetrics(
  name: string,
  runs: readonly Measured[],
  { batch, steps }: Values,
): Generator<RunEvent, void, void> {
  const mean = (of: (one: Measured) => number): number => runs.reduce((sum, one) => sum + of(one), 0) / runs.length
  yield metric(
    `${name}/nmse`,
    mean(({ reading }) => reading.error),
  )
  yield metric(
    `${name}/active`,
    mean(({ reading }) => reading.active),
  )
  yield metric(
    `${name}/meanRate`,
    mean(({ reading }) => reading.meanRate),
  )
  const transmitting = mean(({ reading }) => reading.transmitting)
  yield metric(`${name}/transmitting`, transmitting)
  yield metric(`${name}/microjoules`, transmitting * microjoules, { unit: "µJ a frame" })
  yield metric(`${name}/trainingMicrojoules`, transmitting * microjoules * batch * steps, { unit: "µJ" })
  yield metric(
    `${name}/mismatched`,
    mean((one) => one.mismatched),
  )
  for (const [i, [share]] of runs[0].damaged.entries())
    if (share > 0)
      yield metric(
        `${name}/damaged${Math.round(100 * share)}`,
        mean(({ damaged }) => damaged[i][1]),
      )
  for (const glance of glances) {
    const at = ({ curve }: Measured): number | undefined =>
      curve.observations.find(({ step }) => step === glance)?.values.nmse
    if (at(runs[0]) !== undefined)
      yield metric(
        `${name}/nmse@${glance}`,
        mean((one) => at(one)!),
      )
  }
}
