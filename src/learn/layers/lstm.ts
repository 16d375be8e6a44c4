import { concat, full, type Key, scan, split, type Tensor, uniform, zeros } from "../../engine/index.ts"
import { fanInUniform } from "../initialisers.ts"

/** What an LSTM carries from step to step, `[batch, units]` each. */
export interface LstmState {
  readonly hidden: Tensor
  readonly cell: Tensor
}

/** Long short-term memory. Gates stand beside one another: input, forget, candidate, output. */
export class Lstm {
  /** `[inputs, 4 units]` */
  readonly input: Tensor
  /** `[units, 4 units]` */
  readonly recurrent: Tensor
  /** `[4 units]` */
  readonly bias: Tensor

  constructor(input: Tensor, recurrent: Tensor, bias: Tensor) {
    this.input = input
    this.recurrent = recurrent
    this.bias = bias
  }

  atRest(batch: number): LstmState {
    const start = zeros([batch, this.recurrent.shape[0]], this.recurrent.dtype)
    return { hidden: start, cell: start }
  }

  /** One step: x `[batch, inputs]`. */
  step({ hidden, cell }: LstmState, x: Tensor): LstmState {
    const units = this.recurrent.shape[0]
    const all = x.matmul(this.input).add(hidden.matmul(this.recurrent)).add(this.bias)
    const gate = (i: number): Tensor => all.slice(1, i * units, (i + 1) * units)
    const next = gate(1)
      .sigmoid()
      .mul(cell)
      .add(gate(0).sigmoid().mul(gate(2).tanh()))
    return { hidden: gate(3).sigmoid().mul(next.tanh()), cell: next }
  }

  /** xs `[steps, batch, inputs]` -> the state after the last step */
  run(xs: Tensor): LstmState {
    const [end] = scan((state: LstmState, x: Tensor) => [this.step(state, x), undefined], this.atRest(xs.shape[1]), xs)
    return end
  }
}

export interface LstmOptions {
  /** Longest time that is to be remembered, steps: gates begin open for times spread up to it. Without it the forget gate's bias is 1. */
  readonly chronoSteps?: number
}

/**
 * An LSTM with uniform weights within 1/√units. Forget gates begin with bias 1, or with log U(1, T - 1) and the input gates with the opposite.
 * @source Hochreiter and Schmidhuber (1997); Gers et al., Learning to forget (2000); Tallec and Ollivier, Can recurrent neural networks warp time? (2018)
 */
export function lstm(inputs: number, units: number, key: Key, { chronoSteps }: LstmOptions = {}): Lstm {
  const [a, b, c] = split(key, 3)
  const none = zeros([units])
  const forget =
    chronoSteps === undefined ? full([units], 1) : uniform(c, [units], 1, Math.max(1 + 1e-6, chronoSteps - 1)).log()
  const input = chronoSteps === undefined ? none : forget.neg()
  return new Lstm(
    fanInUniform(a, [inputs, 4 * units], units),
    fanInUniform(b, [units, 4 * units], units),
    concat([input, forget, none, none]),
  )
}
