/**
 * The networks of the race, and how a step of each method changes them. The rules themselves are the library's (src/learn/rules).
 * @source Spyra, Beyond Backpropagation (2025), arXiv 2509.19063; Mono-Forward 2501.09238, Forward-Forward 2212.13345, Cascaded-Forward 2303.09728
 */
import { CajalError, type Key, maxPool2d, normal, split, type Tensor, zeros } from "../../src/engine/index.ts"
import {
  type AdamState,
  type Applied,
  adamw,
  type BatchNorm,
  batchNorm,
  type Conv2d,
  cascade,
  conv2dLayer,
  type ForwardForwardNetwork,
  type ForwardForwardState,
  forwardForwardStep,
  type Headed,
  Identity,
  Linear,
  LocalClassifier,
  Rectified,
  type Rule,
  type RunningStatistics,
  uniformLinear,
} from "../../src/learn/index.ts"

export interface Batch {
  /** `[batch, pixels]` or `[batch, channels, side, side]` */
  readonly images: Tensor
  /** i32 `[batch]` */
  readonly labels: Tensor
  /** Draws the wrong labels of Forward-Forward. */
  readonly key: Key
}

export type Step<M, S> = (model: M, state: S, batch: Batch, rate: Tensor) => readonly [M, S, loss: Tensor]

/** One step of AdamW along what a rule calls the gradient. */
export const descent =
  <M>(rule: Rule<M>, weightDecay = 0): Step<M, AdamState<M>> =>
  (model, state, { images, labels }, rate) => {
    const [loss, gradient] = rule(model, images, labels)
    return [...adamw(model, gradient, state, { rate, weightDecay }), loss]
  }

/** The network that backpropagation and Mono-Forward share; what one of them does not use stands there all the same. */
export interface SharedNetwork {
  /** What backpropagation trains. */
  readonly trunk: Headed<Rectified>
  /** Mono-Forward's M_0..M_L, the input's first. */
  readonly projections: readonly Linear[]
}

/** @param sizes inputs, hidden layers, classes */
export function sharedNetwork(sizes: readonly number[], key: Key): SharedNetwork {
  const classes = sizes[sizes.length - 1]
  const widths = sizes.slice(0, -1)
  const keys = split(key, 2 * widths.length)
  const last = widths[widths.length - 1]
  const blocks = widths.slice(1).map((n, i) => new Rectified(uniformLinear(widths[i], n, keys[i], zeros([n]))))
  const head = new Linear(normal(keys[widths.length - 1], [last, classes], 0, 0.01), zeros([classes]))
  const projections = widths.map((n, i) => uniformLinear(n, classes, keys[widths.length + i]))
  return { trunk: { blocks, head }, projections }
}

/** @throws CajalError when there is no layer for Mono-Forward to train */
export function checkDepth(hiddenLayers: number): void {
  if (hiddenLayers < 1)
    throw new CajalError("Mono-Forward without hidden layers would train M_0 alone, a linear classifier", {
      hint: "use one hidden layer or more",
    })
}

/** What Mono-Forward trains, phase by phase: the input with M_0, then each layer with its own. */
export function partsOf({ trunk, projections }: SharedNetwork): LocalClassifier[] {
  checkDepth(trunk.blocks.length)
  return projections.map((m, i) => new LocalClassifier(i === 0 ? new Identity() : trunk.blocks[i - 1], m))
}

/** The paper's tuned rates of Forward-Forward for MNIST: the head learns so many times faster, and both forget. */
const headRate = 1.07e-2 / 4.8e-4
const decays = { layers: 4.2e-4, head: 6.2e-3 }

/** One step of Forward-Forward. @param strength what a painted label has in its pixel */
export const goodnessDescent =
  (strength: number): Step<ForwardForwardNetwork, ForwardForwardState> =>
  (network, state, { images, labels, key }, rate) =>
    forwardForwardStep(network, state, images, labels, key, {
      layers: { rate, weightDecay: decays.layers },
      head: { rate: rate.mul(headRate), weightDecay: decays.head },
      strength,
    })

/** conv 3x3 -> batch norm -> ReLU -> max-pool 2. With the statistics of its batch while it is trained, with measured ones afterwards. */
export class Block implements Applied {
  readonly convolution: Conv2d
  readonly norm: BatchNorm
  readonly statistics: RunningStatistics | undefined

  constructor(convolution: Conv2d, norm: BatchNorm, statistics?: RunningStatistics) {
    this.convolution = convolution
    this.norm = norm
    this.statistics = statistics
  }

  apply(x: Tensor): Tensor {
    return maxPool2d(this.norm.apply(this.convolution.apply(x), this.statistics).relu(), 2)
  }

  /** With the statistics that it has on these images, from now on. */
  settled(x: Tensor): Block {
    return new Block(this.convolution, this.norm, this.norm.statistics(this.convolution.apply(x)))
  }

  /** With those of each batch. */
  unsettled(): Block {
    return new Block(this.convolution, this.norm)
  }
}

/** Blocks one after another with the statistics that they have on these images. */
export function settledOn(blocks: readonly Block[], images: Tensor): Block[] {
  let x = images
  return blocks.map((block) => {
    const settled = block.settled(x)
    x = settled.apply(x)
    return settled
  })
}

/** Numbers behind each block, for square images. @throws CajalError when the side does not survive the pools */
export function blockSizes(side: number, channels: readonly number[]): number[] {
  const halvings = 2 ** channels.length
  if (side % halvings !== 0)
    throw new CajalError(
      `${channels.length} pools halve ${side} x ${side} pixels to ${side / halvings}: not a whole number`,
      { hint: `the side must be a multiple of ${halvings}` },
    )
  return channels.map((c, i) => c * (side / 2 ** (i + 1)) ** 2)
}

/** Convolution blocks, a head on the last, with which the blocks are trained if they are, and a predictor on each. */
export interface CascadedNetwork {
  readonly trunk: Headed<Block>
  readonly predictors: readonly Linear[]
}

/** @param shape `[channels, side, side]` of the images; @param channels of the blocks */
export function cascadedNetwork(
  shape: readonly number[],
  channels: readonly number[],
  classes: number,
  key: Key,
): CascadedNetwork {
  const sizes = blockSizes(shape[1], channels)
  const [forBlocks, forPredictors] = split(key, 2)
  const keys = split(forBlocks, channels.length + 1)
  const blocks = channels.map((c, i) => {
    const convolution = conv2dLayer(channels[i - 1] ?? shape[0], c, 3, keys[i], { padding: 1, bias: false })
    return new Block(convolution, batchNorm(c))
  })
  const head = uniformLinear(sizes[sizes.length - 1], classes, keys[channels.length], zeros([classes]))
  const predictors = split(forPredictors, channels.length).map((k, i) => uniformLinear(sizes[i], classes, k))
  return { trunk: { blocks, head }, predictors }
}

/** Each predictor's logits, and last their sum, which predicts. */
export function cascadedLogits({ trunk, predictors }: CascadedNetwork, images: Tensor): Tensor[] {
  const own = cascade(
    predictors.map((m, i) => new LocalClassifier(trunk.blocks[i], m)),
    images,
  )
  return [...own, own.reduce((a, b) => a.add(b))]
}
