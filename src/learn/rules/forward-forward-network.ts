/** Layers that learn by Forward-Forward, under a head that reads what they have found. */
import { CajalError, concat, type Key, normal, split, stopGradient, type Tensor, zeros } from "../../engine/index.ts"
import { Linear } from "../layers/linear.ts"
import { type AdamState, adamState, adamw } from "../optimisers/adam.ts"
import { readoutAlone } from "./backpropagation.ts"
import { activitiesOf, forwardForward, paintLabels, paintNeutral, unitRms, wrongLabels } from "./forward-forward.ts"

/** Layers that train on goodness, and a linear head on all but the first, which neither trains nor is trained by them. */
export interface ForwardForwardNetwork {
  readonly layers: readonly Linear[]
  /** `[units of all layers but the first, classes]`, without bias. */
  readonly head: Linear
}

/**
 * Weights normal with deviation 1 / √units, biases and the head 0.
 * @param sizes inputs, layers, classes
 * @throws CajalError when there is one layer only: the head would have no input
 */
export function forwardForwardNetwork(sizes: readonly number[], key: Key): ForwardForwardNetwork {
  const [classes, widths] = [sizes[sizes.length - 1], sizes.slice(1, -1)]
  checkForwardForwardDepth(widths.length)
  const layers = split(key, widths.length).map(
    (k, i) => new Linear(normal(k, [sizes[i], widths[i]], 0, 1 / Math.sqrt(widths[i])), zeros([widths[i]])),
  )
  const seen = widths.slice(1).reduce((a, b) => a + b, 0)
  return { layers, head: new Linear(zeros([seen, classes])) }
}

/** @throws CajalError when there are too few layers for a head */
export function checkForwardForwardDepth(layers: number): void {
  if (layers < 2)
    throw new CajalError(
      `Forward-Forward with ${layers} hidden layer has no input for its head, which reads the layers from the second on`,
      { hint: "use two layers or more" },
    )
}

export interface ForwardForwardState {
  readonly layers: AdamState<readonly Linear[]>
  readonly head: AdamState<Linear>
  /** Running mean activities of each layer's units. */
  readonly running: readonly Tensor[]
}

export const forwardForwardState = ({ layers, head }: ForwardForwardNetwork): ForwardForwardState => ({
  layers: adamState(layers),
  head: adamState(head),
  running: layers.map((layer) => zeros([layer.weight.shape[1]]).add(0.5)),
})

/** Learning rates (scalars) and weight decays of AdamW. */
export interface ForwardForwardRates {
  readonly layers: { readonly rate: Tensor; readonly weightDecay?: number }
  readonly head: { readonly rate: Tensor; readonly weightDecay?: number }
  /** What a painted label has in its pixel. Default 1. */
  readonly strength?: number
}

/**
 * A step of the layers on images with their labels and with wrong ones, and of the head on what the right ones bring about.
 * @param images `[batch, pixels]`
 * @param labels i32 `[batch]`
 * @param key draws the wrong labels
 * @returns network, state, and the losses of all layers and the head added up
 */
export function forwardForwardStep(
  network: ForwardForwardNetwork,
  state: ForwardForwardState,
  images: Tensor,
  labels: Tensor,
  key: Key,
  { layers: forLayers, head: forHead, strength = 1 }: ForwardForwardRates,
): [ForwardForwardNetwork, ForwardForwardState, loss: Tensor] {
  const classes = network.head.weight.shape[1]
  const positive = paintLabels(images, labels, classes, strength)
  const negative = paintLabels(images, wrongLabels(key, labels, classes), classes, strength)
  const found = forwardForward(network.layers, positive, negative, state.running)
  const [headLoss, headGradient] = readoutAlone(network.head, concat(found.activities.slice(1), 1), labels)
  const [layers, layersState] = adamw(network.layers, found.gradients, state.layers, forLayers)
  const [head, headState] = adamw(network.head, headGradient, state.head, forHead)
  return [
    { layers, head },
    { layers: layersState, head: headState, running: found.running.map(stopGradient) },
    found.losses.reduce((a, b) => a.add(b)).add(headLoss),
  ]
}

/** The head's logits `[batch, classes]` for images that say nothing of their label: one pass. */
export function neutralLogits({ layers, head }: ForwardForwardNetwork, images: Tensor, strength = 1): Tensor {
  const [, ...deeper] = activitiesOf(layers, paintNeutral(images, head.weight.shape[1], strength))
  return head.apply(concat(deeper.map(unitRms), 1))
}
