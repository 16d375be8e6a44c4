import { CajalError, type ConvolutionOptions, conv2d, type Key, type Tensor, zeros } from "../../engine/index.ts"
import { heNormal } from "../initialisers.ts"

/** Convolution over two axes, plus a bias for each output channel. */
export class Conv2d {
  /** `[outputs, inputs / groups, height, width]` */
  readonly weight: Tensor
  /** `[outputs]` */
  readonly bias: Tensor | undefined
  readonly options: ConvolutionOptions

  constructor(weight: Tensor, bias: Tensor | undefined, options: ConvolutionOptions) {
    this.weight = weight
    this.bias = bias
    this.options = options
  }

  /** `[batch, inputs, height, width]` -> `[batch, outputs, height', width']` */
  apply(x: Tensor): Tensor {
    const inputs = this.weight.shape[1] * (this.options.groups ?? 1)
    if (x.rank !== 4 || x.shape[1] !== inputs)
      throw new CajalError(`a convolution of ${inputs} input channels was given ${x.describe()}`, {
        hint: "images are [batch, channels, height, width]",
      })
    const y = conv2d(x, this.weight, this.options)
    return this.bias === undefined ? y : y.add(this.bias.reshape([1, this.bias.size, 1, 1]))
  }
}

/** A convolution with square kernels, weights drawn by He's rule and a bias of 0 (or none). */
export function conv2dLayer(
  inputs: number,
  outputs: number,
  kernel: number,
  key: Key,
  options: ConvolutionOptions & { readonly bias?: boolean } = {},
): Conv2d {
  const { bias = true, ...rest } = options
  const own = inputs / (rest.groups ?? 1)
  const weight = heNormal(key, [outputs, own, kernel, kernel], own * kernel * kernel)
  return new Conv2d(weight, bias ? zeros([outputs]) : undefined, rest)
}
