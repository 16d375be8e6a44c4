import { allocate, type HostArray } from "../dtype.ts"
import { operationError } from "../errors.ts"
import { type Primitive, primitive, type TensorType } from "../primitive.ts"
import {
  broadcastShapes,
  checkShape,
  forEachOffset,
  formatShape,
  normalizeAxis,
  type Shape,
  sameShape,
  sizeOf,
  stridesOf,
} from "../shape.ts"
import type { Tensor } from "../tensor.ts"
import { apply1 } from "../trace.ts"
import { sum } from "./reduce.ts"

const like = (x: TensorType, shape: Shape): TensorType =>
  x.events === true ? { dtype: x.dtype, shape, events: true } : { dtype: x.dtype, shape }

/** Copies a strided view of the elements: how every view operator is evaluated. */
function copyView(x: HostArray, shape: Shape, strides: readonly number[], start = 0): HostArray {
  const data = allocate(x.dtype, sizeOf(shape))
  let i = 0
  forEachOffset(shape, strides, start, (offset) => {
    data[i++] = x.data[offset]
  })
  return { dtype: x.dtype, shape, data }
}

export const reshapePrimitive: Primitive<{ shape: Shape }> = primitive({
  name: "reshape",
  kind: "view",
  type: ([x], { shape }) => {
    if (sizeOf(x.shape) !== sizeOf(shape))
      throw operationError(
        `cannot reshape ${formatShape(x.shape)} (${sizeOf(x.shape)} elements) to ${formatShape(shape)} (${sizeOf(shape)})`,
      )
    return [like(x, shape)]
  },
  evaluate: ([x], _, [output]) => [{ ...output, data: x.data.slice() }],
  gradient: ({ inputs: [x], cotangents: [g] }) => [g && reshape(g, x.shape)],
  batch: ([x], _, { shape }, size) => [reshape(x, [size, ...shape])],
})

export const transposePrimitive: Primitive<{ order: readonly number[] }> = primitive({
  name: "transpose",
  kind: "view",
  type: ([x], { order }) => [
    like(
      x,
      order.map((axis) => x.shape[axis]),
    ),
  ],
  evaluate: ([x], { order }, [output]) => {
    const strides = stridesOf(x.shape)
    return [
      copyView(
        x,
        output.shape,
        order.map((axis) => strides[axis]),
      ),
    ]
  },
  gradient: ({ attributes: { order }, cotangents: [g] }) => [g && transpose(g, invert(order))],
  batch: ([x], _, { order }) => [transpose(x, [0, ...order.map((axis) => axis + 1)])],
})

const invert = (order: readonly number[]): number[] => order.map((_, axis) => order.indexOf(axis))

export const broadcastPrimitive: Primitive<{ shape: Shape }> = primitive({
  name: "broadcast",
  kind: "view",
  type: ([x], { shape }) => {
    const joined = broadcastShapes(x.shape, shape)
    if (joined === undefined || !sameShape(joined, shape))
      throw operationError(`cannot broadcast ${formatShape(x.shape)} to ${formatShape(shape)}`)
    return [like(x, shape)]
  },
  evaluate: ([x], _, [output]) => {
    const lead = output.shape.length - x.shape.length
    const strides = stridesOf(x.shape)
    return [
      copyView(
        x,
        output.shape,
        output.shape.map((_, i) => (i < lead || x.shape[i - lead] === 1 ? 0 : strides[i - lead])),
      ),
    ]
  },
  gradient: ({ inputs: [x], attributes: { shape }, cotangents: [g] }) => {
    const lead = shape.length - x.shape.length
    const axes = shape.flatMap((n, i) => (i < lead || (x.shape[i - lead] === 1 && n !== 1) ? [i] : []))
    return [g && reshape(sum(g, axes), x.shape)]
  },
  batch: ([x], _, { shape }, size) => {
    const missing = shape.length - (x.rank - 1)
    const aligned = reshape(x, [size, ...new Array(missing).fill(1), ...x.shape.slice(1)])
    return [broadcastTo(aligned, [size, ...shape])]
  },
})

export const slicePrimitive: Primitive<{ start: readonly number[]; shape: Shape; step: readonly number[] }> = primitive(
  {
    name: "slice",
    kind: "view",
    type: ([x], { start, shape, step }) => {
      for (const [axis, n] of x.shape.entries()) {
        const last = start[axis] + (shape[axis] - 1) * step[axis]
        if (start[axis] < 0 || (shape[axis] > 0 && last >= n))
          throw operationError(
            `slice from ${start[axis]} to ${last + 1} leaves axis ${axis} of ${formatShape(x.shape)}`,
          )
      }
      return [like(x, shape)]
    },
    evaluate: ([x], { start, shape, step }) => {
      const strides = stridesOf(x.shape)
      const first = start.reduce((at, from, axis) => at + from * strides[axis], 0)
      return [
        copyView(
          x,
          shape,
          strides.map((s, axis) => s * step[axis]),
          first,
        ),
      ]
    },
    gradient: ({ inputs: [x], attributes: { start, shape, step }, cotangents: [g] }) => [
      g &&
        apply1(padPrimitive, [g], {
          low: start,
          high: x.shape.map((n, i) => n - start[i] - Math.max(0, (shape[i] - 1) * step[i] + 1)),
          inner: step.map((s) => s - 1),
          value: 0,
        }),
    ],
    batch: ([x], _, { start, shape, step }, size) => [
      apply1(slicePrimitive, [x], { start: [0, ...start], shape: [size, ...shape], step: [1, ...step] }),
    ],
  },
)

export const flipPrimitive: Primitive<{ axes: readonly number[] }> = primitive({
  name: "flip",
  kind: "view",
  type: ([x]) => [like(x, x.shape)],
  evaluate: ([x], { axes }) => {
    const strides = stridesOf(x.shape)
    const start = axes.reduce((at, axis) => at + (x.shape[axis] - 1) * strides[axis], 0)
    return [
      copyView(
        x,
        x.shape,
        strides.map((s, axis) => (axes.includes(axis) ? -s : s)),
        sizeOf(x.shape) === 0 ? 0 : start,
      ),
    ]
  },
  gradient: ({ attributes: { axes }, cotangents: [g] }) => [g && flip(g, axes)],
  batch: ([x], _, { axes }) => [
    flip(
      x,
      axes.map((axis) => axis + 1),
    ),
  ],
})

/** `low` and `high` elements around each axis (>= 0), `inner` between neighbours. */
export const padPrimitive: Primitive<{
  low: readonly number[]
  high: readonly number[]
  inner: readonly number[]
  value: number
}> = primitive({
  name: "pad",
  type: ([x], { low, high, inner, value }) => [
    {
      ...like(
        x,
        x.shape.map((n, i) => low[i] + high[i] + n + Math.max(0, n - 1) * inner[i]),
      ),
      ...(value === 0 ? {} : { events: false }),
    },
  ],
  evaluate: ([x], { low, inner, value }, [output]) => {
    const data = allocate(output.dtype, sizeOf(output.shape)).fill(value)
    const strides = stridesOf(output.shape)
    const start = low.reduce((at, n, axis) => at + n * strides[axis], 0)
    let i = 0
    forEachOffset(
      x.shape,
      strides.map((s, axis) => s * (inner[axis] + 1)),
      start,
      (offset) => {
        data[offset] = x.data[i++]
      },
    )
    return [{ ...output, data }]
  },
  gradient: ({ inputs: [x], attributes: { low, inner }, cotangents: [g] }) => [
    g && apply1(slicePrimitive, [g], { start: low, shape: x.shape, step: inner.map((n) => n + 1) }),
  ],
  batch: ([x], _, { low, high, inner, value }) => [
    apply1(padPrimitive, [x], { low: [0, ...low], high: [0, ...high], inner: [0, ...inner], value }),
  ],
})

export const concatPrimitive: Primitive<{ axis: number }> = primitive({
  name: "concat",
  type: (inputs, { axis }) => {
    const [first] = inputs
    for (const x of inputs) {
      const fits = x.shape.length === first.shape.length && x.shape.every((n, i) => i === axis || n === first.shape[i])
      if (!fits || x.dtype !== first.dtype)
        throw operationError(
          `cannot join ${inputs.map((t) => `${t.dtype} ${formatShape(t.shape)}`).join(", ")} along axis ${axis}`,
        )
    }
    const total = inputs.reduce((n, x) => n + x.shape[axis], 0)
    const shape = first.shape.map((n, i) => (i === axis ? total : n))
    return [
      inputs.every((x) => x.events === true)
        ? { dtype: first.dtype, shape, events: true }
        : { dtype: first.dtype, shape },
    ]
  },
  evaluate: (inputs, { axis }, [output]) => {
    const data = allocate(output.dtype, sizeOf(output.shape))
    const strides = stridesOf(output.shape)
    let start = 0
    for (const x of inputs) {
      let i = 0
      forEachOffset(x.shape, strides, start * strides[axis], (offset) => {
        data[offset] = x.data[i++]
      })
      start += x.shape[axis]
    }
    return [{ ...output, data }]
  },
  gradient: ({ inputs, attributes: { axis }, cotangents: [g] }) => {
    let start = 0
    return inputs.map((x) => {
      const from = start
      start += x.shape[axis]
      return g && slice(g, axis, from, start)
    })
  },
  batch: (inputs, batched, { axis }, size) => [
    concat(
      inputs.map((x, i) => (batched[i] ? x : broadcastTo(x, [size, ...x.shape]))),
      axis + 1,
    ),
  ],
})

/** The same elements in another shape; one size may be -1 and is then worked out. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const known = shape.reduce((product, n) => (n === -1 ? product : product * n), 1)
  if (shape.includes(-1) && !Number.isInteger(x.size / known))
    throw operationError(
      `cannot reshape ${formatShape(x.shape)} to ${formatShape(shape)}: no size for -1 makes ${x.size} elements`,
    )
  const resolved = checkShape(
    shape.map((n) => (n === -1 ? x.size / known : n)),
    `reshape ${formatShape(x.shape)} to ${formatShape(shape)}`,
  )
  return sameShape(resolved, x.shape) ? x : apply1(reshapePrimitive, [x], { shape: resolved })
}

/** Axes in another order; reversed when no order is given. */
export function transpose(x: Tensor, order?: readonly number[]): Tensor {
  const axes = (order ?? x.shape.map((_, i) => x.rank - 1 - i)).map((axis) => normalizeAxis(axis, x.rank, "transpose"))
  if (axes.length !== x.rank || new Set(axes).size !== x.rank)
    throw operationError(`transpose: [${axes}] is not an order of the ${x.rank} axes of ${formatShape(x.shape)}`)
  return axes.every((axis, i) => axis === i) ? x : apply1(transposePrimitive, [x], { order: axes })
}

/** Repeats the elements along new axes and axes of size 1, without a copy. */
export const broadcastTo = (x: Tensor, shape: Shape): Tensor =>
  sameShape(x.shape, shape) ? x : apply1(broadcastPrimitive, [x], { shape: [...shape] })

/** The part of one axis from `from` up to but not including `to` (negative: counted from the end), every `step`-th element. */
export function slice(
  x: Tensor,
  axis: number,
  from: number,
  to = x.shape[normalizeAxis(axis, x.rank, "slice")],
  step = 1,
): Tensor {
  const at = normalizeAxis(axis, x.rank, "slice")
  const n = x.shape[at]
  if (!Number.isInteger(from) || !Number.isInteger(to))
    throw operationError(`slice: from ${from} to ${to}; both ends are whole numbers`)
  if (!Number.isInteger(step) || step < 1)
    throw operationError(`slice: a step of ${step}; steps are whole numbers >= 1`, { hint: "flip turns an axis round" })
  const first = from < 0 ? from + n : from
  const end = Math.min(to < 0 ? to + n : to, n)
  const count = Math.max(0, Math.ceil((end - first) / step))
  if (first === 0 && count === n && step === 1) return x
  return apply1(slicePrimitive, [x], {
    start: x.shape.map((_, i) => (i === at ? first : 0)),
    shape: x.shape.map((size, i) => (i === at ? count : size)),
    step: x.shape.map((_, i) => (i === at ? step : 1)),
  })
}

/** One element of the first axis (negative: counted from the end), that axis dropped. */
export function at(x: Tensor, index: number, axis = 0): Tensor {
  const a = normalizeAxis(axis, x.rank, "at")
  const i = index < 0 ? index + x.shape[a] : index
  if (!Number.isInteger(i) || i < 0 || i >= x.shape[a])
    throw operationError(`at: axis ${a} of ${formatShape(x.shape)} has no element ${index}`)
  return reshape(
    slice(x, a, i, i + 1),
    x.shape.filter((_, k) => k !== a),
  )
}

/** Elements of `value` around each axis, `[before, after]`. */
export function pad(x: Tensor, widths: readonly (readonly [number, number])[], value = 0): Tensor {
  if (widths.length !== x.rank)
    throw operationError(`pad: ${widths.length} pairs of widths for the ${x.rank} axes of ${formatShape(x.shape)}`)
  checkShape(widths.flat(), "pad")
  return apply1(padPrimitive, [x], {
    low: widths.map(([low]) => low),
    high: widths.map(([, high]) => high),
    inner: widths.map(() => 0),
    value,
  })
}

export const flip = (x: Tensor, axes: number | readonly number[]): Tensor =>
  apply1(flipPrimitive, [x], {
    axes: (typeof axes === "number" ? [axes] : axes).map((axis) => normalizeAxis(axis, x.rank, "flip")),
  })

/** Tensors joined along an existing axis. */
export function concat(tensors: readonly Tensor[], axis = 0): Tensor {
  if (tensors.length === 0) throw operationError("concat needs at least one tensor")
  return tensors.length === 1
    ? tensors[0]
    : apply1(concatPrimitive, tensors, { axis: normalizeAxis(axis, tensors[0].rank, "concat") })
}

/** Tensors of one shape joined along a new axis. */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  if (tensors.length === 0) throw operationError("stack needs at least one tensor")
  return concat(
    tensors.map((x) => expandDims(x, axis)),
    axis,
  )
}

/** A new axis of size 1 before `axis` (negative: counted from the end of the new shape). */
export function expandDims(x: Tensor, axis: number): Tensor {
  const at = normalizeAxis(axis, x.rank + 1, "expandDims")
  return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)])
}

/** Drops axes of size 1: those named, or all. */
export function squeeze(x: Tensor, axes?: number | readonly number[]): Tensor {
  const named =
    axes === undefined
      ? undefined
      : (typeof axes === "number" ? [axes] : axes).map((a) => normalizeAxis(a, x.rank, "squeeze"))
  for (const axis of named ?? [])
    if (x.shape[axis] !== 1)
      throw operationError(`squeeze: axis ${axis} of ${formatShape(x.shape)} has size ${x.shape[axis]}`)
  return reshape(
    x,
    x.shape.filter((n, i) => (named === undefined ? n !== 1 : !named.includes(i))),
  )
}

/** `pieces` equal parts along an axis. */
export function splitInto(x: Tensor, pieces: number, axis = 0): Tensor[] {
  const a = normalizeAxis(axis, x.rank, "splitInto")
  const width = x.shape[a] / pieces
  if (!Number.isInteger(width))
    throw operationError(`cannot split axis ${a} of ${formatShape(x.shape)} into ${pieces} equal parts`)
  return Array.from({ length: pieces }, (_, i) => slice(x, a, i * width, (i + 1) * width))
}
