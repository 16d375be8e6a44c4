import type { Node, Value } from "../../../../graph.ts"
import type { DrawnSpec } from "../../../../operators/drawn-lists.ts"
import { sizeOf } from "../../../../shape.ts"
import { teamOf } from "../../team.ts"
import type { View } from "../../views.ts"
import { kernel, keyOf, type Lowering } from "../lowering.ts"
import { emitGatherDrawn, emitScatterDrawn } from "./drawn.ts"
import {
  emitGatherLists,
  emitSampleLists,
  emitScatterEvents,
  emitUpdateEntries,
  type ListSpec,
  scatterScratchBytes,
} from "./scatter.ts"

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

const drawnOf = (attributes: Node["attributes"]): { drawn: DrawnSpec } => ({ drawn: attributes as DrawnSpec })

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
  updateEntries(lower, { inputs: [values, from, events, starts, places, order], outputs: [out], attributes }) {
    const { isOrdered, least, most } = attributes
    const { dtype } = values.type
    const own = listsOf(lower, [starts, places], from.type.shape[0], dtype)
    const spec = { ...own.spec, isOrdered, least, most }
    const operands = [events, from, starts, places, order].map((v) => lower.contiguous(v))
    const scratch = lower.scratch(scatterScratchBytes(spec, teamOf(lower.module).most))
    lower.call(keyOf("updateEntries", spec), [...operands, lower.updated(out, values), scratch], (name) =>
      kernel(emitUpdateEntries(lower.module, name, spec)),
    )
  },
  gatherLists(lower, { inputs: [from, values, ...lists], outputs: [out] }) {
    const { spec, views } = listsOf(lower, lists, sizeOf(from.type.shape), from.type.dtype, values)
    const operands = [lower.contiguous(from), lower.contiguous(values), ...views, lower.output(out)]
    lower.call(keyOf("gatherLists", spec), operands, (name) => kernel(emitGatherLists(lower.module, name, spec)))
  },
  scatterDrawn(lower, { inputs: [into, events, ...others], outputs: [out], attributes }) {
    const spec = { ...drawnOf(attributes), dtype: into.type.dtype as "f32", size: sizeOf(into.type.shape) }
    const operands = [events, ...others].map((v) => lower.contiguous(v))
    const scratch = lower.scratch(scatterScratchBytes(spec.drawn, teamOf(lower.module).most))
    lower.call(keyOf("scatterDrawn", spec), [...operands, lower.updated(out, into), scratch], (name) =>
      kernel(emitScatterDrawn(lower.module, name, spec)),
    )
  },
  gatherDrawn(lower, { inputs, outputs: [out], attributes }) {
    const [from] = inputs
    const spec = { ...drawnOf(attributes), dtype: from.type.dtype as "f32", size: sizeOf(from.type.shape) }
    lower.call(keyOf("gatherDrawn", spec), [...inputs.map((v) => lower.contiguous(v)), lower.output(out)], (name) =>
      kernel(emitGatherDrawn(lower.module, name, spec)),
    )
  },
  sampleLists(lower, { inputs: [from, events, ...lists], outputs: [out] }) {
    const { spec, views } = listsOf(lower, lists, sizeOf(from.type.shape), from.type.dtype)
    const operands = [lower.contiguous(from), lower.contiguous(events), ...views, lower.output(out)]
    lower.call(keyOf("sampleLists", spec), operands, (name) => kernel(emitSampleLists(lower.module, name, spec)))
  },
}
