/**
 * A spiking network whose neurons learn their own constants.
 * @source Learning internal biological neuron parameters and complexity-based encoding for improved spiking neural networks performance (2025)
 */
import { asEvents, bernoulli, full, type Key, keys, scan, split, type Tensor } from "../../src/engine/index.ts"
import { crossEntropy, type Linear, linear } from "../../src/learn/index.ts"
import {
  atan,
  between,
  type Constrained,
  type LifState,
  leaky,
  lifState,
  type MetaState,
  meta,
  metaState,
} from "../../src/neuro/index.ts"

const surrogate = atan(2)

/** Neurons with constants of their own: their tensor fields are what they may learn. */
export interface Neurons<S extends object = object> {
  /** Neurons at rest, `[batch, neurons]`. */
  atRest(batch: number): S
  step(state: S, current: Tensor): [S, Tensor]
}

/** `V = beta V + I - theta S[t-1]`, S = [V >= theta]; each neuron its beta, 0..1, and theta. */
export class LifNeurons implements Neurons<LifState> {
  readonly beta: Constrained
  readonly theta: Tensor

  constructor(neurons: number, beta: number, theta: number) {
    this.beta = between(0, 1, full([neurons], beta))
    this.theta = full([neurons], theta)
  }

  atRest(batch: number): LifState {
    return lifState([batch, this.theta.shape[0]])
  }

  step(state: LifState, current: Tensor): [LifState, Tensor] {
    return leaky(state, current, {
      ...{ decay: this.beta.value(), threshold: this.theta },
      ...{ reset: "subtract-later", surrogate },
    })
  }
}

export type MetaStart = Record<"a" | "b" | "c" | "d" | "threshold", number>

/** Second-order neurons; each its a, b, c, d and threshold. */
export class MetaNeurons implements Neurons<MetaState> {
  readonly a: Tensor
  readonly b: Tensor
  readonly c: Tensor
  readonly d: Tensor
  readonly threshold: Tensor

  constructor(neurons: number, start: MetaStart) {
    const of = (x: number): Tensor => full([neurons], x)
    this.a = of(start.a)
    this.b = of(start.b)
    this.c = of(start.c)
    this.d = of(start.d)
    this.threshold = of(start.threshold)
  }

  atRest(batch: number): MetaState {
    return metaState([batch, this.a.shape[0]])
  }

  step(state: MetaState, current: Tensor): [MetaState, Tensor] {
    const { a, b, c, d, threshold } = this
    return meta(state, current, { a, b, c, d, threshold, surrogate })
  }
}

/** What is trained in any case, and what is trained where neurons learn their constants. */
export class Network {
  readonly synapses: { readonly input: Linear; readonly readout: Linear }
  readonly neurons: LifNeurons | MetaNeurons

  constructor(synapses: Network["synapses"], neurons: Network["neurons"]) {
    this.synapses = synapses
    this.neurons = neurons
  }
}

export function network(lines: number, size: number, classes: number, neurons: Network["neurons"], key: Key): Network {
  const [a, b] = split(key)
  return new Network({ input: linear(lines, size, a), readout: linear(size, classes, b) }, neurons)
}

/** Spikes pass each synapse with this probability, drawn anew for each synapse and step. */
export interface Release {
  readonly probability: number
  readonly key: Key
}

/**
 * Spikes of the hidden neurons: `I[t] = W x[t] + b`.
 * @param x spikes `[steps, batch, lines]`
 * @returns `[steps, batch, neurons]`
 */
export function hiddenSpikes({ synapses, neurons }: Network, x: Tensor, release?: Release): Tensor {
  const [steps, batch] = x.shape
  const { input } = synapses
  const dynamics: Neurons<object> = neurons
  if (release === undefined || release.probability === 1)
    return scan(
      (state: object, at: Tensor) => dynamics.step(state, input.apply(asEvents(at))),
      dynamics.atRest(batch),
      x,
    )[1]
  const currents = (at: Tensor, key: Key): Tensor => {
    const released = bernoulli(key, release.probability, [batch, ...input.weight.shape]).cast("f32")
    const current = released.mul(input.weight).mul(at.expandDims(2)).sum(1)
    return input.bias === undefined ? current : current.add(input.bias)
  }
  return scan(
    (state: object, now: { at: Tensor; key: Key }) => dynamics.step(state, currents(now.at, now.key)),
    dynamics.atRest(batch),
    { at: x, key: keys(release.key, steps) },
  )[1]
}

/** logits = Wo (counts / 10) + bo: `[batch, classes]` */
export const logits = ({ synapses }: Network, spikes: Tensor): Tensor => synapses.readout.apply(spikes.sum(0).mul(0.1))

export interface Batch {
  /** `[steps, batch, lines]` */
  readonly trains: Tensor
  /** i32 `[batch]` */
  readonly labels: Tensor
}

export const loss = (net: Network, { trains, labels }: Batch, release?: Release): Tensor =>
  crossEntropy(logits(net, hiddenSpikes(net, trains, release)), labels)
