/** The methods of the race, each beside what it shares with the others: what it starts from, its phases, how it predicts. */
import { type HostArray, jit, key, split, type Tensor } from "../../src/engine/index.ts"
import {
  type Applied,
  adamState,
  backpropagation,
  cascade,
  directFeedback,
  type ForwardForwardNetwork,
  feedbackMatrix,
  forwardForwardNetwork,
  forwardForwardState,
  goodnessOfLabels,
  type Headed,
  type Linear,
  LocalClassifier,
  logitsOf,
  monoForward,
  neutralLogits,
  type Rule,
  readFlat,
  readoutAlone,
  type Schedule,
} from "../../src/learn/index.ts"
import type { RunEvent } from "../../src/run/index.ts"
import type { Parts } from "./data.ts"
import { firstBatch } from "./evaluate.ts"
import {
  type Block,
  blockSizes,
  type CascadedNetwork,
  cascadedLogits,
  cascadedNetwork,
  descent,
  goodnessDescent,
  partsOf,
  settledOn,
  sharedNetwork,
} from "./model.ts"
import { channelsOf, type Values } from "./parameters.ts"
import type { Method, Phase, PhaseOf } from "./phases.ts"

/** What the methods run on, and the settings that depend on the data set. */
export interface Ground {
  readonly data: Parts
  readonly classes: number
  readonly width: number
  readonly weightDecay: number
  /** Crops and flips the images of a batch. */
  readonly augment: ((images: HostArray, seed: number) => HostArray) | undefined
  readonly p: Values
}

/** The sizes of a perceptron with so many hidden layers. */
export const sizesOf = ({ data, width, classes }: Ground, layers: number): number[] => [
  data.train.images.shape[1],
  ...Array<number>(layers).fill(width),
  classes,
]

const replaced = <T>(list: readonly T[], at: number, by: T): T[] => list.map((x, i) => (i === at ? by : x))

/** A phase says its own types; those of one method train different things. */
const phase = <W, M, S>(of: PhaseOf<W, M, S>): Phase<W> => of

const patience = (epochs: number, gain = 0) => ({ measure: "loss", epochs, gain })

/** All layers at once, by the true gradient. */
export function byBackpropagation(ground: Ground): Method<Headed<Applied>> {
  const { data, p, weightDecay, augment } = ground
  return {
    data,
    start: (k) => sharedNetwork(sizesOf(ground, p.layers), k).trunk,
    phases: [
      phase({
        part: (network: Headed<Applied>) => network,
        join: (_, trained: Headed<Applied>) => trained,
        state: adamState,
        step: () => descent<Headed<Applied>>(backpropagation, weightDecay),
        logits: logitsOf,
        epochs: p.epochs,
        batch: p.batch,
        patience: patience(p.patience),
        augment,
      }),
    ],
    predictions: (network, images) => [logitsOf(network, images)],
  }
}

/** What a phase of one layer after another takes of the settings. */
const ofPhases = ({ p }: Ground) => ({
  epochs: p.phaseEpochs,
  batch: p.batch,
  patience: patience(p.phasePatience, 1e-4),
})

/** Layer after layer, each by its own cross-entropy. @param keeps what the frozen layers give, instead of computing it again for every batch */
export function byMonoForward(ground: Ground, keeps: boolean): Method<readonly LocalClassifier[]> {
  type Parts = readonly LocalClassifier[]
  const phaseOf = (i: number): Phase<Parts> => {
    const prefix = (parts: Parts, images: Tensor): Tensor =>
      keeps ? images : parts.slice(0, i).reduce((x, { layer }) => layer.apply(x), images)
    return phase({
      ...ofPhases(ground),
      augment: ground.augment,
      crosses: keeps && i > 0 ? (parts: Parts) => parts[i - 1].layer : undefined,
      part: (parts: Parts) => parts[i],
      join: (parts, part: LocalClassifier) => replaced(parts, i, part),
      state: adamState,
      step: (parts) => descent((part, images, labels) => monoForward(part, prefix(parts, images), labels)),
      logits: (part, images, parts) => part.apply(prefix(parts, images)).logits,
    })
  }
  return {
    data: ground.data,
    start: (k) => partsOf(sharedNetwork(sizesOf(ground, ground.p.layers), k)),
    phases: Array.from({ length: ground.p.layers + 1 }, (_, i) => phaseOf(i)),
    predictions: cascade,
  }
}

/** Readouts alone, one after another, each on what the frozen layers up to it give. */
const readoutPhases = <W>(
  count: number,
  of: Pick<Phase<W>, "epochs" | "batch" | "patience">,
  layer: (whole: W, i: number) => Applied,
  readout: (whole: W, i: number) => Linear,
  join: (whole: W, i: number, readout: Linear) => W,
): Phase<W>[] =>
  Array.from({ length: count }, (_, i) =>
    phase({
      ...of,
      crosses: (whole: W) => layer(whole, i),
      part: (whole: W) => readout(whole, i),
      join: (whole: W, part: Linear) => join(whole, i, part),
      state: adamState,
      step: () => descent(readoutAlone),
      logits: readFlat,
    }),
  )

/** The control of Mono-Forward: the same phases, in which only M learns. */
export function byReadoutsAlone(ground: Ground): Method<readonly LocalClassifier[]> {
  return {
    ...byMonoForward(ground, true),
    phases: readoutPhases(
      ground.p.layers + 1,
      ofPhases(ground),
      (parts, i) => parts[i].layer,
      (parts, i) => parts[i].readout,
      (parts, i, readout) => replaced(parts, i, new LocalClassifier(parts[i].layer, readout)),
    ),
  }
}

export const ffBatch = 100

/** Constant for the first half, then a straight line to 0. */
const halfThenDown =
  (rate: number): Schedule =>
  (step, total) =>
    rate * Math.min(1, 2 * (1 - step / total))

/** All layers at once, each by its own goodness. It predicts by goodness, and by its head. */
export function byForwardForward(
  ground: Ground,
  show: (network: ForwardForwardNetwork) => Iterable<RunEvent>,
): Method<ForwardForwardNetwork> {
  const { data, classes, p } = ground
  return {
    data,
    start: (k) => forwardForwardNetwork(sizesOf(ground, p.ffLayers), k),
    phases: [
      phase({
        part: (network: ForwardForwardNetwork) => network,
        join: (_, trained: ForwardForwardNetwork) => trained,
        state: forwardForwardState,
        step: () => goodnessDescent(p.strength),
        logits: (network, images) => neutralLogits(network, images, p.strength),
        epochs: p.ffEpochs,
        batch: ffBatch,
        patience: patience(p.patience),
        schedule: halfThenDown,
        show,
      }),
    ],
    predictions: (network, images) => [
      goodnessOfLabels(network.layers, images, classes, p.strength),
      neutralLogits(network, images, p.strength),
    ],
  }
}

const settlingImages = 1000

/** Blocks with the batch statistics that they have on the first images, for good. */
function settled(blocks: readonly Block[], { train }: Parts): Block[] {
  const { images } = firstBatch(train, settlingImages)
  const settle = jit(settledOn)
  const result = settle(blocks, images)
  settle.dispose()
  images.dispose()
  return result
}

/** The blocks and their head, trained together by some rule. */
function trunkPhase({ data, p }: Ground, rule: Rule<Headed<Block>>): Phase<CascadedNetwork> {
  return phase({
    part: ({ trunk }: CascadedNetwork) => ({ ...trunk, blocks: trunk.blocks.map((block) => block.unsettled()) }),
    join: (network, trunk: Headed<Block>) => ({ ...network, trunk: { ...trunk, blocks: settled(trunk.blocks, data) } }),
    state: adamState,
    step: () => descent(rule),
    logits: (trunk, images) => logitsOf(trunk, images),
    epochs: p.cifarEpochs,
    batch: p.batch,
    patience: patience(p.patience),
  })
}

const cascaded = ({ data, classes, p }: Ground): Pick<Method<CascadedNetwork>, "data" | "start"> => ({
  data,
  start: (k) => {
    const network = cascadedNetwork(data.train.images.shape.slice(1), channelsOf(p), classes, k)
    return { ...network, trunk: { ...network.trunk, blocks: settled(network.trunk.blocks, data) } }
  },
})

/** Convolution blocks that stay random, or learn first by direct feedback alignment; then predictors, one after another. */
export function byCascade(ground: Ground, blocks: "random" | "feedback"): Method<CascadedNetwork> {
  const { p, classes, data } = ground
  const sizes = blockSizes(data.train.images.shape[2], channelsOf(p))
  const keys = split(key(1), sizes.length - 1)
  const feedback = sizes.slice(0, -1).map((size, i) => feedbackMatrix(keys[i], classes, size))
  const predictors = readoutPhases<CascadedNetwork>(
    sizes.length,
    { epochs: p.cafoEpochs, batch: p.batch, patience: patience(8, 1e-4) },
    ({ trunk }, i) => trunk.blocks[i],
    (network, i) => network.predictors[i],
    (network, i, own) => ({ ...network, predictors: replaced(network.predictors, i, own) }),
  )
  const byFeedback: Rule<Headed<Block>> = (trunk, images, labels) => directFeedback(trunk, feedback, images, labels)
  return {
    ...cascaded(ground),
    phases: blocks === "random" ? predictors : [trunkPhase(ground, byFeedback), ...predictors],
    predictions: cascadedLogits,
  }
}

/** Backpropagation through the same blocks, the control of Cascaded-Forward. */
export const throughBlocks = (ground: Ground): Method<CascadedNetwork> => ({
  ...cascaded(ground),
  phases: [trunkPhase(ground, backpropagation)],
  predictions: ({ trunk }, images) => [logitsOf(trunk, images)],
})
