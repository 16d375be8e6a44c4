import { allocate } from "../dtype.ts"
import { operationError } from "../errors.ts"
import { type Primitive, primitive } from "../primitive.ts"
import { formatShape, normalizeAxis, type Shape, sizeOf } from "../shape.ts"
import type { Tensor } from "../tensor.ts"
import { apply1 } from "../trace.ts"
import { range } from "./constants.ts"
import { clip } from "./elementwise.ts"
import { broadcastTo, expandDims, reshape, transpose } from "./layout.ts"

const checkIndices = (name: string, dtype: string): void => {
  if (dtype !== "i32" && dtype !== "u32") throw operationError(`${name} needs indices of i32 or u32, not ${dtype}`)
}

/** An index held inside an axis, as every device does: a wrong index never reads outside its tensor. */
const held = (index: number, size: number): number => Math.min(Math.max(index, 0), size - 1)

/** `x [n, ...rest]`, `indices [...m]` -> `[...m, ...rest]`: rows of the first axis. */
export const gatherPrimitive: Primitive = primitive({
  name: "gather",
  type: ([x, indices]) => {
    checkIndices("take", indices.dtype)
    if (x.shape.length === 0 || x.shape[0] === 0)
      throw operationError(`take: nothing to take from in ${formatShape(x.shape)}`)
    return [
      {
        dtype: x.dtype,
        shape: [...indices.shape, ...x.shape.slice(1)],
        ...(x.events === true ? { events: true } : {}),
      },
    ]
  },
  evaluate: ([x, indices], _, [output]) => {
    const row = sizeOf(x.shape.slice(1))
    const data = allocate(output.dtype, sizeOf(output.shape))
    for (let i = 0; i < indices.data.length; i++) {
      const from = held(indices.data[i], x.shape[0]) * row
      data.set(x.data.subarray(from, from + row), i * row)
    }
    return [{ ...output, data }]
  },
  gradient: ({ inputs: [x, indices], cotangents: [g] }) => [g && scatterAdd(x.shape, indices, g)],
  batch: ([x, indices], batched, _, size) => {
    if (!batched[0]) return [gather(x, indices)]
    const n = x.shape[1]
    const places = batched[1] ? indices : broadcastTo(indices, [size, ...indices.shape])
    return [gather(reshape(x, [size * n, ...x.shape.slice(2)]), flatPlaces(places, 1, n))]
  },
})

/** `indices [...m]`, `updates [...m, ...rest]` -> `[n, ...rest]`: rows added up at their indices. */
export const scatterPrimitive: Primitive<{ shape: Shape }> = primitive({
  name: "scatterAdd",
  type: ([indices, updates], { shape }) => {
    checkIndices("scatterAdd", indices.dtype)
    return [{ dtype: updates.dtype, shape }]
  },
  evaluate: ([indices, updates], { shape }, [output]) => {
    const row = sizeOf(shape.slice(1))
    const data = allocate(output.dtype, sizeOf(shape))
    for (let i = 0; i < indices.data.length; i++) {
      const to = held(indices.data[i], shape[0]) * row
      for (let j = 0; j < row; j++) data[to + j] += updates.data[i * row + j]
    }
    return [{ ...output, data }]
  },
  gradient: ({ inputs: [indices], cotangents: [g] }) => [undefined, g && gather(g, indices)],
  batch: ([indices, updates], batched, { shape }, size) => {
    const n = shape[0]
    const places = batched[0] ? indices : broadcastTo(indices, [size, ...indices.shape])
    const values = batched[1] ? updates : broadcastTo(updates, [size, ...updates.shape])
    return [reshape(scatterAdd([size * n, ...shape.slice(1)], flatPlaces(places, 1, n), values), [size, ...shape])]
  },
})

const gather = (x: Tensor, indices: Tensor): Tensor => apply1(gatherPrimitive, [x, indices], {})

/**
 * Elements of one axis at `indices`; the axis is replaced by the axes of `indices`. Indices outside the axis are held at its ends.
 * The gradient adds up where an index repeats.
 */
export function take(x: Tensor, indices: Tensor, axis = 0): Tensor {
  const a = normalizeAxis(axis, x.rank, "take")
  if (a === 0) return gather(x, indices)
  const others = Array.from({ length: x.rank }, (_, i) => i).filter((i) => i !== a)
  const taken = gather(transpose(x, [a, ...others]), indices)
  const m = indices.rank
  return transpose(taken, [
    ...Array.from({ length: a }, (_, i) => m + i),
    ...Array.from({ length: m }, (_, i) => i),
    ...Array.from({ length: x.rank - 1 - a }, (_, i) => m + a + i),
  ])
}

/** A tensor of `shape`, zero but for the rows of `updates` added at `indices` of the first axis. */
export function scatterAdd(shape: Shape, indices: Tensor, updates: Tensor): Tensor {
  const expected = [...indices.shape, ...shape.slice(1)]
  return apply1(scatterPrimitive, [indices, broadcastTo(updates, expected)], { shape: [...shape] })
}

/** Indices into rows of `n` as indices into all rows joined; the first `lead` axes of `indices` number the rows. */
function flatPlaces(indices: Tensor, lead: number, n: number): Tensor {
  const rows = sizeOf(indices.shape.slice(0, lead))
  const first = reshape(
    range(rows, indices.dtype as "i32").mul(n),
    indices.shape.map((size, i) => (i < lead ? size : 1)),
  )
  return clip(indices, 0, n - 1).add(first)
}

/**
 * Elements of an axis at places of their own for every row: `x [..., n, ...]`, `indices [..., k, ...]` -> `[..., k, ...]`, all other sizes equal.
 * Takes what `topK` and `argsort` found.
 */
export function takeAlong(x: Tensor, indices: Tensor, axis = -1): Tensor {
  const a = normalizeAxis(axis, x.rank, "takeAlong")
  if (indices.rank !== x.rank || x.shape.some((n, i) => i !== a && n !== indices.shape[i]))
    throw operationError(
      `takeAlong: indices ${formatShape(indices.shape)} do not go with axis ${a} of ${formatShape(x.shape)}`,
    )
  checkIndices("takeAlong", indices.dtype)
  const swap = x.shape.map((_, i) => (i === a ? x.rank - 1 : i === x.rank - 1 ? a : i))
  const [rows, places] = [transpose(x, swap), transpose(indices, swap)]
  const taken = gather(reshape(rows, [x.size]), flatPlaces(places, x.rank - 1, x.shape[a]))
  return transpose(taken, swap)
}

/** One element a row: `x [..., n]`, `indices [...]` -> `[...]`, the element of the last axis that each index names. */
export function takeAlongLast(x: Tensor, indices: Tensor): Tensor {
  return reshape(takeAlong(x, expandDims(indices, -1)), indices.shape)
}

/** The transpose of `takeAlong` on the last axis: `updates [..., k]` added up at `indices [..., k]` of rows of `n`, `[..., n]`. */
export function scatterAlongLast(updates: Tensor, indices: Tensor, n: number): Tensor {
  const lead = indices.shape.slice(0, -1)
  const places = flatPlaces(indices, lead.length, n)
  return reshape(scatterAdd([sizeOf(lead) * n], reshape(places, [places.size]), reshape(updates, [updates.size])), [
    ...lead,
    n,
  ])
}
