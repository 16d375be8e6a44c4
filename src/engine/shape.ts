import { operationError } from "./errors.ts"

/** Sizes of the axes of a tensor, outermost first; `[]` is a scalar. */
export type Shape = readonly number[]

export const sizeOf = (shape: Shape): number => shape.reduce((product, n) => product * n, 1)

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((n, i) => n === b[i])

export const formatShape = (shape: Shape): string => `[${shape.join(", ")}]`

/** Row-major strides, in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length)
  let step = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step
    step *= shape[axis]
  }
  return strides
}

/** The shape that two shapes broadcast to (aligned at the last axis, as NumPy does), or undefined where they do not fit. */
export function broadcastShapes(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length)
  const shape = new Array<number>(rank)
  for (let i = 1; i <= rank; i++) {
    const m = a[a.length - i] ?? 1
    const n = b[b.length - i] ?? 1
    if (m !== n && m !== 1 && n !== 1) return undefined
    shape[rank - i] = m === 1 ? n : m
  }
  return shape
}

/** An axis counted from the end when negative, checked against the rank. */
export function normalizeAxis(axis: number, rank: number, operation: string): number {
  const normal = axis < 0 ? axis + rank : axis
  if (!Number.isInteger(axis) || normal < 0 || normal >= rank)
    throw operationError(`${operation}: axis ${axis} does not exist in a tensor of ${rank} axes`)
  return normal
}

/** Axes as a sorted list without repeats; all of them when undefined. */
export function normalizeAxes(axes: number | readonly number[] | undefined, rank: number, operation: string): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, i) => i)
  const list = (typeof axes === "number" ? [axes] : axes).map((axis) => normalizeAxis(axis, rank, operation))
  return [...new Set(list)].sort((a, b) => a - b)
}

/** Checks that every size is a whole number >= 0. */
export function checkShape(shape: Shape, operation: string): Shape {
  for (const n of shape)
    if (!Number.isInteger(n) || n < 0)
      throw operationError(`${operation}: ${formatShape(shape)} is not a shape; sizes are whole numbers >= 0`)
  return shape
}

/** Calls `visit` with the offset of every element of a strided view, in row-major order. */
export function forEachOffset(
  shape: Shape,
  strides: readonly number[],
  start: number,
  visit: (offset: number) => void,
) {
  const rank = shape.length
  const size = sizeOf(shape)
  const index = new Array<number>(rank).fill(0)
  let offset = start
  for (let i = 0; i < size; i++) {
    visit(offset)
    for (let axis = rank - 1; axis >= 0; axis--) {
      offset += strides[axis]
      if (++index[axis] < shape[axis]) break
      offset -= strides[axis] * shape[axis]
      index[axis] = 0
    }
  }
}
