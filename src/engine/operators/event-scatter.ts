import { allocate, type HostArray } from "../dtype.ts"
import { operationError } from "../errors.ts"
import { type Primitive, primitive } from "../primitive.ts"
import { formatShape, sizeOf } from "../shape.ts"
import type { Tensor } from "../tensor.ts"
import { apply1 } from "../trace.ts"
import { checkFloats, oneByOne } from "./composed.ts"
import { full, zerosLike } from "./constants.ts"
import { DrawnLists } from "./drawn-lists.ts"
import { scatterDrawn } from "./event-drawn.ts"
import { type EventLists, type ListAttributes, turnedBy } from "./event-lists.ts"
import { sum } from "./reduce.ts"

/*
 * Three operators that are linear in each of their float operands, and one another's gradients. Lists say which places a source reaches; the shift
 * turns all places round: place p becomes (p + shift) mod size.
 *   scatterEvents   y[place(e)] += events[source(e)] · values[e]
 *   gatherLists     y[source]    = Σ from[place(e)] · values[e]   over the list of the source
 *   sampleLists     y[e]         = from[place(e)] · events[source(e)]
 */

/** Calls `visit` with every entry, its source, and its place. */
function forEachEntry(
  [starts, places, shift]: readonly HostArray[],
  size: number,
  visit: (e: number, source: number, place: number) => void,
): void {
  const [parts, lines] = starts.shape
  const placeOf = turnedBy(shift, size)
  for (let part = 0; part < parts; part++)
    for (let source = 0; source + 1 < lines; source++) {
      const line = part * lines + source
      for (let e = starts.data[line]; e < starts.data[line + 1]; e++)
        visit(e, source, placeOf(places.data[e] as number))
    }
}

const valueAt = (values: HostArray, e: number): number => values.data[values.shape.length === 0 ? 0 : e]

/** `[into, events, values, starts, places, shift] -> into` */
export const scatterEventsPrimitive: Primitive<ListAttributes> = primitive<ListAttributes>({
  name: "scatterEvents",
  type: ([into, events, values]) => {
    checkFloats("scatterEvents", [into, events, values])
    return [{ dtype: into.dtype, shape: into.shape }]
  },
  evaluate: ([into, events, values, ...lists], _, [type]) => {
    const data = into.data.slice()
    forEachEntry(lists, sizeOf(into.shape), (e, source, place) => {
      data[place] += events.data[source] * valueAt(values, e)
    })
    return [{ ...type, data } as HostArray]
  },
  gradient: ({ inputs: [, events, values, ...lists], cotangents: [g], wanted, attributes }) =>
    g === undefined ? [] : [g, ...linear(g, events, values, lists, attributes, wanted.slice(1))],
  batch: oneByOne(() => scatterEventsPrimitive),
})

/** The cotangents of events and values where `from` is that of the places. */
function linear(
  from: Tensor,
  events: Tensor,
  values: Tensor,
  lists: readonly Tensor[],
  attributes: ListAttributes,
  [ofEvents, ofValues]: readonly boolean[],
): (Tensor | undefined)[] {
  return [
    ofEvents ? apply1(gatherListsPrimitive, [from, values, ...lists], attributes) : undefined,
    ofValues ? ofOne(values, apply1(sampleListsPrimitive, [from, events, ...lists], attributes)) : undefined,
  ]
}

/** The cotangent of one value for all entries is the sum of theirs. */
const ofOne = (values: Tensor, entries: Tensor): Tensor => (values.rank === 0 ? sum(entries) : entries)

/** `[from, values, starts, places, shift] -> [rows]` */
const gatherListsPrimitive: Primitive<ListAttributes> = primitive<ListAttributes>({
  name: "gatherLists",
  type: ([from, values, starts]) => {
    checkFloats("gatherLists", [from, values])
    return [{ dtype: from.dtype, shape: [starts.shape[1] - 1] }]
  },
  evaluate: ([from, values, ...lists], _, [type]) => {
    const data = allocate(type.dtype, sizeOf(type.shape))
    forEachEntry(lists, sizeOf(from.shape), (e, source, place) => {
      data[source] += (from.data[place] as number) * valueAt(values, e)
    })
    return [{ ...type, data } as HostArray]
  },
  gradient: ({ inputs: [from, values, ...lists], cotangents: [g], wanted, attributes }) =>
    g === undefined
      ? []
      : [
          wanted[0] ? apply1(scatterEventsPrimitive, [zerosLike(from), g, values, ...lists], attributes) : undefined,
          wanted[1] ? ofOne(values, apply1(sampleListsPrimitive, [from, g, ...lists], attributes)) : undefined,
        ],
  batch: oneByOne(() => gatherListsPrimitive),
})

/** `[from, events, starts, places, shift] -> [entries]` */
const sampleListsPrimitive: Primitive<ListAttributes> = primitive<ListAttributes>({
  name: "sampleLists",
  type: ([from, events, , places]) => {
    checkFloats("sampleLists", [from, events])
    return [{ dtype: from.dtype, shape: places.shape }]
  },
  evaluate: ([from, events, ...lists], _, [type]) => {
    const data = allocate(type.dtype, sizeOf(type.shape))
    forEachEntry(lists, sizeOf(from.shape), (e, source, place) => {
      data[e] = from.data[place] * events.data[source]
    })
    return [{ ...type, data } as HostArray]
  },
  gradient: ({ inputs: [from, events, ...lists], cotangents: [g], wanted, attributes }) =>
    g === undefined
      ? []
      : [
          wanted[0] ? apply1(scatterEventsPrimitive, [zerosLike(from), events, g, ...lists], attributes) : undefined,
          wanted[1] ? apply1(gatherListsPrimitive, [from, g, ...lists], attributes) : undefined,
        ],
  batch: oneByOne(() => sampleListsPrimitive),
})

/**
 * Adds to places what events bring: `y[place] = into[place] + Σ events[source] · values`, over the entries of the lists that reach the place. Only the
 * lists of sources with an event are read. Inside `scan`, a carry that only such additions change is changed where it lies.
 * @param into `[...]` of `lists.size` elements, or more where the lists are drawn
 * @param events `[rows]`: what happened at each source, mostly 0
 * @param values `[entries]` in the order of the lists, or one number for all
 * @param shift turns the places round: place p stands for `(p + shift) mod size`, the present of a ring buffer
 */
export function scatterEvents(
  into: Tensor,
  events: Tensor,
  lists: EventLists | DrawnLists,
  values: Tensor | number = 1,
  shift: Tensor | number = 0,
): Tensor {
  const own = typeof values === "number" ? full([], values, into.dtype as "f32") : values
  const isDrawn = lists instanceof DrawnLists
  if (events.rank !== 1 || events.size !== lists.rows || (isDrawn ? into.size < lists.size : into.size !== lists.size))
    throw operationError(
      `scatterEvents: lists from ${lists.rows} sources to ${lists.size} places do not go with events ${formatShape(events.shape)} and ${formatShape(into.shape)}`,
    )
  if (own.rank > 1 || (own.rank === 1 && (isDrawn || own.size !== lists.entries)))
    throw operationError(
      `scatterEvents: values ${formatShape(own.shape)} for ${isDrawn ? "lists that are drawn, whose entries have one" : `${lists.entries} entries`}`,
    )
  const turned = typeof shift === "number" ? full([], shift, "i32") : shift
  if (turned.dtype !== "i32" || turned.rank !== 0)
    throw operationError(`scatterEvents: the shift is one i32, not ${turned.describe()}`)
  if (isDrawn) return scatterDrawn(into, events, own, lists.key, turned, lists.spec)
  return apply1(scatterEventsPrimitive, [into, events, own, lists.starts, lists.places, turned], { parts: lists.parts })
}
