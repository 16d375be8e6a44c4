import { operationError } from "../errors.ts"
import { formatShape, type Shape } from "../shape.ts"
import { Tensor } from "../tensor.ts"
import { argsort } from "./sorting.ts"
import type { PatternTensors } from "./sparse.ts"

/** Where the entries of a sparse matrix are: fixed, shared by all that use it, and not trained. See `PatternTensors`. */
export class SparsePattern {
  /** `[rows, columns]` */
  readonly shape: Shape
  readonly rowStarts: Tensor
  readonly columns: Tensor
  readonly columnStarts: Tensor
  readonly rows: Tensor
  readonly order: Tensor

  constructor(shape: Shape, [rowStarts, columns, columnStarts, rows, order]: PatternTensors) {
    this.shape = shape
    this.rowStarts = rowStarts
    this.columns = columns
    this.columnStarts = columnStarts
    this.rows = rows
    this.order = order
  }

  /** How many entries there are. */
  get entries(): number {
    return this.columns.size
  }

  tensors(): PatternTensors {
    return [this.rowStarts, this.columns, this.columnStarts, this.rows, this.order]
  }

  /** The pattern of the transposed matrix; its values are those of the matrix at `order`. */
  transposed(): SparsePattern {
    const [rows, columns] = this.shape
    return new SparsePattern(
      [columns, rows],
      [this.columnStarts, this.rows, this.rowStarts, this.columns, argsort(this.order)],
    )
  }
}

const indices = (data: Int32Array): Tensor => Tensor.from({ dtype: "i32", shape: [data.length], data })

/** A list of entries put in order: by row, then by column. */
export interface Sorted {
  readonly pattern: SparsePattern
  /** For each entry given the place of its value; entries given twice share one. */
  readonly places: Int32Array
}

/**
 * The pattern of entries in any order.
 * @throws CajalError where an entry lies outside the matrix
 */
export function patternOf(shape: Shape, rows: ArrayLike<number>, columns: ArrayLike<number>): Sorted {
  const [height, width] = shape
  if (rows.length !== columns.length)
    throw operationError(`sparse matrix: ${rows.length} rows and ${columns.length} columns of entries`)
  for (let i = 0; i < rows.length; i++)
    if (!within(rows[i], height) || !within(columns[i], width))
      throw operationError(
        `sparse matrix: the entry ${i} at row ${rows[i]}, column ${columns[i]} lies outside ${formatShape(shape)}`,
      )
  const byPlace = Int32Array.from(rows, (_, i) => i).sort(
    (a, b) => rows[a] - rows[b] || columns[a] - columns[b] || a - b,
  )
  const places = new Int32Array(rows.length)
  const [ownRows, ownColumns]: [number[], number[]] = [[], []]
  for (const i of byPlace) {
    const last = ownRows.length - 1
    if (last < 0 || ownRows[last] !== rows[i] || ownColumns[last] !== columns[i]) {
      ownRows.push(rows[i])
      ownColumns.push(columns[i])
    }
    places[i] = ownRows.length - 1
  }
  // A stable sort by column keeps the rows of a column in order.
  const order = Int32Array.from(ownColumns, (_, e) => e).sort((a, b) => ownColumns[a] - ownColumns[b] || a - b)
  const pattern = new SparsePattern(
    [height, width],
    [
      indices(startsOf(ownRows, height)),
      indices(Int32Array.from(ownColumns)),
      indices(startsOf(ownColumns, width)),
      indices(order.map((e) => ownRows[e])),
      indices(order),
    ],
  )
  return { pattern, places }
}

const within = (i: number, size: number): boolean => Number.isInteger(i) && i >= 0 && i < size

function startsOf(places: ArrayLike<number>, size: number): Int32Array {
  const starts = new Int32Array(size + 1)
  for (let e = 0; e < places.length; e++) starts[places[e] + 1]++
  for (let i = 0; i < size; i++) starts[i + 1] += starts[i]
  return starts
}
