/**
 * Forward-Forward: a layer learns to be lively for images with their right label painted in, and quiet for wrong ones.
 * @source Hinton, The Forward-Forward Algorithm: Some Preliminary Investigations (2022), arXiv 2212.13345
 */
import {
  CajalError,
  concat,
  full,
  type Key,
  oneHot,
  ones,
  randomIntegers,
  straightThrough,
  type Tensor,
  zeros,
} from "../../engine/index.ts"
import type { Linear } from "../layers/linear.ts"
import { binaryCrossEntropy } from "../losses.ts"
import { layerwise } from "./layerwise.ts"

function painted(images: Tensor, paint: Tensor): Tensor {
  const [pixels, classes] = [images.shape[1], paint.shape[1]]
  if (images.rank !== 2)
    throw new CajalError(`labels are painted into images [batch, pixels], not ${images.describe()}`)
  if (classes > pixels)
    throw new CajalError(`${classes} classes cannot be painted into images of ${pixels} pixels`, {
      hint: "each class takes one pixel",
    })
  return classes === pixels ? paint : concat([paint, images.slice(1, classes)], 1)
}

/**
 * Images whose first pixels, one a class, say the label: `strength` for the class, 0 for the others.
 * @param images `[batch, pixels]`, 0..1
 * @param labels i32 `[batch]`
 * @throws CajalError when there are more classes than pixels, or a label that is known lies outside 0..classes-1
 */
export function paintLabels(images: Tensor, labels: Tensor, classes: number, strength = 1): Tensor {
  if (labels.value === undefined) {
    const values = labels.array()
    const at = values.findIndex((label) => !(label >= 0 && label < classes))
    if (at >= 0)
      throw new CajalError(`label ${at} is ${values[at]}, and there are ${classes} classes: 0 to ${classes - 1}`)
  }
  return painted(images, oneHot(labels, classes).mul(strength))
}

/** Images that say nothing of their label: 1 / classes of the strength in every label pixel. */
export const paintNeutral = (images: Tensor, classes: number, strength = 1): Tensor =>
  painted(images, full([images.shape[0], classes], strength / classes))

/** A label for each example that is not its own, each of the others equally likely: i32 `[batch]`. */
export function wrongLabels(key: Key, labels: Tensor, classes: number): Tensor {
  const next = labels.cast("i32").add(randomIntegers(key, labels.shape, 1, classes))
  return next.sub(next.ge(classes).cast("i32").mul(classes))
}

/** Rows divided by their root mean square, so that a layer cannot read the goodness of the one before: `z / (√mean(z²) + 1e-8)`. */
export const unitRms = (z: Tensor): Tensor => z.div(z.square().mean(-1, true).sqrt().add(1e-8))

/** Sum of the squares of a layer's activities: `[batch]`. */
export const goodness = (h: Tensor): Tensor => h.square().sum(-1)

const rectified = straightThrough((z) => z.relu())

/** `h = relu(x W + b)`; in training the gradient passes the rectifier unchanged, so that a silent unit can be called back. */
export const lively = (layer: Linear, x: Tensor): Tensor => rectified(layer.apply(x))

export interface ForwardForwardOptions {
  /** Weight of the term that keeps units about equally active. Default 0.03. */
  readonly peers?: number
  /** Share of a unit's running mean that is kept. Default 0.9. */
  readonly momentum?: number
}

/**
 * The loss of one layer: how surely its goodness, over one a unit, tells right labels from wrong ones, and a pull towards equal mean activities.
 *   BCE(Σ h² - units, right) + peers · mean_j (mean(r) - r_j)²,   r ← momentum · r + (1 - momentum) · mean of h over the right ones
 * @param h `[2 batch, units]`, the right ones first
 * @param running r `[units]`; only what is new of it carries a gradient
 * @returns the loss, and the next r
 */
export function forwardForwardLoss(
  h: Tensor,
  running: Tensor,
  { peers = 0.03, momentum = 0.9 }: ForwardForwardOptions = {},
): [loss: Tensor, running: Tensor] {
  const [both, units] = h.shape
  const right = concat([ones([both / 2], h.dtype), zeros([both / 2], h.dtype)])
  const next = running.mul(momentum).add(
    h
      .slice(0, 0, both / 2)
      .mean(0)
      .mul(1 - momentum),
  )
  const unequal = next.mean().sub(next).square().mean()
  return [binaryCrossEntropy(goodness(h).sub(units), right).add(unequal.mul(peers)), next]
}

/**
 * One pass of right and wrong images through the layers, as one batch: every layer's own loss and gradient.
 * @param positive images with their labels, `[batch, inputs]`; `negative` with wrong ones, same shape
 * @param running running mean activities of each layer's units, `[units]` each; 0.5 at the start
 * @returns losses and gradients of the layers; `running` for the next step; `activities`, normalised, of the right images: `[batch, units]` each
 */
export function forwardForward(
  layers: readonly Linear[],
  positive: Tensor,
  negative: Tensor,
  running: readonly Tensor[],
  options: ForwardForwardOptions = {},
) {
  const batch = positive.shape[0]
  const { losses, gradients, outputs, others } = layerwise(
    layers,
    unitRms(concat([positive, negative])),
    (layer, x, i) => {
      const h = lively(layer, x)
      const [loss, next] = forwardForwardLoss(h, running[i], options)
      return [loss, unitRms(h), next]
    },
  )
  return { losses, gradients, running: others, activities: outputs.map((x) => x.slice(0, 0, batch)) }
}

/** Activities of every layer, not normalised, for images `[batch, inputs]`: `[batch, units]` each. */
export const activitiesOf = (layers: readonly Linear[], images: Tensor): Tensor[] =>
  activitiesAbove(layers, layers[0].apply(unitRms(images)).relu())

/** The same from the first layer's activity on. */
function activitiesAbove([, ...deeper]: readonly Linear[], first: Tensor): Tensor[] {
  const all = [first]
  for (const layer of deeper) all.push(layer.apply(unitRms(all[all.length - 1])).relu())
  return all
}

/**
 * What the layers from the second on find of every label: the goodness of the image with that label painted in, added up.
 * Labels change one pixel each and leave the root mean square as it is, so the first layer's product with the image is made once for all of them.
 * @param images `[batch, pixels]`
 * @returns `[batch, classes]`; the largest is the prediction
 */
export function goodnessOfLabels(layers: readonly Linear[], images: Tensor, classes: number, strength = 1): Tensor {
  const [batch] = images.shape
  const { weight, bias } = layers[0]
  const rest = painted(images, zeros([batch, classes], images.dtype))
  const scale = rest
    .square()
    .sum(-1, true)
    .add(strength ** 2)
    .mul(1 / images.shape[1])
    .sqrt()
    .add(1e-8)
  const shared = rest.matmul(weight)
  const columns = Array.from({ length: classes }, (_, label) => {
    const z = shared.add(weight.slice(0, label, label + 1).mul(strength)).div(scale)
    const [, ...deeper] = activitiesAbove(layers, (bias === undefined ? z : z.add(bias)).relu())
    return deeper
      .map(goodness)
      .reduce((a, b) => a.add(b))
      .expandDims(1)
  })
  return concat(columns, 1)
}
