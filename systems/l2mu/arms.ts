/** Training, cutting and measuring networks. */
import { hostRandom, jit, key, type Tensor, valueAndGrad, zeros } from "../../src/engine/index.ts"
import {
  type AdamState,
  accuracy,
  adamState,
  adamw,
  clipByGlobalNorm,
  crossEntropy,
  Linear,
  linear,
  linearRate,
  magnitudeMasks,
  masked,
  type TrainingPlan,
} from "../../src/learn/index.ts"
import { activity, type Batch, counts, type L2mu, loss, type Maps, type Population, populations } from "./model.ts"
import type { Values } from "./parameters.ts"
import { batchOf, type Examples } from "./windows.ts"

const largestNorm = 5

export interface Fit {
  readonly steps: number
  readonly rate: number
  readonly batch: number
  readonly seed: number
}

/** Adam with gradients of bounded size; what the masks cut stays cut. */
export function trainingPlan(
  net: L2mu,
  train: Examples,
  { steps, rate, batch: size, seed }: Fit,
  masks?: L2mu,
): TrainingPlan<L2mu, AdamState<L2mu>, Batch> {
  const random = hostRandom(seed).fold(2)
  const held = (now: L2mu): L2mu => (masks === undefined ? now : masked(now, masks))
  return {
    model: held(net),
    optimiser: adamState(net),
    epochs: 1,
    batchesPerEpoch: steps,
    rate: linearRate(rate),
    *batches(_, first) {
      for (let i = first; i < steps; i++) {
        const own = random.fold(i)
        const batch = batchOf(
          train,
          Int32Array.from({ length: size }, () => own.integer(train.labels.length)),
        )
        yield { ...batch }
        batch.windows.dispose()
        batch.labels.dispose()
      }
    },
    step: jit(
      (now: L2mu, state: AdamState<L2mu>, batch: Batch, stepRate: Tensor) => {
        const [value, gradient] = valueAndGrad((n: L2mu) => loss(n, batch))(now)
        const [next, memory] = adamw(now, clipByGlobalNorm(gradient, largestNorm), state, { rate: stepRate })
        return [held(next), memory, value] as const
      },
      { donate: [0, 1] },
    ),
  }
}

/** What is cut: the weights of the maps, not those of the one that begins at 0 alone. */
export const masksFor = (net: L2mu, fraction: number): L2mu =>
  magnitudeMasks(net, fraction, (name) => name.startsWith("maps."))

const rowsOf = (count: number): Int32Array => Int32Array.from({ length: count }, (_, i) => i)

/** Share of examples whose class fires most. */
export function accuracyOf(net: L2mu, examples: Examples): number {
  const read = jit((n: L2mu, { windows, labels }: Batch) => accuracy(counts(n, windows), labels))
  const share = read(net, batchOf(examples, rowsOf(examples.labels.length))).item()
  read.dispose()
  return share
}

/** Classes that are told, and how often each class is told of each other: `[true][told]`. */
export function confusionOf(net: L2mu, examples: Examples): number[][] {
  const told = counts(net, batchOf(examples, rowsOf(examples.labels.length)).windows)
    .argmax()
    .array()
  const table = Array.from({ length: examples.classes }, () => Array<number>(examples.classes).fill(0))
  for (const [i, label] of examples.labels.entries()) table[label][told[i]]++
  return table
}

/** Weights of each population's spikes on others that are not 0, mean over its neurons. */
const targets = ({
  input,
  uFromE,
  uFromH,
  uFromM,
  hFromE,
  hFromH,
  hFromM,
  readout,
}: Maps): Record<Population, readonly Linear[]> => ({
  e1: [input[1]],
  e2: [input[2]],
  e3: [uFromE, hFromE],
  u: [],
  m: [uFromM, hFromM],
  h: [uFromH, hFromH, readout],
  out: [],
})

export type Operations = {
  /** Share of neurons that fire in a step. */
  readonly rates: Record<Population, number>
  /** Weights added because of spikes of a population, in a window. */
  readonly accumulates: Record<Population, number>
  /** Products of raw values with weights, in a window: in the first map only. */
  readonly multiplyAdds: number
  /** Whether all that is passed from one population to another is 0 or 1. */
  readonly isBinary: boolean
}

/** What a window costs on average: spikes times the weights that are not cut behind them. */
export function operationsOf(net: L2mu, examples: Examples, windows: number): Operations {
  const spikes = activity(net, batchOf(examples, rowsOf(windows)).windows)
  const rates: Partial<Record<Population, number>> = {}
  const accumulates: Partial<Record<Population, number>> = {}
  const { order } = net.shape
  let isBinary = true
  for (const name of populations) {
    const x = spikes[name]
    const width = x.shape[2]
    const perNeuron = x.sum([0, 1]).array()
    rates[name] = x.mean().item()
    const fanOut = Array.from({ length: width }, () => (name === "m" ? order : name === "u" ? order : 0))
    for (const { weight } of targets(net.maps)[name]) {
      const [values, outputs] = [weight.array(), weight.shape[1]]
      for (let i = 0; i < width; i++) for (let j = 0; j < outputs; j++) if (values[i * outputs + j] !== 0) fanOut[i]++
    }
    accumulates[name] = fanOut.reduce((sum, fan, i) => sum + (fan * perNeuron[i]) / windows, 0)
    if (net.shape.mode !== "analog" || name !== "m") isBinary &&= x.array().every((s: number) => s === 0 || s === 1)
  }
  const first = net.maps.input[0].weight.array()
  const multiplyAdds = Array.from(first).filter((w) => w !== 0).length * examples.windows.shape[1]
  return { rates, accumulates, multiplyAdds, isBinary } as Operations
}

/** A linear classifier of the raw windows: the control that has neither time nor spikes. */
export function linearAccuracy(train: Examples, test: Examples, seed: number): number {
  const flat = (examples: Examples) => {
    const { windows, labels } = batchOf(examples, rowsOf(examples.labels.length))
    return { x: windows.transpose([1, 0, 2]).reshape([examples.labels.length, -1]), labels }
  }
  const [a, b] = [flat(train), flat(test)]
  let model = new Linear(zeros([a.x.shape[1], train.classes]), linear(1, train.classes, key(seed)).bias)
  let state = adamState(model)
  const step = jit((now: Linear, memory: AdamState<Linear>) => {
    const [, gradient] = valueAndGrad((m: Linear) => crossEntropy(m.apply(a.x), a.labels))(now)
    return adamw(now, gradient, memory, { rate: 0.01, weightDecay: 0.01 })
  })
  for (let i = 0; i < 200; i++) [model, state] = step(model, state)
  return accuracy(model.apply(b.x), b.labels).item()
}

/** Median time of one window, ms. */
export function latencyMs(net: L2mu, examples: Examples): number {
  const read = jit((n: L2mu, windows: Tensor) => counts(n, windows).argmax())
  const { windows } = batchOf(examples, [0])
  const times = Array.from({ length: 60 }, () => {
    const before = performance.now()
    read(net, windows).item()
    return performance.now() - before
  })
  read.dispose()
  return times.sort((x, y) => x - y)[30]
}

export const fitOf = (p: Values, seed: number): Fit => ({ steps: p.steps, rate: p.rate, batch: p.batch, seed })
/** Fine-tuning is faster, and shorter. */
export const fineFitOf = (p: Values, seed: number): Fit => ({
  steps: p.fineSteps,
  rate: (p.rate * 2) / 3,
  batch: p.batch,
  seed: seed + 1000,
})
