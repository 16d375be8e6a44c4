import { bytesOf, type DType } from "../../../dtype.ts"
import { type Shape, sizeOf, stridesOf } from "../../../shape.ts"
import {
  type Expr,
  type Fn,
  type FunctionBuilder,
  f32,
  f32x4,
  i32,
  i32x4,
  type Local,
  type ModuleBuilder,
  select,
} from "../assembler/index.ts"
import { type Lanes, lanesFor } from "../lanes.ts"
import { type Share, shared, shareOf } from "../team.ts"
import { type LoopAxis, loopAxes, type View } from "../views.ts"
import {
  type Cursor,
  dtypesOf,
  type Expression,
  emitExpression,
  emitNest,
  emitRow,
  type Ref,
  rowReader,
} from "./expression.ts"
import type { Lowering } from "./lowering.ts"

export type Combine = "sum" | "reduceMax" | "reduceMin"

/** A reduction of a fused expression over some axes of its shape. */
export interface ReduceSpec extends Expression {
  readonly shape: Shape
  readonly axes: readonly number[]
  readonly combine: Combine
  readonly dtype: DType
  readonly ref: Ref
}

const operator: Record<Combine, string> = { sum: "add", reduceMax: "max", reduceMin: "min" }

const start = (combine: Combine, dtype: DType): number => {
  if (combine === "sum") return 0
  const largest = combine === "reduceMax" ? -1 : 1
  if (dtype === "i32") return largest > 0 ? 2147483647 : -2147483648
  if (dtype === "u32") return largest > 0 ? 4294967295 : 0
  return largest * Number.POSITIVE_INFINITY
}

interface Plan {
  readonly module: ModuleBuilder
  readonly spec: ReduceSpec
  readonly main: Lanes
  readonly tail: Lanes
}

/**
 * A kernel `(inputs..., output)`. Where the innermost axis is reduced, four partial sums run along it; where it is kept, neighbouring
 * results are reduced side by side.
 */
export function emitReduce(module: ModuleBuilder, name: string, spec: ReduceSpec): Fn<"i32"[]> {
  const { shape, axes, inputs, dtype } = spec
  const { main, tail } = lanesFor([...dtypesOf(spec), dtype])
  const plan: Plan = { module, spec, main, tail }
  const isReduced = (axis: number): boolean => axes.includes(axis)
  const kept = stridesOf(shape.filter((_, i) => !isReduced(i)))
  let next = 0
  const outStrides = shape.map((_, i) => (isReduced(i) ? 0 : kept[next++]))
  const loops = loopAxes(shape, [...inputs.map((x) => x.strides), outStrides], (a, b) => isReduced(a) === isReduced(b))
  const reduced = loops.filter((x) => isReduced(x.axis))
  const outer = loops.filter((x) => !isReduced(x.axis))
  const innermost = loops[loops.length - 1]
  const alongRow = innermost === undefined || isReduced(innermost.axis)
  const dtypes = [...inputs.map((x) => x.dtype), dtype]
  const row = alongRow ? undefined : (outer.pop() as LoopAxis)
  const alongOuter = outer.length > 0 && (row === undefined || outer[0].size >= 8 || row.size < 64)
  const kernel = module.function(name, { params: dtypes.map(() => "i32" as const) }, (builder, ...pointers) => {
    const f = builder as unknown as FunctionBuilder
    const all = dtypes.map((d, k) => ({ dtype: d, pointer: pointers[k] }))
    const outerShare = alongOuter ? shareOf(module, f, outer[0].size) : undefined
    if (row === undefined) emitNest(f, outer, all, (cursors) => reduceRow(f, plan, reduced, cursors), outerShare)
    else {
      const columns = alongOuter ? undefined : shareOf(module, f, row.size, 16)
      emitNest(f, outer, all, (cursors) => reduceColumns(f, plan, row, reduced, cursors, columns), outerShare)
    }
  })
  // A single result is summed by one thread, in one order.
  const size = shape.reduce((n, m) => n * m, 1)
  return row === undefined && outer.length === 0 ? kernel : shared(module, kernel, size * (1 + spec.nodes.length))
}

/** The sum of parts `[parts, ...]` that were made side by side, in their order. */
export function sumParts(lower: Lowering, parts: View, to: View): void {
  const { dtype, strides } = parts
  const shape = [parts.shape[0], sizeOf(parts.shape.slice(1))]
  const inputs = [{ dtype, strides: [strides[0], 1] }]
  const spec: ReduceSpec = { shape, axes: [0], inputs, nodes: [], combine: "sum", dtype, ref: { input: 0 } }
  lower.call(`sum ${JSON.stringify(spec)}`, [parts, to], (name) => emitReduce(lower.module, name, spec))
}

/** A long sum is a sum of sums of so many elements: the error of rounding grows with their number, not with that of all. */
const sumBlock = 1024

/** One result: the reduced axes with the innermost in lanes. */
function reduceRow(
  f: FunctionBuilder,
  { module, spec, main, tail }: Plan,
  reduced: readonly LoopAxis[],
  cursors: readonly Cursor[],
): void {
  const { dtype, combine, inputs } = spec
  const ins = inputs.length
  const row = reduced[reduced.length - 1] ?? { size: 1, strides: cursors.map(() => 1) }
  const wide = f.local(main.local(dtype), main.constant(dtype, start(combine, dtype)) as never)
  const narrow = main === tail ? wide : f.local(tail.local(dtype), tail.constant(dtype, start(combine, dtype)) as never)
  const unit = Math.max(1, ...inputs.flatMap((x, k) => (row.strides[k] === 1 ? [bytesOf[x.dtype]] : [])))
  const isLong = combine === "sum" && row.size > 2 * sumBlock
  const part = (lanes: Lanes): Local => f.local(lanes.local(dtype), lanes.constant(dtype, 0) as never)
  const add = (lanes: Lanes, total: Local, value: Expr) =>
    f.set(total, lanes.apply({ module, f }, operator[combine], dtype, dtype, [total, value]) as never)
  emitNest(f, reduced.slice(0, -1), cursors, (inner) => {
    const reader = rowReader(f, main, inner.slice(0, ins), row.strides.slice(0, ins), unit)
    const along = (ownWide: Local, ownNarrow: Local, share?: Share) =>
      emitRow(
        f,
        main,
        tail,
        row.size,
        unit,
        (lanes, counter) => {
          const value = emitExpression(module, f, lanes, spec, (k) => reader.load(lanes, k, counter))
          add(lanes, lanes === main ? ownWide : ownNarrow, value(spec.ref))
        },
        share,
      )
    if (!isLong) return along(wide, narrow)
    const from = f.local("i32")
    f.for(from, 0, row.size, sumBlock, () => {
      const to = f.local("i32", i32.add(from, sumBlock))
      f.set(to, select(i32.ltS(to, row.size), to, row.size))
      const ownWide = part(main)
      const ownNarrow = main === tail ? ownWide : part(tail)
      along(ownWide, ownNarrow, { from, to })
      add(main, wide, ownWide)
      if (main !== tail) add(tail, narrow, ownNarrow)
    })
  })
  const out = cursors[ins].pointer
  if (main === tail) return main.store(f, dtype, out, wide)
  const lanes = [0, 1, 2, 3].map((lane) => extract(dtype, wide as Local<"v128">, lane))
  const sum = [...lanes, extract(dtype, narrow as Local<"v128">, 0)].reduce((a, b) =>
    combineScalars(f, combine, dtype, a, b),
  )
  f.store(dtype === "f32" ? "f32" : "i32", out, sum as never)
}

const extract = (dtype: DType, vector: Expr<"v128">, lane: number): Expr =>
  dtype === "f32" ? f32x4.extractLane(vector, lane) : i32x4.extractLane(vector, lane)

function combineScalars(f: FunctionBuilder, combine: Combine, dtype: DType, a: Expr, b: Expr): Expr {
  if (dtype === "f32") {
    const [x, y] = [a, b] as Expr<"f32">[]
    return combine === "sum" ? f32.add(x, y) : combine === "reduceMax" ? f32.max(x, y) : f32.min(x, y)
  }
  const [x, y] = [f.local("i32", a as Expr<"i32">), f.local("i32", b as Expr<"i32">)]
  if (combine === "sum") return i32.add(x, y)
  const less = dtype === "u32" ? i32.ltU(x, y) : i32.ltS(x, y)
  return combine === "reduceMax" ? select(less, y, x) : select(less, x, y)
}

/** A row of results side by side: four vectors of them as long as the row lasts, then one vector, then one element. */
function reduceColumns(
  f: FunctionBuilder,
  { module, spec, main, tail }: Plan,
  row: LoopAxis,
  reduced: readonly LoopAxis[],
  cursors: readonly Cursor[],
  share: Share | undefined,
): void {
  const { dtype, combine, inputs } = spec
  const ins = inputs.length
  const position = share === undefined ? f.local("i32", 0) : f.local("i32", share.from) // in elements
  const columns = (lanes: Lanes, vectors: number) => {
    const totals = Array.from({ length: vectors }, () =>
      f.local(lanes.local(dtype), lanes.constant(dtype, start(combine, dtype)) as never),
    )
    const placed = cursors.slice(0, ins).map((cursor, k) => {
      const step = row.strides[k] * bytesOf[cursor.dtype]
      return step === 0
        ? cursor
        : { ...cursor, pointer: f.local("i32", i32.add(cursor.pointer, i32.mul(position, step))) }
    })
    emitNest(f, reduced, placed, (inner) => {
      totals.forEach((total, v) => {
        const value = emitExpression(module, f, lanes, spec, (k) => {
          const { dtype: d, pointer } = inner[k]
          const stride = row.strides[k]
          const from = i32.add(pointer, v * lanes.width * stride * bytesOf[d])
          const loaded =
            stride === 0
              ? lanes.splat(d, pointer)
              : stride === 1 || lanes.width === 1
                ? lanes.load(d, from)
                : lanes.gather(d, f.local("i32", from), stride)
          return f.local(lanes.local(d), loaded as never)
        })
        f.set(total, lanes.apply({ module, f }, operator[combine], dtype, dtype, [total, value(spec.ref)]) as never)
      })
    })
    const out = f.local("i32", i32.add(cursors[ins].pointer, i32.mul(position, bytesOf[dtype])))
    totals.forEach((total, v) => {
      lanes.store(f, dtype, i32.add(out, v * lanes.width * bytesOf[dtype]), total)
    })
  }
  const stage = (lanes: Lanes, vectors: number) => {
    const step = lanes.width * vectors
    if (row.size < step) return
    const last = f.local("i32", i32.sub(share?.to ?? row.size, step))
    f.while(i32.leS(position, last), () => {
      columns(lanes, vectors)
      f.add(position, step)
    })
  }
  stage(main, 4)
  if (main !== tail) stage(main, 1)
  stage(tail, 1)
}
