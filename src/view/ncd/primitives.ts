/** The operators of the engine by name, for boxes that run one of them as it is. */
import * as attention from "../../engine/operators/attention-fused.ts"
import * as constants from "../../engine/operators/constants.ts"
import * as convolution from "../../engine/operators/convolution.ts"
import { elementwisePrimitives } from "../../engine/operators/elementwise.ts"
import * as drawn from "../../engine/operators/event-drawn.ts"
import * as scattered from "../../engine/operators/event-scatter.ts"
import * as update from "../../engine/operators/event-update.ts"
import * as fft from "../../engine/operators/fft.ts"
import * as indexing from "../../engine/operators/indexing.ts"
import * as layout from "../../engine/operators/layout.ts"
import * as matmul from "../../engine/operators/matmul.ts"
import * as normalise from "../../engine/operators/normalise.ts"
import * as pooling from "../../engine/operators/pooling.ts"
import * as quantised from "../../engine/operators/quantised.ts"
import * as random from "../../engine/operators/random.ts"
import * as reduce from "../../engine/operators/reduce.ts"
import * as replaceRow from "../../engine/operators/replace-row.ts"
import * as scanning from "../../engine/operators/scanning.ts"
import * as sorting from "../../engine/operators/sorting.ts"
import * as sparse from "../../engine/operators/sparse.ts"
import * as stop from "../../engine/operators/stop.ts"
import type { Primitive } from "../../engine/primitive.ts"

const rooms: readonly object[] = [
  attention,
  constants,
  convolution,
  drawn,
  scattered,
  update,
  fft,
  indexing,
  layout,
  matmul,
  normalise,
  pooling,
  quantised,
  random,
  reduce,
  replaceRow,
  scanning,
  sorting,
  sparse,
  stop,
]

const isPrimitive = (x: unknown): x is Primitive =>
  typeof x === "object" && x !== null && "evaluate" in x && "type" in x

let byName: Map<string, Primitive> | undefined

/** The operator of that name, undefined where there is none. */
export function primitiveNamed(name: string): Primitive | undefined {
  byName ??= new Map([
    ...rooms.flatMap((room) =>
      Object.values(room)
        .filter(isPrimitive)
        .map((p) => [p.name, p] as const),
    ),
    ...elementwisePrimitives,
  ])
  return byName.get(name)
}
