import { bytesOf, type DType } from "../../../dtype.ts"
import { type Shape, stridesOf } from "../../../shape.ts"
import type { Fn, FunctionBuilder, Local, ModuleBuilder } from "../assembler/index.ts"
import { type Lanes, lanesFor } from "../lanes.ts"
import { type Share, shared, shareOf, teamOf } from "../team.ts"
import { type LoopAxis, loopAxes } from "../views.ts"
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

/** Elementwise operators over one shape, with row-major outputs. */
export interface MapSpec extends Expression {
  readonly shape: Shape
  readonly outputs: readonly { readonly ref: Ref; readonly dtype: DType; readonly strides?: readonly number[] }[]
}

/** Rows this long are shared among threads column by column. */
const columnsToShare = 128

/** A kernel `(inputs..., outputs...)` that computes a fused group of elementwise operators. */
export function emitMap(module: ModuleBuilder, name: string, spec: MapSpec): Fn<"i32"[]> {
  const { shape, inputs, outputs } = spec
  const dtypes = [...inputs, ...outputs].map((x) => x.dtype)
  const rowMajor = stridesOf(shape)
  const last = shape.length - 1
  // Threads of a product share its columns: what follows it is shared in the same way, so that each finds its part in its own cache.
  const byColumns = teamOf(module).most > 1 && last >= 1 && shape[last] >= columnsToShare
  const axes = loopAxes(
    shape,
    [...inputs.map((x) => x.strides), ...outputs.map((x) => x.strides ?? rowMajor)],
    (_, inner) => !(byColumns && inner === last),
  )
  const row = axes.pop() ?? { size: 1, strides: dtypes.map(() => 1) }
  const size = shape.reduce((n, m) => n * m, 1)
  const alongOuter = !byColumns && axes.length > 0 && (axes[0].size >= 8 || row.size < 64)
  const writeRow = rowWriter(module, spec, row)
  const kernel = module.function(name, { params: dtypes.map(() => "i32" as const) }, (builder, ...pointers) => {
    const f = builder as unknown as FunctionBuilder
    const all = dtypes.map((dtype, k) => ({ dtype, pointer: pointers[k] }))
    const share = shareOf(module, f, alongOuter ? axes[0].size : row.size, alongOuter ? 1 : byColumns ? 32 : 16)
    const ofRow = alongOuter ? undefined : share
    emitNest(f, axes, all, (cursors) => writeRow(f, cursors, ofRow), alongOuter ? share : undefined)
  })
  return shared(module, kernel, size * (1 + spec.nodes.length))
}

/** A function `(inputs..., outputs..., first row, end, first column, end)` that computes a fused group for a part of a matrix. */
export function emitMapPart(module: ModuleBuilder, name: string, spec: MapSpec): Fn<"i32"[]> {
  const { shape, inputs, outputs } = spec
  const [rows, columns] = shape.slice(-2)
  const dtypes = [...inputs, ...outputs].map((x) => x.dtype)
  const strides = [...inputs.map((x) => x.strides), ...outputs.map((x) => x.strides ?? stridesOf(shape))]
  const along = (axis: number): number[] => strides.map((s) => s[s.length - axis])
  const writeRow = rowWriter(module, spec, { size: columns, strides: along(1) })
  const parameters = new Array(dtypes.length + 4).fill("i32") as "i32"[]
  return module.function(name, { params: parameters }, (builder, ...all) => {
    const f = builder as unknown as FunctionBuilder
    const cursors = dtypes.map((dtype, k) => ({ dtype, pointer: all[k] }))
    const [fromRow, toRow, from, to] = all.slice(dtypes.length)
    emitNest(f, [{ size: rows, strides: along(2) }], cursors, (own) => writeRow(f, own, { from, to }), {
      from: fromRow,
      to: toRow,
    })
  })
}

/** Writes the loop over one row of a group; its operands lie by the strides of the row. */
function rowWriter(module: ModuleBuilder, spec: MapSpec, row: LoopAxis) {
  const { inputs, outputs } = spec
  const { main: wide, tail } = lanesFor([...dtypesOf(spec), ...outputs.map((x) => x.dtype)])
  const ins = inputs.length
  const main = row.strides.slice(ins).every((s) => s === 1) ? wide : tail // vectors are written without gaps
  return (f: FunctionBuilder, cursors: readonly Cursor[], share?: Share): void => {
    const units = cursors.flatMap(({ dtype }, k) => (row.strides[k] === 1 ? [bytesOf[dtype]] : []))
    const unit = Math.max(1, ...units)
    const reader = rowReader(f, main, cursors.slice(0, ins), row.strides.slice(0, ins), unit)
    const places = row.strides.slice(ins).map((s) => s || 1)
    const writer = rowReader(f, main, cursors.slice(ins), places, unit)
    const body = (lanes: Lanes, counter: Local<"i32">) => {
      const value = emitExpression(module, f, lanes, spec, (k) => reader.load(lanes, k, counter))
      outputs.forEach(({ ref, dtype }, k) => {
        lanes.store(f, dtype, writer.address(k, counter), value(ref))
      })
    }
    // Elements that are written apart are written one by one.
    emitRow(f, places.every((s) => s === 1) ? main : tail, tail, row.size, unit, body, share)
  }
}

/** Infinity, NaN and -0 survive in a key. */
export const specKey = (spec: unknown): string =>
  JSON.stringify(spec, (_, x) =>
    typeof x === "number" && (!Number.isFinite(x) || Object.is(x, -0)) ? `${1 / x} ${x}` : x,
  )
