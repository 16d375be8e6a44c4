import type { HostArray } from "../dtype.ts"
import { operationError } from "../errors.ts"
import { type Primitive, primitive } from "../primitive.ts"
import { formatShape, sameShape, sizeOf } from "../shape.ts"
import type { Tensor } from "../tensor.ts"
import { apply1 } from "../trace.ts"
import { oneByOne } from "./composed.ts"
import { full, zerosLike } from "./constants.ts"
import { take } from "./indexing.ts"

/** `[x, row, index] -> x`; the index is held inside the axis. */
export const replaceRowPrimitive: Primitive = primitive({
  name: "replaceRow",
  type: ([x, row, index]) => {
    if (x.shape.length === 0 || !sameShape(x.shape.slice(1), row.shape) || row.dtype !== x.dtype)
      throw operationError(
        `replaceRow: ${row.dtype} ${formatShape(row.shape)} is no row of ${x.dtype} ${formatShape(x.shape)}`,
      )
    if (index.dtype !== "i32" || index.shape.length !== 0)
      throw operationError(`replaceRow: the index is one i32, not ${index.dtype} ${formatShape(index.shape)}`)
    return [{ dtype: x.dtype, shape: x.shape }]
  },
  evaluate: ([x, row, index], _, [type]) => {
    const data = x.data.slice()
    const at = Math.min(Math.max(index.data[0] as number, 0), x.shape[0] - 1)
    data.set(row.data as never, at * sizeOf(row.shape))
    return [{ ...type, data } as HostArray]
  },
  gradient: ({ inputs: [, row, index], cotangents: [g] }) =>
    g === undefined ? [] : [replaceRow(g, zerosLike(row), index), take(g, index)],
  batch: oneByOne(() => replaceRowPrimitive),
})

/**
 * x with another row: `y[index] = row`, all else as it was. Inside `scan`, a carry that is changed in this way only is changed where it lies.
 * @param x `[n, ...rest]`
 * @param row `[...rest]`
 * @param index i32, held inside 0..n-1
 */
export const replaceRow = (x: Tensor, row: Tensor, index: Tensor | number): Tensor =>
  apply1(replaceRowPrimitive, [x, row, typeof index === "number" ? full([], index, "i32") : index], {})
