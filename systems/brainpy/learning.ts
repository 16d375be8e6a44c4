/** The two trainings: images, and a working memory. */
import { epochOrder, type ImageDataset, takeRows } from "../../src/data/index.ts"
import {
  CajalError,
  disposeTree,
  grad,
  type HostArray,
  hostRandom,
  jit,
  type Key,
  key,
  keys,
  split,
  Tensor,
  valueAndGrad,
  zeros,
} from "../../src/engine/index.ts"
import {
  type AdamState,
  adamState,
  adamw,
  clipByGlobalNorm,
  constantRate,
  type TrainingPlan,
} from "../../src/learn/index.ts"
import {
  type Classifier,
  type ClassifierSetting,
  classifier,
  classifierLoss,
  classify,
  frozenInput,
  latencies,
  type MemoryCells,
  memoryLoss,
  type WorkingMemory,
  workingMemory,
} from "./model.ts"
import { drawTrials, type Trials, trialMs } from "./task.ts"

export interface Images {
  /** When each pixel fires, i32 `[count, pixels]`. */
  readonly times: HostArray
  /** i32 `[count]` */
  readonly labels: HostArray
}

export const imagesOf = (dataset: ImageDataset, part: "train" | "test", setting: ClassifierSetting): Images => ({
  times: latencies(dataset[part].images, setting),
  labels: dataset[part].labels,
})

type Batch = { readonly times: Tensor; readonly labels: Tensor }

const batchOf = ({ times, labels }: Images, rows: Int32Array): Batch => ({
  times: Tensor.from(takeRows(times, rows)),
  labels: Tensor.from(takeRows(labels, rows)),
})

/** The share of images that a network recognises. */
export function recogniser(setting: ClassifierSetting, images: Images, size = 250): (net: Classifier) => number {
  const run = jit((net: Classifier, batch: Batch) =>
    classify(net, batch.times, setting).logits.argmax().eq(batch.labels).cast("f32").sum(),
  )
  const count = images.labels.shape[0]
  return (net) => {
    let right = 0
    for (let from = 0; from < count; from += size) {
      const batch = batchOf(
        images,
        Int32Array.from({ length: Math.min(size, count - from) }, (_, i) => from + i),
      )
      right += run(net, batch).item()
      disposeTree(batch)
    }
    return right / count
  }
}

export interface ClassifierOptions {
  readonly setting: ClassifierSetting
  readonly train: Images
  readonly test: Images
  readonly epochs: number
  readonly rate: number
  readonly seed: number
  /** Whether the input weights stay as they were drawn: the control. */
  readonly isFrozen: boolean
}

const batchSize = 64

export function classifierPlan(options: ClassifierOptions): TrainingPlan<Classifier, AdamState<Classifier>, Batch> {
  const { setting, train, test, epochs, rate, seed, isFrozen } = options
  const count = train.labels.shape[0]
  const batchesPerEpoch = Math.floor(count / batchSize)
  if (batchesPerEpoch === 0) throw new CajalError(`${count} training images do not fill a batch of ${batchSize}`)
  const model = classifier(key(seed))
  const accuracy = recogniser(setting, test)
  return {
    model,
    optimiser: adamState(model),
    epochs,
    batchesPerEpoch,
    rate: constantRate(rate),
    *batches(epoch, first) {
      const order = epochOrder(count, seed, epoch)
      for (let i = first; i < batchesPerEpoch; i++) {
        const batch = batchOf(train, order.subarray(i * batchSize, (i + 1) * batchSize))
        yield batch
        disposeTree(batch)
      }
    },
    step: jit(
      (net: Classifier, state: AdamState<Classifier>, { times, labels }: Batch, rate: Tensor) => {
        const [loss, gradient] = valueAndGrad((n: Classifier) =>
          classifierLoss(isFrozen ? frozenInput(n) : n, times, labels, setting),
        )(net)
        return [...adamw(net, gradient, state, { rate }), loss] as const
      },
      { donate: [0, 1] },
    ),
    validate: (net) => ({ accuracy: accuracy(net) }),
  }
}

/** Mean size of the gradient that reaches the hidden neurons in each step, `[steps]`. */
export function gradientInTime(net: Classifier, images: Images, setting: ClassifierSetting): number[] {
  const batch = batchOf(
    images,
    Int32Array.from({ length: batchSize }, (_, i) => i),
  )
  const [steps, hidden] = [setting.steps, net.input.shape[1]]
  const run = jit((n: Classifier, { times, labels }: Batch) =>
    grad((nudge: Tensor) => classifierLoss(n, times, labels, setting, nudge))(zeros([steps, batchSize, hidden]))
      .abs()
      .mean([1, 2]),
  )
  const sizes = [...run(net, batch).array()]
  disposeTree(batch)
  return sizes
}

/** Trials, and a key for each of their steps. */
type KeyedTrials = Trials & { readonly keys: Key }

export interface MemoryOptions {
  readonly cells: MemoryCells
  readonly steps: number
  readonly seed: number
}

const memoryBatch = 64
const testBatches = 8

const trialsOf = (random: ReturnType<typeof hostRandom>, stepKeys: Key): KeyedTrials => ({
  ...drawTrials(memoryBatch, random),
  keys: keys(stepKeys, trialMs),
})

/** Share of new trials that are answered rightly. */
export function memoryAccuracy(cells: MemoryCells, seed: number): (net: WorkingMemory) => number {
  const run = jit(
    (net: WorkingMemory, { shown, keys, matches }: KeyedTrials) => memoryLoss(net, cells, shown, keys, matches)[1],
  )
  return (net) => {
    let sum = 0
    for (const [i, stepKeys] of split(key(seed + 1), testBatches).entries()) {
      const trials = trialsOf(hostRandom(seed).fold(1_000_000 + i), stepKeys)
      sum += run(net, trials).item()
      disposeTree(trials)
    }
    return sum / testBatches
  }
}

export function memoryPlan({
  cells,
  steps,
  seed,
}: MemoryOptions): TrainingPlan<WorkingMemory, AdamState<WorkingMemory>, KeyedTrials> {
  const model = workingMemory(key(seed), cells)
  const accuracy = memoryAccuracy(cells, seed)
  return {
    model,
    optimiser: adamState(model),
    epochs: 1,
    batchesPerEpoch: steps,
    rate: constantRate(1e-3),
    *batches(_, first) {
      for (let i = first; i < steps; i++) {
        const trials = trialsOf(hostRandom(seed).fold(i), key(seed * 1_000_003 + i))
        yield trials
        disposeTree(trials)
      }
    },
    step: jit(
      (net: WorkingMemory, state: AdamState<WorkingMemory>, { shown, keys, matches }: KeyedTrials, rate: Tensor) => {
        const [[loss], gradient] = valueAndGrad((n: WorkingMemory) => memoryLoss(n, cells, shown, keys, matches))(net)
        return [...adamw(net, clipByGlobalNorm(gradient, 1), state, { rate }), loss] as const
      },
      { donate: [0, 1] },
    ),
    validate: (net) => ({ accuracy: accuracy(net) }),
  }
}
