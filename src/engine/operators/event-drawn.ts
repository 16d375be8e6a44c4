import { allocate, type HostArray, isFloat } from "../dtype.ts"
import { operationError } from "../errors.ts"
import { type Primitive, primitive } from "../primitive.ts"
import { sizeOf } from "../shape.ts"
import type { Tensor } from "../tensor.ts"
import { apply1 } from "../trace.ts"
import { oneByOne } from "./composed.ts"
import { zeros } from "./constants.ts"
import { type DrawnSpec, forEachDrawn } from "./drawn-lists.ts"
import { mul } from "./elementwise.ts"
import { sum } from "./reduce.ts"

/** Places are turned round by the shift: place p stands for `(p + shift) mod size` of what they are places of. */
const turned = (shift: HostArray, size: number): ((place: number) => number) => {
  const turn = (((shift.data[0] as number) % size) + size) % size
  return (place) => (place + turn) % size
}

/** `[into, events, value, key, shift] -> into`: see `scatterEvents`. */
export const scatterDrawnPrimitive: Primitive<DrawnSpec> = primitive<DrawnSpec>({
  name: "scatterDrawn",
  type: ([into, events, value]) => {
    if (!isFloat(into.dtype) || events.dtype !== into.dtype || value.dtype !== into.dtype)
      throw operationError(
        `scatterEvents needs floats of one dtype, not ${into.dtype}, ${events.dtype}, ${value.dtype}`,
      )
    return [{ dtype: into.dtype, shape: into.shape }]
  },
  evaluate: ([into, events, value, key, shift], spec, [type]) => {
    const data = into.data.slice()
    const at = turned(shift, data.length)
    for (let row = 0; row < spec.rows; row++) {
      const brought = (events.data[row] as number) * (value.data[0] as number)
      if (events.data[row] !== 0)
        forEachDrawn(key.data as Uint32Array, spec, row, (place) => {
          data[at(place)] += brought
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
    const at = turned(shift, from.data.length)
    for (let row = 0; row < spec.rows; row++)
      forEachDrawn(key.data as Uint32Array, spec, row, (place) => {
        data[row] += from.data[at(place)] as number
      })
    return [{ ...type, data } as HostArray]
  },
  gradient: ({ inputs: [from, key, shift], cotangents: [g], attributes }) => {
    if (g === undefined) return []
    const one = zeros([], from.dtype as "f32").add(1)
    return [apply1(scatterDrawnPrimitive, [zeros(from.shape, from.dtype as "f32"), g, one, key, shift], attributes)]
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
