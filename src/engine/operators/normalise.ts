import { operationError } from "../errors.ts"
import { type Primitive, primitive, type TensorType } from "../primitive.ts"
import { formatShape, sizeOf } from "../shape.ts"
import type { Tensor } from "../tensor.ts"
import { apply } from "../trace.ts"
import { vjp } from "../transforms/gradient.ts"
import { pullBack, repeated, zerosOf } from "./composed.ts"
import { reshape } from "./layout.ts"
import { mean } from "./reduce.ts"

/** Elements `[outer, groups, length]`, of which each group is normalised over the two other axes. */
export interface NormaliseAttributes {
  readonly epsilon: number
  /** Scale and shift are those of the elements of a row (`[length]`, for one outer element); otherwise those of the groups. */
  readonly perElement: boolean
  /** Whether the mean is taken off; there is a shift then. */
  readonly centred: boolean
}

/** What the operator means, in others; more leading axes may come before. */
function composed(
  [x, scale, shift]: readonly Tensor[],
  { epsilon, perElement, centred }: NormaliseAttributes,
): Tensor[] {
  const wide = (v: Tensor): Tensor => {
    const lead = v.shape.slice(0, -1)
    return reshape(v, perElement ? [...lead, 1, 1, v.shape[v.rank - 1]] : [...lead, 1, v.shape[v.rank - 1], 1])
  }
  const groups = [...x.shape.slice(0, -3), x.shape[x.rank - 2]]
  const middle = mean(x, [-3, -1], true)
  const moved = centred ? x.sub(middle) : x
  const variance = mean(moved.square(), [-3, -1], true)
  const scaled = moved.div(variance.add(epsilon).sqrt()).mul(wide(scale))
  if (!centred) return [scaled, reshape(variance, groups)]
  return [scaled.add(wide(shift)), reshape(variance, groups), reshape(middle, groups)]
}

/** Visits every element of a group with its place and that of its scale. */
function forEachOf(
  { shape: [outer, groups, length] }: TensorType,
  perElement: boolean,
  group: number,
  visit: (at: number, own: number) => void,
): void {
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < length; i++) visit((o * groups + group) * length + i, perElement ? i : group)
}

/** Inputs x, scale (and shift); results y, the variance of each group (or mean square) and, where it is taken off, its mean. */
export const normalisePrimitive: Primitive<NormaliseAttributes> = primitive<NormaliseAttributes>({
  name: "normalise",
  type: ([x], { centred }) => {
    const statistic: TensorType = { dtype: x.dtype, shape: [x.shape[1]] }
    return [{ dtype: x.dtype, shape: x.shape }, statistic, ...(centred ? [statistic] : [])]
  },
  evaluate: ([x, scale, shift], { epsilon, perElement, centred }, types) => {
    const outputs = zerosOf(types)
    const [y, variances, means] = outputs.map((output) => output.data)
    const count = x.shape[0] * x.shape[2]
    for (let group = 0; group < x.shape[1]; group++) {
      let [sum, squares] = [0, 0]
      if (centred) forEachOf(x, perElement, group, (at) => (sum += x.data[at]))
      const middle = sum / count
      forEachOf(x, perElement, group, (at) => (squares += (x.data[at] - middle) ** 2))
      variances[group] = squares / count
      if (centred) means[group] = middle
      const factor = 1 / Math.sqrt(squares / count + epsilon)
      forEachOf(x, perElement, group, (at, own) => {
        y[at] = (x.data[at] - middle) * factor * scale.data[own] + (centred ? shift.data[own] : 0)
      })
    }
    return outputs
  },
  gradient: ({ inputs, outputs: [, ...statistics], cotangents, attributes }) => {
    const [g, ...others] = cotangents
    if (g === undefined || others.some((other) => other !== undefined))
      return pullBack((...own) => composed(own, attributes), inputs, cotangents)
    return apply(normaliseGradientPrimitive, [...inputs.slice(0, 2), g, ...statistics], attributes)
  },
  batch: (inputs, batched, attributes, size) => {
    const [x, ...rest] = inputs
    if (!attributes.perElement || batched.slice(1).includes(true))
      return composed(repeated(inputs, batched, size), attributes)
    const [, one, groups, length] = x.shape
    return apply(normalisePrimitive, [reshape(x, [one, size * groups, length]), ...rest], attributes).map((y, i) =>
      reshape(y, i === 0 ? x.shape : [size, groups]),
    )
  },
})

/** The cotangents of x, scale (and shift). Inputs: x, scale, that of y, the statistics. */
export const normaliseGradientPrimitive: Primitive<NormaliseAttributes> = primitive<NormaliseAttributes>({
  name: "normaliseGradient",
  type: ([x, scale], { centred }) =>
    [x, scale, ...(centred ? [scale] : [])].map(({ dtype, shape }) => ({ dtype, shape })),
  evaluate: ([x, scale, g, variance, means], { epsilon, perElement, centred }, types) => {
    const outputs = zerosOf(types)
    const [dx, dscale, dshift] = outputs.map((output) => output.data)
    const count = x.shape[0] * x.shape[2]
    for (let group = 0; group < x.shape[1]; group++) {
      const factor = 1 / Math.sqrt(variance.data[group] + epsilon)
      const z = (at: number): number => (x.data[at] - (centred ? means.data[group] : 0)) * factor
      let [sum, along] = [0, 0]
      forEachOf(x, perElement, group, (at, own) => {
        if (centred) sum += g.data[at] * scale.data[own]
        along += g.data[at] * scale.data[own] * z(at)
        dscale[own] += g.data[at] * z(at)
        if (centred) dshift[own] += g.data[at]
      })
      forEachOf(x, perElement, group, (at, own) => {
        dx[at] = factor * (g.data[at] * scale.data[own] - sum / count - (z(at) * along) / count)
      })
    }
    return outputs
  },
  // As a function of x, scale and the cotangent alone: the statistics are functions of x.
  gradient: ({ inputs: [x, scale, g], cotangents, wanted, attributes }) => {
    const pulled = (a: Tensor, b: Tensor, h: Tensor): Tensor[] => {
      const shift = attributes.centred ? [b.mul(0)] : []
      return vjp([composed([a, b, ...shift], attributes)[0]], [h], [a, b, ...shift]) as Tensor[]
    }
    return pullBack(pulled, [x, scale, g], cotangents, wanted)
  },
  batch: (inputs, batched, attributes, size) => {
    const [x, scale, g] = repeated(inputs.slice(0, 3), batched, size)
    const shift = attributes.centred ? [scale] : []
    return pullBack((...own) => composed(own, attributes), [x, scale, ...shift], [g]) as Tensor[]
  },
})

const run = (
  x: Tensor,
  shape: number[],
  scale: Tensor,
  shift: Tensor | undefined,
  epsilon: number,
  perElement: boolean,
) => {
  const size = perElement ? shape[2] : shape[1]
  for (const v of [scale, ...(shift === undefined ? [] : [shift])])
    if (v.rank !== 1 || v.size !== size)
      throw operationError(
        `normalise: ${formatShape(x.shape)} is scaled and shifted by ${size} numbers each, not ${v.describe()}`,
      )
  const centred = shift !== undefined
  const inputs = [reshape(x, shape), scale, ...(centred ? [shift] : [])]
  const attributes = { epsilon, perElement, centred }
  // Single elements of many channels are added up side by side by reductions over columns.
  const isFused = inputs.every((v) => v.dtype === "f32") && x.size > 0 && shape[2] > 1
  const [y, variance, middle] = isFused ? apply(normalisePrimitive, inputs, attributes) : composed(inputs, attributes)
  return { y: reshape(y, x.shape), variance, mean: middle }
}

/**
 * Normalises the last axis to mean 0 and variance 1 (without a shift: to mean square 1), then scales and shifts.
 * @param x `[..., width]`
 * @param scale `[width]`
 * @param shift `[width]`
 * @param epsilon is added to the variance
 */
export function normaliseRows(x: Tensor, scale: Tensor, shift: Tensor | undefined, epsilon: number): Tensor {
  const width = x.shape[x.rank - 1]
  return run(x, [1, sizeOf(x.shape.slice(0, -1)), width], scale, shift, epsilon, true).y
}

/**
 * Normalises every channel to mean 0 and variance 1 over all other axes, then scales and shifts.
 * @param x `[batch, channels, ...]`
 * @param scale `[channels]`
 * @param shift `[channels]`
 * @returns y like x; mean and variance of each channel before, `[channels]`
 */
export function normaliseChannels(
  x: Tensor,
  scale: Tensor,
  shift: Tensor,
  epsilon: number,
): { y: Tensor; mean: Tensor; variance: Tensor } {
  return run(x, [x.shape[0], x.shape[1], sizeOf(x.shape.slice(2))], scale, shift, epsilon, false)
}
