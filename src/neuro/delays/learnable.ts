/** Delays that are learnt: one weight and one delay a synapse, the delay a real number with a gradient. */
import {
  CajalError,
  type Key,
  matmul,
  normal,
  pad,
  range,
  type Shape,
  slice,
  split,
  type Tensor,
  uniform,
} from "../../engine/index.ts"

/** How a delay between two steps is shared among them. */
export type DelayKernel =
  /** Both neighbours, by nearness. The gradient of a delay is the difference of what they bring. */
  | { readonly kind: "linear" }
  /** A bell of this width (steps) around the delay, of sum 1: wide at first and narrower later, so that a delay finds a distant target. */
  | { readonly kind: "gaussian"; readonly width: number }

/**
 * The share of each step in delays: φ(k - delay) for k = 0 .. most.
 * @param delay steps, each in 0..most, any shape
 * @returns `[most + 1, ...shape of delay]`, sums over the first axis 1
 * @source Hammouamri, Khalfaoui-Hassani and Masquelier, Learning delays in spiking neural networks using dilated convolutions with learnable
 * spacings (2023), eq. 5-7 (Gaussian); Khalfaoui-Hassani et al., Dilated convolution with learnable spacings (2021) (linear)
 */
export function delayShares(delay: Tensor, most: number, kernel: DelayKernel): Tensor {
  const steps = range(most + 1)
    .cast(delay.dtype)
    .reshape([most + 1, ...delay.shape.map(() => 1)])
  const distance = steps.sub(delay.expandDims(0))
  if (kernel.kind === "linear") return distance.abs().neg().add(1).relu()
  if (!(kernel.width > 0)) throw new CajalError(`the width of a delay must be above 0 steps, not ${kernel.width}`)
  // As a softmax, since a narrow bell far from every step would divide 0 by 0.
  const bell = distance.div(kernel.width).square().mul(-0.5)
  const moved = bell.sub(bell.max(0, true)).exp()
  return moved.div(moved.sum(0, true))
}

/** Synapses from every input to every output, each with a weight and a delay. */
export class DelayedLinear {
  /** `[inputs, outputs]` */
  readonly weight: Tensor
  /** `[inputs, outputs]`, unbounded: the delay is `most · σ(position)` steps, so that it stays in its range. */
  readonly position: Tensor
  /** The longest delay, steps. */
  readonly most: number

  constructor(weight: Tensor, position: Tensor, most: number) {
    this.weight = weight
    this.position = position
    this.most = most
  }

  /** Steps, `[inputs, outputs]`. */
  delays(): Tensor {
    return this.position.sigmoid().mul(this.most)
  }

  /** The weight that each synapse has at each delay: `[most + 1, inputs, outputs]`. */
  kernel(kernel: DelayKernel): Tensor {
    return delayShares(this.delays(), this.most, kernel).mul(this.weight)
  }

  /**
   * y[t] = Σ_d x[t - d] K[d], with nothing before the first step.
   * @param x `[time, batch, inputs]`
   * @returns `[time, batch, outputs]`
   */
  apply(x: Tensor, kernel: DelayKernel = { kind: "linear" }): Tensor {
    const [inputs, outputs] = this.weight.shape
    const [time, batch, given] = x.shape
    if (x.rank !== 3 || given !== inputs)
      throw new CajalError(`delayed synapses of ${inputs} inputs take [time, batch, ${inputs}], not ${x.describe()}`)
    const weights = this.kernel(kernel)
    const before = pad(x, [
      [this.most, 0],
      [0, 0],
      [0, 0],
    ])
    const arrived = Array.from({ length: this.most + 1 }, (_, d) =>
      matmul(
        slice(before, 0, this.most - d, this.most - d + time).reshape([time * batch, inputs]),
        slice(weights, 0, d, d + 1).reshape([inputs, outputs]),
      ),
    )
    return arrived.reduce((a, b) => a.add(b)).reshape([time, batch, outputs] as Shape)
  }
}

/** Normal weights of variance 1 / inputs, delays spread over 0..most. */
export function delayedLinear(inputs: number, outputs: number, most: number, key: Key): DelayedLinear {
  if (!(Number.isInteger(most) && most >= 1))
    throw new CajalError(`the longest delay must be a whole number of steps from 1, not ${most}`)
  const [a, b] = split(key)
  return new DelayedLinear(
    normal(a, [inputs, outputs], 0, 1 / Math.sqrt(inputs)),
    uniform(b, [inputs, outputs], -2, 2),
    most,
  )
}
