import { allocate, isFloat } from "../dtype.ts"
import { operationError } from "../errors.ts"
import { type Primitive, primitive } from "../primitive.ts"
import { formatShape, sizeOf } from "../shape.ts"
import type { Tensor } from "../tensor.ts"
import { apply1 } from "../trace.ts"
import { clip, where } from "./elementwise.ts"
import { broadcastTo, expandDims, reshape, transpose } from "./layout.ts"
import { matmul } from "./matmul.ts"
import { max } from "./reduce.ts"
import { stopGradient } from "./stop.ts"

/** A matrix in 8-bit codes: `codes · scales` is near what it was made of. A tree: models hold it, files keep it. */
export interface Quantised {
  /** i8 `[k, n]`, from -127 to 127. */
  readonly codes: Tensor
  /** f32 `[groups, n]`: one scale for each column and each of so many equal groups of its rows. */
  readonly scales: Tensor
}

export interface QuantiseOptions {
  /** How many rows share a scale; must divide their number. Default all. */
  readonly groupSize?: number
}

/** Products of more rows are made of the widened matrix, which is worth it then. */
const mostStoredRows = 8

/**
 * `x [m, k] f32`, `weights [k, n]` f16, or i8 with `scales [groups, n]` -> `[m, n]`. Weights are widened in registers: each is read from memory
 * once, in the bytes that it takes there.
 */
export const storedMatmulPrimitive: Primitive = primitive({
  name: "storedMatmul",
  type: ([x, weights]) => [{ dtype: "f32", shape: [x.shape[0], weights.shape[1]] }],
  evaluate: ([x, weights, scales], _, [output]) => {
    const [k, n] = weights.shape
    const data = allocate("f32", sizeOf(output.shape))
    for (let at = 0; at < data.length; at++) {
      const [row, column] = [Math.floor(at / n), at % n]
      let total = 0
      for (let l = 0; l < k; l++) {
        const group = scales === undefined ? 0 : Math.floor((l * scales.shape[0]) / k)
        const scale = scales === undefined ? 1 : scales.data[group * n + column]
        total += x.data[row * k + l] * weights.data[l * n + column] * scale
      }
      data[at] = total
    }
    return [{ ...output, data }]
  },
  gradient: ({ inputs: [, weights, scales], cotangents: [g], wanted }) => {
    if (wanted[1] || wanted[2])
      throw operationError(
        `stored weights ${weights.describe()} are constants: there is no gradient with respect to them`,
        {
          hint: "differentiate with respect to the input or to other parameters; train the weights as f32 and store them afterwards",
        },
      )
    return [g && matmul(g, transpose(widened(weights, scales)))]
  },
  batch: ([x, weights, scales], batched, _, size) => {
    const [m, k] = x.shape.slice(-2)
    if (batched[1] || batched[2] === true) {
      const wide = batchOf(x, batched[0], size)
      return [matmul(wide, widened(batchOf(weights, batched[1], size), scales && batchOf(scales, batched[2], size)))]
    }
    const y = storedMatmul(reshape(x, [size * m, k]), weights, scales)
    return [reshape(y, [size, m, y.shape[1]])]
  },
})

const batchOf = (x: Tensor, batched: boolean, size: number): Tensor =>
  batched ? x : broadcastTo(expandDims(x, 0), [size, ...x.shape])

/** `[..., k, n]` as f32. */
function widened(weights: Tensor, scales: Tensor | undefined): Tensor {
  const wide = weights.cast("f32")
  if (scales === undefined) return wide
  const [groups, n] = scales.shape.slice(-2)
  const lead = weights.shape.slice(0, -2)
  const split = reshape(wide, [...lead, groups, weights.shape[lead.length] / groups, n])
  return reshape(split.mul(expandDims(scales, lead.length + 1)), weights.shape)
}

/** The product of `[m, k]` with a stored matrix, by rows read as they are or widened first, whichever suits so many rows. */
const storedMatmul = (x: Tensor, weights: Tensor, scales?: Tensor): Tensor =>
  x.shape[0] > mostStoredRows || weights.size === 0
    ? matmul(x, widened(weights, scales))
    : apply1(storedMatmulPrimitive, scales === undefined ? [x, weights] : [x, weights, scales], {})

/** Leading axes of `x` as rows, and back. */
function byRows(x: Tensor, weights: Tensor, what: string, product: (rows: Tensor) => Tensor): Tensor {
  const [k, n] = weights.shape
  if (weights.rank !== 2 || x.rank === 0 || x.shape[x.rank - 1] !== k || x.dtype !== "f32")
    throw operationError(`cannot multiply ${x.describe()} by ${what} ${weights.describe()}`, {
      hint: "the input is f32 [..., k], the weights are [k, n]",
    })
  const y = product(reshape(x, [x.size / Math.max(1, k), k]))
  return reshape(y, [...x.shape.slice(0, -1), n])
}

/**
 * The product of `x [..., k]` in f32 with weights `[k, n]` that are stored as f16: half the bytes, which is what decoding token by token waits for.
 * The weights are constants to gradients.
 */
export const matmulHalf = (x: Tensor, weights: Tensor): Tensor =>
  byRows(x, weights, "half precision", (rows) => storedMatmul(rows, weights))

/**
 * A matrix as 8-bit codes with a scale for each column: codes = round(w / scale), scale = max |w| / 127 over the column, or over each group of its
 * rows. What is quantised is a constant to gradients.
 * @param w f32 `[k, n]`, a layer's weights from k inputs to n outputs
 * @throws CajalError where groups do not fit the rows
 */
export function quantise(w: Tensor, { groupSize = w.shape[0] }: QuantiseOptions = {}): Quantised {
  const [k, n] = w.shape
  if (w.rank !== 2 || !isFloat(w.dtype)) throw operationError(`quantise takes a float matrix, not ${w.describe()}`)
  if (k === 0 || !Number.isInteger(groupSize) || groupSize < 1 || k % groupSize !== 0)
    throw operationError(`quantise: groups of ${groupSize} rows do not fit ${formatShape(w.shape)}`, {
      hint: "the group size must divide the number of rows",
    })
  const groups = reshape(stopGradient(w).cast("f32"), [k / groupSize, groupSize, n])
  const largest = max(groups.abs(), 1)
  const scales = where(largest.gt(0), largest.div(127), 1)
  const codes = clip(groups.div(expandDims(scales, 1)).round(), -127, 127).cast("i8")
  return { codes: reshape(codes, [k, n]), scales }
}

/** The matrix that codes and scales stand for: f32 `[k, n]`, each element within half a scale of what was quantised. */
export const dequantise = ({ codes, scales }: Quantised): Tensor => widened(codes, scales)

/**
 * The product of `x [..., k]` in f32 with a quantised matrix `[k, n]`: a quarter of the bytes of f32. Up to 8 rows of `x` are multiplied in whole
 * numbers: they are rounded to 16 bits, each row by the largest of up to 512 neighbours, which is 256 times finer than the codes; a row with
 * an input that is not finite gives no finite result. More rows are multiplied with the dequantised matrix. The weights are constants to gradients.
 */
export function matmulQuantised(x: Tensor, { codes, scales }: Quantised): Tensor {
  const groups = scales.shape[0]
  if (codes.dtype !== "i8" || scales.rank !== 2 || scales.shape[1] !== codes.shape[1] || codes.shape[0] % groups !== 0)
    throw operationError(`codes ${codes.describe()} and scales ${scales.describe()} do not fit`, {
      hint: "make them with quantise(weights)",
    })
  return byRows(x, codes, "codes", (rows) => storedMatmul(rows, codes, scales))
}
