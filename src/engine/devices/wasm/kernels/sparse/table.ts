import { bytesOf } from "../../../../dtype.ts"
import type { Node, Value } from "../../../../graph.ts"
import type { SparseAttributes, SparseProductAttributes } from "../../../../operators/sparse.ts"
import { type Shape, sizeOf, stridesOf } from "../../../../shape.ts"
import { isContiguous, type View } from "../../views.ts"
import { kernel, keyOf, type Lowering } from "../lowering.ts"
import { emitTranspose } from "../transpose.ts"
import { drivenScratchBytes, emitDrivenProduct, emitDrivenSamples } from "./driven.ts"
import { emitSampledProduct, emitSparseProduct, type SparseSpec } from "./products.ts"

const swap = <T>(list: readonly T[]): T[] => [...list.slice(0, -2), list[list.length - 1], list[list.length - 2]]
const swapped = (view: View): View => ({ ...view, shape: swap(view.shape), strides: swap(view.strides) })

const space = (lower: Lowering, { dtype }: View, shape: Shape): View => ({
  buffer: lower.scratch(Math.max(1, sizeOf(shape) * bytesOf[dtype])),
  dtype,
  shape,
  strides: stridesOf(shape),
  offset: 0,
})

/** Copies matrices, row-major, with their axes exchanged. */
function turn(lower: Lowering, from: View, to: View): void {
  if (from.dtype !== "f32") return lower.copy(swapped(from), to)
  const [rows, columns] = from.shape.slice(-2)
  const spec = { rows, columns, parts: sizeOf(from.shape.slice(0, -2)) }
  if (sizeOf(from.shape) > 0)
    lower.call(keyOf("transpose", spec), [from, to], (name) => kernel(emitTranspose(lower.module, name, spec)))
}

/** Where a dense operand lies row-major, its last two axes exchanged if need be. */
function arranged(lower: Lowering, v: Value, isTurned: boolean): View {
  const view = lower.view(v)
  const wanted = isTurned ? swapped(view) : view
  if (isContiguous(wanted)) return wanted
  if (!isTurned) return lower.contiguous(v)
  const to = space(lower, view, wanted.shape)
  turn(lower, lower.contiguous(v), to)
  return to
}

/** Elements, examples and number of matrices of a dense operand. */
function sizesOf({ type: { shape } }: Value, { examplesFirst }: SparseAttributes) {
  const [a, b] = shape.slice(-2)
  return { elements: examplesFirst ? b : a, examples: examplesFirst ? a : b, parts: sizeOf(shape.slice(0, -2)) }
}

/** The lists of a pattern by row and by column. */
function listsOf(lower: Lowering, pattern: readonly Value[]) {
  const [rowStarts, columns, columnStarts, rows, order] = pattern.map((v) => lower.contiguous(v))
  return { byRow: [rowStarts, columns, order], byColumn: [columnStarts, rows, order] }
}

const isDriver = ({ type }: Value): boolean => type.events === true && type.dtype === "f32"

/** Products of sparse matrices. */
export const sparseKernels: Record<string, (lower: Lowering, node: Node) => void> = {
  sparseProduct(lower, { inputs: [values, x, ...pattern], outputs: [y], attributes }) {
    const a = attributes as SparseProductAttributes
    const isDriven = isDriver(x)
    const { elements, examples, parts } = sizesOf(x, a)
    // Event by event the lines of what is multiplied are read, otherwise those of what is made.
    const byRow = isDriven === a.transposed
    const spec: SparseSpec = {
      dtype: x.type.dtype as "f32",
      inner: elements,
      outer: sizesOf(y, a).elements,
      examples,
      parts,
      entries: a.entries,
      byRow,
    }
    // Events are listed example by example; dense columns are added up beside one another.
    const isTurned = examples > 1 && a.examplesFirst !== isDriven
    const lists = listsOf(lower, pattern)
    const [own, others] = byRow ? [lists.byRow, lists.byColumn] : [lists.byColumn, lists.byRow]
    const operands = [lower.contiguous(values), ...own]
    const from = arranged(lower, x, isTurned)
    const out = lower.output(y)
    const to = isTurned ? space(lower, out, swap(out.shape)) : out
    if (isDriven)
      lower.call(
        keyOf("sparseEvents", spec),
        [...operands, ...others, from, to, lower.scratch(drivenScratchBytes(spec))],
        (name) => kernel(emitDrivenProduct(lower.module, name, spec)),
      )
    else
      lower.call(keyOf("sparseProduct", spec), [...operands, from, to], (name) =>
        kernel(emitSparseProduct(lower.module, name, spec)),
      )
    if (isTurned) turn(lower, to, out)
  },
  sampledProduct(lower, { inputs: [left, right, ...pattern], outputs: [values], attributes }) {
    const a = attributes as SparseAttributes
    const byRow = isDriver(left) || !isDriver(right)
    const isDriven = isDriver(left) || isDriver(right)
    const { examples, parts } = sizesOf(left, a)
    const [first, second] = byRow ? [left, right] : [right, left]
    const spec: SparseSpec = {
      dtype: left.type.dtype as "f32",
      inner: sizesOf(first, a).elements,
      outer: sizesOf(second, a).elements,
      examples,
      parts,
      entries: a.entries,
      byRow,
    }
    const isTurned = examples > 1 && a.examplesFirst !== isDriven
    const lists = listsOf(lower, pattern)
    const dense = [first, second].map((v) => arranged(lower, v, isTurned))
    const out = lower.output(values)
    if (isDriven)
      lower.call(
        keyOf("sampledEvents", spec),
        [
          ...(byRow ? lists.byRow : lists.byColumn),
          ...lists.byRow,
          ...dense,
          out,
          lower.scratch(drivenScratchBytes(spec)),
        ],
        (name) => kernel(emitDrivenSamples(lower.module, name, spec)),
      )
    else
      lower.call(keyOf("sampledProduct", spec), [...lists.byRow, ...dense, out], (name) =>
        kernel(emitSampledProduct(lower.module, name, spec)),
      )
  },
}
