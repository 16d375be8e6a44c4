import { allocate, isFloat, isStorage } from "../dtype.ts"
import { operationError } from "../errors.ts"
import { type Primitive, primitive, type TensorType } from "../primitive.ts"
import { forEachOffset, formatShape, normalizeAxes, normalizeAxis, type Shape, sizeOf, stridesOf } from "../shape.ts"
import type { Tensor } from "../tensor.ts"
import { apply1 } from "../trace.ts"
import { range } from "./constants.ts"
import { div, eq, exp, log, mul, sqrt, square, sub, where } from "./elementwise.ts"
import { broadcastTo, expandDims, reshape } from "./layout.ts"
import { stopGradient } from "./stop.ts"

type Axes = number | readonly number[]

export interface ReduceAttributes {
  /** Sorted axes that disappear. */
  readonly axes: readonly number[]
}

const reducedShape = (shape: Shape, axes: readonly number[]): number[] => shape.filter((_, i) => !axes.includes(i))
const keptShape = (shape: Shape, axes: readonly number[]): number[] => shape.map((n, i) => (axes.includes(i) ? 1 : n))

/** Calls `combine` with the output offset and the value of every element, outputs in row-major order. */
function fold(
  x: { shape: Shape; data: ArrayLike<number> },
  axes: readonly number[],
  combine: (out: number, value: number, i: number) => void,
) {
  const outStrides = stridesOf(reducedShape(x.shape, axes))
  let next = 0
  const strides = x.shape.map((_, i) => (axes.includes(i) ? 0 : outStrides[next++]))
  let i = 0
  forEachOffset(x.shape, strides, 0, (out) => {
    combine(out, x.data[i], i)
    i++
  })
}

function reduction(
  name: string,
  start: (dtype: string) => number,
  combine: (a: number, b: number) => number,
  gradient: Primitive<ReduceAttributes>["gradient"],
): Primitive<ReduceAttributes> {
  const made: Primitive<ReduceAttributes> = primitive({
    name,
    type: ([x], { axes }) => {
      if (x.dtype === "bool" || isStorage(x.dtype))
        throw operationError(`${name} does not take ${x.dtype}`, { hint: 'cast it first: x.cast("f32")' })
      if (name !== "sum" && axes.some((axis) => x.shape[axis] === 0))
        throw operationError(`${name} over an axis of no elements in ${formatShape(x.shape)}`)
      return [{ dtype: x.dtype, shape: reducedShape(x.shape, axes) }]
    },
    evaluate: ([x], { axes }, [output]) => {
      const wide = new Float64Array(sizeOf(output.shape)).fill(start(x.dtype))
      fold(x, axes, (out, value) => {
        wide[out] = combine(wide[out], value)
      })
      const data = allocate(output.dtype, wide.length)
      for (let i = 0; i < wide.length; i++) data[i] = wide[i]
      return [{ ...output, data }]
    },
    gradient,
    batch: ([x], _, { axes }) => [apply1(made, [x], { axes: axes.map((axis) => axis + 1) })],
  })
  return made
}

/** Spreads a reduced tensor back over the axes it lost. */
const spread = (x: Tensor, shape: Shape, axes: readonly number[]): Tensor =>
  broadcastTo(reshape(x, keptShape(shape, axes)), shape)

/** The gradient of an extremum goes to the elements that reach it, shared equally. */
const toExtrema: Primitive<ReduceAttributes>["gradient"] = ({
  inputs: [x],
  outputs: [y],
  attributes: { axes },
  cotangents: [g],
}) => {
  if (g === undefined) return []
  const reached = eq(x, spread(y, x.shape, axes))
  const shares = sum(reached.cast(x.dtype), axes)
  return [where(reached, spread(div(g, shares), x.shape, axes), 0)]
}

const lowest = (dtype: string): number =>
  dtype === "i32" ? -2147483648 : dtype === "u32" ? 0 : Number.NEGATIVE_INFINITY
const highest = (dtype: string): number =>
  dtype === "i32" ? 2147483647 : dtype === "u32" ? 4294967295 : Number.POSITIVE_INFINITY

export const sumPrimitive = reduction(
  "sum",
  () => 0,
  (a, b) => a + b,
  ({ inputs: [x], attributes: { axes }, cotangents: [g] }) => [g && spread(g, x.shape, axes)],
)
export const maxPrimitive = reduction("reduceMax", lowest, (a, b) => Math.max(a, b), toExtrema)
export const minPrimitive = reduction("reduceMin", highest, (a, b) => Math.min(a, b), toExtrema)

function argReduction(name: string, better: (a: number, b: number) => boolean): Primitive<{ axis: number }> {
  const made: Primitive<{ axis: number }> = primitive({
    name,
    type: ([x], { axis }): TensorType[] => {
      if (x.shape[axis] === 0) throw operationError(`${name} over an axis of no elements in ${formatShape(x.shape)}`)
      return [{ dtype: "i32", shape: reducedShape(x.shape, [axis]) }]
    },
    evaluate: ([x], { axis }, [output]) => {
      const data = new Int32Array(sizeOf(output.shape))
      const best = new Float64Array(data.length)
      const seen = new Uint8Array(data.length)
      const step = stridesOf(x.shape)[axis]
      fold(x, [axis], (out, value, i) => {
        if (seen[out] === 1 && !better(value, best[out])) return
        seen[out] = 1
        best[out] = value
        data[out] = Math.floor(i / step) % x.shape[axis]
      })
      return [{ ...output, data }]
    },
    batch: ([x], _, { axis }) => [apply1(made, [x], { axis: axis + 1 })],
  })
  return made
}

export const argmaxPrimitive = argReduction("argmax", (a, b) => a > b)
export const argminPrimitive = argReduction("argmin", (a, b) => a < b)

const reducer =
  (p: Primitive<ReduceAttributes>) =>
  (x: Tensor, axes?: Axes, keepDims = false): Tensor => {
    const list = normalizeAxes(axes, x.rank, p.name)
    const y = list.length === 0 ? x : apply1(p, [x], { axes: list })
    return keepDims ? reshape(y, keptShape(x.shape, list)) : y
  }

/** Sum over axes (all by default). */
export const sum = reducer(sumPrimitive)
/** Largest element over axes (all by default). */
export const max = reducer(maxPrimitive)
/** Smallest element over axes (all by default). */
export const min = reducer(minPrimitive)
/** Index (i32) of the first largest element along an axis. */
export const argmax = (x: Tensor, axis = -1): Tensor =>
  apply1(argmaxPrimitive, [x], { axis: normalizeAxis(axis, x.rank, "argmax") })
/** Index (i32) of the first smallest element along an axis. */
export const argmin = (x: Tensor, axis = -1): Tensor =>
  apply1(argminPrimitive, [x], { axis: normalizeAxis(axis, x.rank, "argmin") })

const countOf = (x: Tensor, axes?: Axes): number =>
  normalizeAxes(axes, x.rank, "mean").reduce((n, axis) => n * x.shape[axis], 1)

export const mean = (x: Tensor, axes?: Axes, keepDims = false): Tensor =>
  mul(sum(x, axes, keepDims), 1 / countOf(x, axes))

/** Mean squared distance from the mean (divided by n, not n - 1). */
export function variance(x: Tensor, axes?: Axes, keepDims = false): Tensor {
  return mean(square(sub(x, mean(x, axes, true))), axes, keepDims)
}

/** Euclidean length over axes (all by default). */
export const norm = (x: Tensor, axes?: Axes, keepDims = false): Tensor => sqrt(sum(square(x), axes, keepDims))

/** log Σ exp along an axis, safe for large entries. */
export function logSumExp(x: Tensor, axis = -1, keepDims = false): Tensor {
  const peak = stopGradient(max(x, axis, true))
  const y = log(sum(exp(sub(x, peak)), axis, true)).add(peak)
  return keepDims ? y : reshape(y, reducedShape(x.shape, [normalizeAxis(axis, x.rank, "logSumExp")]))
}

/** Exponentials of the last axis divided by their sum, or the logarithms of that. */
export const softmaxPrimitive: Primitive<{ readonly log: boolean }> = primitive<{ readonly log: boolean }>({
  name: "softmax",
  type: ([{ dtype, shape }]) => [{ dtype, shape }],
  evaluate: ([x], { log: isLog }, [output]) => {
    const data = allocate(output.dtype, x.data.length)
    const width = x.shape[x.shape.length - 1]
    for (let row = 0; row < data.length; row += width) {
      const own = Float64Array.from(x.data.subarray(row, row + width))
      const peak = own.reduce((a, b) => Math.max(a, b))
      const total = own.reduce((sum, v) => sum + Math.exp(v - peak), 0)
      own.forEach((v, i) => {
        data[row + i] = isLog ? v - peak - Math.log(total) : Math.exp(v - peak) / total
      })
    }
    return [{ ...output, data }]
  },
  gradient: ({ outputs: [y], attributes: { log: isLog }, cotangents: [g] }) => {
    if (g === undefined) return []
    return [isLog ? sub(g, mul(exp(y), sum(g, -1, true))) : mul(y, sub(g, sum(mul(g, y), -1, true)))]
  },
  batch: ([x], _, attributes) => [apply1(softmaxPrimitive, [x], attributes)],
})

/** A kernel of its own takes rows of f32. */
const hasKernel = (x: Tensor, axis: number): boolean =>
  x.dtype === "f32" && x.size > 0 && x.rank > 0 && normalizeAxis(axis, x.rank, "softmax") === x.rank - 1

export const logSoftmax = (x: Tensor, axis = -1): Tensor =>
  hasKernel(x, axis) ? apply1(softmaxPrimitive, [x], { log: true }) : sub(x, logSumExp(x, axis, true))

export function softmax(x: Tensor, axis = -1): Tensor {
  if (hasKernel(x, axis)) return apply1(softmaxPrimitive, [x], { log: false })
  const e = exp(sub(x, stopGradient(max(x, axis, true))))
  return div(e, sum(e, axis, true))
}

/** 1 at each index along a new last axis of `classes`, 0 elsewhere. */
export function oneHot(indices: Tensor, classes: number, dtype: "f32" | "f64" = "f32"): Tensor {
  if (isFloat(indices.dtype)) throw operationError(`oneHot needs whole numbers, not ${indices.describe()}`)
  const places = range(classes, indices.dtype === "u32" ? "u32" : "i32")
  const labels = indices.dtype === "i32" || indices.dtype === "u32" ? indices : indices.cast("i32")
  return eq(expandDims(labels, -1), places).cast(dtype)
}
