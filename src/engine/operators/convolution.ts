import { allocate, type HostArray, isFloat } from "../dtype.ts"
import { operationError } from "../errors.ts"
import { type Primitive, primitive, type TensorType } from "../primitive.ts"
import { formatShape, type Shape, sizeOf } from "../shape.ts"
import type { Tensor } from "../tensor.ts"
import { apply1 } from "../trace.ts"
import { broadcastTo, expandDims, reshape, squeeze, transpose } from "./layout.ts"
import {
  forEachInWindow,
  type Pair,
  planeOf,
  type WindowOptions,
  type Windows,
  windowCounts,
  windowsOf,
} from "./windows.ts"

export interface ConvolutionAttributes extends Windows {
  /** Input and output channels are cut into so many parts, each convolved on its own. */
  readonly groups: number
  /** Height and width of the input. */
  readonly size: Pair
}

/**
 * The three tensors of a convolution: `x [batch, channels, height, width]`, `weight [out, channels / groups, kh, kw]` and the result
 * `y [batch, out, rows, columns]`. The sum of x · weight · y over all that meet is linear in each of them: each of the three operators makes
 * one tensor out of the two others, and the gradient of each is the two others.
 */
type Role = "x" | "weight" | "y"

/** Calls `visit` with the places in x, weight and y of all that meet. */
function forEachTap(
  x: Shape,
  weight: Shape,
  y: Shape,
  a: ConvolutionAttributes,
  visit: (x: number, weight: number, y: number) => void,
) {
  const [batch, channels, height, width] = x
  const [out, inner, kh, kw] = weight
  const [rows, columns] = planeOf(y)
  const outPerGroup = out / a.groups
  for (let b = 0; b < batch; b++)
    for (let o = 0; o < out; o++) {
      const first = Math.floor(o / outPerGroup) * inner
      for (let c = 0; c < inner; c++)
        for (let row = 0; row < rows; row++)
          forEachInWindow(a, 0, height, row, (h, i) => {
            const line = ((b * channels + first + c) * height + h) * width
            const taps = ((o * inner + c) * kh + i) * kw
            const to = ((b * out + o) * rows + row) * columns
            for (let column = 0; column < columns; column++)
              forEachInWindow(a, 1, width, column, (w, j) => visit(line + w, taps + j, to + column))
          })
    }
}

const arranged = (data: Float64Array, output: TensorType): HostArray => {
  const made = allocate(output.dtype, data.length)
  made.set(data as never)
  return { dtype: output.dtype, shape: output.shape, data: made }
}

function checkFloats(name: string, a: TensorType, b: TensorType): void {
  if (!isFloat(a.dtype) || a.dtype !== b.dtype || a.shape.length !== 4 || b.shape.length !== 4)
    throw operationError(
      `${name} needs two float tensors of one dtype and 4 axes, not ${a.dtype} ${formatShape(a.shape)} and ${b.dtype} ${formatShape(b.shape)}`,
      { hint: "x is [batch, channels, height, width], weight is [out, channels / groups, height, width]" },
    )
}

export const conv2dPrimitive: Primitive<ConvolutionAttributes> = primitive<ConvolutionAttributes>({
  name: "conv2d",
  type: ([x, weight], a) => {
    checkFloats("conv2d", x, weight)
    const [batch, channels] = x.shape
    const [out, inner] = weight.shape
    if (!Number.isInteger(a.groups) || a.groups < 1 || channels % a.groups !== 0 || out % a.groups !== 0)
      throw operationError(`conv2d: ${channels} input and ${out} output channels cannot be cut into ${a.groups} groups`)
    if (channels / a.groups !== inner)
      throw operationError(
        `conv2d: x ${formatShape(x.shape)} has ${channels / a.groups} channels${a.groups > 1 ? " a group" : ""}, weight ${formatShape(weight.shape)} expects ${inner}`,
        { hint: "x is [batch, channels, height, width], weight is [out, channels / groups, height, width]" },
      )
    return [{ dtype: x.dtype, shape: [batch, out, ...windowCounts("conv2d", planeOf(x.shape), a)] }]
  },
  evaluate: ([x, weight], a, [y]) => {
    const total = new Float64Array(sizeOf(y.shape))
    forEachTap(x.shape, weight.shape, y.shape, a, (i, k, o) => {
      total[o] += x.data[i] * weight.data[k]
    })
    return [arranged(total, y)]
  },
  gradient: ({ inputs: [x, weight], attributes, cotangents: [g], wanted }) => [
    wanted[0] && g !== undefined ? inputGradient(g, weight, attributes) : undefined,
    wanted[1] && g !== undefined ? weightGradient(x, g, attributes) : undefined,
  ],
  batch: (inputs, batched, attributes, size) =>
    batchConvolution(conv2dPrimitive, ["x", "weight"], "y", inputs, batched, attributes, size),
})

/** `y [batch, out, rows, columns]`, `weight` -> `x`. */
export const conv2dInputGradientPrimitive: Primitive<ConvolutionAttributes> = primitive<ConvolutionAttributes>({
  name: "conv2dInputGradient",
  type: ([y, weight], { groups, size }) => {
    checkFloats("conv2dInputGradient", y, weight)
    return [{ dtype: y.dtype, shape: [y.shape[0], weight.shape[1] * groups, ...size] }]
  },
  evaluate: ([y, weight], a, [x]) => {
    const total = new Float64Array(sizeOf(x.shape))
    forEachTap(x.shape, weight.shape, y.shape, a, (i, k, o) => {
      total[i] += y.data[o] * weight.data[k]
    })
    return [arranged(total, x)]
  },
  gradient: ({ inputs: [y, weight], attributes, cotangents: [g], wanted }) => [
    wanted[0] && g !== undefined ? apply1(conv2dPrimitive, [g, weight], attributes) : undefined,
    wanted[1] && g !== undefined ? weightGradient(g, y, attributes) : undefined,
  ],
  batch: (inputs, batched, attributes, size) =>
    batchConvolution(conv2dInputGradientPrimitive, ["y", "weight"], "x", inputs, batched, attributes, size),
})

/** `x`, `y` -> `weight`. */
export const conv2dWeightGradientPrimitive: Primitive<ConvolutionAttributes> = primitive<ConvolutionAttributes>({
  name: "conv2dWeightGradient",
  type: ([x, y], { groups, kernel }) => {
    checkFloats("conv2dWeightGradient", x, y)
    return [{ dtype: x.dtype, shape: [y.shape[1], x.shape[1] / groups, ...kernel] }]
  },
  evaluate: ([x, y], a, [weight]) => {
    const total = new Float64Array(sizeOf(weight.shape))
    forEachTap(x.shape, weight.shape, y.shape, a, (i, k, o) => {
      total[k] += x.data[i] * y.data[o]
    })
    return [arranged(total, weight)]
  },
  gradient: ({ inputs: [x, y], attributes, cotangents: [g], wanted }) => [
    wanted[0] && g !== undefined ? inputGradient(y, g, attributes) : undefined,
    wanted[1] && g !== undefined ? apply1(conv2dPrimitive, [x, g], attributes) : undefined,
  ],
  batch: (inputs, batched, attributes, size) =>
    batchConvolution(conv2dWeightGradientPrimitive, ["x", "y"], "weight", inputs, batched, attributes, size),
})

const inputGradient = (y: Tensor, weight: Tensor, attributes: ConvolutionAttributes): Tensor =>
  apply1(conv2dInputGradientPrimitive, [y, weight], attributes)
const weightGradient = (x: Tensor, y: Tensor, attributes: ConvolutionAttributes): Tensor =>
  apply1(conv2dWeightGradientPrimitive, [x, y], attributes)

/** Many convolutions as one: with one weight for all, a larger batch; with a weight each, groups side by side. */
function batchConvolution(
  operator: Primitive<ConvolutionAttributes>,
  roles: readonly Role[],
  result: Role,
  inputs: readonly Tensor[],
  batched: readonly boolean[],
  attributes: ConvolutionAttributes,
  size: number,
): Tensor[] {
  const weightAt = roles.indexOf("weight")
  if (weightAt !== -1 && !batched[weightAt]) {
    const joined = inputs.map((x, i) => (i === weightAt ? x : reshape(x, [size * x.shape[1], ...x.shape.slice(2)])))
    const made = apply1(operator, joined, attributes)
    return [reshape(made, [size, made.shape[0] / size, ...made.shape.slice(1)])]
  }
  const beside = inputs.map((x, i) => {
    const whole = batched[i] ? x : broadcastTo(x, [size, ...x.shape])
    const [, first, second, ...plane] = whole.shape
    return roles[i] === "weight"
      ? reshape(whole, [size * first, second, ...plane])
      : reshape(transpose(whole, [1, 0, 2, 3, 4]), [first, size * second, ...plane])
  })
  const made = apply1(operator, beside, { ...attributes, groups: attributes.groups * size })
  const [first, second, ...plane] = made.shape
  if (result === "weight") return [reshape(made, [size, first / size, second, ...plane])]
  return [transpose(reshape(made, [first, size, second / size, ...plane]), [1, 0, 2, 3, 4])]
}

export interface ConvolutionOptions extends WindowOptions {
  /** Input and output channels are cut into so many parts, each convolved on its own; as many as channels: depthwise. */
  readonly groups?: number
}

/**
 * Two-dimensional convolution (cross-correlation, as every network library means it).
 * @param x `[batch, channels, height, width]`
 * @param weight `[out, channels / groups, kernel height, kernel width]`
 * @param options.stride steps of the window, 1 by default
 * @param options.padding zeros on every side, a number or `[vertical, horizontal]`, or "same" for an output of `ceil(size / stride)`
 * @param options.dilation distance between neighbouring elements of the window, 1 by default
 * @returns `[batch, out, rows, columns]`
 * @throws CajalError naming both shapes when they do not fit
 */
export function conv2d(x: Tensor, weight: Tensor, options: ConvolutionOptions = {}): Tensor {
  checkFloats("conv2d", x, weight)
  const size = planeOf(x.shape)
  const windows = windowsOf("conv2d", size, planeOf(weight.shape), options)
  return apply1(conv2dPrimitive, [x, weight], { ...windows, groups: options.groups ?? 1, size })
}

/**
 * One-dimensional convolution, see `conv2d`.
 * @param x `[batch, channels, length]`
 * @param weight `[out, channels / groups, kernel length]`
 * @returns `[batch, out, positions]`
 */
export function conv1d(
  x: Tensor,
  weight: Tensor,
  options: {
    readonly stride?: number
    readonly padding?: number | "same"
    readonly dilation?: number
    readonly groups?: number
  } = {},
): Tensor {
  const { stride = 1, padding = 0, dilation = 1, groups } = options
  if (x.rank !== 3 || weight.rank !== 3)
    throw operationError(
      `conv1d needs x [batch, channels, length] and weight [out, channels / groups, length], not ${x.describe()} and ${weight.describe()}`,
    )
  const y = conv2d(expandDims(x, 2), expandDims(weight, 2), {
    stride: [1, stride],
    padding: padding === "same" ? "same" : [0, padding],
    dilation: [1, dilation],
    groups,
  })
  return squeeze(y, 2)
}
