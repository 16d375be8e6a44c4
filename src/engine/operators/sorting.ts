import { allocate, isStorage } from "../dtype.ts"
import { operationError } from "../errors.ts"
import { type Primitive, primitive } from "../primitive.ts"
import { formatShape, normalizeAxis, sizeOf } from "../shape.ts"
import type { Tensor } from "../tensor.ts"
import { apply } from "../trace.ts"
import { scatterAlongLast } from "./indexing.ts"
import { transpose } from "./layout.ts"

export interface TopKAttributes {
  readonly k: number
  /** The largest first, or the smallest first. */
  readonly largest: boolean
}

/**
 * `[..., n]` -> the first `k` elements of every row in order and their places in it (i32), `[..., k]`. Of equal elements the one with the
 * lower index comes first; a NaN is larger than everything.
 */
export const topKPrimitive: Primitive<TopKAttributes> = primitive<TopKAttributes>({
  name: "topK",
  type: ([x], { k }) => {
    const n = x.shape[x.shape.length - 1]
    if (x.dtype === "bool" || isStorage(x.dtype))
      throw operationError(`topK does not take ${x.dtype}`, { hint: 'cast it first: x.cast("f32")' })
    if (!Number.isInteger(k) || k < 0 || k > n) throw operationError(`topK: cannot take ${k} of ${n} elements`)
    const shape = [...x.shape.slice(0, -1), k]
    return [
      { dtype: x.dtype, shape },
      { dtype: "i32", shape },
    ]
  },
  evaluate: ([x], { k, largest }, [values, indices]) => {
    const n = x.shape[x.shape.length - 1]
    const data = allocate(values.dtype, sizeOf(values.shape))
    const places = new Int32Array(data.length)
    for (let row = 0; row * k < data.length; row++) {
      const own = x.data.subarray(row * n, (row + 1) * n)
      const order = Array.from(own, (_, i) => i).sort((i, j) =>
        largest ? compare(own[j], own[i]) : compare(own[i], own[j]),
      )
      for (let i = 0; i < k; i++) {
        places[row * k + i] = order[i]
        data[row * k + i] = own[order[i]]
      }
    }
    return [
      { ...values, data },
      { ...indices, data: places },
    ]
  },
  gradient: ({ inputs: [x], outputs: [, indices], cotangents: [g] }) => [
    g && scatterAlongLast(g, indices, x.shape[x.rank - 1]),
  ],
  batch: ([x], _, attributes) => apply(topKPrimitive, [x], attributes),
})

/** Ascending, NaN last. */
const compare = (a: number, b: number): number =>
  a < b ? -1 : a > b ? 1 : Number(Number.isNaN(a)) - Number(Number.isNaN(b))

/** The same with the axis brought to the end and back. */
function ordered(
  name: string,
  x: Tensor,
  k: number | undefined,
  axis: number,
  largest: boolean,
): { values: Tensor; indices: Tensor } {
  if (x.rank === 0) throw operationError(`${name} needs a tensor with an axis, not ${x.describe()}`)
  const at = normalizeAxis(axis, x.rank, name)
  const count = k ?? x.shape[at]
  if (!Number.isInteger(count) || count < 0 || count > x.shape[at])
    throw operationError(
      `${name}: cannot take ${count} of the ${x.shape[at]} elements of axis ${at} of ${formatShape(x.shape)}`,
    )
  const axes = x.shape.map((_, i) => i)
  const swap = axes.map((i) => (i === at ? x.rank - 1 : i === x.rank - 1 ? at : i))
  const [values, indices] = apply(topKPrimitive, [transpose(x, swap)], { k: count, largest }).map((y) =>
    transpose(y, swap),
  )
  return { values, indices }
}

/**
 * The `k` largest elements along an axis, largest first, and their indices (i32). Of equal elements the one with the lower index comes first.
 * The gradient goes through the values to the elements that were taken.
 * @throws CajalError when the axis has fewer than `k` elements
 */
export const topK = (x: Tensor, k: number, axis = -1): { values: Tensor; indices: Tensor } =>
  ordered("topK", x, k, axis, true)

export interface SortOptions {
  /** Largest first instead of smallest first. */
  readonly descending?: boolean
}

/** The elements along an axis in order, smallest first, a NaN behind everything (so first when descending). Equal elements keep their order. */
export const sort = (x: Tensor, axis = -1, options: SortOptions = {}): Tensor =>
  ordered("sort", x, undefined, axis, options.descending ?? false).values

/** The indices (i32) that put an axis in order: `takeAlong` of them is `sort`. */
export const argsort = (x: Tensor, axis = -1, options: SortOptions = {}): Tensor =>
  ordered("argsort", x, undefined, axis, options.descending ?? false).indices
