import {
  type Expr,
  type Fn,
  type FunctionBuilder,
  f32x4,
  f64,
  i32,
  type ModuleBuilder,
  select,
  v128,
} from "../../assembler/index.ts"
import { multiplyAdd } from "../../multiply-add.ts"
import { perMultiplyAdd, shared, shareOf, teamOf } from "../../team.ts"
import { partial } from "../expression.ts"
import { type Epilogue, type Product, productParameters } from "./epilogue.ts"

/** `C [m, n] = A [m, k] · B [k, n]` with strides in elements; C is row-major. */
export interface MatmulSpec {
  readonly m: number
  readonly n: number
  readonly k: number
  readonly a: readonly [row: number, column: number]
  readonly b: readonly [row: number, column: number]
  /** Whether the product is added to what C holds. Default false. */
  readonly accumulate?: boolean
  /** Whether B was packed before, by `emitPackWhole`. Default false. */
  readonly packed?: boolean
}

/** Rows and columns of the tile of C that is kept in registers; columns of a packed panel of B. */
const tileRows = 6
const panelColumns = 8
/** Rows of B that are packed at a time: a panel of them stays in the first cache. */
const blockDepth = 256

/** With fewer columns than this the threads share rows, and each packs B for itself. */
const columnsToShare = 64

/** Every panel has a place of its own, however deep the block: threads do not wait for one another between blocks. */
const panelBytes = (k: number): number => panelColumns * Math.min(k, blockDepth) * 4

const threadScratchBytes = ({ n, k }: Pick<MatmulSpec, "n" | "k">): number =>
  (Math.ceil(n / panelColumns) * panelColumns * Math.min(k, blockDepth) + tileRows * panelColumns) * 4

/** Scratch bytes: a block of B in panels and a tile of C for the ragged edge; for each of `threads` threads where they share rows. */
export const matmulScratchBytes = (spec: Pick<MatmulSpec, "n" | "k">, threads = 1): number =>
  threadScratchBytes(spec) * (spec.n >= columnsToShare ? 1 : threads)

type Micro = Fn<["i32", "i32", "i32", "i32", "i32"]>

/**
 * A kernel `(A, B, C, scratch)` in f32: B is packed block by block into panels of eight columns, and tiles of C of six rows
 * by eight columns are summed up in registers along a panel.
 * @param after what each thread does with its part of C while that is in its cache; its operands follow the others
 */
export function emitMatmul(module: ModuleBuilder, name: string, spec: MatmulSpec, after?: Epilogue): Product {
  const { m, n, k, a, b, accumulate = false, packed = false } = spec
  const panels = Math.ceil(n / panelColumns)
  const pack = packed ? undefined : emitPack(module, `${name}.pack`, spec, panelBytes(k))
  const micros = new Map<number, Micro>()
  const micro = (rows: number): Micro => {
    const known = micros.get(rows)
    if (known !== undefined) return known
    const made = emitMicro(module, `${name}.tile${rows}`, rows, a, n)
    micros.set(rows, made)
    return made
  }
  const whole = m - (m % tileRows)
  if (whole > 0) micro(tileRows)
  if (whole < m) micro(m - whole)
  const edgeColumns = n % panelColumns
  const edgeOffset = panels * panelColumns * Math.min(k, blockDepth) * 4
  const byColumns = n >= columnsToShare
  const parameters = productParameters(after)
  const kernel = module.function(name, { params: parameters }, (builder, aBase, bBase, c, space, ...operands) => {
    const f = builder as unknown as FunctionBuilder
    const { part } = teamOf(module)
    if (k === 0 && accumulate) return
    const scratch = f.local("i32", byColumns ? space : i32.add(space, i32.mul(part, threadScratchBytes(spec))))
    const own = byColumns ? shareOf(module, f, panels) : { from: f.local("i32", 0), to: f.local("i32", panels) }
    const rowsOf = byColumns ? { from: f.local("i32", 0), to: f.local("i32", m) } : shareOf(module, f, m, tileRows)
    const wholeRows = f.local("i32", select(i32.ltS(rowsOf.to, whole), rowsOf.to, whole))
    const isLast = f.local("i32", i32.and(i32.gtS(rowsOf.to, whole), i32.ltS(rowsOf.from, rowsOf.to)))
    const wholePanels = f.local(
      "i32",
      edgeColumns === 0 ? own.to : select(i32.ltS(own.to, panels - 1), own.to, panels - 1),
    )
    const [depth, from, panel, row] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")]
    const edge = f.local("i32", i32.add(scratch, edgeOffset))
    if (k === 0) {
      f.if(i32.eq(part, 0), () => f.memoryFill(c, 0, m * n * 4))
      f.call(teamOf(module).barrier, [])
    }
    f.for(from, 0, k, blockDepth, () => {
      f.set(depth, i32.sub(k, from))
      f.if(i32.gtS(depth, blockDepth), () => f.set(depth, blockDepth))
      if (pack !== undefined) f.call(pack, [i32.add(bBase, i32.mul(from, b[0] * 4)), scratch, depth, own.from, own.to])
      const isLater = accumulate ? i32.const(1) : from
      const tile = (rows: number, at: Expr<"i32">, columns: number) => {
        const aTile = i32.add(i32.add(aBase, i32.mul(from, a[1] * 4)), i32.mul(at, a[0] * 4))
        const bPanel = packed
          ? i32.add(i32.add(bBase, i32.mul(panel, k * panelColumns * 4)), i32.mul(from, panelColumns * 4))
          : i32.add(scratch, i32.mul(panel, panelBytes(k)))
        const cTile = i32.add(i32.add(c, i32.mul(at, n * 4)), i32.mul(panel, panelColumns * 4))
        if (columns === panelColumns) f.call(micro(rows), [aTile, bPanel, cTile, depth, isLater])
        // The ragged edge belongs to one thread, and so does its scratch tile.
        else f.call(edgeTile(module, name, rows, columns, a, n), [aTile, bPanel, cTile, depth, isLater, edge])
      }
      const rows = (columns: number) => {
        if (whole > 0) f.for(row, rowsOf.from, wholeRows, tileRows, () => tile(tileRows, row, columns))
        if (whole < m) f.if(isLast, () => tile(m - whole, i32.const(whole), columns))
      }
      f.for(panel, own.from, wholePanels, 1, () => rows(panelColumns))
      if (edgeColumns !== 0)
        f.if(i32.and(i32.eq(own.to, panels), i32.ltS(own.from, own.to)), () => {
          f.set(panel, panels - 1)
          rows(edgeColumns)
        })
    })
    if (after === undefined) return
    const missing = i32.mul(i32.eq(own.to, panels), panels * panelColumns - n)
    const columns = { from: i32.mul(own.from, panelColumns), to: i32.sub(i32.mul(own.to, panelColumns), missing) }
    f.if(i32.ltS(own.from, own.to), () => after.apply(f, operands, rowsOf, columns))
  })
  return shared(module, kernel as Product, m * n * k * perMultiplyAdd)
}

/** Bytes of the whole of B in panels. */
export const packedBytes = ({ n, k }: Pick<MatmulSpec, "n" | "k">): number =>
  Math.ceil(n / panelColumns) * panelColumns * k * 4

/** A kernel `(B, panels)`: packs the whole of B, for products with the same B that follow one another. */
export function emitPackWhole(module: ModuleBuilder, name: string, spec: MatmulSpec): Fn<readonly ["i32", "i32"]> {
  const pack = emitPack(module, `${name}.panels`, spec, spec.k * panelColumns * 4)
  const kernel = module.function(name, { params: ["i32", "i32"] }, (builder, source, target) => {
    const f = builder as unknown as FunctionBuilder
    const share = shareOf(module, f, Math.ceil(spec.n / panelColumns))
    f.call(pack, [source, target, spec.k, share.from, share.to])
  })
  return shared(module, kernel, spec.n * spec.k)
}

/** `(B, panels, depth, first, end)`: copies `depth` rows of B into its panels of eight columns from `first` to `end`, missing columns zero. */
function emitPack(
  module: ModuleBuilder,
  name: string,
  { n, b }: MatmulSpec,
  bytesPerPanel: number,
): Fn<readonly ["i32", "i32", "i32", "i32", "i32"]> {
  const [rowStride, columnStride] = b
  const parameters = ["i32", "i32", "i32", "i32", "i32"] as const
  return module.function(name, { params: parameters }, (builder, source, target, depth, first, end) => {
    const f = builder as unknown as FunctionBuilder
    const to = f.local("i32")
    const panel = f.local("i32")
    const row = f.local("i32")
    const from = f.local("i32")
    const copyPanel = (columns: number) => {
      f.set(from, i32.add(source, i32.mul(panel, panelColumns * columnStride * 4)))
      f.set(to, i32.add(target, i32.mul(panel, bytesPerPanel)))
      f.for(row, 0, depth, 1, () => {
        for (const half of [0, 1]) {
          const lanes = Math.min(4, Math.max(0, columns - half * 4))
          const numbers =
            lanes === 0
              ? f32x4.splat(0)
              : partial(f, i32.add(from, half * 4 * columnStride * 4), lanes, columnStride * 4)
          f.store("v128", to, numbers, half * 16)
        }
        f.add(to, panelColumns * 4)
        f.add(from, rowStride * 4)
      })
    }
    const whole = Math.floor(n / panelColumns)
    const wholeEnd = f.local("i32", select(i32.ltS(end, whole), end, whole))
    f.for(panel, first, wholeEnd, 1, () => copyPanel(panelColumns))
    if (n % panelColumns !== 0)
      f.if(i32.gtS(end, whole), () => {
        f.set(panel, whole)
        copyPanel(n % panelColumns)
      })
  }) as never
}

/** `(A tile, B panel, C tile, depth, from)`: adds `depth` products to `rows` x 8 elements of C, or sets them when `from` is 0. */
function emitMicro(
  module: ModuleBuilder,
  name: string,
  rows: number,
  [rowStride, columnStride]: readonly [number, number],
  n: number,
): Micro {
  return module.function(
    name,
    { params: ["i32", "i32", "i32", "i32", "i32"] },
    (builder, aTile, bPanel, c, depth, from) => {
      const f = builder as unknown as FunctionBuilder
      const sums = Array.from({ length: rows }, () => [f.local("v128"), f.local("v128")])
      f.if(i32.ne(from, 0), () => {
        sums.forEach(([low, high], r) => {
          f.set(low, v128.load(i32.add(c, r * n * 4)))
          f.set(high, v128.load(i32.add(c, r * n * 4 + 16)))
        })
      })
      const at = f.local("i32", aTile)
      const b = f.local("i32", bPanel)
      const end = f.local("i32", i32.add(bPanel, i32.mul(depth, panelColumns * 4)))
      const [b0, b1, x] = [f.local("v128"), f.local("v128"), f.local("v128")]
      const step = (u: number) => {
        f.set(b0, v128.load(b, u * 32))
        f.set(b1, v128.load(b, u * 32 + 16))
        sums.forEach(([low, high], r) => {
          const offset = (r * rowStride + u * columnStride) * 4
          f.set(x, offset >= 0 ? v128.load32Splat(at, offset) : v128.load32Splat(i32.add(at, offset)))
          f.set(low, multiplyAdd(module, x, b0, low))
          f.set(high, multiplyAdd(module, x, b1, high))
        })
      }
      const turns = (unroll: number, last: Expr<"i32">) =>
        f.while(i32.ltU(b, last), () => {
          for (let u = 0; u < unroll; u++) step(u)
          f.add(b, unroll * 32)
          f.add(at, unroll * columnStride * 4)
        })
      const unrolled = f.local("i32", i32.add(bPanel, i32.mul(i32.and(depth, -4), panelColumns * 4)))
      turns(4, unrolled)
      turns(1, end)
      sums.forEach(([low, high], r) => {
        f.store("v128", i32.add(c, r * n * 4), low)
        f.store("v128", i32.add(c, r * n * 4 + 16), high)
      })
    },
  )
}

const edgeTiles = new WeakMap<ModuleBuilder, Map<string, Fn<["i32", "i32", "i32", "i32", "i32", "i32"]>>>()

/** The tile at the ragged right edge: computed in full in scratch space, of which the columns that exist are copied. */
function edgeTile(
  module: ModuleBuilder,
  name: string,
  rows: number,
  columns: number,
  a: readonly [number, number],
  n: number,
) {
  const known = edgeTiles.get(module) ?? new Map()
  edgeTiles.set(module, known)
  const key = `${name}.edge${rows}`
  const made = known.get(key)
  if (made !== undefined) return made
  const inner = emitMicro(module, `${key}.tile`, rows, a, panelColumns)
  const fn = module.function(
    key,
    { params: ["i32", "i32", "i32", "i32", "i32", "i32"] },
    (builder, aTile, bPanel, c, depth, from, edge) => {
      const f = builder as unknown as FunctionBuilder
      const move = (to: Expr<"i32">, toStride: number, source: Expr<"i32">, sourceStride: number) => {
        for (let r = 0; r < rows; r++)
          for (let j = 0; j < columns; j++)
            f.store("i32", i32.add(to, (r * toStride + j) * 4), i32.load(i32.add(source, (r * sourceStride + j) * 4)))
      }
      f.if(i32.ne(from, 0), () => move(edge, panelColumns, c, n))
      f.call(inner, [aTile, bPanel, edge, depth, from])
      move(c, n, edge, panelColumns)
    },
  )
  known.set(key, fn)
  return fn
}

/** A kernel `(A, B, C)` in f64: rows of B added up, one element at a time. */
export function emitMatmulF64(
  module: ModuleBuilder,
  name: string,
  { m, n, k, a, b, accumulate = false }: MatmulSpec,
): Fn<readonly ["i32", "i32", "i32"]> {
  return module.function(name, { params: ["i32", "i32", "i32"] }, (builder, aBase, bBase, c) => {
    const f = builder as unknown as FunctionBuilder
    const [i, j, l] = [f.local("i32"), f.local("i32"), f.local("i32")]
    const total = f.local("f64")
    f.for(i, 0, m, 1, () =>
      f.for(j, 0, n, 1, () => {
        const to = i32.add(c, i32.mul(i32.add(i32.mul(i, n), j), 8))
        f.set(total, accumulate ? f64.load(to) : 0)
        f.for(l, 0, k, 1, () => {
          const x = f64.load(i32.add(aBase, i32.add(i32.mul(i, a[0] * 8), i32.mul(l, a[1] * 8))))
          const y = f64.load(i32.add(bBase, i32.add(i32.mul(l, b[0] * 8), i32.mul(j, b[1] * 8))))
          f.set(total, f64.add(total, f64.mul(x, y)))
        })
        f.store("f64", to, total)
      }),
    )
  })
}
