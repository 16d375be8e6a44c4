import { CajalError, type Key, type Tensor, zeros } from "../../engine/index.ts"
import { heNormal } from "../initialisers.ts"

/** `y = x · weight + bias`. Event-driven where x is a spike tensor. */
export class Linear {
  /** `[inputs, outputs]` */
  readonly weight: Tensor
  /** `[outputs]` */
  readonly bias: Tensor | undefined

  constructor(weight: Tensor, bias?: Tensor) {
    this.weight = weight
    this.bias = bias
  }

  /** x `[..., inputs]` -> `[..., outputs]` */
  apply(x: Tensor): Tensor {
    const [inputs, outputs] = this.weight.shape
    if (x.shape[x.rank - 1] !== inputs)
      throw new CajalError(`a linear layer of ${inputs} inputs and ${outputs} outputs was given ${x.describe()}`, {
        hint:
          x.rank > 2
            ? "flatten what is not the batch first: x.reshape([batch, -1])"
            : `the last axis must be ${inputs}`,
      })
    const y = x.matmul(this.weight)
    return this.bias === undefined ? y : y.add(this.bias)
  }
}

/** A linear layer with weights drawn by He's rule and a bias of 0 (or none). */
export const linear = (inputs: number, outputs: number, key: Key, options: { readonly bias?: boolean } = {}): Linear =>
  new Linear(heNormal(key, [inputs, outputs], inputs), options.bias === false ? undefined : zeros([outputs]))
