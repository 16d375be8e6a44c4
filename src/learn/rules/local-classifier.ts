/** Layers that learn to tell the classes by themselves: Mono-Forward, and the predictors of Cascaded-Forward. */
import { type Key, type Tensor, valueAndGrad } from "../../engine/index.ts"
import { fanInUniform } from "../initialisers.ts"
import { Linear } from "../layers/linear.ts"
import { crossEntropy } from "../losses.ts"
import { readFlat } from "./backpropagation.ts"
import { type Applied, type Layerwise, layerwise } from "./layerwise.ts"

/** A layer, and the linear readout that tells the classes from what it gives. */
export class LocalClassifier<L extends Applied = Applied> {
  readonly layer: L
  readonly readout: Linear

  constructor(layer: L, readout: Linear) {
    this.layer = layer
    this.readout = readout
  }

  /** What the layer gives, and the logits that are read from it `[batch, classes]`. */
  apply(x: Tensor): { readonly activation: Tensor; readonly logits: Tensor } {
    const activation = this.layer.apply(x)
    return { activation, logits: readFlat(this.readout, activation) }
  }
}

/** A linear layer whose weights are uniform within 1 / √inputs. */
export function uniformLinear(inputs: number, outputs: number, key: Key, bias?: Tensor): Linear {
  return new Linear(fanInUniform(key, [inputs, outputs], inputs), bias)
}

/**
 * Mono-Forward for one layer: the cross-entropy of its own readout, and its gradient with respect to the layer and the readout, which is all that is
 * differentiated.
 *   a = layer(x);   L = CE(a Mᵀ, label);   ∂L/∂(W, b, M)
 * @source Mono-Forward (2025), arXiv 2501.09238
 */
export const monoForward = <L extends Applied>(
  part: LocalClassifier<L>,
  x: Tensor,
  labels: Tensor,
): [loss: Tensor, gradient: LocalClassifier<L>] =>
  valueAndGrad((own: LocalClassifier<L>) => crossEntropy(own.apply(x).logits, labels))(part)

/** Mono-Forward for all layers at the same time: each sees its own cross-entropy only. */
export const monoForwardAll = <L extends Applied>(
  parts: readonly LocalClassifier<L>[],
  x: Tensor,
  labels: Tensor,
): Layerwise<LocalClassifier<L>, undefined> =>
  layerwise(parts, x, (part, input) => {
    const { activation, logits } = part.apply(input)
    return [crossEntropy(logits, labels), activation]
  })

/** The logits that every part reads, from the first to the last: `[batch, classes]` each. Cascaded-Forward adds them up, Mono-Forward takes the last. */
export function cascade(parts: readonly LocalClassifier[], x: Tensor): Tensor[] {
  let below = x
  return parts.map((part) => {
    const { activation, logits } = part.apply(below)
    below = activation
    return logits
  })
}
