import { allocate, isFloat } from "../dtype.ts"
import { operationError } from "../errors.ts"
import { type Primitive, primitive, type TensorType } from "../primitive.ts"
import { formatShape, sizeOf } from "../shape.ts"
import type { Tensor } from "../tensor.ts"
import { apply, apply1 } from "../trace.ts"
import { takeAlong } from "./indexing.ts"
import { broadcastTo, reshape } from "./layout.ts"
import {
  type Extent,
  forEachInWindow,
  type Padding,
  type Pair,
  planeOf,
  type Windows,
  windowCounts,
  windowsOf,
} from "./windows.ts"

function pooledShape(name: string, x: TensorType, windows: Windows): number[] {
  if (!isFloat(x.dtype) || x.shape.length !== 4)
    throw operationError(
      `${name} needs a float tensor [batch, channels, height, width], not ${x.dtype} ${formatShape(x.shape)}`,
    )
  const counts = windowCounts(name, planeOf(x.shape), windows)
  for (const i of [0, 1])
    if (windows.low[i] >= windows.kernel[i] || windows.high[i] >= windows.kernel[i])
      throw operationError(
        `${name}: a padding of ${windows.high[i]} is not smaller than the window, ${windows.kernel[i]}`,
        {
          hint: "a window would see nothing but padding",
        },
      )
  return [x.shape[0], x.shape[1], ...counts]
}

/** What is pooled of spikes is mostly zeros too. */
const sparseAs = ({ dtype, events }: TensorType, shape: readonly number[]): TensorType =>
  events === true ? { dtype, shape, events } : { dtype, shape }

/** Calls `visit` with places in the input and in the output, and how many elements the window of that output has, for one plane. */
function forEachPooled(
  windows: Windows,
  [height, width]: Pair,
  [rows, columns]: Pair,
  countPadding: boolean,
  visit: (from: number, to: number, count: number) => void,
): void {
  const inside = (axis: 0 | 1, size: number, window: number): number => {
    let n = 0
    forEachInWindow(windows, axis, size, window, () => {
      n++
    })
    return n
  }
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const count = countPadding
        ? windows.kernel[0] * windows.kernel[1]
        : inside(0, height, row) * inside(1, width, column)
      forEachInWindow(windows, 0, height, row, (h) =>
        forEachInWindow(windows, 1, width, column, (w) => visit(h * width + w, row * columns + column, count)),
      )
    }
}

/**
 * `[batch, channels, height, width]` -> the largest element of every window and its place in its plane, `row · width + column` (i32); the first
 * of equal ones. A NaN is larger than everything.
 */
export const maxPool2dPrimitive: Primitive<Windows> = primitive<Windows>({
  name: "maxPool2d",
  type: ([x], windows) => {
    const shape = pooledShape("maxPool2d", x, windows)
    return [sparseAs(x, shape), { dtype: "i32", shape }]
  },
  evaluate: ([x], windows, [values, indices]) => {
    const data = allocate(values.dtype, sizeOf(values.shape))
    const places = new Int32Array(data.length)
    const [from, to] = [planeOf(x.shape), planeOf(values.shape)]
    for (let plane = 0; plane < x.shape[0] * x.shape[1]; plane++) {
      const input = x.data.subarray(plane * sizeOf(from), (plane + 1) * sizeOf(from))
      const first = plane * sizeOf(to)
      places.fill(-1, first, first + sizeOf(to))
      forEachPooled(windows, from, to, true, (i, o) => {
        const best = data[first + o]
        const value = input[i]
        if (places[first + o] >= 0 && !(value > best || (Number.isNaN(value) && !Number.isNaN(best)))) return
        data[first + o] = value
        places[first + o] = i
      })
    }
    return [
      { ...values, data },
      { ...indices, data: places },
    ]
  },
  gradient: ({ inputs: [x], outputs: [, indices], cotangents: [g] }) => {
    if (g === undefined) return []
    return [apply1(maxPool2dGradientPrimitive, [g, indices], { size: planeOf(x.shape) })]
  },
  batch: ([x], _, windows, size) => {
    const made = apply(maxPool2dPrimitive, [joinBatch(x)], windows)
    return made.map((y) => splitBatch(y, size))
  },
})

/** The transpose of maximum pooling: every element of `g` is added to the element of its plane that `indices` name. */
export const maxPool2dGradientPrimitive: Primitive<{ readonly size: Pair }> = primitive<{ readonly size: Pair }>({
  name: "maxPool2dGradient",
  type: ([g], { size }) => [{ dtype: g.dtype, shape: [g.shape[0], g.shape[1], ...size] }],
  evaluate: ([g, indices], { size }, [x]) => {
    const data = allocate(x.dtype, sizeOf(x.shape))
    const window = sizeOf(planeOf(g.shape))
    for (let o = 0; o < g.data.length; o++) data[Math.floor(o / window) * sizeOf(size) + indices.data[o]] += g.data[o]
    return [{ ...x, data }]
  },
  gradient: ({ inputs: [g, indices], cotangents: [h] }) => {
    const planes = (t: Tensor): Tensor => reshape(t, [t.shape[0], t.shape[1], t.shape[2] * t.shape[3]])
    return [h && reshape(takeAlong(planes(h), planes(indices)), g.shape)]
  },
  batch: (inputs, batched, attributes, size) => {
    const joined = inputs.map((x, i) => joinBatch(batched[i] ? x : broadcastTo(x, [size, ...x.shape])))
    return [splitBatch(apply1(maxPool2dGradientPrimitive, joined, attributes), size)]
  },
})

export interface AveragePoolAttributes extends Windows {
  readonly countPadding: boolean
  /** Height and width of the input. */
  readonly size: Pair
}

export const avgPool2dPrimitive: Primitive<AveragePoolAttributes> = primitive<AveragePoolAttributes>({
  name: "avgPool2d",
  type: ([x], attributes) => [sparseAs(x, pooledShape("avgPool2d", x, attributes))],
  evaluate: ([x], attributes, [y]) => {
    const data = new Float64Array(sizeOf(y.shape))
    const [from, to] = [planeOf(x.shape), planeOf(y.shape)]
    for (let plane = 0; plane < x.shape[0] * x.shape[1]; plane++)
      forEachPooled(attributes, from, to, attributes.countPadding, (i, o, count) => {
        data[plane * sizeOf(to) + o] += x.data[plane * sizeOf(from) + i] / count
      })
    const made = allocate(y.dtype, data.length)
    made.set(data as never)
    return [{ ...y, data: made }]
  },
  gradient: ({ attributes, cotangents: [g] }) => [g && apply1(avgPool2dGradientPrimitive, [g], attributes)],
  batch: ([x], _, attributes, size) => [splitBatch(apply1(avgPool2dPrimitive, [joinBatch(x)], attributes), size)],
})

/** The transpose of average pooling: every mean is shared out to the elements of its window. */
export const avgPool2dGradientPrimitive: Primitive<AveragePoolAttributes> = primitive<AveragePoolAttributes>({
  name: "avgPool2dGradient",
  type: ([y], { size }) => [{ dtype: y.dtype, shape: [y.shape[0], y.shape[1], ...size] }],
  evaluate: ([y], attributes, [x]) => {
    const data = new Float64Array(sizeOf(x.shape))
    const [from, to] = [planeOf(x.shape), planeOf(y.shape)]
    for (let plane = 0; plane < x.shape[0] * x.shape[1]; plane++)
      forEachPooled(attributes, from, to, attributes.countPadding, (i, o, count) => {
        data[plane * sizeOf(from) + i] += y.data[plane * sizeOf(to) + o] / count
      })
    const made = allocate(x.dtype, data.length)
    made.set(data as never)
    return [{ ...x, data: made }]
  },
  gradient: ({ attributes, cotangents: [g] }) => [g && apply1(avgPool2dPrimitive, [g], attributes)],
  batch: ([y], _, attributes, size) => [
    splitBatch(apply1(avgPool2dGradientPrimitive, [joinBatch(y)], attributes), size),
  ],
})

const joinBatch = (x: Tensor): Tensor => reshape(x, [x.shape[0] * x.shape[1], ...x.shape.slice(2)])
const splitBatch = (x: Tensor, size: number): Tensor => reshape(x, [size, x.shape[0] / size, ...x.shape.slice(1)])

export interface PoolingOptions {
  /** Steps of the window; by default the window itself, so that windows do not overlap. */
  readonly stride?: Extent
  /** Elements on every side that are never the largest; "same" for an output of `ceil(size / stride)`. */
  readonly padding?: Padding
}

function poolWindows(name: string, x: Tensor, window: Extent, options: PoolingOptions): Windows {
  if (x.rank !== 4) throw operationError(`${name} needs a tensor [batch, channels, height, width], not ${x.describe()}`)
  return windowsOf(name, planeOf(x.shape), window, { stride: options.stride ?? window, padding: options.padding })
}

/**
 * The largest element of every window. Its gradient goes to the first largest element. The mean over whole planes is `x.mean([2, 3])`.
 * @param x `[batch, channels, height, width]`; the maximum of spikes is a spike tensor
 * @param window height and width of the window
 * @returns `[batch, channels, rows, columns]`
 */
export const maxPool2d = (x: Tensor, window: Extent, options: PoolingOptions = {}): Tensor =>
  maxPool2dWithIndices(x, window, options).values

/** `maxPool2d`, and where in its plane each element was found: `row · width + column`, i32. */
export function maxPool2dWithIndices(
  x: Tensor,
  window: Extent,
  options: PoolingOptions = {},
): { values: Tensor; indices: Tensor } {
  const [values, indices] = apply(maxPool2dPrimitive, [x], poolWindows("maxPool2d", x, window, options))
  return { values, indices }
}

/**
 * The mean of every window.
 * @param x `[batch, channels, height, width]`; the mean of spikes is a spike tensor, of graded ones
 * @param options.countIncludePadding whether zeros of the padding count as elements of the mean (they do by default)
 * @returns `[batch, channels, rows, columns]`
 */
export function avgPool2d(
  x: Tensor,
  window: Extent,
  options: PoolingOptions & { readonly countIncludePadding?: boolean } = {},
): Tensor {
  const windows = poolWindows("avgPool2d", x, window, options)
  return apply1(avgPool2dPrimitive, [x], {
    ...windows,
    countPadding: options.countIncludePadding ?? true,
    size: planeOf(x.shape),
  })
}
