import { CajalError, type HostArray, scalar, type Tensor, type Tree } from "../engine/index.ts"
import { fromArrays, toArrays } from "./checkpoint.ts"
import type { Schedule } from "./schedules.ts"

/** A training in full: what is trained, on what, how. */
export interface TrainingPlan<M extends Tree, S extends Tree, B extends Tree> {
  readonly model: M
  readonly optimiser: S
  readonly epochs: number
  readonly batchesPerEpoch: number
  /** The batches of an epoch from its `first` on; the same for the same epoch. */
  batches(epoch: number, first: number): Iterable<B>
  /** One step, usually compiled with its first two arguments given away: `jit(step, { donate: [0, 1] })`. */
  step(model: M, optimiser: S, batch: B, rate: Tensor): readonly [M, S, loss: Tensor]
  readonly rate: Schedule
  /** Measured after every epoch. */
  validate?(model: M): Record<string, number>
  /** Called with the model before each step: measurements along the way. */
  observe?(model: M, batch: B, step: number): Record<string, number> | undefined
  /** Where an interrupted training goes on. */
  readonly resume?: Snapshot | undefined
  /** How often a snapshot is taken. Default 5 s. */
  readonly snapshotEveryMs?: number
}

/** All that a training needs to go on. */
export interface Snapshot {
  /** Steps that were done. */
  readonly step: number
  readonly arrays: Readonly<Record<string, HostArray>>
}

export type TrainingEvent =
  | {
      readonly type: "step"
      readonly step: number
      readonly total: number
      readonly epoch: number
      readonly loss: number
      readonly rate: number
    }
  | { readonly type: "observation"; readonly step: number; readonly values: Record<string, number> }
  | { readonly type: "epoch"; readonly epoch: number; readonly step: number; readonly values: Record<string, number> }
  | { readonly type: "snapshot"; readonly snapshot: Snapshot }

/**
 * Runs a training, telling what happens. Taken up from a snapshot it does just what it would have done undisturbed.
 * @returns the trained model
 * @throws CajalError naming step, batch and learning rate when the loss is not finite
 */
export async function* train<M extends Tree, S extends Tree, B extends Tree>(
  plan: TrainingPlan<M, S, B>,
): AsyncGenerator<TrainingEvent, M, void> {
  const { epochs, batchesPerEpoch, resume, snapshotEveryMs = 5000 } = plan
  const total = epochs * batchesPerEpoch
  let { model, optimiser } =
    resume === undefined ? plan : fromArrays({ model: plan.model, optimiser: plan.optimiser }, resume.arrays)
  let step = resume?.step ?? 0
  let saved = performance.now()
  while (step < total) {
    const epoch = Math.floor(step / batchesPerEpoch)
    const before = step
    for (const batch of plan.batches(epoch, step % batchesPerEpoch)) {
      const values = plan.observe?.(model, batch, step)
      if (values !== undefined) yield { type: "observation", step, values }
      const rate = plan.rate(step, total)
      const [nextModel, nextOptimiser, lossTensor] = plan.step(model, optimiser, batch, scalar(rate))
      model = nextModel
      optimiser = nextOptimiser
      const loss = lossTensor.item()
      lossTensor.dispose()
      if (!Number.isFinite(loss))
        throw new CajalError(
          `the loss became ${loss} at step ${step + 1} of ${total} (epoch ${epoch + 1}, batch ${(step % batchesPerEpoch) + 1}) with learning rate ${Number(rate.toPrecision(3))}`,
          {
            hint: "try a lower learning rate",
          },
        )
      step++
      yield { type: "step", step, total, epoch, loss, rate }
      if (step % batchesPerEpoch === 0) break
      if (performance.now() - saved >= snapshotEveryMs) {
        yield { type: "snapshot", snapshot: { step, arrays: toArrays({ model, optimiser }) } }
        saved = performance.now()
      }
    }
    if (step === before)
      throw new CajalError(`there are no batches from batch ${(step % batchesPerEpoch) + 1} of epoch ${epoch + 1} on`, {
        hint: `batches(epoch, first) must give ${batchesPerEpoch} - first batches`,
      })
    if (plan.validate !== undefined) yield { type: "epoch", epoch, step, values: plan.validate(model) }
    yield { type: "snapshot", snapshot: { step, arrays: toArrays({ model, optimiser }) } }
    saved = performance.now()
  }
  return model
}
