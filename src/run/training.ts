import type { Tree } from "../engine/index.ts"
import { type Snapshot, type TrainingPlan, toArrays, train } from "../learn/index.ts"
import { type CheckpointState, checkpoint, metric, model, progress, type RunEvent } from "./events.ts"

/** What a training measured, for figures and later stages. */
export type TrainingCurve = {
  /** Steps and mean losses since the point before. */
  readonly loss: [step: number, loss: number][]
  /** Values of `validate`, one an epoch. */
  readonly epochs: Record<string, number>[]
  /** Values of `observe` and the steps they belong to. */
  readonly observations: { step: number; values: Record<string, number> }[]
}

/** Points of the loss curve. */
const curvePoints = 60

/**
 * A training as run events: progress, the loss as the metric `<name>/loss`, what is validated and observed as `<name>/<measure>`,
 * checkpoints to resume from, and the trained model.
 * @returns the trained model and its curve
 */
export async function* training<M extends Tree, S extends Tree, B extends Tree>(
  name: string,
  plan: TrainingPlan<M, S, B>,
  saved: CheckpointState | undefined,
): AsyncGenerator<RunEvent, { model: M; curve: TrainingCurve }, void> {
  const before = saved?.json as { step: number; curve: TrainingCurve; sum: number; count: number } | undefined
  const resume: Snapshot | undefined =
    before === undefined ? undefined : { step: before.step, arrays: saved?.tensors ?? {} }
  const curve: TrainingCurve = before?.curve ?? { loss: [], epochs: [], observations: [] }
  const every = Math.max(1, Math.floor((plan.epochs * plan.batchesPerEpoch) / curvePoints))
  let sum = before?.sum ?? 0 // of the losses since the last point of the curve
  let count = before?.count ?? 0
  const running = train({ ...plan, resume })
  for (;;) {
    const next = await running.next()
    if (next.done === true) {
      yield model(name, toArrays(next.value))
      return { model: next.value, curve }
    }
    const event = next.value
    switch (event.type) {
      case "step":
        sum += event.loss
        count++
        if (event.step % every === 0 || event.step === event.total) {
          const loss = sum / count
          curve.loss.push([event.step, loss])
          yield metric(`${name}/loss`, loss, { step: event.step })
          sum = 0
          count = 0
        }
        yield progress(name, event.step, event.total)
        break
      case "observation":
        curve.observations.push({ step: event.step, values: event.values })
        for (const [measure, value] of Object.entries(event.values))
          yield metric(`${name}/${measure}`, value, { step: event.step })
        break
      case "epoch":
        curve.epochs.push(event.values)
        for (const [measure, value] of Object.entries(event.values))
          yield metric(`${name}/${measure}`, value, { step: event.step })
        break
      case "snapshot":
        yield checkpoint({ step: event.snapshot.step, curve, sum, count } as never, event.snapshot.arrays)
    }
  }
}
