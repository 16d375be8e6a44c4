import { evaluateGraph } from "../devices/reference.ts"
import { allocate, type HostArray } from "../dtype.ts"
import { operationError } from "../errors.ts"
import type { Graph } from "../graph.ts"
import { type Primitive, primitive, type TensorType } from "../primitive.ts"
import { formatShape, sameShape, sizeOf } from "../shape.ts"
import type { Tensor } from "../tensor.ts"
import { apply, traceGraph } from "../trace.ts"
import { vjpOfGraph } from "../transforms/gradient.ts"
import { scanGradient } from "../transforms/scan-gradient.ts"
import { batchCond, batchScan } from "../transforms/vectorize-control.ts"
import { type Flat, flatten, leafNames, structureKey, type Tree, unflatten } from "../tree.ts"
import { zerosLike } from "./constants.ts"

export interface ScanAttributes {
  /** Inputs: constants, carries, one slice of each xs. Outputs: next carries, one slice of each ys. */
  readonly body: Graph
  readonly length: number
  readonly reverse: boolean
  /** How many inputs are constants, how many carries. */
  readonly constants: number
  readonly carries: number
}

/** `[constants..., first carries..., xs [length, ...]...] -> [last carries..., ys [length, ...]...]` */
export const scanPrimitive: Primitive<ScanAttributes> = primitive<ScanAttributes>({
  name: "scan",
  type: (_, { body, length, carries }) =>
    body.outputs.map(({ type }, i) => (i < carries ? type : { ...type, shape: [length, ...type.shape] })),
  evaluate(inputs, { body, length, reverse, constants, carries }, outputs) {
    const fixed = inputs.slice(0, constants)
    let carry = inputs.slice(constants, constants + carries)
    const xs = inputs.slice(constants + carries)
    const ys = outputs.slice(carries).map((type) => allocateLike(type))
    for (let i = 0; i < length; i++) {
      const t = reverse ? length - 1 - i : i
      const results = evaluateGraph(body, [...fixed, ...carry, ...xs.map((x) => sliceOf(x, t))])
      carry = results.slice(0, carries)
      ys.forEach((y, k) => {
        const row = results[carries + k].data
        y.data.set(row, t * row.length)
      })
    }
    return [...carry, ...ys]
  },
  gradient: (context) => scanGradient(context),
  batch: batchScan,
})

export interface CondAttributes {
  readonly then: Graph
  readonly otherwise: Graph
  /** How many inputs, after the condition, belong to `then`. */
  readonly split: number
}

/** `[condition bool [], ...inputs of then, ...inputs of otherwise]`: one of two graphs runs, the other costs nothing. */
export const condPrimitive: Primitive<CondAttributes> = primitive<CondAttributes>({
  name: "cond",
  type: (_, { then }) => then.outputs.map((v) => v.type),
  evaluate([condition, ...inputs], { then, otherwise, split }) {
    return condition.data[0] !== 0
      ? evaluateGraph(then, inputs.slice(0, split))
      : evaluateGraph(otherwise, inputs.slice(split))
  },
  gradient({ inputs: [condition, ...inputs], attributes: { then, otherwise, split }, cotangents, wanted }) {
    const [mine, theirs] = [inputs.slice(0, split), inputs.slice(split)]
    const branch = (graph: Graph, own: Tensor[], active: boolean): Tensor[] => {
      const offset = active ? 1 : 1 + split
      const found = vjpOfGraph(graph, own, cotangents, wanted.slice(offset, offset + own.length))
      return own.flatMap((x, i) => (wanted[offset + i] ? [found[i] ?? zerosLike(x)] : []))
    }
    const zeroLike = (own: Tensor[], offset: number): Tensor[] =>
      own.flatMap((x, i) => (wanted[offset + i] ? [zerosLike(x)] : []))
    const results = cond(
      condition,
      () => [...branch(then, mine, true), ...zeroLike(theirs, 1 + split)],
      () => [...zeroLike(mine, 1), ...branch(otherwise, theirs, false)],
    )
    let next = 0
    return wanted.map((w) => (w ? results[next++] : undefined))
  },
  batch: batchCond,
})

/**
 * Runs `step` once for every element of the first axis of `xs`, carrying a state: `[carry, y] = step(carry, x)`.
 * One node of the graph, whatever the number of steps. Gradients flow through it; with the carry stopped (`stopGradient`)
 * and the loss taken inside the step, training memory does not depend on the number of steps.
 * @param init the first carry, a tree; `step` returns one of the same structure, shapes and dtypes
 * @param xs a tree of tensors `[length, ...]`, or undefined with `options.length`
 * @returns the last carry and the ys stacked as `[length, ...]`
 */
export function scan<C extends Tree, X extends Tree, Y extends Tree>(
  step: (carry: C, x: X) => readonly [C, Y],
  init: C,
  xs?: X,
  options: { readonly length?: number; readonly reverse?: boolean } = {},
): [C, Y] {
  const first = flatten(init)
  const over = flatten(xs)
  const length = scanLength(over, options.length)
  const types = [
    ...first.leaves.map((x) => x.type),
    ...over.leaves.map(({ type }) => ({ ...type, shape: type.shape.slice(1) })),
  ]
  let results: { carry: Flat; y: Flat } | undefined
  const traceBody = (carryTypes: readonly TensorType[]) =>
    traceGraph([...carryTypes, ...types.slice(first.leaves.length)], (...inputs) => {
      const n = first.leaves.length
      const [carry, y] = step(
        unflatten(first.structure, inputs.slice(0, n)),
        unflatten(over.structure, inputs.slice(n)),
      )
      results = { carry: flatten(carry), y: flatten(y) }
      checkCarry(init, first, results.carry)
      return [...results.carry.leaves, ...results.y.leaves]
    })
  let traced = traceBody(types.slice(0, first.leaves.length))
  const dense = first.leaves.map(({ type }, i) =>
    type.events === true && traced.graph.outputs[i].type.events !== true
      ? { dtype: type.dtype, shape: type.shape }
      : type,
  )
  if (dense.some((type, i) => type !== first.leaves[i].type)) traced = traceBody(dense)
  const { graph: body, captured } = traced
  const n = first.leaves.length
  const outputs = apply(scanPrimitive, [...captured, ...first.leaves, ...over.leaves], {
    body,
    length,
    reverse: options.reverse ?? false,
    constants: captured.length,
    carries: n,
  })
  if (results === undefined) throw new Error("scan: the step was not traced")
  return [unflatten(results.carry.structure, outputs.slice(0, n)), unflatten(results.y.structure, outputs.slice(n))]
}

/**
 * `then()` where the condition (a `bool` scalar) holds, `otherwise()` elsewhere; only one of them runs. Both return trees of the
 * same structure, shapes and dtypes.
 */
export function cond<T extends Tree>(condition: Tensor, then: () => T, otherwise: () => T): T {
  if (condition.dtype !== "bool" || condition.size !== 1)
    throw operationError(`cond needs a condition of one bool, not ${condition.describe()}`, {
      hint: "compare to a number: x.gt(0)",
    })
  let structure: Flat | undefined
  const trace = (branch: () => T) =>
    traceGraph([], () => {
      const flat = flatten(branch())
      if (structure !== undefined) checkBranches(structure, flat)
      structure = flat
      return flat.leaves
    })
  const [a, b] = [trace(then), trace(otherwise)]
  const outputs = apply(condPrimitive, [condition.reshape([]), ...a.captured, ...b.captured], {
    then: a.graph,
    otherwise: b.graph,
    split: a.captured.length,
  })
  return unflatten((structure as unknown as Flat).structure, outputs)
}

const allocateLike = (type: TensorType): HostArray => ({ ...type, data: allocate(type.dtype, sizeOf(type.shape)) })

/** One element of the first axis. */
function sliceOf(x: HostArray, t: number): HostArray {
  const shape = x.shape.slice(1)
  const size = sizeOf(shape)
  return { dtype: x.dtype, shape, data: x.data.slice(t * size, (t + 1) * size) }
}

function scanLength(xs: Flat, given: number | undefined): number {
  const lengths = new Set(xs.leaves.map((x) => (x.rank === 0 ? -1 : x.shape[0])))
  if (given !== undefined) lengths.add(given)
  const [length] = lengths
  if (lengths.size !== 1 || !Number.isInteger(length) || length < 0)
    throw operationError(
      lengths.size === 0
        ? "scan does not know how many steps to run"
        : `scan over tensors of different lengths: ${xs.leaves.map((x) => formatShape(x.shape)).join(", ")}${given === undefined ? "" : `, length ${given}`}`,
      { hint: "xs are [length, ...]; without xs give { length }" },
    )
  return length
}

function checkCarry(init: Tree, first: Flat, next: Flat): void {
  const names = leafNames(init)
  if (structureKey(first.structure) !== structureKey(next.structure))
    throw operationError("scan: the carry that the step returns is built otherwise than the first one", {
      hint: `the first carry holds ${names.length === 0 ? "no tensors" : names.map((n) => n || "a tensor").join(", ")}`,
    })
  first.leaves.forEach((x, i) => {
    const y = next.leaves[i]
    if (x.dtype !== y.dtype || !sameShape(x.shape, y.shape))
      throw operationError(
        `scan: carry ${names[i] || "tensor"} starts as ${x.describe()} and becomes ${y.describe()}`,
        {
          hint: "give the first carry the shape and dtype that the step returns",
        },
      )
  })
}

function checkBranches(a: Flat, b: Flat): void {
  const describe = (f: Flat): string => f.leaves.map((x) => x.describe()).join(", ")
  const same =
    structureKey(a.structure) === structureKey(b.structure) &&
    a.leaves.every((x, i) => x.dtype === b.leaves[i].dtype && sameShape(x.shape, b.leaves[i].shape))
  if (!same) throw operationError(`cond: the branches return different things: ${describe(a)} and ${describe(b)}`)
}
