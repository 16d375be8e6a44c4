import type { DType } from "../../../dtype.ts"
import type { Node } from "../../../graph.ts"
import { sizeOf } from "../../../shape.ts"
import { emitArgReduce, emitIota } from "./arg-reduce.ts"
import { attentionKernels } from "./attention/table.ts"
import { convolutionKernels } from "./convolution/table.ts"
import { eventListKernels } from "./events/list-table.ts"
import { fftKernels } from "./fft/table.ts"
import { emitClearRow, emitGatherRows, emitReplaceRow, emitScatterRows } from "./indexing.ts"
import { kernel, keyOf, type Lowering } from "./lowering.ts"
import { normaliseKernels } from "./normalise/normalise.ts"
import { softmaxKernels } from "./normalise/softmax.ts"
import { poolingKernels } from "./pooling/table.ts"
import { quantisedKernels } from "./products/quantised.ts"
import { productKernels } from "./products/table.ts"
import { emitRandomBits } from "./random.ts"
import { scanningKernels } from "./scanning.ts"
import { sortingKernels } from "./sorting.ts"
import { sparseKernels } from "./sparse/table.ts"

/** How each operator that is neither a view nor elementwise nor a plain reduction becomes kernels: the device's one table. */
export const kernels: Record<string, (lower: Lowering, node: Node) => void> = {
  ...attentionKernels,
  ...convolutionKernels,
  ...eventListKernels,
  ...fftKernels,
  ...normaliseKernels,
  ...poolingKernels,
  ...productKernels,
  ...quantisedKernels,
  ...scanningKernels,
  ...softmaxKernels,
  ...sortingKernels,
  ...sparseKernels,
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
  replaceRow(lower, { inputs: [x, row, index], outputs: [out] }) {
    const spec = { dtype: x.type.dtype, size: x.type.shape[0], row: sizeOf(row.type.shape) }
    const to = lower.updated(out, x)
    // Of all numbers 0 is the one whose bytes are alike in every dtype.
    if (row.node?.primitive.name === "full" && Object.is(row.node.attributes.value, 0))
      return lower.call(keyOf("clearRow", spec), [lower.contiguous(index), to], (name) =>
        kernel(emitClearRow(lower.module, name, spec)),
      )
    lower.call(keyOf("replaceRow", spec), [lower.contiguous(row), lower.contiguous(index), to], (name) =>
      kernel(emitReplaceRow(lower.module, name, spec)),
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

function argReduce(lower: Lowering, { inputs: [x], outputs: [out], attributes }: Node, largest: boolean): void {
  const view = lower.view(x)
  const spec = { dtype: view.dtype, shape: view.shape, strides: view.strides, axis: attributes.axis as number, largest }
  lower.call(keyOf("argReduce", spec), [view, lower.output(out)], (name) =>
    kernel(emitArgReduce(lower.module, name, view, spec.axis, largest)),
  )
}
