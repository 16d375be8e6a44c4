/** Kernels with fewer synapses, or with other delays. */
import { CajalError, flip, type Tensor, tensor } from "../../engine/index.ts"
import { DelayKernels, geometryOf } from "./kernels.ts"

const withWeight = (kernels: DelayKernels, weight: Tensor): DelayKernels => new DelayKernels(weight, kernels.bias)

/** Synapses that are not 0. */
export const synapseCount = ({ weight }: DelayKernels): number => weight.ne(0).cast("i32").sum().item()

/** Only the `count` synapses of the largest weights, whatever their sign, over all neurons; of equal ones the first. */
export function largestSynapses(kernels: DelayKernels, count: number): DelayKernels {
  if (!(Number.isInteger(count) && count >= 0)) throw new CajalError(`${count} synapses cannot be kept`)
  const { weight } = kernels
  const values = Float32Array.from(weight.array())
  const order = Uint32Array.from(values.keys()).sort((a, b) => Math.abs(values[b]) - Math.abs(values[a]) || a - b)
  for (const at of order.subarray(count)) values[at] = 0
  return withWeight(kernels, tensor(values, { shape: weight.shape }))
}

/** Only the synapses with a delay below `delays`. */
export const shortestDelays = (kernels: DelayKernels, delays: number): DelayKernels =>
  perDelay(kernels, (d) => (d < delays ? 1 : 0))

const perDelay = (kernels: DelayKernels, factor: (delay: number) => number): DelayKernels => {
  const factors = Float32Array.from({ length: geometryOf(kernels).delays }, (_, d) => factor(d))
  return withWeight(kernels, kernels.weight.mul(tensor(factors, { shape: [1, 1, factors.length, 1, 1] })))
}

/** Every weight replaced by its mean over the delays: the same total weight at every place, and no timing. */
export const averagedDelays = (kernels: DelayKernels): DelayKernels =>
  withWeight(kernels, kernels.weight.mean(2, true).broadcastTo(kernels.weight.shape))

/** The first delay exchanged with the last, and so on: what is detected then runs backwards in time. */
export const reversedDelays = (kernels: DelayKernels): DelayKernels => withWeight(kernels, flip(kernels.weight, 2))
