import { operationError } from "../errors.ts"
import { threefry2x32 } from "../random-host.ts"
import type { Key } from "./random.ts"

/** What a drawn list is a function of, beside its key. */
export interface DrawnSpec {
  readonly rows: number
  readonly size: number
  /** Of each source to reach each place. */
  readonly probability: number
  /** Whether a source may reach the place of its own number. */
  readonly self: boolean
  /** Stretches of places of about one length, each drawn on its own: they can be worked on side by side. */
  readonly segments: number
}

/**
 * For each of `rows` sources the places that it reaches, each with the same probability; never kept, but drawn again from the key whenever they are
 * needed. In each segment the gaps between places are geometric, so that the work is that of the places that are reached.
 * @source Fan, Muller, Rezucha, Development of sampling plans by using sequential selection techniques (1962)
 */
export class DrawnLists {
  readonly key: Key
  /** What kernels are specialised on. */
  readonly spec: DrawnSpec

  constructor(key: Key, spec: DrawnSpec) {
    this.key = key
    this.spec = spec
  }

  get rows(): number {
    return this.spec.rows
  }

  get size(): number {
    return this.spec.size
  }
}

/** Places in a segment that are worth a start of their own. */
const fewestPlaces = 32
const mostSegments = 8

/** @param key the same key draws the same lists */
export function drawnLists(
  key: Key,
  rows: number,
  size: number,
  probability: number,
  { self = true }: { readonly self?: boolean } = {},
): DrawnLists {
  if (!(probability >= 0 && probability <= 1))
    throw operationError(`drawnLists: a probability is between 0 and 1, not ${probability}`)
  if (!(rows >= 0 && size >= 0 && size < 2 ** 29)) throw operationError(`drawnLists: ${rows} sources, ${size} places`)
  const segments = Math.min(Math.max(1, Math.floor((size * probability) / fewestPlaces)), mostSegments)
  return new DrawnLists(key, { rows, size, probability, self, segments })
}

/** First place of a segment. */
export const segmentStart = ({ size, segments }: DrawnSpec, segment: number): number =>
  Math.floor((size * segment) / segments)

/** Counters of the segments of a row are so far apart: each counter makes two gaps, and a segment never needs as many. */
export const segmentCounters = 2 ** 29

/** `gap = 1 + floor(log2(u) · scale)` for u in (0, 1); every product and sum in f32, so that all devices draw the same. */
export const gapScale = (probability: number): number =>
  probability >= 1 ? 0 : Math.fround(Math.LN2 / Math.log1p(-probability))

/** Longest gap: beyond every place. */
export const longestGap = 2 ** 30

/** log2(1 + x) / x, through the Chebyshev nodes of [√½ - 1, √2 - 1], highest power first. */
export const log2Coefficients: readonly number[] = [
  -0.14275974, 0.232652575, -0.249271825, 0.287288874, -0.360225171, 0.480916709, -0.721352935, 1.44269502,
]

const bits = new DataView(new ArrayBuffer(4))

/** A random word as a gap. */
export function gapOf(word: number, scale: number): number {
  const f = Math.fround
  bits.setFloat32(0, f(((word >>> 9) + 0.5) * 2 ** -23))
  // u = 2^e (1 + x) with 1 + x between √½ and √2.
  const raw = bits.getInt32(0) - sqrtHalfBits
  const e = raw >> 23
  bits.setInt32(0, (raw & 0x7fffff) + sqrtHalfBits)
  const x = f(bits.getFloat32(0) - 1)
  const log1p = f(log2Coefficients.reduce((sum, c) => f(f(sum * x) + f(c)), 0) * x)
  return 1 + Math.min(Math.trunc(f(f(e + log1p) * scale)), longestGap)
}

/** Bits of √½ as f32: from there on exponents are counted, so that mantissas lie around 1. */
export const sqrtHalfBits = 0x3f3504f3

/** Calls `visit` with the places that a source reaches, in order within each segment. */
export function forEachDrawn(key: ArrayLike<number>, spec: DrawnSpec, row: number, visit: (place: number) => void) {
  const { probability, self, segments } = spec
  if (probability === 0) return
  const scale = gapScale(probability)
  for (let segment = 0; segment < segments; segment++) {
    const end = segmentStart(spec, segment + 1)
    let place = segmentStart(spec, segment) - 1
    // Four counters at a time: their first words, then their second ones.
    for (let counter = segment * segmentCounters; place < end; counter += 4) {
      const blocks = [0, 1, 2, 3].map((i) => threefry2x32(key[0], key[1], counter + i, row))
      for (const word of [...blocks.map(([a]) => a), ...blocks.map(([, b]) => b)]) {
        place += gapOf(word, scale)
        if (place >= end) break
        if (self || place !== row) visit(place)
      }
    }
  }
}

/** The lists as pairs: what `eventLists` takes to keep them. */
export function drawnPairs(lists: DrawnLists): { sources: Int32Array; places: Int32Array } {
  const [sources, places]: number[][] = [[], []]
  const key = lists.key.array()
  for (let row = 0; row < lists.rows; row++)
    forEachDrawn(key, lists.spec, row, (place) => {
      sources.push(row)
      places.push(place)
    })
  return { sources: Int32Array.from(sources), places: Int32Array.from(places) }
}
