import { allocate, type HostArray, isStorage, type TypedArray } from "../dtype.ts"
import { operationError } from "../errors.ts"
import { type Primitive, primitive, type TensorType } from "../primitive.ts"
import { formatShape, normalizeAxis, type Shape, sameShape, sizeOf } from "../shape.ts"
import type { Tensor } from "../tensor.ts"
import { apply1 } from "../trace.ts"
import { onesLike, zerosLike } from "./constants.ts"
import { broadcastTo, concat, slice } from "./layout.ts"

/** Calls `visit` along one axis of every line, with the place of each element and of the one before it (-1 for the first). */
function forEachAlong(shape: Shape, axis: number, reverse: boolean, visit: (at: number, before: number) => void): void {
  const n = shape[axis]
  const step = sizeOf(shape.slice(axis + 1))
  for (let outer = 0; outer < sizeOf(shape.slice(0, axis)); outer++)
    for (let inner = 0; inner < step; inner++) {
      let before = -1
      for (let i = 0; i < n; i++) {
        const at = (outer * n + (reverse ? n - 1 - i : i)) * step + inner
        visit(at, before)
        before = at
      }
    }
}

const rounded = (data: Float64Array, output: TensorType): HostArray => {
  const made: TypedArray = allocate(output.dtype, data.length)
  for (let i = 0; i < data.length; i++) made[i] = data[i]
  return { ...output, data: made }
}

export interface CumsumAttributes {
  readonly axis: number
  readonly reverse: boolean
  /** Leaves each element out of its own sum. */
  readonly exclusive: boolean
}

export const cumsumPrimitive: Primitive<CumsumAttributes> = primitive<CumsumAttributes>({
  name: "cumsum",
  type: ([x]) => {
    if (x.dtype === "bool" || isStorage(x.dtype))
      throw operationError(`cumsum does not take ${x.dtype}`, { hint: 'cast it first: x.cast("i32")' })
    return [{ dtype: x.dtype, shape: x.shape }]
  },
  evaluate: ([x], { axis, reverse, exclusive }, [output]) => {
    const total = new Float64Array(x.data.length)
    forEachAlong(x.shape, axis, reverse, (at, before) => {
      total[at] = (before < 0 ? 0 : total[before]) + (exclusive ? (before < 0 ? 0 : x.data[before]) : x.data[at])
    })
    return [rounded(total, output)]
  },
  gradient: ({ attributes: { axis, reverse, exclusive }, cotangents: [g] }) => [
    g && apply1(cumsumPrimitive, [g], { axis, reverse: !reverse, exclusive }),
  ],
  batch: ([x], _, { axis, ...rest }) => [apply1(cumsumPrimitive, [x], { axis: axis + 1, ...rest })],
})

export interface RecurrenceAttributes {
  readonly axis: number
  readonly reverse: boolean
}

/** `r[i] = a[i] · r[i-1] + b[i]` from `r[-1] = 0`, along one axis of two tensors of one shape. */
export const linearRecurrencePrimitive: Primitive<RecurrenceAttributes> = primitive<RecurrenceAttributes>({
  name: "linearRecurrence",
  type: ([a, b]) => {
    if (a.dtype !== b.dtype || a.dtype === "bool" || isStorage(a.dtype) || !sameShape(a.shape, b.shape))
      throw operationError(
        `linearRecurrence needs two number tensors of one dtype and shape, not ${a.dtype} ${formatShape(a.shape)} and ${b.dtype} ${formatShape(b.shape)}`,
      )
    return [{ dtype: b.dtype, shape: b.shape }]
  },
  evaluate: ([a, b], { axis, reverse }, [output]) => {
    const state = new Float64Array(b.data.length)
    forEachAlong(b.shape, axis, reverse, (at, before) => {
      state[at] = (before < 0 ? 0 : a.data[at] * state[before]) + b.data[at]
    })
    return [rounded(state, output)]
  },
  // The cotangent of r is a recurrence too, the other way: l[i] = g[i] + a[i+1] · l[i+1].
  gradient: ({ inputs: [a], outputs: [r], attributes: { axis, reverse }, cotangents: [g], wanted }) => {
    if (g === undefined) return []
    const l = apply1(linearRecurrencePrimitive, [shifted(a, axis, !reverse), g], { axis, reverse: !reverse })
    return [wanted[0] ? l.mul(shifted(r, axis, reverse)) : undefined, wanted[1] ? l : undefined]
  },
  batch: ([a, b], batched, { axis, reverse }, size) => {
    const [left, right] = [a, b].map((x, i) => (batched[i] ? x : broadcastTo(x, [size, ...x.shape])))
    return [apply1(linearRecurrencePrimitive, [left, right], { axis: axis + 1, reverse })]
  },
})

/** Every element in the place of its follower, `first` where nothing comes before; the other way when reversed. */
function shifted(x: Tensor, axis: number, reverse: boolean, first: Tensor = zerosLike(x)): Tensor {
  const n = x.shape[axis]
  if (n === 0) return x
  const edge = slice(first, axis, 0, 1)
  return concat(reverse ? [slice(x, axis, 1, n), edge] : [edge, slice(x, axis, 0, n - 1)], axis)
}

export interface CumulativeOptions {
  /** From the last element to the first. */
  readonly reverse?: boolean
  /** Leaves each element out of its own result: the first is 0 (sum) or 1 (product). */
  readonly exclusive?: boolean
}

/** Sums of all elements up to each place of an axis. */
export function cumsum(x: Tensor, axis = -1, { reverse = false, exclusive = false }: CumulativeOptions = {}): Tensor {
  return apply1(cumsumPrimitive, [x], { axis: normalizeAxis(axis, x.rank, "cumsum"), reverse, exclusive })
}

/**
 * The first-order linear recurrence `r[i] = a[i] · r[i-1] + b[i]` along an axis, from 0: leaky integration whose leak changes.
 * @param a factors, broadcast to the shape of `b`
 */
export function linearRecurrence(
  a: Tensor,
  b: Tensor,
  axis = -1,
  options: { readonly reverse?: boolean } = {},
): Tensor {
  return apply1(linearRecurrencePrimitive, [broadcastTo(a, b.shape), b], {
    axis: normalizeAxis(axis, b.rank, "linearRecurrence"),
    reverse: options.reverse ?? false,
  })
}

/** Products of all elements up to each place of an axis. The gradient is exact where elements are 0. */
export function cumprod(x: Tensor, axis = -1, { reverse = false, exclusive = false }: CumulativeOptions = {}): Tensor {
  const at = normalizeAxis(axis, x.rank, "cumprod")
  const n = x.shape[at]
  if (n === 0) return x
  const rest = slice(zerosLike(x), at, 1, n)
  const start = reverse ? concat([rest, slice(x, at, n - 1, n)], at) : concat([slice(x, at, 0, 1), rest], at)
  const products = linearRecurrence(x, start, at, { reverse })
  return exclusive ? shifted(products, at, reverse, onesLike(x)) : products
}
