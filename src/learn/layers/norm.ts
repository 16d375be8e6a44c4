import { normaliseChannels, normaliseRows, ones, type Tensor, zeros } from "../../engine/index.ts"

/** Normalises the last axis to mean 0 and variance 1, then scales and shifts. @source Ba et al. (2016), eq. 4 */
export class LayerNorm {
  /** `[width]` each */
  readonly scale: Tensor
  readonly shift: Tensor
  readonly epsilon: number

  constructor(scale: Tensor, shift: Tensor, epsilon: number) {
    this.scale = scale
    this.shift = shift
    this.epsilon = epsilon
  }

  /** `[..., width]` -> same */
  apply(x: Tensor): Tensor {
    return normaliseRows(x, this.scale, this.shift, this.epsilon)
  }
}

export const layerNorm = (width: number, epsilon = 1e-5): LayerNorm =>
  new LayerNorm(ones([width]), zeros([width]), epsilon)

/** Divides the last axis by its root mean square, then scales. @source Zhang and Sennrich (2019), eq. 4 */
export class RmsNorm {
  /** `[width]` */
  readonly scale: Tensor
  readonly epsilon: number

  constructor(scale: Tensor, epsilon: number) {
    this.scale = scale
    this.epsilon = epsilon
  }

  /** `[..., width]` -> same */
  apply(x: Tensor): Tensor {
    return normaliseRows(x, this.scale, undefined, this.epsilon)
  }
}

export const rmsNorm = (width: number, epsilon = 1e-6): RmsNorm => new RmsNorm(ones([width]), epsilon)

/** Statistics of a batch norm, measured over batches: not trained by gradients. */
export interface RunningStatistics {
  /** `[channels]` each */
  readonly mean: Tensor
  readonly variance: Tensor
}

/** Normalises every channel over the batch and all other axes, then scales and shifts. @source Ioffe and Szegedy (2015), algorithm 1 */
export class BatchNorm {
  /** `[channels]` each */
  readonly scale: Tensor
  readonly shift: Tensor
  readonly epsilon: number

  constructor(scale: Tensor, shift: Tensor, epsilon: number) {
    this.scale = scale
    this.shift = shift
    this.epsilon = epsilon
  }

  /** `[batch, channels, ...]` -> same, with the statistics of this batch (training) or given ones (inference). */
  apply(x: Tensor, given?: RunningStatistics): Tensor {
    if (given === undefined) return normaliseChannels(x, this.scale, this.shift, this.epsilon).y
    const { mean, variance } = given
    const wide = (v: Tensor): Tensor => v.reshape([1, v.size, ...x.shape.slice(2).map(() => 1)])
    const factor = this.scale.div(variance.add(this.epsilon).sqrt())
    return x.sub(wide(mean)).mul(wide(factor)).add(wide(this.shift))
  }

  /** Mean and variance of each channel of `[batch, channels, ...]`. */
  statistics(x: Tensor): RunningStatistics {
    const { mean, variance } = normaliseChannels(x, this.scale, this.shift, this.epsilon)
    return { mean, variance }
  }
}

export const batchNorm = (channels: number, epsilon = 1e-5): BatchNorm =>
  new BatchNorm(ones([channels]), zeros([channels]), epsilon)

export const runningStatistics = (channels: number): RunningStatistics => ({
  mean: zeros([channels]),
  variance: ones([channels]),
})

/** Running statistics moved towards those of a batch: `old + momentum · (new - old)`. */
export const updateStatistics = (
  old: RunningStatistics,
  batch: RunningStatistics,
  momentum = 0.1,
): RunningStatistics => ({
  mean: old.mean.add(batch.mean.sub(old.mean).mul(momentum)),
  variance: old.variance.add(batch.variance.sub(old.variance).mul(momentum)),
})
