import { CajalError, type Key, normal, type Tensor, take } from "../../engine/index.ts"

/** A row of numbers for each of a number of tokens. */
export class Embedding {
  /** `[tokens, width]` */
  readonly table: Tensor

  constructor(table: Tensor) {
    this.table = table
  }

  /** tokens (i32) `[...]` -> `[..., width]` */
  apply(tokens: Tensor): Tensor {
    if (tokens.dtype !== "i32" && tokens.dtype !== "u32")
      throw new CajalError(`an embedding takes tokens of i32, not ${tokens.describe()}`)
    return take(this.table, tokens)
  }
}

export const embedding = (tokens: number, width: number, key: Key, deviation = 0.02): Embedding =>
  new Embedding(normal(key, [tokens, width], 0, deviation))
