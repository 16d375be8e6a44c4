import { bytesOf, type DType } from "../../../dtype.ts"
import { type Expr, type Fn, type FunctionBuilder, i32, type ModuleBuilder, select } from "../assembler/index.ts"
import { lanesFor } from "../lanes.ts"
import { shared, shareOf } from "../team.ts"
import { emitRow, rowReader } from "./expression.ts"

/** Rows of `row` elements, `count` indices into `size` rows. */
export interface RowSpec {
  readonly dtype: DType
  readonly size: number
  readonly row: number
  readonly count: number
}

const held = (f: FunctionBuilder, index: Expr<"i32">, size: number): Expr<"i32"> => {
  const i = f.local("i32", index)
  f.set(i, select(i32.ltS(i, 0), 0, i))
  f.set(i, select(i32.gtS(i, size - 1), size - 1, i))
  return i
}

/** A kernel `(x, indices, out)`: rows of x at the indices. */
export function emitGatherRows(
  module: ModuleBuilder,
  name: string,
  { dtype, size, row, count }: RowSpec,
): Fn<readonly ["i32", "i32", "i32"]> {
  const bytes = row * bytesOf[dtype]
  const kernel = module.function(name, { params: ["i32", "i32", "i32"] }, (builder, x, indices, out) => {
    const f = builder as unknown as FunctionBuilder
    const i = f.local("i32")
    const share = shareOf(module, f, count)
    f.for(i, share.from, share.to, 1, () => {
      const from = i32.add(x, i32.mul(held(f, i32.load(i32.add(indices, i32.shl(i, 2))), size), bytes))
      const to = i32.add(out, i32.mul(i, bytes))
      if (bytes === 4) f.store("i32", to, i32.load(from))
      else f.memoryCopy(to, from, bytes)
    })
  })
  return shared(module, kernel, count * row)
}

/** A kernel `(indices, updates, out)`: rows of the updates added up at their indices. */
export function emitScatterRows(
  module: ModuleBuilder,
  name: string,
  { dtype, size, row, count }: RowSpec,
): Fn<readonly ["i32", "i32", "i32"]> {
  const bytes = row * bytesOf[dtype]
  const { main, tail } = lanesFor([dtype])
  return module.function(name, { params: ["i32", "i32", "i32"] }, (builder, indices, updates, out) => {
    const f = builder as unknown as FunctionBuilder
    const i = f.local("i32")
    f.memoryFill(out, 0, size * bytes)
    f.for(i, 0, count, 1, () => {
      const to = f.local("i32", i32.add(out, i32.mul(held(f, i32.load(i32.add(indices, i32.shl(i, 2))), size), bytes)))
      const from = f.local("i32", i32.add(updates, i32.mul(i, bytes)))
      const cursors = [
        { dtype, pointer: to },
        { dtype, pointer: from },
      ]
      const reader = rowReader(f, main, cursors, [1, 1], bytesOf[dtype])
      emitRow(f, main, tail, row, bytesOf[dtype], (lanes, counter) => {
        const total = lanes.apply({ module, f }, "add", dtype, dtype, [
          reader.load(lanes, 0, counter),
          reader.load(lanes, 1, counter),
        ])
        lanes.store(f, dtype, reader.address(0, counter), total)
      })
    })
  })
}

/** A kernel `(row, index, x)`: writes a row of x. */
export function emitReplaceRow(
  module: ModuleBuilder,
  name: string,
  { dtype, size, row }: Omit<RowSpec, "count">,
): Fn<readonly ["i32", "i32", "i32"]> {
  const bytes = row * bytesOf[dtype]
  return module.function(name, { params: ["i32", "i32", "i32"] }, (builder, from, index, x) => {
    const f = builder as unknown as FunctionBuilder
    f.memoryCopy(i32.add(x, i32.mul(held(f, i32.load(index), size), bytes)), from, bytes)
  })
}

/** A kernel `(index, x)`: the row of x at the index becomes 0. */
export function emitClearRow(
  module: ModuleBuilder,
  name: string,
  { dtype, size, row }: Omit<RowSpec, "count">,
): Fn<readonly ["i32", "i32"]> {
  const bytes = row * bytesOf[dtype]
  return module.function(name, { params: ["i32", "i32"] }, (builder, index, x) => {
    const f = builder as unknown as FunctionBuilder
    f.memoryFill(i32.add(x, i32.mul(held(f, i32.load(index), size), bytes)), 0, bytes)
  })
}
