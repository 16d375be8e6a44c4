import type { DType } from "../../dtype.ts"
import type { Shape } from "../../shape.ts"
import { stridesOf } from "../../shape.ts"

/** A stretch of memory that a program works on: given by its caller, or a part of its arena for a while. */
export interface Buffer {
  readonly bytes: number
  /** The parameter of the program or body that points to it; undefined for a part of the arena. */
  parameter: number | undefined
  /** Where it lies in the arena; planned at the end. */
  offset: number
  /** First and last step that touch it. */
  first: number
  last: number
}

export const newBuffer = (bytes: number, parameter?: number): Buffer => ({
  bytes,
  parameter,
  offset: -1,
  first: -1,
  last: -1,
})

/** Elements of a buffer seen through strides (all counted in elements). */
export interface View {
  readonly buffer: Buffer
  readonly dtype: DType
  readonly shape: Shape
  readonly strides: readonly number[]
  readonly offset: number
}

export const wholeView = (buffer: Buffer, dtype: DType, shape: Shape): View => ({
  buffer,
  dtype,
  shape,
  strides: stridesOf(shape),
  offset: 0,
})

/** True where the elements lie row-major without gaps. */
export function isContiguous({ shape, strides }: View): boolean {
  let step = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== step) return false
    step *= shape[axis]
  }
  return true
}

export const transposeView = (view: View, order: readonly number[]): View => ({
  ...view,
  shape: order.map((axis) => view.shape[axis]),
  strides: order.map((axis) => view.strides[axis]),
})

export function broadcastView(view: View, shape: Shape): View {
  const lead = shape.length - view.shape.length
  return {
    ...view,
    shape,
    strides: shape.map((_, i) => (i < lead || view.shape[i - lead] === 1 ? 0 : view.strides[i - lead])),
  }
}

export const sliceView = (view: View, start: readonly number[], shape: Shape, step: readonly number[]): View => ({
  ...view,
  shape,
  strides: view.strides.map((s, axis) => s * step[axis]),
  offset: view.offset + start.reduce((at, from, axis) => at + from * view.strides[axis], 0),
})

export const flipView = (view: View, axes: readonly number[]): View => ({
  ...view,
  strides: view.strides.map((s, axis) => (axes.includes(axis) ? -s : s)),
  offset: view.offset + axes.reduce((at, axis) => at + Math.max(0, view.shape[axis] - 1) * view.strides[axis], 0),
})

/** The view in another shape without a copy, where its strides allow it. */
export function reshapeView(view: View, shape: Shape): View | undefined {
  if (isContiguous(view)) return { ...view, shape, strides: stridesOf(shape) }
  // Drop axes of size 1, then match groups of old axes with groups of new ones.
  const old = view.shape.flatMap((n, i) => (n === 1 ? [] : [{ n, stride: view.strides[i] }]))
  const strides = new Array<number>(shape.length).fill(0)
  let i = 0
  let axis = 0
  while (axis < shape.length) {
    if (shape[axis] === 1) {
      axis++
      continue
    }
    if (i >= old.length) return undefined
    let oldSize = old[i].n
    let oldEnd = i
    let newSize = shape[axis]
    let newEnd = axis
    while (oldSize !== newSize) {
      if (oldSize < newSize) {
        if (++oldEnd >= old.length || old[oldEnd - 1].stride !== old[oldEnd].stride * old[oldEnd].n) return undefined
        oldSize *= old[oldEnd].n
      } else {
        if (++newEnd >= shape.length) return undefined
        newSize *= shape[newEnd]
      }
    }
    let step = old[oldEnd].stride
    for (let k = newEnd; k >= axis; k--) {
      strides[k] = step
      step *= shape[k]
    }
    i = oldEnd + 1
    axis = newEnd + 1
  }
  return { ...view, shape, strides }
}

/** One axis of a loop nest: how far each operand moves (in elements) at a step. */
export interface LoopAxis {
  readonly size: number
  readonly strides: number[]
}

/**
 * The axes of a loop nest over operands of one shape: axes of size 1 dropped, neighbours merged where every operand allows it
 * (and `merge` does).
 */
export function loopAxes(
  shape: Shape,
  operands: readonly (readonly number[])[],
  merge: (outer: number, inner: number) => boolean = () => true,
): (LoopAxis & { axis: number })[] {
  const axes: (LoopAxis & { axis: number })[] = []
  for (let axis = 0; axis < shape.length; axis++) {
    if (shape[axis] === 1) continue
    const next = { size: shape[axis], strides: operands.map((s) => s[axis]), axis }
    const last = axes[axes.length - 1]
    if (last !== undefined && merge(last.axis, axis) && last.strides.every((s, k) => s === next.strides[k] * next.size))
      axes[axes.length - 1] = { size: last.size * next.size, strides: next.strides, axis }
    else axes.push(next)
  }
  return axes
}
