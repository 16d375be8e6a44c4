/** Backpropagation as one rule among others: what they are held against. */
import { type Tensor, valueAndGrad } from "../../engine/index.ts"
import type { Linear } from "../layers/linear.ts"
import { crossEntropy } from "../losses.ts"
import type { Applied } from "./layerwise.ts"

/** A learning rule: the loss, and a tree like the model, whatever it is that the rule calls its gradient. */
export type Rule<M> = (model: M, x: Tensor, labels: Tensor) => [loss: Tensor, gradient: M]

/** Blocks under a linear head. */
export interface Headed<B> {
  readonly blocks: readonly B[]
  readonly head: Linear
}

/** A readout of all that lies behind the batch axis. */
export const readFlat = (readout: Linear, activation: Tensor): Tensor =>
  readout.apply(activation.rank === 2 ? activation : activation.reshape([activation.shape[0], -1]))

/** `[batch, classes]` */
export const logitsOf = ({ blocks, head }: Headed<Applied>, x: Tensor): Tensor =>
  readFlat(
    head,
    blocks.reduce((below, block) => block.apply(below), x),
  )

/** Cross-entropy and its true gradient. @param labels i32 `[batch]` */
export const backpropagation = <B extends Applied>(
  network: Headed<B>,
  x: Tensor,
  labels: Tensor,
): [loss: Tensor, gradient: Headed<B>] => valueAndGrad((n: Headed<B>) => crossEntropy(logitsOf(n, x), labels))(network)

/** A readout alone, on what lies still: a predictor of Cascaded-Forward, or any layer's last when its weights are frozen. */
export const readoutAlone: Rule<Linear> = (readout, x, labels) =>
  valueAndGrad((own: Linear) => crossEntropy(readFlat(own, x), labels))(readout)
