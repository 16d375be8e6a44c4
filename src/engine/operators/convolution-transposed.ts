import { operationError } from "../errors.ts"
import { formatShape } from "../shape.ts"
import type { Tensor } from "../tensor.ts"
import { apply1 } from "../trace.ts"
import { conv2dInputGradientPrimitive } from "./convolution.ts"
import { expandDims, squeeze } from "./layout.ts"
import { type Extent, type Pair, planeOf, windowsOf } from "./windows.ts"

export interface TransposedConvolutionOptions {
  /** Distance between the places of neighbouring inputs in the output, 1 by default. */
  readonly stride?: Extent
  /** Rows and columns that are cut off on every side of the output, 0 by default. */
  readonly padding?: Extent
  /** Rows and columns added at the end: which of the sizes that a convolution takes to the input's size is meant. Less than the stride. */
  readonly outputPadding?: Extent
  readonly dilation?: Extent
  readonly groups?: number
}

/**
 * Two-dimensional transposed convolution: the adjoint of `conv2d` with the same weight and options. Every input element adds its multiple of
 * the window to the output; the size is `(size - 1) · stride + dilation · (kernel - 1) + 1 - 2 · padding + outputPadding`.
 * @param x `[batch, channels, height, width]`
 * @param weight `[channels, out / groups, kernel height, kernel width]`
 * @returns `[batch, out, rows, columns]`
 * @throws CajalError naming both shapes when they do not fit
 */
export function convTranspose2d(x: Tensor, weight: Tensor, options: TransposedConvolutionOptions = {}): Tensor {
  const { groups = 1 } = options
  if (x.rank !== 4 || weight.rank !== 4)
    throw operationError(
      `convTranspose2d needs two tensors of 4 axes, not ${x.describe()} and ${weight.describe()}`,
      shapesHint,
    )
  const [, channels] = x.shape
  if (weight.shape[0] !== channels)
    throw operationError(
      `convTranspose2d: x ${formatShape(x.shape)} has ${channels} channels, weight ${formatShape(weight.shape)} expects ${weight.shape[0]}`,
      shapesHint,
    )
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0)
    throw operationError(`convTranspose2d: ${channels} input channels cannot be cut into ${groups} groups`)
  const given = planeOf(x.shape)
  const windows = windowsOf("convTranspose2d", given, planeOf(weight.shape), options)
  const extra =
    typeof options.outputPadding === "number"
      ? ([options.outputPadding, options.outputPadding] as const)
      : (options.outputPadding ?? [0, 0])
  const size = [0, 1].map((i) => {
    if (!Number.isInteger(extra[i]) || extra[i] < 0 || extra[i] >= windows.stride[i])
      throw operationError(
        `convTranspose2d: the output padding is a whole number from 0 and less than the stride ${windows.stride[i]}, not ${extra[i]}`,
      )
    const span = windows.dilation[i] * (windows.kernel[i] - 1) + 1
    return (given[i] - 1) * windows.stride[i] + span - 2 * windows.low[i] + extra[i]
  }) as unknown as Pair
  if (size.some((n) => n < 1))
    throw operationError(
      `convTranspose2d: nothing is left of ${formatShape(x.shape)} by a window of ${windows.kernel.join(" x ")} and padding ${windows.low.join(" x ")}`,
    )
  return apply1(conv2dInputGradientPrimitive, [x, weight], { ...windows, groups, size })
}

const shapesHint = {
  hint: "x is [batch, channels, height, width], weight is [channels, out / groups, height, width]",
}

/**
 * One-dimensional transposed convolution, see `convTranspose2d`.
 * @param x `[batch, channels, length]`
 * @param weight `[channels, out / groups, kernel length]`
 * @returns `[batch, out, positions]`
 */
export function convTranspose1d(
  x: Tensor,
  weight: Tensor,
  options: {
    readonly stride?: number
    readonly padding?: number
    readonly outputPadding?: number
    readonly dilation?: number
    readonly groups?: number
  } = {},
): Tensor {
  const { stride = 1, padding = 0, outputPadding = 0, dilation = 1, groups } = options
  if (x.rank !== 3 || weight.rank !== 3)
    throw operationError(
      `convTranspose1d needs x [batch, channels, length] and weight [channels, out / groups, length], not ${x.describe()} and ${weight.describe()}`,
    )
  const y = convTranspose2d(expandDims(x, 2), expandDims(weight, 2), {
    stride: [1, stride],
    padding: [0, padding],
    outputPadding: [0, outputPadding],
    dilation: [1, dilation],
    groups,
  })
  return squeeze(y, 2)
}
