import type { Node } from "../../../../graph.ts"
import { type AttentionAttributes, sizesOf } from "../../../../operators/attention-fused.ts"
import { sizeOf } from "../../../../shape.ts"
import { teamOf } from "../../team.ts"
import { loopAxes, type View, wholeView } from "../../views.ts"
import type { Lowering } from "../lowering.ts"
import { sumParts } from "../reduce.ts"
import type { AttentionSpec } from "./blocks.ts"
import { emitFewQueries, fewQueriesScratchBytes, hasFewQueries } from "./few-queries.ts"
import { attentionScratchBytes, emitAttention } from "./forward.ts"
import { attentionGradientScratchBytes, emitAttentionGradient, keyParts } from "./gradient.ts"

/** Views of the operands whose rows have no gaps, copied where they have, and what the kernels are specialised on. */
function prepare(lower: Lowering, { inputs, attributes }: Node, operands: number, masks: number) {
  const rows = inputs.slice(0, operands).map((x) => {
    const view = lower.view(x)
    const [row, column] = view.strides.slice(-2)
    return row >= 0 && (column === 1 || view.shape[view.shape.length - 1] === 1) ? view : lower.contiguous(x)
  })
  const mask = inputs.slice(masks).map((x) => lower.view(x))
  const views = [...rows, ...mask]
  const lead = rows[0].shape.slice(0, -2)
  const last2 = (view: View): [number, number] => view.strides.slice(-2) as [number, number]
  const [q, k, v] = inputs
  const { causal, scale } = attributes as AttentionAttributes
  const spec: AttentionSpec = {
    ...sizesOf(q.type, k.type, v.type),
    causal,
    scale,
    axes: loopAxes(
      lead,
      views.map((view) => view.strides.slice(0, -2)),
    ),
    rows: rows.map((view) => last2(view)[0]),
    ...(mask.length > 0 ? { mask: last2(mask[0]) } : {}),
  }
  return { views, spec }
}

export const attentionKernels: Record<string, (lower: Lowering, node: Node) => void> = {
  attention(lower, node) {
    const { views, spec } = prepare(lower, node, 3, 3)
    const few = hasFewQueries(spec)
    const bytes = (few ? fewQueriesScratchBytes : attentionScratchBytes)(spec)
    const operands = [
      ...views,
      ...node.outputs.map((y) => lower.output(y)),
      lower.scratch(bytes * teamOf(lower.module).most),
    ]
    const emit = few ? emitFewQueries : emitAttention
    lower.call(`attention ${JSON.stringify(spec)}`, operands, (name) => emit(lower.module, name, spec))
  },
  attentionGradient(lower, node) {
    const { views, spec } = prepare(lower, node, 4, 6)
    const rows = node.inputs.slice(4, 6).map((x) => lower.contiguous(x))
    const scratch = lower.scratch(attentionGradientScratchBytes(spec) * teamOf(lower.module).most)
    const parts = keyParts(spec)
    const [dq, dk, dv] = node.outputs.map((y) => lower.output(y))
    const shape = [parts, ...dq.shape]
    const partial = parts === 1 ? dq : wholeView(lower.scratch(sizeOf(shape) * 4), "f32", shape)
    const operands = [...views, ...rows, partial, dk, dv, scratch]
    lower.call(`attentionGradient ${JSON.stringify(spec)}`, operands, (name) =>
      emitAttentionGradient(lower.module, name, spec),
    )
    if (parts > 1) sumParts(lower, partial, dq)
  },
}
