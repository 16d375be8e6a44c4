import { isFloat } from "../../../engine/dtype.ts"
import { full, range } from "../../../engine/operators/constants.ts"
import { where } from "../../../engine/operators/elementwise.ts"
import { scatterAdd, take, takeAlong } from "../../../engine/operators/indexing.ts"
import { broadcastTo, concat, flip, pad, reshape, slice, transpose } from "../../../engine/operators/layout.ts"
import { argmax, argmin, max, min, sum } from "../../../engine/operators/reduce.ts"
import { cumprod, cumsum } from "../../../engine/operators/scanning.ts"
import { argsort, topK } from "../../../engine/operators/sorting.ts"
import { broadcastShapes, type Shape, sizeOf } from "../../../engine/shape.ts"
import { Tensor } from "../../../engine/tensor.ts"
import type { Call, Operator } from "./call.ts"

const wholes = (values: readonly number[], shape: Shape = [values.length]): Tensor =>
  Tensor.from({ dtype: "i32", shape, data: Int32Array.from(values) })

const axisOf = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis)

function reshaped(call: Call): Tensor {
  const x = call.x()
  const wanted = call.list("shape", 1) ?? []
  const keeps = call.int("allowzero", 0) === 0
  return reshape(
    x,
    wanted.map((n, i) => (n === 0 && keeps ? x.shape[i] : n)),
  )
}

function flattened(call: Call): Tensor {
  const x = call.x()
  const axis = axisOf(call.int("axis", 1), x.rank)
  return reshape(x, [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis))])
}

function squeezed(call: Call): Tensor {
  const x = call.x()
  const axes = call.list("axes", 1)?.map((axis) => axisOf(axis, x.rank))
  return reshape(
    x,
    x.shape.filter((n, i) => (axes === undefined ? n !== 1 : !axes.includes(i))),
  )
}

function unsqueezed(call: Call): Tensor {
  const x = call.x()
  const given = call.list("axes", 1) ?? []
  const rank = x.rank + given.length
  const axes = given.map((axis) => axisOf(axis, rank))
  let next = 0
  return reshape(
    x,
    Array.from({ length: rank }, (_, i) => (axes.includes(i) ? 1 : x.shape[next++])),
  )
}

function sliced(call: Call): Tensor {
  let x = call.x()
  const starts = call.list("starts", 1) ?? []
  const ends = call.list("ends", 2) ?? []
  const axes = call.list("axes", 3) ?? starts.map((_, i) => i)
  const steps = call.numbers(4) ?? starts.map(() => 1)
  axes.forEach((axis, i) => {
    const at = axisOf(axis, x.rank)
    const n = x.shape[at]
    const held = (place: number, low: number, high: number): number =>
      Math.min(Math.max(place < 0 ? place + n : place, low), high)
    if (steps[i] > 0) {
      const from = held(starts[i], 0, n)
      x = slice(x, at, from, Math.max(from, held(ends[i], 0, n)), steps[i])
      return
    }
    // Backwards: the axis is turned round first.
    const from = n - 1 - held(starts[i], -1, n - 1)
    const to = n - 1 - held(ends[i], -1, n - 1)
    x = slice(flip(x, at), at, from, Math.max(from, to), -steps[i])
  })
  return x
}

function padded(call: Call): Tensor {
  const x = call.x()
  const mode = call.text("mode", "constant")
  if (mode !== "constant") throw call.error(`padding by ${mode} is not run here`)
  const widths = call.list("pads", 1) ?? []
  const axes = call.numbers(3)?.map((axis) => axisOf(axis, x.rank)) ?? x.shape.map((_, i) => i)
  const value = call.numbers(2)?.[0] ?? call.float("value", 0)
  const around = x.shape.map((_, i) => {
    const k = axes.indexOf(i)
    return (k === -1 ? [0, 0] : [widths[k], widths[k + axes.length]]) as [number, number]
  })
  let y = x
  around.forEach(([low, high], i) => {
    if (low < 0 || high < 0) y = slice(y, i, Math.max(0, -low), y.shape[i] - Math.max(0, -high))
  })
  const outside = around.map(([low, high]) => [Math.max(0, low), Math.max(0, high)] as const)
  return outside.some(([low, high]) => low + high > 0) ? pad(y, outside, value) : y
}

function split(call: Call): Tensor[] {
  const x = call.x()
  const axis = axisOf(call.int("axis", 0), x.rank)
  const pieces = call.int("num_outputs", call.node.output.length)
  const each = Math.ceil(x.shape[axis] / pieces)
  const sizes =
    call.list("split", 1) ?? Array.from({ length: pieces }, (_, i) => Math.min(each, x.shape[axis] - i * each))
  let from = 0
  return sizes.map((size) => slice(x, axis, from, (from += size)))
}

/** Negative indices count from the end. */
const fromEnd = (indices: Tensor, n: number): Tensor => {
  const places = indices.dtype === "i32" ? indices : indices.cast("i32")
  return where(places.lt(0), places.add(n), places)
}

function scatterNd(call: Call): Tensor {
  const [x, indices, updates] = [call.x(0), call.x(1), call.x(2)]
  if (call.text("reduction", "none") !== "add" || indices.shape[indices.rank - 1] !== 1)
    throw call.error("only sums at places of the first axis are run here")
  const places = fromEnd(reshape(indices, indices.shape.slice(0, -1)), x.shape[0])
  return x.add(scatterAdd(x.shape, places, updates))
}

type Reduce = (x: Tensor, axes: number[], keep: boolean) => Tensor
const reduction =
  (compute: Reduce): Operator =>
  (call) => {
    const x = call.x()
    const given = call.list("axes", 1)
    if ((given === undefined || given.length === 0) && call.int("noop_with_empty_axes", 0) === 1) return x
    const axes = given === undefined || given.length === 0 ? x.shape.map((_, i) => i) : given
    return compute(
      x,
      axes.map((axis) => axisOf(axis, x.rank)),
      call.int("keepdims", 1) === 1,
    )
  }

const product: Reduce = (x, axes, keep) => {
  const y = axes.reduce((part, axis) => slice(cumprod(part, axis), axis, part.shape[axis] - 1), x)
  return keep
    ? y
    : reshape(
        y,
        y.shape.filter((_, i) => !axes.includes(i)),
      )
}
const average: Reduce = (x, axes, keep) => {
  const count = axes.reduce((n, axis) => n * x.shape[axis], 1)
  return sum(x, axes, keep).mul(1 / count)
}

const extreme =
  (find: (x: Tensor, axis: number) => Tensor): Operator =>
  (call) => {
    const x = call.x()
    const axis = axisOf(call.int("axis", 0), x.rank)
    if (call.int("select_last_index", 0) === 1) throw call.error("the last of equal elements is not looked for here")
    const found = find(x, axis)
    return call.int("keepdims", 1) === 1
      ? reshape(
          found,
          x.shape.map((n, i) => (i === axis ? 1 : n)),
        )
      : found
  }

function extremes(call: Call): Tensor[] {
  const x = call.x()
  const axis = axisOf(call.int("axis", -1), x.rank)
  const [k] = call.list("k", 1) ?? [1]
  if (call.int("largest", 1) === 1) {
    const { values, indices } = topK(x, k, axis)
    return [values, indices]
  }
  const indices = slice(argsort(x, axis), axis, 0, k)
  return [takeAlong(x, indices, axis), indices]
}

function expanded(call: Call): Tensor {
  const x = call.x()
  const wanted = call.numbers(1) ?? []
  const shape = broadcastShapes(x.shape, wanted)
  if (shape === undefined) throw call.error(`${x.describe()} does not broadcast to [${wanted.join(", ")}]`)
  return broadcastTo(x, shape)
}

function tiled(call: Call): Tensor {
  const times = call.numbers(1) ?? []
  return times.reduce(
    (y, n, axis) =>
      concat(
        Array.from({ length: n }, () => y),
        axis,
      ),
    call.x(),
  )
}

function constant(call: Call): Tensor {
  const tensor = call.tensor("value")
  if (tensor !== undefined) return tensor
  const one = call.float("value_float", Number.NaN)
  if (!Number.isNaN(one)) return full([], one)
  const list = call.floats("value_floats")
  if (list !== undefined && list.length > 0)
    return Tensor.from({ dtype: "f32", shape: [list.length], data: Float32Array.from(list) })
  const many = call.ints("value_ints")
  if (many !== undefined && many.length > 0) return wholes(many)
  return wholes([call.int("value_int", 0)], [])
}

/** The upper or lower triangle of matrices. */
function triangle(call: Call): Tensor {
  const x = call.x()
  const [rows, columns] = x.shape.slice(-2)
  const [k] = call.numbers(1) ?? [0]
  const across = range(columns)
    .reshape([1, columns])
    .sub(range(rows).reshape([rows, 1]))
  return where(call.int("upper", 1) === 1 ? across.ge(k) : across.le(k), x, 0)
}

function counted(call: Call): Tensor {
  const [start, limit, step] = [0, 1, 2].map((i) => (call.numbers(i) ?? [0])[0])
  const count = Math.max(0, Math.ceil((limit - start) / step))
  const { dtype } = call.x()
  return range(count, isFloat(dtype) ? dtype : "i32")
    .mul(step)
    .add(start)
}

export const structureOperators: Readonly<Record<string, Operator>> = {
  Shape: (call) => {
    const { shape } = call.x()
    const place = (n: number): number => Math.min(Math.max(axisOf(n, shape.length), 0), shape.length)
    return wholes(shape.slice(place(call.int("start", 0)), place(call.int("end", shape.length))))
  },
  Size: (call) => wholes([call.x().size], []),
  Constant: constant,
  ConstantOfShape: (call) => {
    const value = call.tensor("value")
    return full(call.numbers(0) ?? [], value === undefined ? 0 : value.array()[0], value?.dtype ?? "f32")
  },
  Range: counted,
  Reshape: reshaped,
  Flatten: flattened,
  Squeeze: squeezed,
  Unsqueeze: unsqueezed,
  Transpose: (call) => transpose(call.x(), call.ints("perm")),
  Expand: expanded,
  Tile: tiled,
  Trilu: triangle,
  Concat: (call) =>
    concat(
      call.inputs.map((_, i) => call.x(i)),
      call.int("axis", 0),
    ),
  Split: split,
  Slice: sliced,
  Pad: padded,
  Gather: (call) => {
    const x = call.x()
    const axis = axisOf(call.int("axis", 0), x.rank)
    return take(x, fromEnd(call.x(1), x.shape[axis]), axis)
  },
  GatherElements: (call) => {
    const x = call.x()
    const axis = axisOf(call.int("axis", 0), x.rank)
    return takeAlong(x, fromEnd(call.x(1), x.shape[axis]), axis)
  },
  ScatterND: scatterNd,
  ReduceSum: reduction(sum),
  ReduceMean: reduction(average),
  ReduceMax: reduction(max),
  ReduceMin: reduction(min),
  ReduceProd: reduction(product),
  ReduceL1: reduction((x, axes, keep) => sum(x.abs(), axes, keep)),
  ReduceL2: reduction((x, axes, keep) => sum(x.square(), axes, keep).sqrt()),
  ReduceSumSquare: reduction((x, axes, keep) => sum(x.square(), axes, keep)),
  ArgMax: extreme(argmax),
  ArgMin: extreme(argmin),
  TopK: extremes,
  CumSum: (call) => {
    const [axis] = call.numbers(1) ?? [0]
    return cumsum(call.x(), axis, { reverse: call.int("reverse", 0) === 1, exclusive: call.int("exclusive", 0) === 1 })
  },
}
