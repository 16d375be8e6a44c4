import {
  call,
  type Expr,
  type Fn,
  type FunctionBuilder,
  f32,
  f32x4,
  i32,
  i32x4,
  type Local,
  type ModuleBuilder,
  type Operand,
  v128,
} from "../assembler/index.ts"
import { perMultiplyAdd, shared, shareOf, teamOf } from "../team.ts"
import { emitColumnBlocks } from "./expression.ts"
import { dot } from "./few-rows.ts"
import { emitMatmul, type MatmulSpec, matmulScratchBytes, multiplyAdd } from "./matmul.ts"

/**
 * Above this share of non-zero entries a product costs less dense: an entry costs a load and a multiply-add where the dense
 * kernel keeps everything in registers. A product of few rows cannot repay the packing of the dense kernel.
 */
const denseAbove = (rows: number): number => (rows < 4 ? 1 : 0.35)

/** An event: where its row of B starts (bytes), and its value. */
const eventBytes = 8

const isRowMajor = ({ a }: MatmulSpec): boolean => a[1] === 1

/** Scratch bytes of an event product: a list of events for every row of C, or what the dense kernel needs. */
export const eventScratchBytes = (spec: MatmulSpec, threads: number): number =>
  Math.max(matmulScratchBytes(spec, threads), spec.m * (spec.k * eventBytes + 4))

/** Columns of B that are gathered at a time: what the events of a block of rows name of them stays in the second cache. */
const blockColumns = (k: number, n: number): number => {
  const fitting = Math.floor((512 * 1024) / (4 * k) / 32) * 32
  return Math.min(n, Math.max(32, fitting))
}

/**
 * A kernel `(A, B, C, scratch)` for a product whose first operand is mostly zeros: it counts the events, and where they are few
 * lists those of each row of A, and gathers for each row of C the rows of B that its events name. B has contiguous rows. A is row-major
 * or the transpose of a row-major matrix (the weight gradient).
 */
export function emitEventMatmul(
  module: ModuleBuilder,
  name: string,
  spec: MatmulSpec,
): Fn<readonly ["i32", "i32", "i32", "i32"]> {
  const { m, n, k, a } = spec
  const dense = emitMatmul(module, `${name}.dense`, spec)
  const [rows, columns, pitch] = isRowMajor(spec) ? [m, k, a[0]] : [k, m, a[1]]
  const count = emitCount(module, `${name}.count`, rows, columns, pitch)
  const list = isRowMajor(spec)
    ? emitListRows(module, `${name}.list`, spec)
    : emitListColumns(module, `${name}.list`, spec)
  const wide = blockColumns(k, n)
  const gathers = new Map(
    [wide, n % wide]
      .filter((size) => size > 0)
      .map((size) => [size, emitGather(module, `${name}.gather${size}`, size, spec)]),
  )
  const limit = Math.floor(denseAbove(m) * m * k)
  const parameters = ["i32", "i32", "i32", "i32"] as const
  const kernel = module.function(name, { params: parameters }, (builder, aBase, bBase, c, scratch) => {
    const f = builder as unknown as FunctionBuilder
    if (limit < m * k)
      f.if(i32.gtS(callI32(f, count, aBase), limit), () => {
        f.call(dense, [aBase, bBase, c, scratch])
        f.return()
      })
    const share = shareOf(module, f, m, isRowMajor(spec) ? 1 : 4)
    const lists = f.local("i32", i32.add(scratch, m * 4))
    f.call(list, [aBase, scratch, lists, share.from, share.to])
    const row = f.local("i32")
    for (let column = 0; column < n; column += wide) {
      const gather = gathers.get(Math.min(wide, n - column)) as Gather
      f.for(row, share.from, share.to, 1, () => {
        const events = i32.load(i32.add(scratch, i32.shl(row, 2)))
        const from = i32.add(lists, i32.mul(row, k * eventBytes))
        f.call(gather, [from, events, i32.add(bBase, column * 4), i32.add(c, i32.add(i32.mul(row, n * 4), column * 4))])
      })
    }
  })
  return shared(module, kernel, (m * n * k * perMultiplyAdd) / 4)
}

type Gather = Fn<readonly ["i32", "i32", "i32", "i32"]>

const callI32 = (
  f: FunctionBuilder,
  fn: Fn<readonly "i32"[], readonly ["i32"]>,
  ...args: Expr<"i32">[]
): Local<"i32"> => f.local("i32", call(fn, args as never) as Expr<"i32">)

/**
 * Visits the non-zero entries of a row of numbers, from column `first` (a multiple of 4) to `end`: `visit` gets the address of each and
 * its column times 4.
 */
export function forEachEvent(
  f: FunctionBuilder,
  row: Expr<"i32">,
  first: Operand<"i32">,
  end: Operand<"i32">,
  visit: (address: Local<"i32">, columnBytes: Local<"i32">) => void,
): void {
  const [position, mask, address, column] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")]
  const start = f.local("i32", row)
  const whole = f.local("i32", i32.and(end, -4))
  f.for(position, i32.mul(first, 4), i32.mul(whole, 4), 16, () => {
    f.set(mask, i32x4.bitmask(f32x4.ne(v128.load(i32.add(start, position)), f32x4.splat(0))))
    f.while(mask, () => {
      f.set(column, i32.add(position, i32.shl(i32.ctz(mask), 2)))
      f.set(address, i32.add(start, column))
      visit(address, column)
      f.set(mask, i32.and(mask, i32.sub(mask, 1)))
    })
  })
  f.for(position, i32.mul(whole, 4), i32.mul(end, 4), 4, () => {
    f.set(address, i32.add(start, position))
    f.if(f32.ne(f32.load(address), 0), () => {
      f.set(column, position)
      visit(address, column)
    })
  })
}

/** `(A) -> events`: non-zero entries of `rows` rows that are `pitch` elements apart. */
export function emitCount(
  module: ModuleBuilder,
  name: string,
  rows: number,
  columns: number,
  pitch: number,
): Fn<readonly ["i32"], readonly ["i32"]> {
  return module.function(name, { params: ["i32"], results: ["i32"] }, (builder, base) => {
    const f = builder as unknown as FunctionBuilder
    const [row, position] = [f.local("i32"), f.local("i32")]
    const start = f.local("i32", base)
    const wide = f.local("v128")
    const total = f.local("i32")
    const whole = columns - (columns % 4)
    f.for(row, 0, rows, 1, () => {
      f.for(position, 0, whole * 4, 16, () =>
        f.set(wide, i32x4.sub(wide, f32x4.ne(v128.load(i32.add(start, position)), f32x4.splat(0)))),
      )
      for (let j = whole; j < columns; j++) f.add(total, f32.ne(f32.load(start, j * 4), 0))
      f.add(start, pitch * 4)
    })
    return [0, 1, 2, 3].reduce<Expr<"i32">>((sum, lane) => i32.add(sum, i32x4.extractLane(wide, lane)), total)
  })
}

/** `(A, counts, lists, first, end)`: lists the events of the rows of A from `first` to `end`. */
function emitListRows(
  module: ModuleBuilder,
  name: string,
  { k, a, b }: MatmulSpec,
): Fn<readonly ["i32", "i32", "i32", "i32", "i32"]> {
  const parameters = ["i32", "i32", "i32", "i32", "i32"] as const
  return module.function(name, { params: parameters }, (builder, base, counts, lists, first, end) => {
    const f = builder as unknown as FunctionBuilder
    const [row, start, to] = [f.local("i32"), f.local("i32"), f.local("i32")]
    f.for(row, first, end, 1, () => {
      f.set(start, i32.add(lists, i32.mul(row, k * eventBytes)))
      f.set(to, start)
      forEachEvent(f, i32.add(base, i32.mul(row, a[0] * 4)), 0, k, (address, columnBytes) => {
        f.store("i32", to, i32.mul(columnBytes, b[0]))
        f.store("i32", to, i32.load(address), 4)
        f.add(to, eventBytes)
      })
      f.store("i32", i32.add(counts, i32.shl(row, 2)), i32.shrU(i32.sub(to, start), 3))
    })
  })
}

/** `(A, counts, lists, first, end)`: walks the rows of the matrix that A is the transpose of, and appends each event to the list of its column, from `first` to `end`. */
function emitListColumns(
  module: ModuleBuilder,
  name: string,
  { k, a, b }: MatmulSpec,
): Fn<readonly ["i32", "i32", "i32", "i32", "i32"]> {
  const parameters = ["i32", "i32", "i32", "i32", "i32"] as const
  return module.function(name, { params: parameters }, (builder, base, counts, lists, first, end) => {
    const f = builder as unknown as FunctionBuilder
    const [row, count, to] = [f.local("i32"), f.local("i32"), f.local("i32")]
    f.memoryFill(i32.add(counts, i32.shl(first, 2)), 0, i32.shl(i32.sub(end, first), 2))
    f.for(row, 0, k, 1, () =>
      forEachEvent(f, i32.add(base, i32.mul(row, a[1] * 4)), first, end, (address, columnBytes) => {
        const counter = f.local("i32", i32.add(counts, columnBytes))
        f.set(count, i32.load(counter))
        f.store("i32", counter, i32.add(count, 1))
        f.set(to, i32.add(i32.add(lists, i32.mul(columnBytes, (k * eventBytes) / 4)), i32.shl(count, 3)))
        f.store("i32", to, i32.mul(row, b[0] * 4))
        f.store("i32", to, i32.load(address), 4)
      }),
    )
  })
}

/** `(list, events, B, row of C)`: the sum of the rows of B that the events name, times their values; up to 32 columns in registers. */
function emitGather(module: ModuleBuilder, name: string, n: number, { accumulate = false }: MatmulSpec): Gather {
  return module.function(name, { params: ["i32", "i32", "i32", "i32"] }, (builder, list, events, b, out) => {
    const f = builder as unknown as FunctionBuilder
    const end = f.local("i32", i32.add(list, i32.shl(events, 3)))
    const [event, row, column] = [f.local("i32"), f.local("i32"), f.local("i32")]
    const value = f.local("v128")
    if (accumulate) f.if(i32.eqz(events), () => f.return())
    const block = (vectors: number) => {
      const sums = Array.from({ length: vectors }, (_, v) =>
        f.local("v128", accumulate ? v128.load(i32.add(out, column), v * 16) : f32x4.splat(0)),
      )
      f.set(event, list)
      f.while(i32.ltU(event, end), () => {
        f.set(row, i32.add(i32.add(b, i32.load(event)), column))
        f.set(value, v128.load32Splat(event, 4))
        sums.forEach((sum, v) => {
          f.set(sum, multiplyAdd(module, value, v128.load(row, v * 16), sum))
        })
        f.add(event, eventBytes)
      })
      sums.forEach((sum, v) => {
        f.store("v128", i32.add(out, column), sum, v * 16)
      })
    }
    let done = emitColumnBlocks(f, column, n, block)
    const total = f.local("f32")
    for (; done < n; done++) {
      f.set(total, accumulate ? f32.load(out, done * 4) : 0)
      f.set(event, list)
      f.while(i32.ltU(event, end), () => {
        f.set(total, f32.add(total, f32.mul(f32.load(event, 4), f32.load(i32.add(b, i32.load(event)), done * 4))))
        f.add(event, eventBytes)
      })
      f.store("f32", out, total, done * 4)
    }
  })
}

/**
 * A kernel `(A, B, mask, C, scratch)` for `(A · B) * mask`, all but B row-major, the columns of B contiguous: where the mask is mostly 0 only
 * the dot products that it keeps are computed.
 */
export function emitMaskedMatmul(
  module: ModuleBuilder,
  name: string,
  spec: MatmulSpec,
): Fn<readonly ["i32", "i32", "i32", "i32", "i32"]> {
  const { m, n, k, a, b } = spec
  const dense = emitMatmul(module, `${name}.dense`, spec)
  const count = emitCount(module, `${name}.count`, m, n, n)
  const dot = emitDot(module, `${name}.dot`, k)
  const parameters = ["i32", "i32", "i32", "i32", "i32"] as const
  const kernel = module.function(name, { params: parameters }, (builder, aBase, bBase, mask, c, scratch) => {
    const f = builder as unknown as FunctionBuilder
    const at = f.local("i32")
    f.if(i32.gtS(callI32(f, count, mask), Math.floor(0.2 * m * n)), () => {
      f.call(dense, [aBase, bBase, c, scratch])
      f.call(teamOf(module).barrier, [])
      const share = shareOf(module, f, m * n, 16)
      const whole = f.local("i32", i32.and(share.to, -4))
      const factor = (from: Operand<"i32">, to: Operand<"i32">, step: number, multiply: () => void) =>
        f.for(at, i32.mul(from, 4), i32.mul(to, 4), step, multiply)
      factor(share.from, whole, 16, () =>
        f.store("v128", i32.add(c, at), f32x4.mul(v128.load(i32.add(c, at)), v128.load(i32.add(mask, at)))),
      )
      factor(whole, share.to, 4, () =>
        f.store("f32", i32.add(c, at), f32.mul(f32.load(i32.add(c, at)), f32.load(i32.add(mask, at)))),
      )
      f.return()
    })
    const row = f.local("i32")
    const share = shareOf(module, f, m)
    f.memoryFill(i32.add(c, i32.mul(share.from, n * 4)), 0, i32.mul(i32.sub(share.to, share.from), n * 4))
    f.for(row, share.from, share.to, 1, () => {
      const maskRow = f.local("i32", i32.add(mask, i32.mul(row, n * 4)))
      forEachEvent(f, maskRow, 0, n, (address, columnBytes) => {
        const column = i32.add(bBase, i32.mul(columnBytes, b[1]))
        const product = call(dot, [i32.add(aBase, i32.mul(row, a[0] * 4)), column]) as Expr<"f32">
        f.store("f32", i32.add(i32.add(c, i32.mul(row, n * 4)), columnBytes), f32.mul(product, f32.load(address)))
      })
    })
  })
  return shared(module, kernel, m * n * k * perMultiplyAdd)
}

/** `(x, y) -> x · y` over k contiguous numbers. */
const emitDot = (module: ModuleBuilder, name: string, k: number): Fn<readonly ["i32", "i32"], readonly ["f32"]> =>
  module.function(name, { params: ["i32", "i32"], results: ["f32"] }, (builder, x, y) =>
    dot(module, builder as unknown as FunctionBuilder, x, 1, y, k),
  )
