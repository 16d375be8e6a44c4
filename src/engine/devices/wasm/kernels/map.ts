import { bytesOf, type DType } from "../../../dtype.ts"
import { type Shape, stridesOf } from "../../../shape.ts"
import type { Fn, FunctionBuilder, Local, ModuleBuilder } from "../assembler/index.ts"
import { type Lanes, lanesFor } from "../lanes.ts"
import { shared, shareOf } from "../team.ts"
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
  const size = shape.reduce((n, m) => n * m, 1)
  const alongOuter = axes.length > 0 && (axes[0].size >= 8 || row.size < 64)
  const kernel = module.function(name, { params: dtypes.map(() => "i32" as const) }, (builder, ...pointers) => {
    const f = builder as unknown as FunctionBuilder
    const all = dtypes.map((dtype, k) => ({ dtype, pointer: pointers[k] }))
    const share = shareOf(module, f, alongOuter ? axes[0].size : row.size, alongOuter ? 1 : 16)
    emitNest(
      f,
      axes,
      all,
      (cursors) => {
        const units = cursors.flatMap(({ dtype }, k) => (row.strides[k] === 1 ? [bytesOf[dtype]] : []))
        const unit = Math.max(1, ...units)
        const ins = inputs.length
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
        const wide = places.every((s) => s === 1) ? main : tail
        emitRow(f, wide, tail, row.size, unit, body, alongOuter ? undefined : share)
      },
      alongOuter ? share : undefined,
    )
  })
  return shared(module, kernel, size * (1 + spec.nodes.length))
}
