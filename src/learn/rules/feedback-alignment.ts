/** Direct feedback alignment: the error reaches every block by a fixed random matrix of its own, not through the blocks above. */
import {
  CajalError,
  grad,
  type Key,
  normal,
  oneHot,
  stopGradient,
  type Tensor,
  valueAndGrad,
} from "../../engine/index.ts"
import type { Linear } from "../layers/linear.ts"
import { crossEntropy } from "../losses.ts"
import { type Headed, readFlat } from "./backpropagation.ts"
import type { Applied } from "./layerwise.ts"

/** A feedback matrix `[classes, width]`: normal numbers, each row of length 1. */
export function feedbackMatrix(key: Key, classes: number, width: number): Tensor {
  const drawn = normal(key, [classes, width])
  return drawn.div(drawn.norm(-1, true))
}

/** The gradient of one block for a cotangent given at its output. */
export const gradientFor = <B extends Applied>(block: B, x: Tensor, cotangent: Tensor): B =>
  grad((own: B) => own.apply(x).mul(stopGradient(cotangent)).sum())(block)

/**
 * Loss and gradients under direct feedback alignment. With e = softmax - one-hot (over the batch size), block i below the last takes e Bᵢ for the
 * gradient at its output; the last block and the head take the true one.
 * @param feedback Bᵢ `[classes, outputs of block i]`, one for each block below the last
 * @throws CajalError when matrices and blocks do not fit
 * @source Nøkland, Direct Feedback Alignment Provides Learning in Deep Neural Networks (2016), eq. 6
 */
export function directFeedback<B extends Applied>(
  network: Headed<B>,
  feedback: readonly Tensor[],
  x: Tensor,
  labels: Tensor,
): [loss: Tensor, gradient: Headed<B>] {
  const { blocks, head } = network
  const lower = blocks.slice(0, -1)
  if (feedback.length !== lower.length)
    throw new CajalError(`${blocks.length} blocks need ${lower.length} feedback matrices, not ${feedback.length}`)
  const inputs = [x]
  for (const block of lower) inputs.push(stopGradient(block.apply(inputs[inputs.length - 1])))
  const classes = head.weight.shape[1]
  const [[loss, logits], top] = valueAndGrad((own: { block: B; head: Linear }) => {
    const logits = readFlat(own.head, own.block.apply(inputs[lower.length]))
    return [crossEntropy(logits, labels), logits]
  })({ block: blocks[lower.length], head })
  const error = logits
    .softmax()
    .sub(oneHot(labels, classes).cast(logits.dtype))
    .mul(1 / x.shape[0])
  const gradients = lower.map((block, i) => {
    const { shape } = inputs[i + 1]
    const width = inputs[i + 1].size / shape[0]
    if (feedback[i].shape[0] !== classes || feedback[i].shape[1] !== width)
      throw new CajalError(
        `feedback matrix ${i} is ${feedback[i].describe()}; ${classes} classes and a block of ${width} outputs need [${classes}, ${width}]`,
      )
    return gradientFor(block, inputs[i], error.matmul(feedback[i]).reshape(shape))
  })
  return [loss, { blocks: [...gradients, top.block], head: top.head }]
}
