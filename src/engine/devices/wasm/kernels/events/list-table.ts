import type { Node, Value } from "../../../../graph.ts"
import { sizeOf } from "../../../../shape.ts"
import { teamOf } from "../../team.ts"
import type { View } from "../../views.ts"
import { kernel, keyOf, type Lowering } from "../lowering.ts"
import { emitGatherLists, emitSampleLists, emitScatterEvents, type ListSpec, scatterScratchBytes } from "./scatter.ts"

/** What the kernels of lists are specialised on, and where the lists are. */
function listsOf(lower: Lowering, lists: readonly Value[], size: number, dtype: string, values?: Value) {
  const [starts, places] = lists
  const spec: ListSpec = {
    dtype: dtype as "f32",
    parts: starts.type.shape[0],
    rows: starts.type.shape[1] - 1,
    entries: places.type.shape[0],
    size,
    single: values?.type.shape.length === 0,
  }
  return { spec, views: lists.map((v) => lower.contiguous(v)) }
}

/** Operators on lists of places. */
export const eventListKernels: Record<string, (lower: Lowering, node: Node) => void> = {
  scatterEvents(lower, { inputs: [into, events, values, ...lists], outputs: [out] }) {
    const { spec, views } = listsOf(lower, lists, sizeOf(into.type.shape), into.type.dtype, values)
    const operands: View[] = [lower.contiguous(events), lower.contiguous(values), ...views]
    const scratch = lower.scratch(scatterScratchBytes(spec, teamOf(lower.module).most))
    lower.call(keyOf("scatterEvents", spec), [...operands, lower.updated(out, into), scratch], (name) =>
      kernel(emitScatterEvents(lower.module, name, spec)),
    )
  },
  gatherLists(lower, { inputs: [from, values, ...lists], outputs: [out] }) {
    const { spec, views } = listsOf(lower, lists, sizeOf(from.type.shape), from.type.dtype, values)
    const operands = [lower.contiguous(from), lower.contiguous(values), ...views, lower.output(out)]
    lower.call(keyOf("gatherLists", spec), operands, (name) => kernel(emitGatherLists(lower.module, name, spec)))
  },
  sampleLists(lower, { inputs: [from, events, ...lists], outputs: [out] }) {
    const { spec, views } = listsOf(lower, lists, sizeOf(from.type.shape), from.type.dtype)
    const operands = [lower.contiguous(from), lower.contiguous(events), ...views, lower.output(out)]
    lower.call(keyOf("sampleLists", spec), operands, (name) => kernel(emitSampleLists(lower.module, name, spec)))
  },
}
