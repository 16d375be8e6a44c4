import { type HostRandom, jit, type Tensor, valueAndGrad } from "../../src/engine/index.ts"
import { type AdamState, adamState, adamw, linearRate, type TrainingPlan } from "../../src/learn/index.ts"
import { coneMask, DelayKernels, geometryOf } from "../../src/neuro/index.ts"
import { type Batch, loss, type Setting } from "./model.ts"
import type { PatchSampler, Reader } from "./movies.ts"

export interface LearningOptions {
  readonly kernels: DelayKernels
  readonly setting: Setting
  readonly sampler: PatchSampler
  readonly reader: Reader
  readonly steps: number
  readonly batch: number
  readonly rate: number
  readonly random: HostRandom
}

/** How often the kernels read the test movies while they learn. */
const readings = 8

/** Adam on patches around events; synapses that do not exist get no gradient and stay 0. */
export function learning(options: LearningOptions): TrainingPlan<DelayKernels, AdamState<DelayKernels>, Batch> {
  const { kernels, setting, sampler, reader, steps, batch: size, rate, random } = options
  const mask = coneMask(geometryOf(kernels))
  const epochs = Math.min(readings, steps)
  const batchesPerEpoch = Math.ceil(steps / epochs)
  return {
    model: kernels,
    optimiser: adamState(kernels),
    epochs,
    batchesPerEpoch,
    rate: linearRate(rate),
    *batches(epoch, first) {
      for (let i = first; i < batchesPerEpoch; i++) {
        const batch = sampler.draw(random.fold(epoch * batchesPerEpoch + i), size)
        yield { ...batch }
        batch.patches.dispose()
        batch.labels.dispose()
      }
    },
    step: jit(
      (now: DelayKernels, state: AdamState<DelayKernels>, batch: Batch, stepRate: Tensor) => {
        const [value, gradient] = valueAndGrad((k: DelayKernels) => loss(k, batch, setting))(now)
        const existing = new DelayKernels(gradient.weight.mul(mask), gradient.bias)
        return [...adamw(now, existing, state, { rate: stepRate }), value] as const
      },
      { donate: [0, 1] },
    ),
    validate: (now) => {
      const { accAll, accSteady } = reader.read(now)
      return { accAll, accSteady }
    },
  }
}
