/** Minibatches of arrays, in an order that a seed determines. */
import { allocate, type HostArray } from "../engine/dtype.ts"
import { CajalError } from "../engine/errors.ts"
import { hostRandom } from "../engine/random-host.ts"

export interface BatchOptions {
  /** Rows a batch. */
  size: number
  /** Determines the order. Without it rows come as they lie. */
  seed?: number | undefined
  /** Each epoch has its own order under the same seed. Default 0. */
  epoch?: number
  /** Leave out a last batch that is not full, so that every batch has the same shape. Default false. */
  dropLast?: boolean
}

type Rows = Readonly<Record<string, HostArray>>
/** Rows gathered from each array, and which rows of the whole they were. */
export type Batch<A extends Rows> = { readonly [name in keyof A]: HostArray } & { readonly rows: Int32Array }

/**
 * Minibatches of arrays that share their first axis, e.g. `{ images, labels }`.
 * @throws CajalError when their first axes differ, or the batch size is not a positive integer
 */
export function* batches<A extends Rows>(arrays: A, options: BatchOptions): Generator<Batch<A>, void, void> {
  const { size, dropLast = false } = options
  const count = commonRows(arrays)
  if (!Number.isInteger(size) || size < 1) throw new CajalError(`a batch of ${size} rows is not possible`)
  const order = epochOrder(count, options.seed, options.epoch)
  for (let from = 0; from < count; from += size) {
    const rows = order.subarray(from, from + size)
    if (dropLast && rows.length < size) return
    const gathered = Object.entries(arrays).map(([name, array]) => [name, takeRows(array, rows)])
    yield { ...Object.fromEntries(gathered), rows } as Batch<A>
  }
}

/** How many batches an epoch has. */
export const batchCount = (rows: number, size: number, dropLast = false): number =>
  dropLast ? Math.floor(rows / size) : Math.ceil(rows / size)

/** The order of rows in an epoch: a permutation of 0..count-1, or the identity without a seed. */
export const epochOrder = (count: number, seed: number | undefined, epoch = 0): Int32Array =>
  seed === undefined ? Int32Array.from({ length: count }, (_, i) => i) : hostRandom(seed).fold(epoch).permutation(count)

/** The given rows of an array, copied. @throws CajalError on a row outside it */
export function takeRows(array: HostArray, rows: ArrayLike<number>): HostArray {
  const [count, ...rest] = array.shape
  const length = rest.reduce((product, size) => product * size, 1)
  const data = allocate(array.dtype, rows.length * length)
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]
    if (!(row >= 0 && row < count)) throw new CajalError(`there is no row ${row}: the array has ${count}`)
    data.set(array.data.subarray(row * length, (row + 1) * length), i * length)
  }
  return { dtype: array.dtype, shape: [rows.length, ...rest], data }
}

function commonRows(arrays: Rows): number {
  const counts = Object.values(arrays).map(({ shape }) => shape[0])
  if (counts.length > 0 && counts[0] !== undefined && counts.every((count) => count === counts[0])) return counts[0]
  const shapes = Object.entries(arrays).map(([name, { shape }]) => `${name} [${shape.join(", ")}]`)
  throw new CajalError(`arrays of a batch must share their first axis, found ${shapes.join(", ") || "no array"}`)
}
