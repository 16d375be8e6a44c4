import {
  type Expr,
  type Fn,
  type FunctionBuilder,
  f32x4,
  i32,
  type Local,
  type ModuleBuilder,
  select,
  v128,
} from "../../assembler/index.ts"
import { multiplyAdd } from "../../multiply-add.ts"
import { align } from "../../plan.ts"
import { perMultiplyAdd, shared, shareOf, teamOf } from "../../team.ts"
import { partial } from "../expression.ts"
import { type Epilogue, type Product, productParameters } from "../products/epilogue.ts"
import { emitMatmul, type MatmulSpec, matmulScratchBytes } from "../products/matmul.ts"
import { emitLists, groupInputs, listOf, listSpace } from "./lists.ts"
import { emitPanels, forEachPanel, panelColumns, panelKinds, tableLayout } from "./tables.ts"

/** With fewer rows than this, the tables of a B that is used once cost more than they save. */
const rowsForTables = 64
/** Rows of B whose tables are used at a time, at most: those of a panel stay in the second cache. Shorter lists cost more than smaller tables save. */
const mostDepth = 1024

/** Above this share of graded events (other numbers than 1) a product costs less dense. Ones never do: a look-up is four of them. */
const denseAbove = 0.35

/** Whether a product looks sums up in tables of B. */
export const usesTables = ({ m, k }: Pick<MatmulSpec, "m" | "k">): boolean => m >= rowsForTables && k > 0

/** How the rows of B are cut: blocks of about one size, in whole groups. */
function blocksOf({ m, k }: Pick<MatmulSpec, "m" | "k">) {
  const depth = Math.ceil(k / Math.ceil(k / mostDepth) / groupInputs) * groupInputs
  const count = Math.ceil(k / depth)
  const each = listSpace({ m, room: depth })
  const plain = align(count * each.heads)
  return { depth, count, each, plain, bytes: plain + count * each.plain }
}

/** The tables that are held at a time. */
const tablesOf = (spec: MatmulSpec) => tableLayout({ n: spec.n, k: blocksOf(spec).depth })

/** Threads take panels of B where there are many, and rows of A otherwise. */
const sharesPanels = ({ n }: Pick<MatmulSpec, "n">): boolean => n > 3 * panelColumns

/**
 * Where the scratch space of a thread starts, and its parts. Each thread writes tables for itself, and where it reads the lists of all rows also
 * those: what another has just written takes longer to fetch than to make. Lists with values are the exception, rare and long: all threads
 * write the same to one place.
 */
function scratchOf(spec: MatmulSpec) {
  const { panels, panelBytes } = tablesOf(spec)
  const { bytes: lists, count, each } = blocksOf(spec)
  const byPanels = sharesPanels(spec)
  const shared = count * each.valued + (byPanels ? 0 : lists)
  const tables = byPanels ? lists : 0
  return { shared, tables, own: tables + (byPanels ? 1 : panels) * panelBytes }
}

/** Scratch bytes: those that all threads share, those of every thread, and what the dense kernel needs. */
export function eventScratchBytes(spec: MatmulSpec, threads: number): number {
  const { shared, own } = scratchOf(spec)
  return Math.max(shared + own * threads, matmulScratchBytes(spec, threads))
}

/**
 * A kernel `(A, B, C, scratch)` for a product whose first operand is mostly zeros: for each row of C, it adds up what tables of
 * B say of each group of four entries of A. Entries that are not 0 or 1 are looked up one by one and multiplied; where they
 * are many, the product is dense. A is row-major or the transpose of a row-major matrix (the weight gradient).
 */
export function emitEventMatmul(module: ModuleBuilder, name: string, spec: MatmulSpec, after?: Epilogue): Product {
  const { m, n, k, a, b } = spec
  const { depth, count, each, plain } = blocksOf(spec)
  const { panels, panelBytes } = tablesOf(spec)
  const places = scratchOf(spec)
  const { part, barrier } = teamOf(module)
  const byPanels = sharesPanels(spec)
  const dense = byPanels ? emitMatmul(module, `${name}.dense`, spec, after) : undefined
  const blocks = [depth, k - (count - 1) * depth].map((size) => blockOf(module, `${name}.${size}`, spec, size, depth))
  const gathers = new Map(
    panelKinds(n).map(({ columns }) => [
      columns,
      emitGathers(module, `${name}.gather${columns}`, columns, spec, depth),
    ]),
  )
  const parameters = productParameters(after)
  const kernel = module.function(name, { params: parameters }, (builder, aBase, bBase, c, scratch, ...operands) => {
    const f = builder as unknown as FunctionBuilder
    const own = f.local("i32", i32.add(scratch, i32.add(i32.mul(part, places.own), places.shared)))
    const tables = f.local("i32", i32.add(own, places.tables))
    const listed = byPanels ? own : f.local("i32", i32.add(scratch, count * each.valued))
    const tableOf = (panel: Expr<"i32">) => (byPanels ? tables : i32.add(tables, i32.mul(panel, panelBytes)))
    const lists = { heads: f.local("i32"), plain: f.local("i32"), valued: f.local("i32") }
    const [x, y, number] = [f.local("i32"), f.local("i32"), f.local("i32")]
    /** Visits the blocks: where their lists are, and their part of A and B. */
    const forEachBlock = (visit: (block: Block) => void) => {
      f.set(lists.heads, listed)
      f.set(lists.plain, i32.add(listed, plain))
      f.set(lists.valued, scratch)
      f.set(x, aBase)
      f.set(y, bBase)
      const [whole, last] = blocks
      const next = () => {
        f.add(lists.heads, each.heads)
        f.add(lists.plain, each.plain)
        f.add(lists.valued, each.valued)
        f.add(x, depth * a[1] * 4)
        f.add(y, depth * b[0] * 4)
      }
      f.for(number, 0, count - 1, 1, () => {
        visit(whole)
        next()
      })
      f.set(number, count - 1)
      visit(last)
    }

    const rows = byPanels
      ? { from: f.local("i32", 0), to: f.local("i32", m) }
      : shareOf(module, f, m, a[1] === 1 ? 1 : 4)
    forEachBlock(({ list }) => f.call(list, [x, lists.heads, lists.plain, lists.valued, rows.from, rows.to]))
    if (dense !== undefined) {
      const [at, graded] = [f.local("i32"), f.local("i32")]
      f.for(at, 0, count * each.heads, 4, () => {
        const length = f.local("i32", i32.load(i32.add(own, at)))
        f.set(graded, i32.sub(graded, select(i32.ltS(length, 0), length, i32.const(0))))
      })
      f.if(i32.gtS(graded, Math.floor(denseAbove * m * k) * 8), () => {
        // The dense kernel uses the same space.
        f.call(barrier, [])
        f.call(dense, [aBase, bBase, c, scratch, ...operands])
        f.return()
      })
    }

    const add = (panel: Local<"i32">, columns: number) => {
      const gather = gathers.get(columns) as Gathers
      const out = i32.add(c, i32.mul(panel, panelColumns * 4))
      const target = [...Object.values(lists), tableOf(panel), out, rows.from, rows.to]
      const call = (fn: Gather) => f.call(fn, target as never)
      const { set, add } = gather
      if (set === undefined) call(add as Gather)
      else if (add === undefined) call(set)
      else
        f.if(
          number,
          () => call(add),
          () => call(set),
        )
    }
    if (byPanels)
      forEachPanel(f, n, shareOf(module, f, panels), (panel, columns) => {
        forEachBlock(({ write }) => {
          write(f, panel, columns, tables, y)
          add(panel, columns)
        })
        const from = i32.mul(panel, panelColumns)
        after?.apply(f, operands, rows, { from, to: i32.add(from, columns) })
      })
    else {
      const all = { from: i32.const(0), to: i32.const(panels) }
      forEachBlock(({ write }) => {
        forEachPanel(f, n, all, (panel, columns) => write(f, panel, columns, tableOf(panel), y))
        forEachPanel(f, n, all, add)
      })
      after?.apply(f, operands, rows, { from: 0, to: n })
    }
  })
  return shared(module, kernel as Product, (m * n * k * perMultiplyAdd) / 4)
}

type Block = ReturnType<typeof blockOf>

/** What a block of `size` rows of B needs. */
const blockOf = (module: ModuleBuilder, name: string, { m, n, a, b }: MatmulSpec, size: number, room: number) => ({
  list: emitLists(module, `${name}.list`, { m, k: size, a, room }),
  write: emitPanels(module, name, { n, k: size, b }),
})

type Gather = Fn<readonly ["i32", "i32", "i32", "i32", "i32", "i32", "i32"]>
/** `(heads, lists of lines, lists of lines and values, table of the panel, C from its first column in the panel, first row, end)` */
interface Gathers {
  /** For the first block, where C holds nothing yet. */
  readonly set: Gather | undefined
  /** For the others, and where C holds something. */
  readonly add: Gather | undefined
}

/** For each row of C, the sum of the lines that are listed, in registers; set, or added to what is there. */
function emitGathers(module: ModuleBuilder, name: string, columns: number, spec: MatmulSpec, room: number): Gathers {
  const rows = (accumulate: boolean): Gather => {
    const own = accumulate ? `${name}.add` : name
    const [plain, valued] = [false, true].map((isValued) =>
      emitRow(module, isValued ? `${own}.valued` : own, columns, spec, { accumulate, isValued }),
    )
    const parameters = ["i32", "i32", "i32", "i32", "i32", "i32", "i32"] as const
    return module.function(
      `${own}.rows`,
      { params: parameters },
      (builder, heads, ones, others, table, c, from, to) => {
        const f = builder as unknown as FunctionBuilder
        const [row, bytes] = [f.local("i32"), f.local("i32")]
        const out = f.local("i32", i32.add(c, i32.mul(from, spec.n * 4)))
        f.for(row, from, to, 1, () => {
          const list = listOf(room, { heads, plain: ones, valued: others }, row)
          f.set(bytes, list.bytes)
          f.if(
            i32.geS(bytes, 0),
            () => f.call(plain, [list.plain, bytes, table, out]),
            () => f.call(valued, [list.valued, i32.sub(0, bytes), table, out]),
          )
          f.add(out, spec.n * 4)
        })
      },
    )
  }
  const { accumulate = false } = spec
  return {
    set: accumulate ? undefined : rows(false),
    add: accumulate || blocksOf(spec).count > 1 ? rows(true) : undefined,
  }
}

/** `(list, its bytes, table of the panel, row of C)` */
function emitRow(
  module: ModuleBuilder,
  name: string,
  columns: number,
  spec: MatmulSpec,
  { accumulate, isValued }: { accumulate: boolean; isValued: boolean },
): Fn<readonly ["i32", "i32", "i32", "i32"]> {
  const { lineBytes } = tableLayout(spec)
  const vectors = Math.ceil(columns / 4)
  const lanesOf = (v: number): number => Math.min(4, columns - v * 4)
  return module.function(name, { params: ["i32", "i32", "i32", "i32"] }, (builder, list, bytes, table, out) => {
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
  })
}
