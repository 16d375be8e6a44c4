import {
  type Expr,
  type Fn,
  type FunctionBuilder,
  f32,
  i32,
  i32x4,
  type ModuleBuilder,
  v128,
} from "../assembler/index.ts"
import { shared, shareOf } from "../team.ts"

/** Four rows of four numbers, as columns. */
export function transposed(f: FunctionBuilder, [a, b, c, d]: readonly Expr<"v128">[]): Expr<"v128">[] {
  const mixed = (x: Expr<"v128">, y: Expr<"v128">, lanes: readonly number[]) =>
    f.local("v128", i32x4.shuffle(x, y, lanes))
  const [low, high] = [
    [0, 4, 1, 5],
    [2, 6, 3, 7],
  ]
  const [ab, ab2, cd, cd2] = [mixed(a, b, low), mixed(a, b, high), mixed(c, d, low), mixed(c, d, high)]
  const [first, second] = [
    [0, 1, 4, 5],
    [2, 3, 6, 7],
  ]
  return [mixed(ab, cd, first), mixed(ab, cd, second), mixed(ab2, cd2, first), mixed(ab2, cd2, second)]
}

/** `(from, to)`: matrices of 32-bit elements, transposed in tiles of four by four; threads share the rows. */
export function emitTranspose(
  module: ModuleBuilder,
  name: string,
  { rows, columns, parts }: { readonly rows: number; readonly columns: number; readonly parts: number },
): Fn<readonly ["i32", "i32"]> {
  const [wholeRows, wholeColumns] = [rows - (rows % 4), columns - (columns % 4)]
  // A strip of four rows: it reads along them and writes pieces of columns.
  const strip = module.function(`${name}.strip`, { params: ["i32", "i32", "i32"] }, (builder, from, to, height) => {
    const f = builder as unknown as FunctionBuilder
    const [at, row] = [f.local("i32"), f.local("i32")]
    const target = (column: Expr<"i32">) => i32.add(to, i32.mul(column, rows))
    f.if(
      i32.eq(height, 4),
      () => {
        f.for(at, 0, wholeColumns * 4, 16, () => {
          const lines = [0, 1, 2, 3].map((r) => f.local("v128", v128.load(i32.add(from, at), r * columns * 4)))
          transposed(f, lines).forEach((line, c) => {
            f.store("v128", target(at), line, c * rows * 4)
          })
        })
        f.for(at, wholeColumns * 4, columns * 4, 4, () => {
          for (let r = 0; r < 4; r++) f.store("f32", target(at), f32.load(i32.add(from, at), r * columns * 4), r * 4)
        })
      },
      () =>
        f.for(row, 0, height, 1, () =>
          f.for(at, 0, columns * 4, 4, () => {
            const value = f32.load(i32.add(i32.add(from, i32.mul(row, columns * 4)), at))
            f.store("f32", i32.add(target(at), i32.shl(row, 2)), value)
          }),
        ),
    )
  })
  const kernel = module.function(name, { params: ["i32", "i32"] }, (builder, from, to) => {
    const f = builder as unknown as FunctionBuilder
    const [row, part] = [f.local("i32"), f.local("i32")]
    const share = shareOf(module, f, rows, 4)
    const run = (height: Expr<"i32"> | number) => {
      const start = i32.mul(part, rows * columns * 4)
      f.call(strip, [
        i32.add(from, i32.add(start, i32.mul(row, columns * 4))),
        i32.add(to, i32.add(start, i32.shl(row, 2))),
        height,
      ])
    }
    f.for(part, 0, parts, 1, () =>
      f.for(row, share.from, share.to, 4, () =>
        f.if(
          i32.leS(row, wholeRows - 4),
          () => run(4),
          () => run(rows % 4),
        ),
      ),
    )
  })
  return shared(module, kernel, (rows * columns * parts) / 2)
}
