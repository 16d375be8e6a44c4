/** What delayed synapses bring to the soma, as products of matrices: of patches, or of whole streams. */
import { CajalError, conv2d, flip, maximum, type Tensor, take, tensor } from "../../engine/index.ts"
import { checkMiddle, type DelayKernels, geometryOf } from "./kernels.ts"

/**
 * B(c) = Σ K[c,p,d,j,i] A[p,-d,j,i]: the input of neurons that each see one patch of a stream.
 * @param patches `[batch, polarities, delays, rows, columns]`, delay 0 the newest step
 * @returns `[batch, neurons]`
 */
export function patchInput({ weight }: DelayKernels, patches: Tensor): Tensor {
  const [neurons, ...synapses] = weight.shape
  if (patches.shape.slice(1).join() !== synapses.join())
    throw new CajalError(`patches ${patches.describe()} do not fit kernels ${weight.describe()}`, {
      hint: "a patch has the kernel's polarities, delays, rows and columns",
    })
  const count = synapses.reduce((a, b) => a * b, 1)
  return patches.reshape([patches.shape[0], count]).matmul(weight.reshape([neurons, count]).T)
}

/** The same scene with its contrast inverted: ON and OFF exchanged. @param axis of the polarities */
export const contrastInverted = (events: Tensor, axis = 1): Tensor => flip(events, axis)

/**
 * A complex cell: the larger of the inputs from a stream and from its contrast inverted, plus the bias. The answer does not depend on the sign of
 * contrast; the gradient goes to the larger one.
 * @returns `[batch, neurons]`
 */
export const complexPatchInput = (kernels: DelayKernels, patches: Tensor): Tensor =>
  maximum(patchInput(kernels, patches), patchInput(kernels, contrastInverted(patches))).add(kernels.bias)

export interface StreamOptions {
  /** Distance of neighbouring neurons, px. Default 1. */
  readonly stride?: number
  /** "valid": neurons whose whole kernel lies in the picture; "same": one at every place, with nothing outside. Default "valid". */
  readonly padding?: "valid" | "same"
  /** At which steps, each at least `delays - 1`. Default: at all of these. */
  readonly steps?: Int32Array
}

/**
 * B(c,t,y,x) = Σ K[c,p,d,j,i] A[p, t-d, y+j-rows/2, x+i-columns/2] over a stream, for a neuron of each kind at every place.
 * @param events f32 `[time, polarities, height, width]`
 * @returns `[steps, neurons, rows of neurons, columns of neurons]`
 * @throws CajalError when the stream is shorter than the delays or smaller than the kernel
 */
export function streamInput(kernels: DelayKernels, events: Tensor, options: StreamOptions = {}): Tensor {
  const geometry = geometryOf(kernels)
  const { neurons, polarities, delays, rows, columns } = geometry
  checkMiddle(geometry)
  checkStream(geometry, events.shape)
  const { stride = 1, padding = "valid" } = options
  const [time, , height, width] = events.shape
  const steps = options.steps ?? Int32Array.from({ length: time - delays + 1 }, (_, i) => i + delays - 1)
  const windows = Int32Array.from(
    { length: steps.length * delays },
    (_, i) => steps[Math.floor(i / delays)] - (i % delays),
  )
  // The steps that a kernel sees stand side by side as channels: delays outside, polarities inside.
  const lines = take(events, tensor(windows), 0).reshape([steps.length, delays * polarities, height, width])
  const weight = kernels.weight.transpose([0, 2, 1, 3, 4]).reshape([neurons, delays * polarities, rows, columns])
  return conv2d(lines, weight, {
    stride,
    padding: padding === "same" ? [Math.floor(rows / 2), Math.floor(columns / 2)] : 0,
  })
}

/** `streamInput` of complex cells: the larger of both contrasts, plus the bias. */
export const complexStreamInput = (kernels: DelayKernels, events: Tensor, options: StreamOptions = {}): Tensor =>
  maximum(streamInput(kernels, events, options), streamInput(kernels, contrastInverted(events), options)).add(
    kernels.bias.reshape([kernels.bias.shape[0], 1, 1]),
  )

/** @throws CajalError saying which size of a stream `[time, polarities, height, width]` does not fit */
export function checkStream(
  { polarities, delays, rows, columns }: ReturnType<typeof geometryOf>,
  [time, channels, height, width]: readonly number[],
): void {
  if (channels !== polarities) throw new CajalError(`the events have ${channels} polarities, the kernels ${polarities}`)
  if (time < delays)
    throw new CajalError(`a stream of ${time} steps is shorter than the ${delays} delays of the kernels`)
  if (height < rows || width < columns)
    throw new CajalError(`kernels of ${rows} x ${columns} px are larger than the picture of ${height} x ${width} px`)
}
