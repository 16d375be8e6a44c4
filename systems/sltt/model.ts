/**
 * Spatial learning through time: the network, the per-step loss and the gradient rules that the paper compares.
 * @source Meng et al., Towards Memory- and Time-Efficient Backpropagation for Training Spiking Neural Networks (2023)
 */
import {
  add,
  CajalError,
  cond,
  type Key,
  mapTree,
  oneHot,
  ones,
  scan,
  split,
  stopGradient,
  type Tensor,
  valueAndGrad,
  zeros,
  zerosLike,
} from "../../src/engine/index.ts"
import { crossEntropy, Linear, linear, meanSquaredError } from "../../src/learn/index.ts"
import { type LeakyParameters, type LifState, leaky, lifState } from "../../src/neuro/index.ts"

/** Fully connected layers of leaky neurons under a linear readout. The tensor fields are the parameters. */
export class SpikingNetwork {
  /** The static image enters here: its product is the same at every step. */
  readonly input: Linear
  readonly hidden: readonly Linear[]
  readonly readout: Linear

  constructor(input: Linear, hidden: readonly Linear[], readout: Linear) {
    this.input = input
    this.hidden = hidden
    this.readout = readout
  }
}

/** @param sizes neurons of each layer: inputs, hidden layers, classes */
export function spikingNetwork(sizes: readonly number[], key: Key): SpikingNetwork {
  const layers = split(key, sizes.length - 1).map((k, i) => linear(sizes[i], sizes[i + 1], k))
  return new SpikingNetwork(layers[0], layers.slice(1, -1), layers[layers.length - 1])
}

/** The share λ of the potential that stays after a step: λ = 1 - 1/τ, τ in steps. */
export function decayOf(tau: number): number {
  const lambda = 1 - 1 / tau
  if (!(tau >= 1))
    throw new CajalError(`tau = ${tau} steps makes lambda = 1 - 1/tau = ${lambda.toPrecision(3)} negative`, {
      hint: "tau must be 1 or more",
    })
  return lambda
}

export const atRest = (network: SpikingNetwork, batch: number): LifState[] =>
  [network.input, ...network.hidden].map((layer) => lifState([batch, layer.weight.shape[1]]))

/** What the image contributes to the first layer at every step, W₁x + b₁: `[batch, neurons]`. */
export const driveOf = (network: SpikingNetwork, images: Tensor): Tensor => network.input.apply(images)

type Above = Pick<SpikingNetwork, "hidden" | "readout">

/**
 * One time step of the network:
 *   u[t] = λ v[t-1] + W s_below[t] + b;   s[t] = (u[t] >= 1);   v[t] = u[t] - s[t];   o[t] = W s[t] + b at the readout
 * @returns the potentials v[t], the readout o[t] `[batch, classes]` and the spikes of each layer
 */
export function timeStep(above: Above, drive: Tensor, potentials: readonly LifState[], neuron: LeakyParameters) {
  const next: LifState[] = []
  const spikes: Tensor[] = []
  let current = drive
  potentials.forEach((state, layer) => {
    const [after, s] = leaky(state, current, neuron)
    next.push(after)
    spikes.push(s)
    current = (above.hidden[layer] ?? above.readout).apply(s)
  })
  return { potentials: next, output: current, spikes }
}

export interface Loss {
  /** Weight a of the squared-error term. */
  readonly alpha: number
  /** What it pulls the readout towards: all ones (a regulariser), or the one-hot label. */
  readonly target: "ones" | "one-hot"
}

/** L[t] without the division by the number of steps: (1 - a) CE(o[t], y) + a MSE(o[t], target). */
export function stepLoss(output: Tensor, labels: Tensor, { alpha, target }: Loss): Tensor {
  const goal = target === "ones" ? ones(output.shape) : oneHot(labels, output.shape[1])
  return crossEntropy(output, labels)
    .mul(1 - alpha)
    .add(meanSquaredError(output, goal).mul(alpha))
}

export interface Batch {
  /** `[batch, pixels]` */
  readonly images: Tensor
  /** i32 `[batch]` */
  readonly labels: Tensor
}

export interface Setting {
  readonly steps: number
  readonly neuron: LeakyParameters
  readonly loss: Loss
}

/**
 * The loss over all steps. The one line between the rules: SLTT takes the potential that a step starts from as a constant, so that no
 * error travels back in time; each step is then differentiated as soon as it has run, and nothing of it is kept.
 */
export function lossOverTime(
  network: SpikingNetwork,
  { images, labels }: Batch,
  setting: Setting,
  rule: "bptt" | "sltt",
): Tensor {
  const drive = driveOf(network, images)
  const [, losses] = scan(
    (carried: LifState[]) => {
      const before = rule === "sltt" ? mapTree(stopGradient, carried) : carried
      const { potentials, output } = timeStep(network, drive, before, setting.neuron)
      return [potentials, stepLoss(output, labels, setting.loss)]
    },
    atRest(network, images.shape[0]),
    undefined,
    { length: setting.steps },
  )
  return losses.sum().mul(1 / setting.steps)
}

/** Readout-only learning: the spatial route through the hidden layers is cut instead of the temporal one. */
export const readoutLoss = (network: SpikingNetwork, batch: Batch, setting: Setting): Tensor =>
  lossOverTime(
    new SpikingNetwork(mapTree(stopGradient, network.input), mapTree(stopGradient, network.hidden), network.readout),
    batch,
    setting,
    "sltt",
  )

/**
 * SLTT-K: every step runs forward, only the chosen ones backward, and what is not chosen is not computed.
 * @param chosen bool `[steps]`
 * @param divisor each step's loss is divided by it: K (the gradient keeps its size) or T (the authors')
 * @returns the loss of the chosen steps, the gradient, and how many backward passes were run
 */
export function slttK(
  network: SpikingNetwork,
  { images, labels }: Batch,
  setting: Setting,
  chosen: Tensor,
  divisor: number,
) {
  const drive = driveOf(network, images)
  const parts = { drive, hidden: network.hidden, readout: network.readout }
  const start = {
    potentials: atRest(network, images.shape[0]),
    gradient: mapTree(zerosLike, parts),
    loss: zeros([]),
    passes: zeros([]),
  }
  const [end] = scan(
    (carried: typeof start, isChosen: Tensor) => [
      cond(
        isChosen,
        () => {
          const lossOf = (own: typeof parts): [Tensor, LifState[]] => {
            const { potentials, output } = timeStep(own, own.drive, carried.potentials, setting.neuron)
            return [stepLoss(output, labels, setting.loss).mul(1 / divisor), potentials]
          }
          const [[loss, potentials], gradient] = valueAndGrad(lossOf)(parts)
          return {
            potentials,
            gradient: mapTree(add, carried.gradient, gradient),
            loss: carried.loss.add(loss),
            passes: carried.passes.add(1),
          }
        },
        () => ({ ...carried, potentials: timeStep(parts, drive, carried.potentials, setting.neuron).potentials }),
      ),
      undefined,
    ],
    start,
    chosen,
  )
  const { drive: error, hidden, readout } = end.gradient
  const input = new Linear(images.T.matmul(error), error.sum(0))
  return { loss: end.loss, gradient: new SpikingNetwork(input, hidden, readout), passes: end.passes }
}

/** Sum of the readout over all steps `[batch, classes]`, and the spikes of a neuron and step on average. */
export function predict(network: SpikingNetwork, images: Tensor, setting: Setting): { votes: Tensor; rate: Tensor } {
  const drive = driveOf(network, images)
  const start = {
    potentials: atRest(network, images.shape[0]),
    votes: zeros([images.shape[0], network.readout.weight.shape[1]]),
    rate: zeros([]),
  }
  const [end] = scan(
    (carried: typeof start) => {
      const { potentials, output, spikes } = timeStep(network, drive, carried.potentials, setting.neuron)
      const rate = spikes
        .map((s) => s.mean())
        .reduce(add)
        .mul(1 / spikes.length)
      return [
        { potentials, votes: carried.votes.add(output), rate: carried.rate.add(rate.mul(1 / setting.steps)) },
        undefined,
      ]
    },
    start,
    undefined,
    { length: setting.steps },
  )
  return { votes: end.votes, rate: end.rate }
}
