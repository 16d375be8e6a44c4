import { allocate, isFloat } from "../dtype.ts"
import { operationError } from "../errors.ts"
import { type Primitive, primitive } from "../primitive.ts"
import { broadcastShapes, formatShape, type Shape, sameShape, sizeOf } from "../shape.ts"
import type { Tensor } from "../tensor.ts"
import { apply1 } from "../trace.ts"
import { broadcastTo, reshape, transpose } from "./layout.ts"

/**
 * `[..., m, k] x [..., k, n] -> [..., m, n]` with equal leading axes. When the first operand is a spike tensor the product
 * gathers and adds the rows of the spikes that happened; so do the products of its gradient.
 */
export const matmulPrimitive: Primitive = primitive({
  name: "matmul",
  type: ([a, b]) => {
    const lead = a.shape.slice(0, -2)
    const [m, k] = a.shape.slice(-2)
    const [k2, n] = b.shape.slice(-2)
    if (!isFloat(a.dtype) || a.dtype !== b.dtype)
      throw operationError(
        `cannot multiply ${a.dtype} ${formatShape(a.shape)} by ${b.dtype} ${formatShape(b.shape)}: dtypes must be equal floats`,
        {
          hint: 'cast first: x.cast("f32")',
        },
      )
    if (k !== k2) throw innerSizesDiffer(a.shape, b.shape)
    if (!sameShape(lead, b.shape.slice(0, -2)))
      throw operationError(
        `cannot multiply ${formatShape(a.shape)} by ${formatShape(b.shape)}: the leading axes differ`,
      )
    return [{ dtype: a.dtype, shape: [...lead, m, n] }]
  },
  evaluate: ([a, b], _, [output]) => {
    const [m, n] = output.shape.slice(-2)
    const k = a.shape[a.shape.length - 1]
    const data = allocate(output.dtype, sizeOf(output.shape))
    const batches = sizeOf(output.shape.slice(0, -2))
    for (let batch = 0; batch < batches; batch++)
      for (let i = 0; i < m; i++)
        for (let j = 0; j < n; j++) {
          let total = 0
          for (let l = 0; l < k; l++) total += a.data[(batch * m + i) * k + l] * b.data[(batch * k + l) * n + j]
          data[(batch * m + i) * n + j] = total
        }
    return [{ ...output, data }]
  },
  gradient: ({ inputs: [a, b], cotangents: [g], wanted }) => [
    wanted[0] && g !== undefined ? matmul(g, swapLast(b)) : undefined,
    wanted[1] && g !== undefined ? matmul(swapLast(a), g) : undefined,
  ],
  batch: ([a, b], batched, _, size) => {
    if (batched[0] && !batched[1] && b.rank === 2) return [matmul(a, b)]
    const [left, right] = [a, b].map((x, i) => (batched[i] ? x : broadcastTo(x, [size, ...x.shape])))
    return [apply1(matmulPrimitive, [left, right], {})]
  },
})

/**
 * `a · b`, only where the mask is not 0, times the mask: `[m, k] x [k, n] * [m, n]`. The compiler makes it of a product whose
 * result is only used times a mostly-zero factor (the error that reaches neurons far from their threshold).
 */
export const maskedMatmulPrimitive: Primitive = primitive({
  name: "maskedMatmul",
  type: ([a, b]) => [{ dtype: a.dtype, shape: [a.shape[0], b.shape[1]] }],
  evaluate: ([a, b, mask], _, [output]) => {
    const [product] = matmulPrimitive.evaluate([a, b], {}, [output])
    for (let i = 0; i < mask.data.length; i++) product.data[i] *= mask.data[i]
    return [product]
  },
})

/** What to do about it: transpose the second operand, or flatten the first one where its last axes together have the size. */
function innerSizesDiffer(a: Shape, b: Shape): Error {
  const k = a[a.length - 1]
  const wanted = b[Math.max(0, b.length - 2)]
  const at = a.findIndex((_, i) => i > 0 && sizeOf(a.slice(i)) === wanted)
  const hint =
    b.length === 2 && k === b[1]
      ? "transpose the second operand: b.T"
      : at > 0
        ? `flatten the first operand: a.reshape(${formatShape([...a.slice(0, at), wanted])})`
        : `the last size of the first operand must be ${wanted}`
  return operationError(
    `cannot multiply ${formatShape(a)} by ${formatShape(b)}: the inner sizes ${k} and ${wanted} differ`,
    { hint },
  )
}

const swapLast = (x: Tensor): Tensor =>
  transpose(x, [...Array.from({ length: x.rank - 2 }, (_, i) => i), x.rank - 1, x.rank - 2])

/**
 * Matrix product. Vectors `[k]` stand for one row (left) or one column (right); leading axes broadcast.
 * @throws CajalError naming both shapes when the inner sizes differ
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  if (a.rank === 0 || b.rank === 0)
    throw operationError(`cannot multiply ${formatShape(a.shape)} by ${formatShape(b.shape)} as matrices`, {
      hint: "use mul for scalars",
    })
  if (a.shape[a.rank - 1] !== b.shape[Math.max(0, b.rank - 2)]) throw innerSizesDiffer(a.shape, b.shape)
  if (a.rank === 1) {
    const y = matmul(reshape(a, [1, a.size]), b)
    const row = y.rank - (b.rank === 1 ? 1 : 2)
    return reshape(
      y,
      y.shape.filter((_, i) => i !== row),
    )
  }
  if (b.rank === 1) {
    const y = matmul(a, reshape(b, [b.size, 1]))
    return reshape(y, y.shape.slice(0, -1))
  }
  if (b.rank === 2 && a.rank > 2) {
    const rows = reshape(a, [sizeOf(a.shape.slice(0, -1)), a.shape[a.rank - 1]])
    return reshape(matmul(rows, b), [...a.shape.slice(0, -1), b.shape[1]])
  }
  const leadA = a.shape.slice(0, -2)
  const leadB = b.shape.slice(0, -2)
  const lead = broadcastShapes(leadA, leadB)
  if (lead === undefined)
    throw operationError(
      `cannot multiply ${formatShape(a.shape)} by ${formatShape(b.shape)}: the leading axes do not broadcast`,
    )
  return apply1(
    matmulPrimitive,
    [broadcastTo(a, [...lead, ...a.shape.slice(-2)]), broadcastTo(b, [...lead, ...b.shape.slice(-2)])],
    {},
  )
}
