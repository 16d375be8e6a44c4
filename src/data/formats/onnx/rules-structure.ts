import type { Node, Value } from "../../../engine/graph.ts"
import { range } from "../../../engine/operators/constants.ts"
import type { CondAttributes, ScanAttributes } from "../../../engine/operators/control.ts"
import { where } from "../../../engine/operators/elementwise.ts"
import type { Emitter, Rule } from "./emit.ts"
import { valueInfo } from "./emit.ts"
import { onnxTypes } from "./tensors.ts"

const same: Rule = ({ inputs }, out) => inputs.map((v) => out.of(v))
const first = ({ inputs: [x] }: Node, out: Emitter): string => out.of(x)

const slice: Rule = (node, out) => {
  const { start, shape, step } = node.attributes as { start: number[]; shape: number[]; step: number[] }
  const whole = node.inputs[0].type.shape
  const axes = start.flatMap((_, i) => (start[i] === 0 && shape[i] === whole[i] && step[i] === 1 ? [] : [i]))
  const of = (list: (axis: number) => number): string => out.ints(axes.map(list))
  const end = (i: number): number => (shape[i] === 0 ? start[i] : start[i] + (shape[i] - 1) * step[i] + 1)
  return out.op("Slice", [first(node, out), of((i) => start[i]), of(end), out.ints(axes), of((i) => step[i])])
}

const flip: Rule = (node, out) => {
  const axes = node.attributes.axes as number[]
  const all = (n: number): string => out.ints(axes.map(() => n))
  return out.op("Slice", [first(node, out), all(-1), all(Number.MIN_SAFE_INTEGER), out.ints(axes), all(-1)])
}

const pad: Rule = (node, out) => {
  const { low, high, inner, value } = node.attributes as Record<"low" | "high" | "inner", number[]> & { value: number }
  const { dtype, shape } = node.inputs[0].type
  let x = first(node, out)
  const filler = out.scalar(value, dtype)
  const padded = (widths: readonly number[]): string => out.op("Pad", [x, out.ints(widths), filler])[0]
  const sizes = [...shape]
  inner.forEach((gap, axis) => {
    if (gap === 0 || sizes[axis] === 0) return
    // Each element becomes a row of its own, is padded behind, and the rows are joined; the last one keeps no gap.
    const split = [...sizes.slice(0, axis + 1), 1, ...sizes.slice(axis + 1)]
    x = out.op("Reshape", [x, out.ints(split)])[0]
    x = padded([...split.map(() => 0), ...split.map((_, i) => (i === axis + 1 ? gap : 0))])
    const joined = sizes[axis] * (gap + 1)
    x = out.op("Reshape", [x, out.ints(sizes.map((n, i) => (i === axis ? joined : n)))])[0]
    sizes[axis] = joined - gap
    x = out.op("Slice", [x, out.ints([0]), out.ints([sizes[axis]]), out.ints([axis]), out.ints([1])])[0]
  })
  return [padded([...low, ...high])]
}

/** Indices that wander off are held at the ends here; in ONNX they are an error. */
function heldIndices(indices: Value, size: number, out: Emitter): string {
  const { dtype } = indices.type
  const wide = out.op("Cast", [out.of(indices)], { to: onnxTypes.i64 })[0]
  const limit = (n: number): string => out.op("Cast", [out.scalar(n, "i32")], { to: onnxTypes.i64 })[0]
  const high = out.op("Min", [wide, limit(size - 1)])[0]
  return dtype === "u32" ? high : out.op("Max", [high, limit(0)])[0]
}

const reduction =
  (name: string): Rule =>
  (node, out) =>
    out.op(name, [first(node, out), out.ints(node.attributes.axes)], { keepdims: 0 })

const argReduction =
  (name: string): Rule =>
  (node, out) => {
    const found = out.op(name, [first(node, out)], { axis: node.attributes.axis, keepdims: 0 })
    return out.op("Cast", found, { to: onnxTypes.i32 })
  }

/** A scan is the operator of that name: the carries are its state, the body is a graph in the file. */
const scan: Rule = ({ inputs, outputs, attributes }, out) => {
  const { body, length, reverse, constants, carries } = attributes as ScanAttributes
  const xs = inputs.slice(constants + carries)
  const counter = xs.length === 0
  const graph = out.inner(
    body,
    inputs.slice(0, constants),
    carries + xs.length,
    counter ? valueInfo(out.fresh("step"), { dtype: "i32", shape: [] }) : undefined,
  )
  const over = counter ? [out.op("Expand", [out.scalar(0, "i32"), out.ints([length])])[0]] : xs.map((v) => out.of(v))
  const direction = reverse ? 1 : 0
  return out.op(
    "Scan",
    [...inputs.slice(constants, constants + carries).map((v) => out.of(v)), ...over],
    {
      body: graph,
      num_scan_inputs: over.length,
      scan_input_directions: over.map(() => direction),
      scan_output_directions: outputs.slice(carries).map(() => direction),
    },
    outputs.length,
  )
}

const cond: Rule = ({ inputs: [condition, ...inputs], outputs, attributes }, out) => {
  const { then, otherwise, split } = attributes as CondAttributes
  return out.op(
    "If",
    [out.of(condition)],
    {
      then_branch: out.inner(then, inputs.slice(0, split), 0),
      else_branch: out.inner(otherwise, inputs.slice(split), 0),
    },
    outputs.length,
  )
}

export const structureRules: Readonly<Record<string, Rule>> = {
  stopGradient: same,
  identity: same,
  asEvents: same,
  barrier: same,
  reshape: (node, out) => out.op("Reshape", [first(node, out), out.ints(node.attributes.shape)], { allowzero: 1 }),
  transpose: (node, out) => out.op("Transpose", [first(node, out)], { perm: node.attributes.order }),
  slice,
  flip,
  pad,
  concat: (node, out) =>
    out.op(
      "Concat",
      node.inputs.map((v) => out.of(v)),
      { axis: node.attributes.axis },
    ),
  iota: ({ attributes: { size, dtype } }, out) => {
    const counted = out.op("Range", [out.scalar(0, "i32"), out.scalar(size, "i32"), out.scalar(1, "i32")])
    return dtype === "i32" ? counted : out.op("Cast", counted, { to: onnxTypes[dtype as "f32"] })
  },
  gather: ({ inputs: [x, indices] }, out) =>
    out.op("Gather", [out.of(x), heldIndices(indices, x.type.shape[0], out)], { axis: 0 }),
  scatterAdd: ({ inputs: [indices, updates], outputs: [y] }, out) => {
    const held = heldIndices(indices, y.type.shape[0], out)
    const places = out.op("Reshape", [held, out.ints([...indices.type.shape, 1])])[0]
    const zeros = out.op("Expand", [out.scalar(0, y.type.dtype), out.ints(y.type.shape)])[0]
    return out.op("ScatterND", [zeros, places, out.of(updates)], { reduction: "add" })
  },
  replaceRow: (node, out) =>
    out.composed(node, (x, row, index) => {
      const n = x.shape[0]
      const here = range(n).eq(index.maximum(0).minimum(n - 1))
      return [where(here.reshape([n, ...row.shape.map(() => 1)]), row.reshape([1, ...row.shape]), x)]
    }),
  sum: reduction("ReduceSum"),
  reduceMax: reduction("ReduceMax"),
  reduceMin: reduction("ReduceMin"),
  argmax: argReduction("ArgMax"),
  argmin: argReduction("ArgMin"),
  softmax: (node, out) => out.op(node.attributes.log ? "LogSoftmax" : "Softmax", [first(node, out)], { axis: -1 }),
  cumsum: (node, out) => {
    const { axis, reverse, exclusive } = node.attributes
    const at = out.scalar(axis, "i32")
    return out.op("CumSum", [first(node, out), at], { reverse: reverse ? 1 : 0, exclusive: exclusive ? 1 : 0 })
  },
  topK: (node, out) => {
    const { k, largest } = node.attributes
    const [values, places] = out.op(
      "TopK",
      [first(node, out), out.ints([k])],
      { axis: -1, largest: largest ? 1 : 0, sorted: 1 },
      2,
    )
    return [values, ...out.op("Cast", [places], { to: onnxTypes.i32 })]
  },
  scan,
  cond,
}
