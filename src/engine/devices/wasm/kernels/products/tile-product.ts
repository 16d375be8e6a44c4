import {
  type Expr,
  type Fn,
  type FunctionBuilder,
  f32x4,
  i32,
  type ModuleBuilder,
  v128,
} from "../../assembler/index.ts"
import { multiplyAdd } from "../../multiply-add.ts"

/** Rows of a tile of C that is kept in registers, eight columns wide. */
export const tileRows = 6

/** A small product `C [rows, columns] = A [rows, depth] · B [depth, columns]`, with strides in elements; rows of B and C have no gaps. */
export interface TileSpec {
  readonly columns: number
  readonly a: readonly [row: number, column: number]
  readonly b: number
  readonly c: number
  /** How many rows there may be beyond a multiple of six; rows are given as such a multiple or as one with so many more. */
  readonly tail: number
}

export type TileProduct = Fn<readonly ["i32", "i32", "i32", "i32", "i32", "i32"]>

/** `(A, B, C, rows, depth, adds)`: the product where everything lies in the first cache, added to C where `adds` is not 0. */
export function emitTileProduct(module: ModuleBuilder, name: string, spec: TileSpec): TileProduct {
  const { columns, a, c, tail } = spec
  const micros = new Map<string, Micro>()
  const micro = (rows: number, width: number): Micro => {
    const key = `${name}.${rows}x${width}`
    const made = micros.get(key) ?? emitMicro(module, key, rows, width, spec)
    micros.set(key, made)
    return made
  }
  const params = ["i32", "i32", "i32", "i32", "i32", "i32"] as const
  return module.function(name, { params }, (builder, from, b, to, rows, depth, adds) => {
    const f = builder as unknown as FunctionBuilder
    const [row, column, x, y] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")]
    const whole = f.local("i32", i32.sub(rows, i32.remU(rows, tileRows)))
    const group = (width: number) => {
      f.set(x, from)
      f.set(y, i32.add(to, column))
      const tile = (count: number) => f.call(micro(count, width), [x, i32.add(b, column), y, depth, adds])
      f.for(row, 0, whole, tileRows, () => {
        tile(tileRows)
        f.add(x, tileRows * a[0] * 4)
        f.add(y, tileRows * c * 4)
      })
      if (tail > 0) f.if(i32.ltS(whole, rows), () => tile(tail))
    }
    let done = 0
    for (const width of [8, 4, 1]) {
      const end = columns - (columns % width)
      if (end > done) f.for(column, done * 4, end * 4, width * 4, () => group(width))
      done = end
    }
  })
}

type Micro = Fn<readonly ["i32", "i32", "i32", "i32", "i32"]>

/** `(A, B, C, depth, adds)`: one tile, of `width` columns: 8, 4, or 1 in the first lane of a vector. */
function emitMicro(module: ModuleBuilder, name: string, rows: number, width: number, { a, b, c }: TileSpec): Micro {
  const params = ["i32", "i32", "i32", "i32", "i32"] as const
  const vectors = Math.ceil(width / 4)
  const load = (at: Expr<"i32">, offset: number) => (width === 1 ? v128.load32Zero(at, offset) : v128.load(at, offset))
  return module.function(name, { params }, (builder, from, given, to, depth, adds) => {
    const f = builder as unknown as FunctionBuilder
    const sums = Array.from({ length: rows }, () =>
      Array.from({ length: vectors }, () => f.local("v128", f32x4.splat(0))),
    )
    const each = (visit: (sum: (typeof sums)[0][0], offset: number) => void) =>
      sums.forEach((list, r) => {
        list.forEach((sum, v) => {
          visit(sum, r * c * 4 + v * 16)
        })
      })
    f.if(adds, () => each((sum, offset) => f.set(sum, load(to, offset))))
    const [x, y, left] = [f.local("i32", from), f.local("i32", given), f.local("i32")]
    const value = f.local("v128")
    const others = Array.from({ length: vectors }, () => f.local("v128"))
    const turns = (unroll: number) => {
      for (let u = 0; u < unroll; u++) {
        others.forEach((other, v) => {
          f.set(other, load(y, u * b * 4 + v * 16))
        })
        sums.forEach((list, r) => {
          f.set(value, v128.load32Splat(x, (r * a[0] + u * a[1]) * 4))
          list.forEach((sum, v) => {
            f.set(sum, multiplyAdd(module, value, others[v], sum))
          })
        })
      }
      f.add(x, unroll * a[1] * 4)
      f.add(y, unroll * b * 4)
    }
    f.for(left, 0, i32.shrU(depth, 2), 1, () => turns(4))
    f.for(left, 0, i32.and(depth, 3), 1, () => turns(1))
    each((sum, offset) => (width === 1 ? f.storeLane(32, to, sum, 0, offset) : f.store("v128", to, sum, offset)))
  })
}
