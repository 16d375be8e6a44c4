import {
  type Expr,
  type Fn,
  type FunctionBuilder,
  f32x4,
  i32,
  type ModuleBuilder,
  select,
  v128,
} from "../../assembler/index.ts"
import { perMultiplyAdd, shared, shareOf, teamOf } from "../../team.ts"
import { type Epilogue, type Product, productParameters } from "../products/epilogue.ts"
import { emitMatmul, type MatmulSpec, matmulScratchBytes, multiplyAdd } from "../products/matmul.ts"
import { emitLists, listOf, listSpace, partial } from "./lists.ts"
import { emitPanels, forEachPanel, panelColumns, panelKinds, tableLayout } from "./tables.ts"

/** With fewer rows than this, the tables of a B that is used once cost more than they save. */
const rowsForTables = 64
/** Rows of B whose tables are used at a time: those of a panel stay in the second cache, and a line's number has 16 bits. */
const blockDepth = 1024

/** Above this share of graded events (other numbers than 1) a product costs less dense. Ones never do: a look-up is four of them. */
const denseAbove = 0.35

/** Whether a product looks sums up in tables of B. */
export const usesTables = ({ m }: Pick<MatmulSpec, "m">): boolean => m >= rowsForTables

/** Threads take panels of B where there are enough of them, and rows of A otherwise. */
const sharesPanels = (spec: MatmulSpec, threads: number): boolean => tableLayout(spec).panels >= 2 * threads

/** Bytes for tables: of a panel for each thread, or of all panels. */
const tableBytes = (spec: MatmulSpec, threads: number): number => {
  const { panels, panelBytes } = tableLayout(spec)
  return (sharesPanels(spec, threads) ? threads : panels) * panelBytes
}

/** Scratch bytes: lists of events, and either tables of B or what the dense kernel needs. */
export function eventScratchBytes({ k, ...sizes }: MatmulSpec, threads: number): number {
  const block = { ...sizes, k: Math.min(k, blockDepth) }
  return listSpace(block).bytes + Math.max(tableBytes(block, threads), matmulScratchBytes(block, threads))
}

/**
 * A kernel `(A, B, C, scratch)` for a product whose first operand is mostly zeros: for each row of C, it adds up what tables of
 * B say of each group of four entries of A. Entries that are not 0 or 1 are looked up one by one and multiplied; where they
 * are many, the product is dense. A is row-major or the transpose of a row-major matrix (the weight gradient).
 */
export function emitEventMatmul(module: ModuleBuilder, name: string, spec: MatmulSpec, after?: Epilogue): Product {
  const { m, n, k, a, b } = spec
  const work = (m * n * k * perMultiplyAdd) / 4
  if (k <= blockDepth) return shared(module, emitBlock(module, name, spec, after), work)
  const blocks = new Map<string, Product>()
  const block = (from: number): Product => {
    const depth = Math.min(blockDepth, k - from)
    const accumulate = from > 0 || spec.accumulate === true
    const own = from + depth === k ? after : undefined
    const key = `${name}.${depth}${accumulate ? "+" : ""}${own === undefined ? "" : "!"}`
    const made = blocks.get(key) ?? emitBlock(module, key, { ...spec, k: depth, accumulate }, own)
    blocks.set(key, made)
    return made
  }
  const parameters = productParameters(after)
  const kernel = module.function(name, { params: parameters }, (f, aBase, bBase, c, scratch, ...operands) => {
    for (let from = 0; from < k; from += blockDepth) {
      if (from > 0) f.call(teamOf(module).barrier, [])
      const [x, y] = [i32.add(aBase, from * a[1] * 4), i32.add(bBase, from * b[0] * 4)]
      f.call(block(from), [x, y, c, scratch, ...(from + blockDepth < k ? [] : operands)])
    }
  })
  return shared(module, kernel as Product, work)
}

/** The product of a block of columns of A with as many rows of B. */
function emitBlock(module: ModuleBuilder, name: string, spec: MatmulSpec, after?: Epilogue): Product {
  const { m, n, k } = spec
  const { panels, panelBytes } = tableLayout(spec)
  const { part, barrier, most } = teamOf(module)
  const dense = emitMatmul(module, `${name}.dense`, spec, after)
  const lists = emitLists(module, `${name}.list`, spec)
  const write = emitPanels(module, name, spec)
  const gathers = new Map(
    panelKinds(n).map(({ columns }) => [columns, emitGathers(module, `${name}.gather${columns}`, columns, spec)]),
  )
  const byPanels = sharesPanels(spec, most)
  const kernel = module.function(
    name,
    { params: productParameters(after) },
    (builder, aBase, bBase, c, scratch, ...operands) => {
      const f = builder as unknown as FunctionBuilder
      const grain = spec.a[1] === 1 ? 1 : 4
      const ownRows = shareOf(module, f, m, grain)
      const free = f.local("i32", i32.add(scratch, listSpace(spec).bytes))
      const tables = byPanels ? f.local("i32", i32.add(free, i32.mul(part, panelBytes))) : free
      const tableOf = (panel: Expr<"i32">) => (byPanels ? tables : i32.add(tables, i32.mul(panel, panelBytes)))
      f.call(lists, [aBase, scratch, ownRows.from, ownRows.to])
      f.call(barrier, [])
      const [row, bytes, graded] = [f.local("i32"), f.local("i32"), f.local("i32")]
      f.for(row, 0, m * 4, 4, () => {
        f.set(bytes, i32.load(i32.add(scratch, row)))
        f.set(graded, i32.sub(graded, select(i32.ltS(bytes, 0), bytes, 0)))
      })
      f.if(i32.gtS(graded, Math.floor(denseAbove * m * k) * 8), () => {
        f.call(dense, [aBase, bBase, c, free, ...operands])
        f.return()
      })
      if (!byPanels) {
        forEachPanel(f, n, shareOf(module, f, panels), (panel, columns) =>
          write(f, panel, columns, tableOf(panel), bBase),
        )
        f.call(barrier, [])
      }
      const own = byPanels ? { from: f.local("i32", 0), to: f.local("i32", m) } : ownRows
      const all = byPanels ? shareOf(module, f, panels) : { from: i32.const(0), to: i32.const(panels) }
      forEachPanel(f, n, all, (panel, columns) => {
        if (byPanels) write(f, panel, columns, tables, bBase)
        const table = f.local("i32", tableOf(panel))
        const out = f.local("i32", i32.add(c, i32.add(i32.mul(panel, panelColumns * 4), i32.mul(own.from, n * 4))))
        const { plain, valued } = gathers.get(columns) as Gathers
        f.for(row, own.from, own.to, 1, () => {
          const list = listOf(spec, scratch, row)
          f.set(bytes, list.bytes)
          f.if(
            i32.geS(bytes, 0),
            () => f.call(plain, [list.plain, bytes, table, out]),
            () => f.call(valued, [list.valued, i32.sub(0, bytes), table, out]),
          )
          f.add(out, n * 4)
        })
        const from = i32.mul(panel, panelColumns)
        after?.apply(f, operands, own, { from, to: i32.add(from, columns) })
      })
    },
  )
  return kernel as Product
}

type Gather = Fn<readonly ["i32", "i32", "i32", "i32"]>
interface Gathers {
  readonly plain: Gather
  readonly valued: Gather
}

/** `(list, its bytes, table of the panel, row of C)`: the sum of the lines that are listed, in registers; of lines times values. */
function emitGathers(module: ModuleBuilder, name: string, columns: number, spec: MatmulSpec): Gathers {
  const { accumulate = false } = spec
  const { lineBytes } = tableLayout(spec)
  const vectors = Math.ceil(columns / 4)
  const lanesOf = (v: number): number => Math.min(4, columns - v * 4)
  const write = (isValued: boolean): Gather =>
    module.function(
      isValued ? `${name}.valued` : name,
      { params: ["i32", "i32", "i32", "i32"] },
      (builder, list, bytes, table, out) => {
        const f = builder as unknown as FunctionBuilder
        if (accumulate) f.if(i32.eqz(bytes), () => f.return())
        const end = f.local("i32", i32.add(list, bytes))
        const line = f.local("i32")
        const value = f.local("v128")
        const sums = Array.from({ length: vectors }, (_, v) =>
          f.local("v128", accumulate ? partial(f, i32.add(out, v * 16), lanesOf(v)) : f32x4.splat(0)),
        )
        f.while(i32.ltU(list, end), () => {
          f.set(line, i32.add(table, i32.mul(isValued ? i32.load(list) : i32.load16U(list), lineBytes)))
          if (isValued) f.set(value, v128.load32Splat(list, 4))
          sums.forEach((sum, v) => {
            const found = v128.load(line, v * 16)
            f.set(sum, isValued ? multiplyAdd(module, value, found, sum) : f32x4.add(sum, found))
          })
          f.add(list, isValued ? 8 : 2)
        })
        sums.forEach((sum, v) => {
          if (lanesOf(v) === 4) f.store("v128", out, sum, v * 16)
          else for (let lane = 0; lane < lanesOf(v); lane++) f.storeLane(32, out, sum, lane, v * 16 + lane * 4)
        })
      },
    )
  return { plain: write(false), valued: write(true) }
}
