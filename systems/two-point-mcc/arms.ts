/** The networks that are compared: how each is trained, and what is measured of it. */

import { talkerSizes } from "../../src/data/index.ts"
import {
  hostRandom,
  jit,
  key,
  stopGradient,
  type Tensor,
  tensor,
  valueAndGrad,
  zerosLike,
} from "../../src/engine/index.ts"
import {
  type AdamState,
  accuracy,
  adamState,
  adamw,
  crossEntropy,
  linearRate,
  meanSquaredError,
  type TrainingPlan,
} from "../../src/learn/index.ts"
import { type Batch, batchOf, type Frames, rowsOf, shifted } from "./frames.ts"
import {
  type Activity,
  type Alive,
  activeAbove,
  activeShare,
  answer,
  type Cooperative,
  cooperative,
  type Setting,
  type Sizes,
} from "./model.ts"
import { settingOf, sizesOf, type Values } from "./parameters.ts"

export interface Arm {
  readonly name: string
  readonly title: string
  readonly setting: Setting
  /** Whether the second stream sees nothing, in training and test. */
  readonly blind?: boolean
  /** Cost of a neuron's rate, added to the error. */
  readonly cost?: number
  readonly sizes: Sizes
}

export const controlTitles = ["point neurons", "no context", "audio alone"]

/** The networks of `quick`: the law, its controls, and another law. */
export function armsOf(p: Values): Arm[] {
  const sizes = sizesOf(p, talkerSizes.bands)
  const arms: Arm[] = [
    { name: "mcc", title: "two-point", setting: settingOf(p), sizes },
    { name: "point", title: controlTitles[0], setting: settingOf(p, { law: "point" }), sizes },
    { name: "noContext", title: controlTitles[1], setting: settingOf(p, { context: false }), sizes },
    { name: "audio", title: controlTitles[2], setting: settingOf(p), blind: true, sizes },
  ]
  const other = { name: "kayPhillips", title: "Kay and Phillips", setting: settingOf(p, { law: "kayPhillips" }), sizes }
  return p.law === "kayPhillips" ? arms : [...arms, other]
}

/** When the error is looked at besides the end: learning speed. */
export const glances = [50, 150]
const readings = 10

const inputsOf = ({ blind = false }: Arm, [a, v]: Batch["inputs"]): [Tensor, Tensor] => [a, blind ? zerosLike(v) : v]

const isClasses = (target: Tensor): boolean => target.dtype === "i32"

/** Squared error (cross-entropy where there are classes to tell), and the cost of activity: the sum over neurons of their mean rate. */
export function loss(network: Cooperative, batch: Batch, arm: Arm): Tensor {
  const { output, activities } = answer(network, inputsOf(arm, batch.inputs), arm.setting)
  const error = isClasses(batch.target) ? crossEntropy(output, batch.target) : meanSquaredError(output, batch.target)
  if (arm.cost === undefined) return error
  const rates = activities.flat().map((activity) => activity.rates.mean(0).sum())
  return error.add(rates.reduce((a, b) => a.add(b)).mul(arm.cost))
}

type Plan = TrainingPlan<Cooperative, AdamState<Cooperative>, Batch>

export interface Training {
  readonly arm: Arm
  readonly train: Frames
  readonly parameters: Values
  readonly seed: number
  readonly observe?: NonNullable<Plan["observe"]>
}

/** Adam on frames drawn at random. */
export function trainingPlan({ arm, train, parameters: p, seed, observe }: Training): Plan {
  const random = hostRandom(seed).fold(3)
  const network = cooperative(arm.sizes, key(seed))
  const batchesPerEpoch = Math.ceil(p.steps / readings)
  return {
    model: network,
    optimiser: adamState(network),
    epochs: Math.min(readings, p.steps),
    batchesPerEpoch,
    rate: linearRate(p.rate),
    *batches(epoch, first) {
      for (let i = first; i < batchesPerEpoch; i++) {
        const own = random.fold(epoch * batchesPerEpoch + i)
        const rows = Int32Array.from({ length: p.batch }, () => own.integer(train.target.shape[0]))
        const batch = batchOf(rowsOf(train, rows))
        yield { ...batch }
        for (const x of [...batch.inputs, batch.target]) x.dispose()
      }
    },
    step: jit(
      (now: Cooperative, state: AdamState<Cooperative>, batch: Batch, rate: Tensor) => {
        const [value, gradient] = valueAndGrad((n: Cooperative) => loss(n, batch, arm))(now)
        return [...adamw(now, gradient, state, { rate }), value] as const
      },
      { donate: [0, 1] },
    ),
    ...(observe === undefined ? {} : { observe }),
  }
}

/** What a network does on test frames. */
export type Reading = {
  /** Mean squared error over the variance of what should be said; of classes the share that is told wrong. */
  readonly error: number
  /** Share of active neurons. */
  readonly active: number
  readonly meanRate: number
  /** Synapses that transmit in a pass, by the definition of the paper: those of active neurons. */
  readonly transmitting: number
}

/** What a network does in some frames, one of them looked at. */
export type Look = {
  /** What it says, `[frames, outputs]`. */
  readonly said: number[]
  /** By layer and stream: rates, R, C and the three that it is the sum of, in the frame that is looked at. */
  readonly neurons: Record<"rates" | "receptive" | "context" | "proximal" | "distal" | "universal", number[]>[][]
  /** Synapses that transmit in that frame. */
  readonly transmitting: number
}

/** @param at the frame that is looked at */
export function lookAt(arm: Arm, network: Cooperative, batch: Batch, at: number, alive = everybody(arm.sizes)): Look {
  const { output, activities } = answer(network, inputsOf(arm, batch.inputs), arm.setting, alive)
  const inFrame = (x: Tensor): number[] => [...x.slice(0, at, at + 1).array()]
  const neurons = activities.map((streams) =>
    streams.map(({ rates, receptive, context, parts }) => mapValues({ rates, receptive, context, ...parts }, inFrame)),
  )
  const active = neurons.flatMap((streams, layer) =>
    streams.map(({ rates }) => rates.filter((r) => r > activeAbove).length * fanOut(arm.sizes, layer, arm.setting)),
  )
  return { said: [...output.array()], neurons, transmitting: active.reduce((a, b) => a + b, 0) }
}

const mapValues = <K extends string, A, B>(record: Record<K, A>, change: (value: A) => B): Record<K, B> =>
  Object.fromEntries(Object.entries<A>(record).map(([name, value]) => [name, change(value)])) as Record<K, B>

/** µJ that a synapse takes to transmit on the paper's hardware. */
export const microjoules = 8e-5

/** Synapses that one neuron of a layer has on others. */
export function fanOut({ neurons, memory, layers, outputs }: Sizes, layer: number, { context }: Setting): number {
  return (context ? 2 * neurons + memory : 0) + (layer + 1 < layers ? neurons : outputs)
}

/** Reads test frames with networks of one arm. */
export class Reader {
  readonly #test: Batch
  readonly #elsewhen: Tensor
  readonly #variance: number
  readonly #read: (network: Cooperative, batch: Batch, alive: Alive) => Tensor[]
  readonly #arm: Arm

  constructor(arm: Arm, test: Frames) {
    this.#arm = arm
    this.#test = batchOf(test)
    this.#elsewhen = batchOf({ ...test, seen: shifted(test.seen, 700) }).inputs[1]
    this.#variance = isClasses(this.#test.target) ? 1 : this.#test.target.variance().item()
    this.#read = jit((network, batch, alive) => {
      const { output, activities } = answer(network, inputsOf(arm, batch.inputs), arm.setting, alive)
      const rates = activities.flat().map((activity) => activity.rates.mean())
      return [
        isClasses(batch.target) ? accuracy(output, batch.target).neg().add(1) : meanSquaredError(output, batch.target),
        activeShare(activities),
        rates.reduce((a, b) => a.add(b)).mul(1 / rates.length),
        transmitting(activities, arm),
      ]
    })
  }

  read(network: Cooperative, alive: Alive = everybody(this.#arm.sizes)): Reading {
    return this.#reading(network, this.#test, alive)
  }

  /** With the face of another moment. */
  readMismatched(network: Cooperative): Reading {
    const [heard] = this.#test.inputs
    return this.#reading(network, { ...this.#test, inputs: [heard, this.#elsewhen] }, everybody(this.#arm.sizes))
  }

  #reading(network: Cooperative, batch: Batch, alive: Alive): Reading {
    const [error, active, meanRate, synapses] = this.#read(network, batch, alive).map((x) => x.item())
    return { error: error / this.#variance, active, meanRate, transmitting: synapses }
  }
}

/** Synapses of active neurons, mean over the batch. */
function transmitting(activities: readonly (readonly Activity[])[], { sizes, setting }: Arm): Tensor {
  const counts = activities.flatMap((streams, layer) =>
    streams.map(({ rates }) =>
      stopGradient(rates)
        .gt(activeAbove)
        .cast("f32")
        .sum(1)
        .mean()
        .mul(fanOut(sizes, layer, setting)),
    ),
  )
  return counts.reduce((a, b) => a.add(b))
}

export const everybody = ({ layers, neurons }: Sizes): Alive =>
  Array.from({ length: layers }, () => [0, 1].map(() => tensor(new Float32Array(neurons).fill(1))))

/** All but a share of the neurons, drawn over layers and streams. */
export function survivors({ layers, neurons }: Sizes, share: number, seed: number): Alive {
  const all = 2 * layers * neurons
  const alive = new Float32Array(all).fill(1)
  for (const i of hostRandom(seed)
    .permutation(all)
    .subarray(0, Math.round(share * all)))
    alive[i] = 0
  return Array.from({ length: layers }, (_, l) =>
    [0, 1].map((s) => tensor(alive.slice((2 * l + s) * neurons, (2 * l + s + 1) * neurons))),
  )
}
