import { activeDevice } from "../devices/device.ts"
import type { HostArray } from "../dtype.ts"
import { operationError } from "../errors.ts"
import { Tensor } from "../tensor.ts"

/**
 * For each of `rows` sources the places that it reaches: what an event of the source is added to. The lists are cut into parts by where they reach, so that
 * parts can be worked on side by side; within a part they go from source to source.
 */
export class EventLists {
  readonly rows: number
  /** How many places there are. */
  readonly size: number
  readonly parts: number
  /** `[parts, rows + 1]`, i32: where the list of a source starts in `places`. */
  readonly starts: Tensor
  /** `[entries]`, i32 */
  readonly places: Tensor

  constructor(rows: number, size: number, parts: number, starts: Tensor, places: Tensor) {
    this.rows = rows
    this.size = size
    this.parts = parts
    this.starts = starts
    this.places = places
  }

  get entries(): number {
    return this.places.size
  }
}

export interface EventListOptions {
  /**
   * Places come in rows of `width` (steps of a ring buffer, say), and parts are stretches of all rows. Default: all places are one row.
   */
  readonly width?: number
  /** Default: one for each thread of the active device, at most 8; one where there is little to share. What is added up does not depend on it. */
  readonly parts?: number
}

/** What kernels of lists are specialised on. */
export interface ListAttributes {
  readonly parts: number
}

/** Places turned round by a shift: place p stands for `(p + shift) mod size`. */
export const turnedBy = (shift: HostArray, size: number): ((place: number) => number) => {
  const turn = (((shift.data[0] as number) % size) + size) % size
  return (place) => (place + turn) % size
}

/** Lists shorter than this are not worth sharing. */
const fewestEntries = 4096

const partsFor = (entries: number): number => (entries < fewestEntries ? 1 : Math.min(activeDevice().threads, 8))

/**
 * Lists from pairs of a source and a place, in any order; a pair may come more than once.
 * @returns the lists, and for each of their entries the number of the pair that it was
 */
export function eventLists(
  rows: number,
  size: number,
  sources: ArrayLike<number>,
  places: ArrayLike<number>,
  { width = size, parts = partsFor(sources.length) }: EventListOptions = {},
): { lists: EventLists; order: Int32Array } {
  if (sources.length !== places.length)
    throw operationError(`eventLists: ${sources.length} sources and ${places.length} places`)
  if (!(width > 0) || size % width !== 0)
    throw operationError(`eventLists: rows of ${width} places do not make up ${size} places`)
  const starts = new Int32Array(parts * (rows + 1))
  const lineOf = (i: number): number => {
    const [source, place] = [sources[i], places[i]]
    if (!(source >= 0 && source < rows && place >= 0 && place < size))
      throw operationError(
        `eventLists: pair ${i}, source ${source} and place ${place}, of ${rows} sources and ${size} places`,
      )
    return Math.floor(((place % width) * parts) / width) * (rows + 1) + source
  }
  let isSorted = parts === 1
  for (let i = 0; i < sources.length; i++) {
    starts[lineOf(i) + 1]++
    if (i > 0 && sources[i] < sources[i - 1]) isSorted = false
  }
  // The last start of a part is the first of the next one.
  for (let line = 1; line < starts.length; line++) starts[line] += starts[line - 1]
  const [sorted, order] = [new Int32Array(places.length), new Int32Array(places.length)]
  const next = isSorted ? starts : starts.slice()
  for (let i = 0; i < sources.length; i++) {
    const at = isSorted ? i : next[lineOf(i)]++
    sorted[at] = places[i]
    order[at] = i
  }
  const tensor = (data: Int32Array, shape: number[]): Tensor => Tensor.from({ dtype: "i32", shape, data })
  const lists = new EventLists(rows, size, parts, tensor(starts, [parts, rows + 1]), tensor(sorted, [places.length]))
  return { lists, order }
}
