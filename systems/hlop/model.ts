/**
 * A spiking network that learns one task after another: its online training rule, and the lateral neurons that protect what it knows.
 * @source Xiao et al., Hebbian Learning based Orthogonal Projection for Continual Learning of Spiking Neural Networks (2024)
 */
import {
  concat,
  type HostRandom,
  type Key,
  mapTree,
  scan,
  split,
  stopGradient,
  type Tensor,
  valueAndGrad,
  zeros,
} from "../../src/engine/index.ts"
import {
  crossEntropy,
  fanInUniform,
  type LateralActivity,
  Linear,
  learnSubspace,
  matmulLearning,
  outside,
  projectGradient,
  randomDirections,
  type SubspaceLearning,
  SubspaceNeurons,
} from "../../src/learn/index.ts"
import { type LeakyParameters, type LifState, leaky, lifState } from "../../src/neuro/index.ts"

/** Layers of leaky neurons under a linear readout, without biases. The tensors are the parameters. */
export class SpikingNetwork {
  /** `[inputs, neurons]` each, the readout last. */
  readonly layers: readonly Linear[]

  constructor(layers: readonly Linear[]) {
    this.layers = layers
  }
}

/** @param sizes neurons of each layer: pixels, hidden layers, classes */
export const spikingNetwork = (sizes: readonly number[], key: Key): SpikingNetwork =>
  new SpikingNetwork(
    split(key, sizes.length - 1).map((k, l) => new Linear(fanInUniform(k, [sizes[l], sizes[l + 1]], sizes[l]))),
  )

/** What learns: a network, and the lateral neurons of its layers; none where nothing is protected. */
export interface Learner {
  readonly network: SpikingNetwork
  readonly laterals: readonly SubspaceNeurons[]
}

/** What is learned from the presynaptic side: online traces of spikes, or the spikes themselves and errors through time. */
export type Rule = "ottt" | "bptt"

export interface Setting {
  readonly rule: Rule
  readonly steps: number
  readonly neuron: LeakyParameters
  /** Whether the lateral neurons speak in bursts. */
  readonly activity?: LateralActivity | undefined
}

export interface Batch {
  /** `[batch, pixels]` */
  readonly images: Tensor
  /** i32 `[batch]` */
  readonly labels: Tensor
}

interface NetworkState {
  /** Potentials v[t-1] of the hidden layers. */
  readonly potentials: readonly LifState[]
  /** Their presynaptic traces r[t-1], `[batch, neurons]`. */
  readonly traces: readonly Tensor[]
}

const atRest = ({ layers }: SpikingNetwork, batch: number): NetworkState => {
  const shapes = layers.slice(0, -1).map((layer) => [batch, layer.weight.shape[1]])
  return { potentials: shapes.map(lifState), traces: shapes.map((shape) => zeros(shape)) }
}

/** What the weights of layer `l` are given to learn from, z: all of its presynaptic activity x, or what no earlier task has used. */
export type Presynaptic = (x: Tensor, l: number) => Tensor

/** z = r - P_old r where there is something to protect. */
export const protectedBy =
  (laterals: readonly (SubspaceNeurons | undefined)[], activity?: LateralActivity): Presynaptic =>
  (x, l) => {
    const old = laterals[l]?.old
    return old === undefined ? x : outside(x, old, activity)
  }

/**
 * One step of the network:
 *   u[t] = λ v[t-1] + W s_below[t];   s[t] = (u[t] >= 1);   v[t] = u[t] - s[t];   r[t] = λ r[t-1] + s[t];   o[t] = W s[t] at the readout
 * The forward pass is the same for all rules; they differ in what the weights learn from: z of r (OTTT), or of s (BPTT).
 * @param drive W₁ x `[batch, neurons]`, the same at every step
 */
function timeStep(
  { layers }: SpikingNetwork,
  drive: Tensor,
  before: NetworkState,
  { neuron, rule }: Setting,
  presynaptic: Presynaptic,
) {
  const potentials: LifState[] = []
  const traces: Tensor[] = []
  const spikes: Tensor[] = []
  let current = drive
  before.potentials.forEach((state, l) => {
    const [after, s] = leaky(state, current, neuron)
    const r = before.traces[l].mul(neuron.decay).add(stopGradient(s))
    potentials.push(after)
    traces.push(r)
    spikes.push(stopGradient(s))
    const z = presynaptic(rule === "bptt" ? stopGradient(s) : r, l + 1)
    current = matmulLearning(s, layers[l + 1].weight, z)
  })
  return { state: { potentials, traces }, output: current, spikes }
}

/** What the lateral neurons of each layer hear in a batch: the images, then spikes and traces of each step, `[steps, 2 batch, N]`. */
export type Heard = readonly Tensor[]

/** The loss, the mean over steps of the cross entropy of o[t], and what the lateral neurons hear meanwhile. */
export function lossOverTime(
  network: SpikingNetwork,
  { images, labels }: Batch,
  setting: Setting,
  presynaptic: Presynaptic,
): [loss: Tensor, heard: Heard] {
  const { steps, rule } = setting
  const drive = matmulLearning(images, network.layers[0].weight, presynaptic(images, 0))
  const [, { loss, heard }] = scan(
    (carried: NetworkState) => {
      // No error travels back in time, as in the paper: each step is differentiated as soon as it has run.
      const before = rule === "ottt" ? mapTree(stopGradient, carried) : carried
      const { state, output, spikes } = timeStep(network, drive, before, setting, presynaptic)
      const heard = spikes.map((s, l) => concat(rule === "ottt" ? [s, state.traces[l]] : [s]))
      return [state, { loss: crossEntropy(output, labels), heard }]
    },
    atRest(network, images.shape[0]),
    undefined,
    { length: steps },
  )
  return [loss.mean(), [images.expandDims(0), ...heard]]
}

/**
 * The gradient of the weights, what is protected left out of it. Where lateral neurons are linear and a layer has fewer outputs than
 * there are traces in a batch, the sum Σ δ rᵀ is projected instead of each trace: the same numbers for less work.
 */
export function gradientOf({ network, laterals }: Learner, batch: Batch, setting: Setting) {
  const { activity, steps } = setting
  const examples = batch.images.shape[0]
  const isSummed = network.layers.map(
    ({ weight }, l) => activity === undefined && weight.shape[1] < examples * (l === 0 ? 1 : steps),
  )
  const before = protectedBy(
    laterals.map((own, l) => (isSummed[l] ? undefined : own)),
    activity,
  )
  const [result, { layers }] = valueAndGrad((n: SpikingNetwork) => lossOverTime(n, batch, setting, before))(network)
  const gradient = layers.map(({ weight }, l) => {
    const old = isSummed[l] ? laterals[l]?.old : undefined
    return new Linear(old === undefined ? weight : projectGradient(weight, old))
  })
  return [result, new SpikingNetwork(gradient)] as const
}

/** Hebbian learning of all lateral neurons on what they heard, step by step. No label is used. */
export const learnLaterals = (
  laterals: readonly SubspaceNeurons[],
  heard: Heard,
  options: readonly SubspaceLearning[],
): readonly SubspaceNeurons[] =>
  laterals.map((own, l) => {
    const { old } = own
    const [after] = scan(
      ({ fresh, velocity }: Pick<SubspaceNeurons, "fresh" | "velocity">, x: Tensor) => {
        const next = learnSubspace(new SubspaceNeurons(old, fresh, velocity), x, options[l])
        return [{ fresh: next.fresh, velocity: next.velocity }, undefined]
      },
      { fresh: own.fresh, velocity: own.velocity },
      heard[l],
    )
    return new SubspaceNeurons(old, after.fresh, after.velocity)
  })

/**
 * Lateral neurons for the next task: a block of fresh rows at every layer, orthonormal. All rows so far become old.
 * @param blocks fresh rows at each layer
 */
export const nextTask = (
  { network, laterals }: Learner,
  blocks: readonly number[],
  random: HostRandom,
): readonly SubspaceNeurons[] =>
  network.layers.map((layer, l) => {
    const fresh = randomDirections(blocks[l], layer.weight.shape[0], random.fold(l), laterals[l]?.rows)
    return laterals[l]?.grown(fresh) ?? new SubspaceNeurons(undefined, fresh)
  })

/** Sum of the readout over all steps, `[batch, classes]`. */
export function votes(network: SpikingNetwork, images: Tensor, setting: Setting): Tensor {
  const drive = network.layers[0].apply(images)
  const classes = network.layers.at(-1)!.weight.shape[1]
  const start = { ...atRest(network, images.shape[0]), votes: zeros([images.shape[0], classes]) }
  const [end] = scan(
    ({ votes, ...before }: typeof start) => {
      const { state, output } = timeStep(network, drive, before, setting, (x) => x)
      return [{ ...state, votes: votes.add(output) }, undefined]
    },
    start,
    undefined,
    { length: setting.steps },
  )
  return end.votes
}
