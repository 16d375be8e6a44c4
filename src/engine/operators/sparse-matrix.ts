import { operationError } from "../errors.ts"
import { formatShape, type Shape, sameShape, sizeOf } from "../shape.ts"
import { Tensor } from "../tensor.ts"
import { eye } from "./constants.ts"
import { take } from "./indexing.ts"
import { reshape } from "./layout.ts"
import { sparseProduct } from "./sparse.ts"
import { patternOf, type SparsePattern } from "./sparse-pattern.ts"

/**
 * A matrix most of whose entries are zero, at fixed places. Its values are a tensor, one for each entry: they can be trained, and gradients
 * are computed for them alone. The pattern is shared and does not change; another one with as many entries fits the same compiled program.
 */
export class SparseMatrix {
  /** `[entries]`, by row, then by column. */
  readonly values: Tensor
  readonly pattern: SparsePattern

  constructor(values: Tensor, pattern: SparsePattern) {
    if (values.shape[values.rank - 1] !== pattern.entries)
      throw operationError(`sparse matrix: values ${formatShape(values.shape)} for ${pattern.entries} entries`)
    this.values = values
    this.pattern = pattern
  }

  /** `[rows, columns]` */
  get shape(): Shape {
    return this.pattern.shape
  }
  get entries(): number {
    return this.pattern.entries
  }

  /** The same pattern with other values. */
  withValues(values: Tensor): SparseMatrix {
    return new SparseMatrix(values, this.pattern)
  }

  /**
   * This matrix times x: `[columns]` or `[columns, n]` -> `[rows]` or `[rows, n]`. With a spike tensor only the columns of its events are read.
   */
  matmul(x: Tensor): Tensor {
    const [rows, columns] = this.shape
    if (x.rank < 1 || x.rank > 2 || x.shape[0] !== columns) throw mismatch("matmul", this, x, `[${columns}, n]`)
    const y = product(this, x.rank === 1 ? reshape(x, [columns, 1]) : x, false)
    return x.rank === 1 ? reshape(y, [rows]) : y
  }

  /**
   * x times this matrix: `[..., rows]` -> `[..., columns]`, as activations times weights. With a spike tensor only the rows of its events are read.
   */
  leftMatmul(x: Tensor): Tensor {
    const [rows, columns] = this.shape
    if (x.rank < 1 || x.shape[x.rank - 1] !== rows) throw mismatch("leftMatmul", this, x, `[..., ${rows}]`)
    const lead = x.shape.slice(0, -1)
    return reshape(product(this, reshape(x, [sizeOf(lead), rows]), true), [...lead, columns])
  }

  /** The transposed matrix. */
  transpose(): SparseMatrix {
    return new SparseMatrix(take(this.values, this.pattern.order), this.pattern.transposed())
  }

  /** All entries, zeros included: `[rows, columns]`. */
  toDense(): Tensor {
    return this.matmul(eye(this.shape[1], this.values.dtype as "f32"))
  }

  /**
   * The entries of a matrix where `mask` is not 0, or where the matrix itself is not.
   * @param weight `[rows, columns]`
   */
  static fromDense(weight: Tensor, mask: Tensor = weight): SparseMatrix {
    checkMatrix("fromDense", weight)
    if (!sameShape(weight.shape, mask.shape))
      throw operationError(
        `fromDense: a mask ${formatShape(mask.shape)} for a matrix ${formatShape(weight.shape)}: their shapes differ`,
      )
    const chosen = mask.array()
    return selected(weight, (i) => chosen[i] !== 0)
  }

  /**
   * A matrix of a list of entries, in any order; those at one place are added up.
   * @param values `[entries]`, as many as rows and columns
   */
  static fromCoordinates(
    shape: Shape,
    rows: ArrayLike<number>,
    columns: ArrayLike<number>,
    values: Tensor,
  ): SparseMatrix {
    if (values.rank !== 1 || values.size !== rows.length)
      throw operationError(`fromCoordinates: values ${formatShape(values.shape)} for ${rows.length} entries`)
    const { pattern, places } = patternOf(shape, rows, columns)
    const total = new Float64Array(pattern.entries)
    values.array().forEach((x: number, i: number) => {
      total[places[i]] += x
    })
    return new SparseMatrix(floats(total, values), pattern)
  }

  /**
   * Of every m neighbours in a row the n of largest magnitude (the first ones of equals).
   * @param options.axis 1: neighbours in a row (default); 0: in a column
   * @throws CajalError where m does not divide the axis
   */
  static nOfM(weight: Tensor, n: number, m: number, options: { readonly axis?: 0 | 1 } = {}): SparseMatrix {
    checkMatrix("nOfM", weight)
    const { axis = 1 } = options
    if (!Number.isInteger(n) || !Number.isInteger(m) || n < 1 || n > m || weight.shape[axis] % m !== 0)
      throw operationError(
        `nOfM: ${n} of every ${m} along axis ${axis} of ${formatShape(weight.shape)}; 1 <= n <= m and m divides the axis`,
      )
    const [rows, columns] = weight.shape
    const data = weight.array()
    const kept = new Uint8Array(data.length)
    const [step, lines] = axis === 1 ? [1, rows] : [columns, columns]
    for (let line = 0; line < lines; line++)
      for (let group = 0; group < weight.shape[axis]; group += m) {
        const places = Array.from({ length: m }, (_, i) =>
          axis === 1 ? line * columns + group + i : line + (group + i) * step,
        )
        places.sort((a, b) => Math.abs(data[b]) - Math.abs(data[a]) || a - b)
        for (const place of places.slice(0, n)) kept[place] = 1
      }
    return selected(weight, (i) => kept[i] === 1)
  }

  /**
   * The blocks of largest Euclidean norm, whole; the rest of the matrix is zero.
   * @param options.block rows and columns of a block, which divide those of the matrix
   * @param options.density share of the blocks that is kept, at least one
   */
  static blockSparse(
    weight: Tensor,
    options: { readonly block: number | readonly [number, number]; readonly density: number },
  ): SparseMatrix {
    checkMatrix("blockSparse", weight)
    const [height, width] = typeof options.block === "number" ? [options.block, options.block] : options.block
    const [rows, columns] = weight.shape
    if (!(height >= 1 && width >= 1 && rows % height === 0 && columns % width === 0))
      throw operationError(
        `blockSparse: ${formatShape(weight.shape)} cannot be cut into blocks of ${height} x ${width}`,
      )
    if (!(options.density > 0 && options.density <= 1))
      throw operationError(`blockSparse: a density is above 0 and at most 1, not ${options.density}`)
    const across = columns / width
    const blockAt = (i: number): number =>
      Math.floor(Math.floor(i / columns) / height) * across + Math.floor((i % columns) / width)
    const energy = new Float64Array((rows / height) * across)
    weight.array().forEach((x: number, i: number) => {
      energy[blockAt(i)] += x * x
    })
    const order = Array.from(energy, (_, b) => b).sort((a, b) => energy[b] - energy[a] || a - b)
    const kept = new Set(order.slice(0, Math.max(1, Math.round(options.density * order.length))))
    return selected(weight, (i) => kept.has(blockAt(i)))
  }
}

/** The product with columns, or of rows with the matrix. */
function product({ shape, entries, values, pattern }: SparseMatrix, x: Tensor, isLeft: boolean): Tensor {
  return sparseProduct(values, x, pattern.tensors(), { shape, entries, transposed: isLeft, examplesFirst: isLeft })
}

const mismatch = (name: string, { shape }: SparseMatrix, x: Tensor, expected: string): Error =>
  operationError(
    `${name}: a sparse matrix ${formatShape(shape)} does not go with ${formatShape(x.shape)}: it takes ${expected}`,
  )

function checkMatrix(name: string, weight: Tensor): void {
  if (weight.rank !== 2 || (weight.dtype !== "f32" && weight.dtype !== "f64"))
    throw operationError(`${name} needs a matrix of floats, not ${weight.describe()}`)
}

const floats = (data: Float64Array, like: Tensor): Tensor =>
  like.dtype === "f64"
    ? Tensor.from({ dtype: "f64", shape: [data.length], data })
    : Tensor.from({ dtype: "f32", shape: [data.length], data: Float32Array.from(data) })

/** The entries of a matrix at the places (row-major) that are chosen. */
function selected(weight: Tensor, isKept: (place: number) => boolean): SparseMatrix {
  const columns = weight.shape[1]
  const data = weight.array()
  const places = Array.from(data, (_, i) => i).filter(isKept)
  const { pattern } = patternOf(
    weight.shape,
    places.map((i) => Math.floor(i / columns)),
    places.map((i) => i % columns),
  )
  return new SparseMatrix(
    floats(
      Float64Array.from(places, (i) => data[i]),
      weight,
    ),
    pattern,
  )
}
