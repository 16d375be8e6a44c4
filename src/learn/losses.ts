import { CajalError, type Tensor, takeAlongLast } from "../engine/index.ts"

/**
 * Mean over the batch of -log p(label).
 * @param logits `[batch, classes]`
 * @param labels i32 `[batch]`, each 0..classes-1
 */
export function crossEntropy(logits: Tensor, labels: Tensor): Tensor {
  const [batch, classes] = logits.shape
  if (logits.rank !== 2 || labels.rank !== 1 || labels.shape[0] !== batch)
    throw new CajalError(
      `crossEntropy takes logits [batch, classes] and labels [batch], not ${logits.describe()} and ${labels.describe()}`,
    )
  checkLabels(labels, classes)
  const whole = labels.dtype === "u32" ? labels : labels.cast("i32")
  return takeAlongLast(logits.logSoftmax(), whole)
    .sum()
    .mul(-1 / batch)
}

/** Labels whose values are known are checked; in compiled functions one that is out of range counts as the nearest class. */
function checkLabels(labels: Tensor, classes: number): void {
  if (labels.value !== undefined) return
  const values = labels.array()
  const at = values.findIndex((label) => !(label >= 0 && label < classes))
  if (at >= 0)
    throw new CajalError(
      `crossEntropy: label ${at} is ${values[at]}, and there are ${classes} classes: labels are 0 to ${classes - 1}`,
    )
}

/** Mean over all elements of (prediction - target)². */
export const meanSquaredError = (prediction: Tensor, target: Tensor): Tensor => prediction.sub(target).square().mean()

/** Mean over all elements of |prediction - target|. */
export const meanAbsoluteError = (prediction: Tensor, target: Tensor): Tensor => prediction.sub(target).abs().mean()

/** Mean of -y log σ(x) - (1 - y) log(1 - σ(x)), safe for large logits. */
export const binaryCrossEntropy = (logits: Tensor, targets: Tensor): Tensor =>
  logits.softplus().sub(logits.mul(targets)).mean()

/** Share of examples whose largest logit is that of their label. @param logits `[batch, classes]` @param labels i32 `[batch]` */
export const accuracy = (logits: Tensor, labels: Tensor): Tensor =>
  logits.argmax().eq(labels.cast("i32")).cast("f32").mean()
