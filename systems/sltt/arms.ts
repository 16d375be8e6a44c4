import type { ImageDataset } from "../../src/data/index.ts"
import { epochOrder, normalise, takeRows } from "../../src/data/index.ts"
import { CajalError, disposeTree, grad, hostRandom, jit, Tensor, tensor, valueAndGrad } from "../../src/engine/index.ts"
import { cosineRate, type SgdState, sgd, sgdState, type TrainingPlan } from "../../src/learn/index.ts"
import { type Batch, lossOverTime, predict, readoutLoss, type Setting, type SpikingNetwork, slttK } from "./model.ts"

/** A way of training the same network. */
export type Rule = "sltt" | "bptt" | "readout" | { readonly k: number; readonly scale: "K" | "T" }

export interface Arm {
  readonly name: string
  readonly rule: Rule
}

/** One training step of a rule, compiled; the model and the optimiser's state are given away. */
export function trainingStep(rule: Rule, setting: Setting) {
  const descend = (network: SpikingNetwork, gradient: SpikingNetwork, state: SgdState<SpikingNetwork>, rate: Tensor) =>
    sgd(network, gradient, state, { rate, momentum: 0.9 })
  if (typeof rule === "object") {
    return jit(
      (network: SpikingNetwork, state: SgdState<SpikingNetwork>, batch: Batch & { chosen: Tensor }, rate: Tensor) => {
        const { loss, gradient, passes } = slttK(
          network,
          batch,
          setting,
          batch.chosen,
          rule.scale === "K" ? rule.k : setting.steps,
        )
        return [...descend(network, gradient, state, rate), loss, passes] as const
      },
      { donate: [0, 1] },
    )
  }
  return jit(
    (network: SpikingNetwork, state: SgdState<SpikingNetwork>, batch: Batch, rate: Tensor) => {
      const [loss, gradient] = valueAndGrad((n: SpikingNetwork) => lossOf(n, batch, setting, rule))(network)
      return [...descend(network, gradient, state, rate), loss] as const
    },
    { donate: [0, 1] },
  )
}

const lossOf = (network: SpikingNetwork, batch: Batch, setting: Setting, rule: "sltt" | "bptt" | "readout"): Tensor =>
  rule === "readout" ? readoutLoss(network, batch, setting) : lossOverTime(network, batch, setting, rule)

/** The gradient alone, compiled: what memory and step time are measured on. */
export function gradientProgram(rule: Rule, setting: Setting) {
  if (typeof rule === "object")
    return jit((network: SpikingNetwork, batch: Batch & { chosen: Tensor }) => {
      const { loss, gradient, passes } = slttK(network, batch, setting, batch.chosen, rule.k)
      return [loss, gradient, passes] as const
    })
  return jit((network: SpikingNetwork, batch: Batch) =>
    valueAndGrad((n: SpikingNetwork) => lossOf(n, batch, setting, rule))(network),
  )
}

/** K of `steps` steps, drawn without replacement: true where a backward pass is run. */
export function chosenSteps(k: number, steps: number, seed: number, draw: number): Tensor {
  const drawn = new Set(hostRandom(seed).fold(draw).permutation(steps).subarray(0, k))
  return tensor(Array.from({ length: steps }, (_, t) => drawn.has(t)))
}

/** Cosine between the SLTT and the BPTT gradient of each hidden layer's weights, compiled: `[hidden layers]`. */
export const gradientCosines = (setting: Setting) =>
  jit((network: SpikingNetwork, batch: Batch) => {
    const [a, b] = (["sltt", "bptt"] as const).map((rule) =>
      grad((n: SpikingNetwork) => lossOverTime(n, batch, setting, rule))(network),
    )
    const cosine = (x: Tensor, y: Tensor): Tensor => x.mul(y).sum().div(x.norm().mul(y.norm()))
    return [a.input, ...a.hidden].map((layer, i) => cosine(layer.weight, [b.input, ...b.hidden][i].weight))
  })

/** Images as rows of normalised pixels, and their labels. */
export interface Examples {
  readonly images: ReturnType<typeof takeRows>
  readonly labels: ReturnType<typeof takeRows>
}

export function examplesOf(dataset: ImageDataset, part: "train" | "test"): Examples {
  const { images, labels } = dataset[part]
  const rows = normalise(images, dataset.mean, dataset.std)
  const pixels = rows.shape.slice(1).reduce((a, b) => a * b, 1)
  return { images: { ...rows, shape: [rows.shape[0], pixels] }, labels }
}

export const batchOf = ({ images, labels }: Examples, rows: Int32Array): Batch => ({
  images: Tensor.from(takeRows(images, rows)),
  labels: Tensor.from(takeRows(labels, rows)),
})

export interface Evaluation {
  /** Share of test images that are recognised, per cent. */
  readonly accuracy: number
  /** Spikes of a hidden neuron in a step. */
  readonly rate: number
}

/** The share of examples that a network recognises. */
export function evaluator(setting: Setting, examples: Examples, size = 500): (network: SpikingNetwork) => Evaluation {
  const run = jit((network: SpikingNetwork, batch: Batch) => {
    const { votes, rate } = predict(network, batch.images, setting)
    return [votes.argmax().eq(batch.labels).cast("f32").sum(), rate] as const
  })
  const count = examples.labels.shape[0]
  return (network) => {
    let right = 0
    let fired = 0
    for (let from = 0; from < count; from += size) {
      const rows = Int32Array.from({ length: Math.min(size, count - from) }, (_, i) => from + i)
      const batch = batchOf(examples, rows)
      const [hits, rate] = run(network, batch)
      right += hits.item()
      fired += rate.item() * rows.length
      disposeTree(batch)
    }
    return { accuracy: (100 * right) / count, rate: fired / count }
  }
}

export interface ArmOptions {
  readonly arm: Arm
  readonly setting: Setting
  readonly network: SpikingNetwork
  readonly train: Examples
  readonly validate: (network: SpikingNetwork) => Evaluation
  readonly epochs: number
  readonly batch: number
  readonly rate: number
  readonly seed: number
  readonly observe?: (network: SpikingNetwork, batch: Batch, step: number) => Record<string, number> | undefined
  /** Runs only the first steps of the training, at the learning rates that they have in it. */
  readonly firstSteps?: number
}

/** An arm as a training: batches in an order that the seed determines, SGD with momentum and a cosine schedule. */
export function armPlan(options: ArmOptions): TrainingPlan<SpikingNetwork, SgdState<SpikingNetwork>, Batch> {
  const { arm, setting, network, train, validate, batch: size, seed, observe, firstSteps } = options
  const { rule } = arm
  const step = trainingStep(rule, setting) as (
    network: SpikingNetwork,
    state: SgdState<SpikingNetwork>,
    batch: Batch,
    rate: Tensor,
  ) => readonly [SpikingNetwork, SgdState<SpikingNetwork>, Tensor]
  const batchesPerEpoch = Math.floor(train.labels.shape[0] / size)
  if (batchesPerEpoch === 0)
    throw new CajalError(`${train.labels.shape[0]} training images do not fill a batch of ${size}`, {
      hint: "use more images or a smaller batch",
    })
  const schedule = cosineRate(options.rate)
  const whole = options.epochs * batchesPerEpoch
  return {
    model: network,
    optimiser: sgdState(network),
    epochs: firstSteps === undefined ? options.epochs : 1,
    batchesPerEpoch: firstSteps === undefined ? batchesPerEpoch : Math.min(firstSteps, batchesPerEpoch),
    rate: (at) => schedule(at, whole),
    *batches(epoch, first) {
      const order = epochOrder(train.labels.shape[0], seed, epoch)
      for (let i = first; i < batchesPerEpoch; i++) {
        const batch = batchOf(train, order.subarray(i * size, (i + 1) * size))
        const chosen =
          typeof rule === "object"
            ? { chosen: chosenSteps(rule.k, setting.steps, seed, epoch * batchesPerEpoch + i) }
            : {}
        yield { ...batch, ...chosen }
        batch.images.dispose()
        batch.labels.dispose()
      }
    },
    step,
    validate: (model) => ({ ...validate(model) }),
    ...(observe === undefined ? {} : { observe }),
  }
}
