import { operationError } from "../errors.ts"
import type { Shape } from "../shape.ts"

/** Height and width of something two-dimensional. */
export type Pair = readonly [number, number]

/** Windows that slide over the last two axes of a tensor: what convolution and pooling share. */
export interface Windows {
  readonly kernel: Pair
  readonly stride: Pair
  /** Zeros before the first and after the last row and column. */
  readonly low: Pair
  readonly high: Pair
  /** Distance between neighbouring elements of a window; 1 where they touch. */
  readonly dilation: Pair
}

/** One number stands for both directions. */
export type Extent = number | Pair
/** The same number of zeros on both sides, or as many as make the output `ceil(size / stride)`. */
export type Padding = Extent | "same"

export interface WindowOptions {
  readonly stride?: Extent
  readonly padding?: Padding
  readonly dilation?: Extent
}

const both = (x: Extent): Pair => (typeof x === "number" ? [x, x] : [x[0], x[1]])

function whole(operation: string, what: string, x: Extent, least: number): Pair {
  const pair = both(x)
  for (const n of pair)
    if (!Number.isInteger(n) || n < least)
      throw operationError(`${operation}: ${what} is a whole number >= ${least}, not ${n}`)
  return pair
}

/** The windows of `kernel` elements over an input whose last two sizes are `size`. */
export function windowsOf(operation: string, size: Pair, kernel: Extent, options: WindowOptions): Windows {
  const extent = whole(operation, "the window", kernel, 1)
  const stride = whole(operation, "the stride", options.stride ?? 1, 1)
  const dilation = whole(operation, "the dilation", options.dilation ?? 1, 1)
  const { padding = 0 } = options
  if (padding !== "same") {
    const zeros = whole(operation, "the padding", padding, 0)
    return { kernel: extent, stride, low: zeros, high: zeros, dilation }
  }
  const total = [0, 1].map((i) => {
    const span = dilation[i] * (extent[i] - 1) + 1
    return Math.max(0, (Math.ceil(size[i] / stride[i]) - 1) * stride[i] + span - size[i])
  })
  const low: Pair = [Math.floor(total[0] / 2), Math.floor(total[1] / 2)]
  return { kernel: extent, stride, low, high: [total[0] - low[0], total[1] - low[1]], dilation }
}

/**
 * How many windows fit into an input.
 * @throws CajalError when not even one does
 */
export function windowCounts(operation: string, size: Pair, { kernel, stride, low, high, dilation }: Windows): Pair {
  const count = (i: 0 | 1): number => {
    const room = size[i] + low[i] + high[i] - (dilation[i] * (kernel[i] - 1) + 1)
    if (room < 0)
      throw operationError(
        `${operation}: a window of ${kernel.join(" x ")}${dilation[0] * dilation[1] > 1 ? `, dilated by ${dilation.join(" x ")},` : ""} does not fit into ${size.join(" x ")} padded by ${low[i] + high[i]}`,
        { hint: "make the window smaller or give padding" },
      )
    return Math.floor(room / stride[i]) + 1
  }
  return [count(0), count(1)]
}

/** Calls `visit` with input row (or column) and place in the window, for each element of one window that lies inside the input. */
export function forEachInWindow(
  { kernel, stride, low, dilation }: Windows,
  axis: 0 | 1,
  size: number,
  window: number,
  visit: (at: number, k: number) => void,
): void {
  for (let k = 0; k < kernel[axis]; k++) {
    const at = window * stride[axis] - low[axis] + k * dilation[axis]
    if (at >= 0 && at < size) visit(at, k)
  }
}

/** The last two sizes of a shape. */
export const planeOf = (shape: Shape): Pair => [shape[shape.length - 2], shape[shape.length - 1]]
