import { allocate, type HostArray, isFloat } from "../dtype.ts"
import { operationError } from "../errors.ts"
import { type Primitive, primitive, type TensorType } from "../primitive.ts"
import { formatShape, type Shape, sameShape, sizeOf } from "../shape.ts"
import type { Tensor } from "../tensor.ts"
import { apply1 } from "../trace.ts"
import { broadcastTo, reshape, transpose } from "./layout.ts"

/**
 * Where the entries of a matrix `[rows, columns]` are, i32, in the order in which their values are stored (by row), and by column:
 * row starts `[rows + 1]`, column of each entry; column starts `[columns + 1]`, row of each entry and its place among the values.
 */
export type PatternTensors = readonly [
  rowStarts: Tensor,
  columns: Tensor,
  columnStarts: Tensor,
  rows: Tensor,
  order: Tensor,
]

export interface SparseAttributes {
  /** Rows and columns of the matrix. */
  readonly shape: Shape
  readonly entries: number
  /** The dense operands are `[..., examples, elements]` instead of `[..., elements, examples]`. */
  readonly examplesFirst: boolean
}

export interface SparseProductAttributes extends SparseAttributes {
  /** The product with the transpose of the matrix. */
  readonly transposed: boolean
}

const sizesOf = ({ examplesFirst }: SparseAttributes, shape: Shape): { examples: number; elements: number } => {
  const [a, b] = shape.slice(-2)
  return examplesFirst ? { examples: a, elements: b } : { examples: b, elements: a }
}

const dense = ({ examplesFirst }: SparseAttributes, lead: Shape, elements: number, examples: number): number[] =>
  examplesFirst ? [...lead, examples, elements] : [...lead, elements, examples]

function check(name: string, values: TensorType, xs: readonly [TensorType, number][], a: SparseAttributes): void {
  for (const [x, elements] of xs) {
    if (!isFloat(x.dtype) || x.dtype !== values.dtype)
      throw operationError(`${name} needs floats of one dtype, not ${values.dtype} and ${x.dtype}`, {
        hint: 'cast first: x.cast("f32")',
      })
    if (sizesOf(a, x.shape).elements !== elements)
      throw operationError(
        `${name}: a sparse matrix ${formatShape(a.shape)} does not go with ${formatShape(x.shape)}: ${elements} elements are needed`,
      )
  }
}

/** Visits the entries of a pattern with their row, column and place. */
function forEachEntry([rowStarts, columns]: readonly HostArray[], visit: (i: number, j: number, e: number) => void) {
  for (let i = 0; i + 1 < rowStarts.data.length; i++)
    for (let e = rowStarts.data[i]; e < rowStarts.data[i + 1]; e++) visit(i, columns.data[e], e)
}

/** The distance in memory between the elements of an example, and between examples. */
const stepsOf = (a: SparseAttributes, shape: Shape): readonly [number, number] => {
  const { examples, elements } = sizesOf(a, shape)
  return a.examplesFirst ? [1, elements] : [examples, 1]
}

/**
 * `[values [..., entries], x, ...pattern] -> y`: the product of a sparse matrix (or its transpose) with dense columns. Where x is a spike tensor
 * its cost follows the events: only the entries of their columns are read.
 */
export const sparseProductPrimitive: Primitive<SparseProductAttributes> = primitive<SparseProductAttributes>({
  name: "sparseProduct",
  type: ([values, x], a) => {
    const [rows, columns] = a.shape
    check("sparse product", values, [[x, a.transposed ? rows : columns]], a)
    const lead = values.shape.slice(0, -1)
    if (!sameShape(lead, x.shape.slice(0, -2)))
      throw operationError(
        `sparse product: the leading axes of values ${formatShape(values.shape)} and ${formatShape(x.shape)} differ`,
      )
    const shape = dense(a, lead, a.transposed ? columns : rows, sizesOf(a, x.shape).examples)
    return [{ dtype: x.dtype, shape }]
  },
  evaluate([values, x, ...pattern], a, [y]) {
    const total = new Float64Array(sizeOf(y.shape))
    const { examples, elements } = sizesOf(a, x.shape)
    const [xStep, xExample] = stepsOf(a, x.shape)
    const [yStep, yExample] = stepsOf(a, y.shape)
    for (let part = 0; part < values.data.length / Math.max(1, a.entries); part++) {
      const [from, to] = [part * elements * examples, part * sizeOf(y.shape.slice(-2))]
      forEachEntry(pattern, (i, j, e) => {
        const [read, written] = a.transposed ? [i, j] : [j, i]
        const value = values.data[part * a.entries + e]
        for (let n = 0; n < examples; n++)
          total[to + written * yStep + n * yExample] += value * x.data[from + read * xStep + n * xExample]
      })
    }
    const data = allocate(y.dtype, total.length)
    data.set(total as never)
    return [{ ...y, data }]
  },
  gradient({ inputs: [values, x, ...pattern], attributes: a, cotangents: [g], wanted }) {
    if (g === undefined) return []
    const own = pattern as unknown as PatternTensors
    return [
      wanted[0] ? (a.transposed ? sampledProduct(x, g, own, a) : sampledProduct(g, x, own, a)) : undefined,
      wanted[1] ? sparseProduct(values, g, own, { ...a, transposed: !a.transposed }) : undefined,
    ]
  },
  batch([values, x, ...pattern], batched, a, size) {
    onePattern(batched.slice(2))
    const own = pattern as unknown as PatternTensors
    if (batched[0] || values.rank > 1) {
      const [v, t] = [values, x].map((tensor, i) =>
        batched[i] ? tensor : broadcastTo(tensor, [size, ...tensor.shape]),
      )
      return [sparseProduct(v, t, own, a)]
    }
    // One matrix for all: more examples.
    const { examples } = sizesOf(a, x.shape)
    if (a.examplesFirst) {
      const y = sparseProduct(values, reshape(x, [size * examples, x.shape[2]]), own, a)
      return [reshape(y, [size, examples, y.shape[1]])]
    }
    const joined = reshape(transpose(x, [1, 0, 2]), [x.shape[1], size * examples])
    const y = sparseProduct(values, joined, own, a)
    return [transpose(reshape(y, [y.shape[0], size, examples]), [1, 0, 2])]
  },
})

/**
 * `[left, right, ...pattern] -> values`: the entries of `left · rightᵀ` that a pattern has, `left` with an element for each row and `right` with
 * one for each column: what the gradient of a sparse product needs, and no more.
 */
export const sampledProductPrimitive: Primitive<SparseAttributes> = primitive<SparseAttributes>({
  name: "sampledProduct",
  type: ([left, right], a) => {
    check(
      "sampled product",
      left,
      [
        [left, a.shape[0]],
        [right, a.shape[1]],
      ],
      a,
    )
    return [{ dtype: left.dtype, shape: [...left.shape.slice(0, -2), a.entries] }]
  },
  evaluate([left, right, ...pattern], a, [values]) {
    const data = allocate(values.dtype, sizeOf(values.shape))
    const { examples } = sizesOf(a, left.shape)
    const [leftStep, leftExample] = stepsOf(a, left.shape)
    const [rightStep, rightExample] = stepsOf(a, right.shape)
    for (let part = 0; part < data.length / Math.max(1, a.entries); part++) {
      const [l, r] = [left, right].map((x) => part * sizeOf(x.shape.slice(-2)))
      forEachEntry(pattern, (i, j, e) => {
        let total = 0
        for (let n = 0; n < examples; n++)
          total += left.data[l + i * leftStep + n * leftExample] * right.data[r + j * rightStep + n * rightExample]
        data[part * a.entries + e] = total
      })
    }
    return [{ ...values, data }]
  },
  gradient({ inputs: [left, right, ...pattern], attributes: a, cotangents: [g], wanted }) {
    if (g === undefined) return []
    const own = pattern as unknown as PatternTensors
    return [
      wanted[0] ? sparseProduct(g, right, own, { ...a, transposed: false }) : undefined,
      wanted[1] ? sparseProduct(g, left, own, { ...a, transposed: true }) : undefined,
    ]
  },
  batch([left, right, ...pattern], batched, a, size) {
    onePattern(batched.slice(2))
    const [l, r] = [left, right].map((x, i) => (batched[i] ? x : broadcastTo(x, [size, ...x.shape])))
    return [sampledProduct(l, r, pattern as unknown as PatternTensors, a)]
  },
})

function onePattern(batched: readonly boolean[]): void {
  if (batched.includes(true))
    throw operationError("vmap cannot map over the pattern of a sparse matrix: all examples share it", {
      hint: "map over the values: vmap((values, x) => matrix.withValues(values).matmul(x))",
    })
}

export const sparseProduct = (
  values: Tensor,
  x: Tensor,
  pattern: PatternTensors,
  attributes: SparseProductAttributes,
): Tensor => apply1(sparseProductPrimitive, [values, x, ...pattern], attributes)

const sampledProduct = (
  left: Tensor,
  right: Tensor,
  pattern: PatternTensors,
  { shape, entries, examplesFirst }: SparseAttributes,
): Tensor => apply1(sampledProductPrimitive, [left, right, ...pattern], { shape, entries, examplesFirst })
