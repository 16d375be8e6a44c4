import { allocate, type HostArray } from "../dtype.ts"
import { type Primitive, primitive } from "../primitive.ts"
import { sizeOf } from "../shape.ts"
import type { Tensor } from "../tensor.ts"
import { apply1 } from "../trace.ts"
import { checkFloats, oneByOne } from "./composed.ts"
import { ones, zerosLike } from "./constants.ts"
import { type DrawnSpec, forEachDrawn } from "./drawn-lists.ts"
import { mul } from "./elementwise.ts"
import { turnedBy } from "./event-lists.ts"
import { sum } from "./reduce.ts"

/** `[into, events, value, key, shift] -> into`: see `scatterEvents`. */
export const scatterDrawnPrimitive: Primitive<DrawnSpec> = primitive<DrawnSpec>({
  name: "scatterDrawn",
  type: ([into, events, value]) => {
    checkFloats("scatterEvents", [into, events, value])
    return [{ dtype: into.dtype, shape: into.shape }]
  },
  evaluate: ([into, events, value, key, shift], spec, [type]) => {
    const data = into.data.slice()
    const placeOf = turnedBy(shift, data.length)
    for (let row = 0; row < spec.rows; row++) {
      const brought = (events.data[row] as number) * (value.data[0] as number)
      if (events.data[row] !== 0)
        forEachDrawn(key.data as Uint32Array, spec, row, (place) => {
          data[placeOf(place)] += brought
        })
    }
    return [{ ...type, data } as HostArray]
  },
  gradient: ({ inputs: [, events, value, key, shift], cotangents: [g], wanted, attributes }) => {
    if (g === undefined) return []
    const reached = apply1(gatherDrawnPrimitive, [g, key, shift], attributes)
    return [g, wanted[1] ? mul(reached, value) : undefined, wanted[2] ? sum(mul(reached, events)) : undefined]
  },
  batch: oneByOne(() => scatterDrawnPrimitive),
})

/** `[from, key, shift] -> [rows]`: for each source the sum over the places that it reaches. */
const gatherDrawnPrimitive: Primitive<DrawnSpec> = primitive<DrawnSpec>({
  name: "gatherDrawn",
  type: ([from], { rows }) => [{ dtype: from.dtype, shape: [rows] }],
  evaluate: ([from, key, shift], spec, [type]) => {
    const data = allocate(type.dtype, sizeOf(type.shape))
    const placeOf = turnedBy(shift, from.data.length)
    for (let row = 0; row < spec.rows; row++)
      forEachDrawn(key.data as Uint32Array, spec, row, (place) => {
        data[row] += from.data[placeOf(place)] as number
      })
    return [{ ...type, data } as HostArray]
  },
  gradient: ({ inputs: [from, key, shift], cotangents: [g], attributes }) => {
    if (g === undefined) return []
    return [apply1(scatterDrawnPrimitive, [zerosLike(from), g, ones([], from.dtype), key, shift], attributes)]
  },
  batch: oneByOne(() => gatherDrawnPrimitive),
})

/** `scatterEvents` for lists that are drawn: one value for all entries. */
export const scatterDrawn = (
  into: Tensor,
  events: Tensor,
  value: Tensor,
  key: Tensor,
  shift: Tensor,
  spec: DrawnSpec,
): Tensor => apply1(scatterDrawnPrimitive, [into, events, value, key, shift], spec)
