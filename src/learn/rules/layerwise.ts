/** Learning without a backward pass through the network: every layer has a loss of its own. */
import { mapTree, stopGradient, type Tensor, type Tree, valueAndGrad } from "../../engine/index.ts"
import type { Linear } from "../layers/linear.ts"

/** Anything that turns a batch into a batch: a layer, a block of layers. */
export interface Applied {
  apply(x: Tensor): Tensor
}

/** `relu(x W + b)` */
export class Rectified implements Applied {
  readonly linear: Linear

  constructor(linear: Linear) {
    this.linear = linear
  }

  apply(x: Tensor): Tensor {
    return this.linear.apply(x).relu()
  }
}

/** What it is given: the layer below the first. */
export class Identity implements Applied {
  apply(x: Tensor): Tensor {
    return x
  }
}

/** A tree whose tensors count as constants in every gradient: a part of a network that is not trained. */
export const frozen = <T extends Tree>(tree: T): T => mapTree(stopGradient, tree)

/** What a pass through the layers brought. */
export interface Layerwise<L extends Tree, X extends Tree> {
  /** Scalars, one a layer. */
  readonly losses: readonly Tensor[]
  /** Of each layer's own loss with respect to that layer alone: trees like the layers. */
  readonly gradients: readonly L[]
  /** What each layer gave. */
  readonly outputs: readonly Tensor[]
  /** What the loss of each layer returned besides. */
  readonly others: readonly X[]
}

/**
 * One pass through a chain of layers, each differentiated as soon as it has run. What a layer hands on is a constant to the next, so no error crosses
 * the border between two layers, and nothing of a layer is kept once its gradient is there.
 * @param local a layer and its input -> its loss (a scalar), its output, and anything else
 */
export function layerwise<L extends Tree, X extends Tree = undefined>(
  layers: readonly L[],
  input: Tensor,
  local: (layer: L, input: Tensor, index: number) => readonly [loss: Tensor, output: Tensor, other?: X],
): Layerwise<L, X> {
  let x = input
  const done = layers.map((layer, i) => {
    const below = x
    const [[loss, output, other], gradient] = valueAndGrad((own: L) => [...local(own, below, i)])(layer) as unknown as [
      [Tensor, Tensor, X],
      L,
    ]
    x = stopGradient(output)
    return { loss, output: x, gradient, other }
  })
  return {
    losses: done.map(({ loss }) => loss),
    gradients: done.map(({ gradient }) => gradient),
    outputs: done.map(({ output }) => output),
    others: done.map(({ other }) => other),
  }
}
