import type { DType } from "../../../dtype.ts"
import type { Node, Value } from "../../../graph.ts"
import { sizeOf } from "../../../shape.ts"
import type { Fn, ModuleBuilder } from "../assembler/index.ts"
import { teamOf } from "../team.ts"
import { type Buffer, loopAxes, type View } from "../views.ts"
import { emitArgReduce, emitIota } from "./arg-reduce.ts"
import { batchedScratchBytes, emitBatchedMatmul } from "./batched.ts"
import { convolutionKernels } from "./convolution.ts"
import { emitEventMatmul, emitMaskedMatmul, eventScratchBytes } from "./events.ts"
import { emitFewRows, hasFewRows } from "./few-rows.ts"
import { fftKernels } from "./fft.ts"
import { emitGatherRows, emitScatterRows } from "./indexing.ts"
import { emitMatmul, type MatmulSpec, matmulScratchBytes } from "./matmul.ts"
import { poolingKernels } from "./pooling.ts"
import { emitRandomBits } from "./random.ts"
import { scanningKernels } from "./scanning.ts"
import { sortingKernels } from "./sorting.ts"
import { sparseKernels } from "./sparse.ts"

/** What a node is lowered with. */
export interface Lowering {
  readonly module: ModuleBuilder
  /** Where a value lies, through whatever strides. */
  view(v: Value): View
  /** Where a value lies row-major: copied there if it does not. */
  contiguous(v: Value): View
  /** Where a result is to be written, row-major. */
  output(v: Value): View
  /** Space that this node alone uses. */
  scratch(bytes: number): Buffer
  /** A matrix that stays the same from step to step, packed before the loop; undefined where it does not. */
  packedOnce(v: Value, view: View, spec: MatmulSpec): Buffer | undefined
  /** Calls a kernel on operands; kernels of one key are written once. */
  call(key: string, operands: readonly (View | Buffer)[], write: (name: string) => Fn<"i32"[]>): void
  /** Copies a view, row-major, to where another view starts. */
  copy(from: View, to: View): void
  /** Fills a row-major view with a number. */
  fill(to: View, value: number): void
}

// biome-ignore lint/suspicious/noExplicitAny: kernels take as many pointers as their operator has operands
const kernel = (fn: Fn<any, any>): Fn<"i32"[]> => fn as Fn<"i32"[]>
const keyOf = (name: string, spec: unknown): string => `${name} ${JSON.stringify(spec)}`

/** How each operator that is neither a view nor elementwise nor a plain reduction becomes kernels: the device's one table. */
export const kernels: Record<string, (lower: Lowering, node: Node) => void> = {
  ...convolutionKernels,
  ...fftKernels,
  ...poolingKernels,
  ...scanningKernels,
  ...sortingKernels,
  ...sparseKernels,
  matmul(lower, node) {
    const [a, b] = node.inputs
    const [out] = node.outputs
    const lead = out.type.shape.slice(0, -2)
    const { dtype } = out.type
    if (dtype === "f32" && sizeOf(lead) === 1) return lowerProduct(lower, node, lower.output(out))
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
  gather(lower, { inputs: [x, indices], outputs: [out] }) {
    const spec = {
      dtype: x.type.dtype,
      size: x.type.shape[0],
      row: sizeOf(x.type.shape.slice(1)),
      count: sizeOf(indices.type.shape),
    }
    lower.call(keyOf("gather", spec), [lower.contiguous(x), lower.contiguous(indices), lower.output(out)], (name) =>
      kernel(emitGatherRows(lower.module, name, spec)),
    )
  },
  scatterAdd(lower, { inputs: [indices, updates], outputs: [out] }) {
    const spec = {
      dtype: out.type.dtype,
      size: out.type.shape[0],
      row: sizeOf(out.type.shape.slice(1)),
      count: sizeOf(indices.type.shape),
    }
    lower.call(
      keyOf("scatterAdd", spec),
      [lower.contiguous(indices), lower.contiguous(updates), lower.output(out)],
      (name) => kernel(emitScatterRows(lower.module, name, spec)),
    )
  },
  randomBits(lower, { inputs: [key], outputs: [out], attributes }) {
    const streams = sizeOf(key.type.shape) / 2
    const words = sizeOf(attributes.shape)
    lower.call(keyOf("randomBits", { streams, words }), [lower.contiguous(key), lower.output(out)], (name) =>
      kernel(emitRandomBits(lower.module, name, streams, words)),
    )
  },
  argmax: (lower, node) => argReduce(lower, node, true),
  argmin: (lower, node) => argReduce(lower, node, false),
  iota(lower, { outputs: [out], attributes }) {
    const { size, dtype } = attributes as { size: number; dtype: DType }
    lower.call(keyOf("iota", { size, dtype }), [lower.output(out)], (name) =>
      kernel(emitIota(lower.module, name, size, dtype)),
    )
  },
  concat(lower, { inputs, outputs: [out], attributes }) {
    const to = lower.output(out)
    let start = 0
    for (const v of inputs) {
      lower.copy(lower.view(v), { ...to, shape: v.type.shape, offset: to.offset + start * to.strides[attributes.axis] })
      start += v.type.shape[attributes.axis]
    }
  },
  pad(lower, { inputs: [x], outputs: [out], attributes }) {
    const { low, inner, value } = attributes as { low: number[]; inner: number[]; value: number }
    const to = lower.output(out)
    lower.fill(to, value)
    lower.copy(lower.view(x), {
      ...to,
      shape: x.type.shape,
      strides: to.strides.map((s, axis) => s * (inner[axis] + 1)),
      offset: to.offset + low.reduce((at, n, axis) => at + n * to.strides[axis], 0),
    })
  },
  barrier(lower, { inputs, outputs }) {
    outputs.forEach((out, i) => {
      lower.copy(lower.view(inputs[i]), lower.output(out))
    })
  },
}

const matmulSpec = (a: View, b: View): MatmulSpec => ({
  m: a.shape[a.shape.length - 2],
  k: a.shape[a.shape.length - 1],
  n: b.shape[b.shape.length - 1],
  a: [a.strides[a.strides.length - 2], a.strides[a.strides.length - 1]],
  b: [b.strides[b.strides.length - 2], b.strides[b.strides.length - 1]],
})

/**
 * One product in f32, event-driven where the first operand is a spike tensor.
 * @param accumulate whether it is added to what lies there
 */
export function lowerProduct(lower: Lowering, { inputs: [a, b] }: Node, to: View, accumulate = false): void {
  const last2 = (view: View): View => ({ ...view, shape: view.shape.slice(-2), strides: view.strides.slice(-2) })
  const { most } = teamOf(lower.module)
  let x = last2(lower.view(a))
  let y = last2(lower.view(b))
  if (a.type.events === true) {
    if (y.strides[1] !== 1 && y.shape[1] !== 1) y = last2(lower.contiguous(b))
    const isUsable = x.strides[1] === 1 || x.shape[1] === 1 || (x.strides[0] === 1 && x.shape[0] > 1)
    if (!isUsable) x = last2(lower.contiguous(a))
    const spec = { ...matmulSpec(x, y), accumulate }
    const operands = [x, y, to, lower.scratch(eventScratchBytes(spec, most))]
    return lower.call(keyOf("events", spec), operands, (name) => kernel(emitEventMatmul(lower.module, name, spec)))
  }
  const spec = { ...matmulSpec(x, y), accumulate }
  if (hasFewRows(spec))
    return lower.call(keyOf("fewRows", spec), [x, y, to], (name) => kernel(emitFewRows(lower.module, name, spec)))
  const packed = lower.packedOnce(b, y, spec)
  const whole = packed === undefined ? spec : { ...spec, packed: true }
  const operands = [x, packed ?? y, to, lower.scratch(matmulScratchBytes(spec, most))]
  lower.call(keyOf("matmul", whole), operands, (name) => kernel(emitMatmul(lower.module, name, whole)))
}

/** A matrix copied so that its columns lie without gaps. */
function transposedCopy(lower: Lowering, view: View): View {
  const [rows, columns] = view.shape
  const buffer = lower.scratch(rows * columns * 4)
  const target: View = { buffer, dtype: view.dtype, shape: [columns, rows], strides: [rows, 1], offset: 0 }
  lower.copy({ ...view, shape: [columns, rows], strides: [view.strides[1], view.strides[0]] }, target)
  return { ...target, shape: view.shape, strides: [1, rows] }
}

function argReduce(lower: Lowering, { inputs: [x], outputs: [out], attributes }: Node, largest: boolean): void {
  const view = lower.view(x)
  const spec = { dtype: view.dtype, shape: view.shape, strides: view.strides, axis: attributes.axis as number, largest }
  lower.call(keyOf("argReduce", spec), [view, lower.output(out)], (name) =>
    kernel(emitArgReduce(lower.module, name, view, spec.axis, largest)),
  )
}
