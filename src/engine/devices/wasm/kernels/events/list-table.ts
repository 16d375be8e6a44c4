import type { Node, Value } from "../../../../graph.ts"
import type { DrawnSpec } from "../../../../operators/drawn-lists.ts"
import { sizeOf } from "../../../../shape.ts"
import { teamOf } from "../../team.ts"
import type { View } from "../../views.ts"
import { kernel, keyOf, type Lowering } from "../lowering.ts"
import { type DrawnKernelSpec, emitGatherDrawn, emitScatterDrawn } from "./drawn.ts"
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

const drawnOf = ({ attributes, inputs: [{ type }] }: Node): DrawnKernelSpec => ({
  drawn: attributes as DrawnSpec,
  dtype: type.dtype as "f32",
  size: sizeOf(type.shape),
})

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
  scatterDrawn(lower, node) {
    const [into, ...others] = node.inputs
    const spec = drawnOf(node)
    const operands = others.map((v) => lower.contiguous(v))
    const scratch = lower.scratch(scatterScratchBytes(spec.drawn, teamOf(lower.module).most))
    lower.call(keyOf("scatterDrawn", spec), [...operands, lower.updated(node.outputs[0], into), scratch], (name) =>
      kernel(emitScatterDrawn(lower.module, name, spec)),
    )
  },
  gatherDrawn(lower, node) {
    const spec = drawnOf(node)
    const operands = [...node.inputs.map((v) => lower.contiguous(v)), lower.output(node.outputs[0])]
    lower.call(keyOf("gatherDrawn", spec), operands, (name) => kernel(emitGatherDrawn(lower.module, name, spec)))
  },
  sampleLists(lower, { inputs: [from, events, ...lists], outputs: [out] }) {
    const { spec, views } = listsOf(lower, lists, sizeOf(from.type.shape), from.type.dtype)
    const operands = [lower.contiguous(from), lower.contiguous(events), ...views, lower.output(out)]
    lower.call(keyOf("sampleLists", spec), operands, (name) => kernel(emitSampleLists(lower.module, name, spec)))
  },
}
