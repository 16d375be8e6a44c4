import type { HostArray } from "../dtype.ts"
import { operationError } from "../errors.ts"
import { type Primitive, primitive } from "../primitive.ts"
import { formatShape } from "../shape.ts"
import type { Tensor } from "../tensor.ts"
import { apply1 } from "../trace.ts"
import { checkFloats, oneByOne } from "./composed.ts"
import type { EventLists, ListAttributes } from "./event-lists.ts"

interface UpdateAttributes extends ListAttributes {
  /** Whether entries are numbered by an operand; otherwise they stand in the order of the lists. */
  readonly isOrdered: boolean
  readonly least: number
  readonly most: number
}

/** `[values, from, events, starts, places, order] -> values` */
export const updateEntriesPrimitive: Primitive<UpdateAttributes> = primitive<UpdateAttributes>({
  name: "updateEntries",
  type: ([values, from, events]) => {
    checkFloats("updateEntries", [values, from, events])
    return [{ dtype: values.dtype, shape: values.shape }]
  },
  evaluate: ([values, from, events, starts, places, order], { isOrdered, least, most }, [type]) => {
    const data = values.data.slice()
    const lines = starts.shape[1]
    for (let line = 0; line + 1 < starts.data.length; line++) {
      const event = (line + 1) % lines === 0 ? 0 : (events.data[line % lines] as number)
      if (event === 0) continue
      for (let e = starts.data[line] as number; e < (starts.data[line + 1] as number); e++) {
        const k = isOrdered ? (order.data[e] as number) : e
        const changed = (data[k] as number) + (from.data[places.data[e] as number] as number) * event
        data[k] = Math.min(Math.max(changed, least), most)
      }
    }
    return [{ ...type, data } as HostArray]
  },
  gradient: () => {
    throw operationError("updateEntries has no gradient: it changes values by a rule of its own", {
      hint: "stopGradient(values) where they are used, or a dense rule of plasticity",
    })
  },
  batch: oneByOne(() => updateEntriesPrimitive),
})

export interface UpdateOptions {
  /** For each entry of the lists the number of its value, i32. Default: they stand in the order of the lists. */
  readonly order?: Tensor
  /** Values that are changed stay within these. Defaults: no limits. */
  readonly least?: number
  readonly most?: number
}

/**
 * Changes the values of the entries whose sources have events: `values[e] += from[place(e)] · events[source(e)]`. Only the lists of sources with an event
 * are read: the work is that of the events. Inside `scan`, a carry that only such updates change is changed where it lies. Not differentiable.
 * @param values `[entries]`
 * @param from `[lists.size]`
 * @param events `[lists.rows]`: what happened at each source, mostly 0
 */
export function updateEntries(
  values: Tensor,
  from: Tensor,
  events: Tensor,
  lists: EventLists,
  { order, least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY }: UpdateOptions = {},
): Tensor {
  const isFit = values.rank === 1 && from.rank === 1 && events.rank === 1 && from.size === lists.size
  if (!isFit || values.size !== lists.entries || events.size !== lists.rows)
    throw operationError(
      `updateEntries: lists of ${lists.entries} entries from ${lists.rows} sources to ${lists.size} places do not go with values ${formatShape(values.shape)}, events ${formatShape(events.shape)} and ${formatShape(from.shape)}`,
    )
  if (order !== undefined && (order.dtype !== "i32" || order.rank !== 1 || order.size !== lists.entries))
    throw operationError(`updateEntries: the order is i32 [${lists.entries}], not ${order.describe()}`)
  if (!(least <= most)) throw operationError(`updateEntries: the least value ${least} is above the greatest, ${most}`)
  const attributes = { parts: lists.parts, isOrdered: order !== undefined, least, most }
  const { starts, places } = lists
  return apply1(updateEntriesPrimitive, [values, from, events, starts, places, order ?? places], attributes)
}
