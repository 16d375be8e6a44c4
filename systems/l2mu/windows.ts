/** Windows of a sensor as the network takes them. */
import { type ImageDataset, takeRows, wristWindows } from "../../src/data/index.ts"
import { CajalError, type HostArray, type HostRandom, hostRandom, Tensor } from "../../src/engine/index.ts"
import type { Batch } from "./model.ts"

export interface Examples {
  /** f32 `[windows, steps, channels]`, z-scored by channel. */
  readonly windows: HostArray
  readonly labels: Int32Array
  readonly classes: number
}

/** Mean and deviation of each channel. */
export interface Scaling {
  readonly mean: Float64Array
  readonly deviation: Float64Array
}

/** @throws CajalError naming channel and sample of a value that is none */
export function scalingOf({ shape, data }: HostArray): Scaling {
  const channels = shape[2]
  const bad = (data as Float32Array).findIndex((x) => !Number.isFinite(x))
  if (bad >= 0) {
    const [window, sample, channel] = [
      Math.floor(bad / (shape[1] * channels)),
      Math.floor(bad / channels) % shape[1],
      bad % channels,
    ]
    throw new CajalError(`window ${window} is ${data[bad]} in channel ${channel}, sample ${sample}`)
  }
  const [mean, deviation] = [new Float64Array(channels), new Float64Array(channels)]
  const count = data.length / channels
  for (let i = 0; i < data.length; i++) mean[i % channels] += (data[i] as number) / count
  for (let i = 0; i < data.length; i++)
    deviation[i % channels] += ((data[i] as number) - mean[i % channels]) ** 2 / count
  return { mean, deviation: deviation.map((x) => Math.sqrt(x) || 1) }
}

export function scaled(windows: HostArray, { mean, deviation }: Scaling): HostArray {
  const channels = windows.shape[2]
  if (mean.length !== channels)
    throw new CajalError(`windows of ${channels} channels cannot be scaled as those of ${mean.length} channels`)
  const data = (windows.data as Float32Array).map((x, i) => (x - mean[i % channels]) / deviation[i % channels])
  return { ...windows, data }
}

/** Generated windows to learn from and to be tested on. */
export function wristExamples(
  seed: number,
  train: number,
  test: number,
  noise: number,
): { train: Examples; test: Examples; scaling: Scaling } {
  const random = hostRandom(seed)
  const [a, b] = [wristWindows(random.fold(0), train, noise), wristWindows(random.fold(1), test, noise)]
  const scaling = scalingOf(a.windows)
  const of = ({ windows, labels }: typeof a): Examples => ({ windows: scaled(windows, scaling), labels, classes: 7 })
  return { train: of(a), test: of(b), scaling }
}

/** Digits row by row: 28 channels, 28 steps. */
export function rowExamples({ train, test }: ImageDataset): { train: Examples; test: Examples } {
  const raw = ({ images }: typeof train): HostArray => ({
    dtype: "f32",
    shape: [images.shape[0], 28, 28],
    data: Float32Array.from(images.data as Uint8Array, (x) => x / 255),
  })
  const scaling = scalingOf(raw(train))
  const of = (part: typeof train): Examples => ({
    windows: scaled(raw(part), scaling),
    labels: Int32Array.from(part.labels.data as Uint8Array),
    classes: 10,
  })
  return { train: of(train), test: of(test) }
}

/** Time first. */
export function batchOf({ windows, labels }: Examples, rows: ArrayLike<number>): Batch {
  const { shape, data } = takeRows(windows, rows)
  const [batch, steps, channels] = shape
  const turned = new Float32Array(data.length)
  for (let b = 0; b < batch; b++)
    for (let t = 0; t < steps; t++)
      turned.set(
        (data as Float32Array).subarray((b * steps + t) * channels, (b * steps + t + 1) * channels),
        (t * batch + b) * channels,
      )
  return {
    windows: Tensor.from({ dtype: "f32", shape: [steps, batch, channels], data: turned }),
    labels: Tensor.from({ dtype: "i32", shape: [batch], data: Int32Array.from(rows, (row) => labels[row]) }),
  }
}

/** Each window with its samples in another order, the same for all channels. */
export function shuffledInTime(examples: Examples, random: HostRandom): Examples {
  const { shape, data } = examples.windows
  const [count, steps, channels] = shape
  const mixed = new Float32Array(data.length)
  for (let i = 0; i < count; i++)
    for (const [t, from] of random.permutation(steps).entries()) {
      const at = (i * steps + from) * channels
      mixed.set((data as Float32Array).subarray(at, at + channels), (i * steps + t) * channels)
    }
  return { ...examples, windows: { ...examples.windows, data: mixed } }
}
