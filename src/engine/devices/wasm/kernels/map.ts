import { bytesOf, type DType } from "../../../dtype.ts"
import { type Shape, stridesOf } from "../../../shape.ts"
import type { Fn, ModuleBuilder } from "../assembler/index.ts"
import { lanesFor } from "../lanes.ts"
import { loopAxes } from "../views.ts"
import { dtypesOf, type Expression, emitExpression, emitNest, emitRow, type Ref, rowReader } from "./expression.ts"

/** Elementwise operators over one shape, with row-major outputs. */
export interface MapSpec extends Expression {
  readonly shape: Shape
  readonly outputs: readonly { readonly ref: Ref; readonly dtype: DType; readonly strides?: readonly number[] }[]
}

/** A kernel `(inputs..., outputs...)` that computes a fused group of elementwise operators. */
export function emitMap(module: ModuleBuilder, name: string, spec: MapSpec): Fn<"i32"[]> {
  const { shape, inputs, outputs } = spec
  const { main: wide, tail } = lanesFor([...dtypesOf(spec), ...outputs.map((x) => x.dtype)])
  const dtypes = [...inputs, ...outputs].map((x) => x.dtype)
  const rowMajor = stridesOf(shape)
  const axes = loopAxes(shape, [...inputs.map((x) => x.strides), ...outputs.map((x) => x.strides ?? rowMajor)])
  const row = axes.pop() ?? { size: 1, strides: dtypes.map(() => 1) }
  const main = row.strides.slice(inputs.length).every((s) => s === 1) ? wide : tail // vectors are written without gaps
  return module.function(name, { params: dtypes.map(() => "i32" as const) }, (f, ...pointers) => {
    const all = dtypes.map((dtype, k) => ({ dtype, pointer: pointers[k] }))
    emitNest(f, axes, all, (cursors) => {
      const unit = Math.max(1, ...cursors.flatMap(({ dtype }, k) => (row.strides[k] === 1 ? [bytesOf[dtype]] : [])))
      const ins = inputs.length
      const reader = rowReader(f, main, cursors.slice(0, ins), row.strides.slice(0, ins), unit)
      const writer = rowReader(
        f,
        main,
        cursors.slice(ins),
        row.strides.slice(ins).map((s) => s || 1),
        unit,
      )
      emitRow(f, main, tail, row.size, unit, (lanes, counter) => {
        const value = emitExpression(module, f, lanes, spec, (k) => reader.load(lanes, k, counter))
        outputs.forEach(({ ref, dtype }, k) => {
          lanes.store(f as never, dtype, writer.address(k, counter), value(ref))
        })
      })
    })
  })
}
