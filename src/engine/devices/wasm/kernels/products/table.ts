import type { Node } from "../../../../graph.ts"
import { sizeOf } from "../../../../shape.ts"
import type { ModuleBuilder } from "../../assembler/index.ts"
import { teamOf } from "../../team.ts"
import { type Buffer, loopAxes, type View } from "../../views.ts"
import { emitEventRows, eventRowsScratchBytes } from "../events/few-rows.ts"
import { emitEventMatmul, eventScratchBytes, usesTables } from "../events/product.ts"
import { kernel, keyOf, type Layout, type Lowering } from "../lowering.ts"
import { type MapSpec, specKey } from "../map.ts"
import { batchedScratchBytes, emitBatchedMatmul } from "./batched.ts"
import { type Epilogue, emitEpilogue, type Product } from "./epilogue.ts"
import { alwaysFewRows, emitFewRows, fewRowsScratchBytes, hasFewRows } from "./few-rows.ts"
import { emitMaskedMatmul } from "./masked.ts"
import { emitMatmul, emitPackWhole, type MatmulSpec, matmulScratchBytes, packedBytes } from "./matmul.ts"

/** How matrix products become kernels: by the sizes and the layout of their operands. */
export const productKernels: Record<string, (lower: Lowering, node: Node) => void> = {
  matmul(lower, node) {
    const [a, b] = node.inputs
    const [out] = node.outputs
    const lead = out.type.shape.slice(0, -2)
    const { dtype } = out.type
    if (dtype === "f32" && sizeOf(lead) === 1) return void lowerProduct(lower, node, lower.output(out))
    const [x, y, to] = [lower.view(a), lower.view(b), lower.output(out)]
    const product = matmulSpec(x, y)
    const found = loopAxes(
      lead,
      [x, y, to].map((view) => view.strides.slice(0, -2)),
    )
    const axes = found.length > 0 ? found : [{ size: 1, strides: [0, 0, 0] }]
    const spec = { product, axes, dtype }
    const scratch = lower.scratch(batchedScratchBytes(product, teamOf(lower.module).most))
    lower.call(keyOf("batchedMatmul", spec), [x, y, to, scratch], (name) =>
      kernel(emitBatchedMatmul(lower.module, name, spec)),
    )
  },
  maskedMatmul(lower, { inputs: [a, b, mask], outputs: [out] }) {
    const rows = lower.contiguous(a)
    let columns = lower.view(b)
    if (columns.strides[0] !== 1) columns = transposedCopy(lower, columns)
    const spec = matmulSpec(rows, columns)
    const operands = [
      rows,
      columns,
      lower.contiguous(mask),
      lower.output(out),
      lower.scratch(matmulScratchBytes(spec, teamOf(lower.module).most)),
    ]
    lower.call(keyOf("maskedMatmul", spec), operands, (name) => kernel(emitMaskedMatmul(lower.module, name, spec)))
  },
}

const matmulSpec = (a: View, b: View): MatmulSpec => ({
  m: a.shape[a.shape.length - 2],
  k: a.shape[a.shape.length - 1],
  n: b.shape[b.shape.length - 1],
  a: [a.strides[a.strides.length - 2], a.strides[a.strides.length - 1]],
  b: [b.strides[b.strides.length - 2], b.strides[b.strides.length - 1]],
})

const lastAxes = (view: View): View => ({ ...view, shape: view.shape.slice(-2), strides: view.strides.slice(-2) })

/**
 * One product in f32, event-driven where the first operand is a spike tensor.
 * @param accumulate whether it is added to what lies there
 * @param after elementwise operators over its result, as part of the same kernel
 * @returns whether they are: a product of few rows leaves them to its caller
 */
export function lowerProduct(lower: Lowering, node: Node, to: View, accumulate = false, after?: After): boolean {
  const [a, b] = node.inputs
  const { most } = teamOf(lower.module)
  const [x, y] = [lastAxes(lower.view(a)), lastAxes(lower.view(b))]
  if (a.type.events === true) return lowerEventProduct(lower, x, y, to, node, accumulate, after)
  const spec = { ...matmulSpec(x, y), accumulate }
  const hasFew = hasFewRows(spec)
  const layout: Layout = {
    bytes: packedBytes(spec),
    key: keyOf("pack", { n: spec.n, k: spec.k, b: spec.b }),
    write: (module, name) => kernel(emitPackWhole(module, name, spec)),
  }
  const packed = hasFew && spec.m <= alwaysFewRows ? undefined : lower.laidOutOnce(b, y, layout)
  if (hasFew && packed === undefined) {
    const operands = [x, y, to, lower.scratch(fewRowsScratchBytes(spec))]
    lower.call(keyOf("fewRows", spec), operands, (name) => kernel(emitFewRows(lower.module, name, spec)))
    return false
  }
  const whole = packed === undefined ? spec : { ...spec, packed: true }
  const operands = [x, packed ?? y, to, lower.scratch(matmulScratchBytes(spec, most))]
  callProduct(lower, "matmul", whole, operands, after, emitMatmul)
  return true
}

/** A product whose first operand is a spike tensor. */
function lowerEventProduct(
  lower: Lowering,
  x: View,
  y: View,
  to: View,
  { inputs: [a, b] }: Node,
  accumulate: boolean,
  after: After | undefined,
): boolean {
  const { most } = teamOf(lower.module)
  const events = x.strides.includes(1) ? x : lastAxes(lower.contiguous(a))
  const spec = { ...matmulSpec(events, y), accumulate }
  if (usesTables(spec)) {
    const operands = [events, y, to, lower.scratch(eventScratchBytes(spec, most))]
    callProduct(lower, "events", spec, operands, after, emitEventMatmul)
    return true
  }
  const rows = y.strides[1] === 1 || y.shape[1] === 1 ? y : lastAxes(lower.contiguous(b))
  const few = { ...matmulSpec(events, rows), accumulate }
  const operands = [events, rows, to, lower.scratch(eventRowsScratchBytes(few, most))]
  lower.call(keyOf("eventRows", few), operands, (name) => kernel(emitEventRows(lower.module, name, few)))
  return false
}

/** Elementwise operators over the result of a product: their operands (the result among them), their results, and what they are called. */
export interface After {
  readonly spec: MapSpec
  readonly operands: readonly View[]
  readonly name: string
}

function callProduct(
  lower: Lowering,
  kind: string,
  spec: MatmulSpec,
  operands: readonly (View | Buffer)[],
  after: After | undefined,
  emit: (module: ModuleBuilder, name: string, spec: MatmulSpec, after?: Epilogue) => Product,
): void {
  if (after === undefined)
    return lower.call(keyOf(kind, spec), operands, (name) => kernel(emit(lower.module, name, spec)))
  const key = `${kind}_${after.name} ${JSON.stringify(spec)} ${specKey(after.spec)}`
  lower.call(key, [...operands, ...after.operands], (name) =>
    kernel(emit(lower.module, name, spec, emitEpilogue(lower.module, `${name}.after`, after.spec))),
  )
}

/** A matrix copied so that its columns lie without gaps. */
function transposedCopy(lower: Lowering, view: View): View {
  const [rows, columns] = view.shape
  const buffer = lower.scratch(rows * columns * 4)
  const target: View = { buffer, dtype: view.dtype, shape: [columns, rows], strides: [rows, 1], offset: 0 }
  lower.copy({ ...view, shape: [columns, rows], strides: [view.strides[1], view.strides[0]] }, target)
  return { ...target, shape: view.shape, strides: [1, rows] }
}
