/** Networks of either kind of neuron, with constants that are fixed or learned: training and what is measured. */
import { hostRandom, jit, key, split, type Tensor, valueAndGrad } from "../../src/engine/index.ts"
import {
  type AdamState,
  accuracy,
  adamState,
  adamw,
  clipByValue,
  linearRate,
  type TrainingPlan,
} from "../../src/learn/index.ts"
import { centroids, complexities, nearestAccuracy } from "./complexity.ts"
import { type Batch, hiddenSpikes, logits, loss, Network, network, type Release } from "./model.ts"
import { constantsFactor, type NeuronKind, neuronsOf, type Values } from "./parameters.ts"
import { batchOf, type Examples, trainsOf } from "./tasks.ts"

export interface Arm {
  readonly kind: NeuronKind
  /** Whether the neurons learn their constants. */
  readonly learned: boolean
}

export const arms: readonly Arm[] = [
  { kind: "lif", learned: false },
  { kind: "lif", learned: true },
  { kind: "meta", learned: false },
  { kind: "meta", learned: true },
]

export const nameOf = ({ kind, learned }: Arm): string => `${kind}-${learned ? "learned" : "fixed"}`

/** Adam for each of the two: they learn at rates of their own. */
interface Memory {
  readonly synapses: AdamState<Network["synapses"]>
  readonly neurons: AdamState<Network["neurons"]>
  /** The key of the next step's draws. */
  readonly key: Tensor
}

const largestSlope = 1

export function trainingPlan(
  { kind, learned }: Arm,
  train: Examples,
  p: Values,
  seed: number,
): TrainingPlan<Network, Memory, Batch> {
  const [lines, count] = [train.trains.shape[1], train.labels.length]
  const random = hostRandom(seed).fold(10)
  const [first, draws] = split(key(seed))
  const start = network(lines, p.neurons, 2, neuronsOf(p, kind), first)
  const factor = constantsFactor(kind, p.start)
  return {
    model: start,
    optimiser: { synapses: adamState(start.synapses), neurons: adamState(start.neurons), key: draws },
    epochs: 1,
    batchesPerEpoch: p.steps,
    rate: linearRate(p.learningRate),
    *batches(_, from) {
      for (let step = from; step < p.steps; step++) {
        const own = random.fold(step)
        const batch = batchOf(
          train,
          Int32Array.from({ length: p.batch }, () => own.integer(count)),
        )
        yield { ...batch }
        batch.trains.dispose()
        batch.labels.dispose()
      }
    },
    step: jit(
      (now: Network, memory: Memory, batch: Batch, rate: Tensor) => {
        const [next, own] = split(memory.key)
        const release: Release = { probability: p.release, key: own }
        const [value, slopes] = valueAndGrad((n: Network) => loss(n, batch, release))(now)
        const g = clipByValue(slopes, largestSlope)
        const [synapses, ofSynapses] = adamw(now.synapses, g.synapses, memory.synapses, { rate })
        const [neurons, ofNeurons] = learned
          ? adamw(now.neurons, g.neurons, memory.neurons, { rate: rate.mul(factor) })
          : [now.neurons, memory.neurons]
        const after: Memory = { synapses: ofSynapses, neurons: ofNeurons, key: next }
        return [new Network(synapses, neurons), after, value] as const
      },
      { donate: [0, 1] },
    ),
  }
}

/** Examples that are read at once. */
const together = 250

/** A network that reads batches: the spikes of its hidden neurons, and the share that the read-out recognises. */
export const reader = (p: Values) =>
  jit((net: Network, batch: Batch, own: Tensor): [Tensor, Tensor] => {
    const spikes = hiddenSpikes(net, batch.trains, { probability: p.release, key: own })
    return [spikes, accuracy(logits(net, spikes), batch.labels)]
  })

/** Hidden trains of all examples, u8 `[examples, neurons, steps]`, and the share that the read-out recognises. */
export function readOut(net: Network, examples: Examples, p: Values, seed: number) {
  const read = reader(p)
  const count = examples.labels.length
  const data = new Uint8Array(count * p.neurons * p.time)
  let right = 0
  for (let from = 0; from < count; from += together) {
    const rows = Int32Array.from({ length: Math.min(together, count - from) }, (_, i) => from + i)
    const [spikes, share] = read(net, batchOf(examples, rows), key(seed + from))
    data.set(trainsOf(spikes).data as Uint8Array, from * p.neurons * p.time)
    right += share.item() * rows.length
    for (const x of [spikes, share]) x.dispose()
  }
  read.dispose()
  return { trains: { dtype: "u8", shape: [count, p.neurons, p.time], data } as const, accuracy: right / count }
}

/** What a trained network is worth. */
export type Reading = {
  /** Shares of test examples: by the trained read-out, and by the complexity of the hidden spikes. */
  readonly accuracy: number
  readonly lzc: number
  /** Spikes of a hidden neuron and step. */
  readonly spikes: number
  /** Complexity of each test example, and the centroids of the classes. */
  readonly complexities: number[]
  readonly centroids: number[]
}

export function readingOf(net: Network, train: Examples, test: Examples, p: Values, seed: number): Reading {
  const learned = complexities(readOut(net, train, p, seed).trains)
  const { trains, accuracy: share } = readOut(net, test, p, seed + train.labels.length)
  const unseen = complexities(trains)
  const means = centroids(learned, train.labels, 2)
  return {
    accuracy: share,
    lzc: nearestAccuracy(unseen, test.labels, means),
    spikes: trains.data.reduce((a: number, b: number) => a + b, 0) / trains.data.length,
    complexities: [...unseen],
    centroids: means,
  }
}
