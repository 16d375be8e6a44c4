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
import { multiplyAdd } from "../../multiply-add.ts"
import { perMultiplyAdd, shared, shareOf, teamOf } from "../../team.ts"
import { addCodes, inputBytes, inputPairs, mostCodes, quantiseInputs } from "./code-columns.ts"
import type { MatmulSpec } from "./matmul.ts"
import { columnConstants, elementBytes, finiteCheck, loadColumns, type StoredType } from "./stored-columns.ts"

/** A product of few rows with a matrix as it is stored: rows of B without gaps. */
export interface StoredRowsSpec extends MatmulSpec {
  /** What B holds. Default f32. */
  readonly stored?: StoredType
  /** Of codes: rows of scales, one for each of so many groups of rows. */
  readonly groups?: number
}

/** Rows of B that are read side by side. */
const streams = 4
/** Columns that are worked on together: their part of C stays in the first cache. */
const blockColumns = 8192
/** With at least so many columns the threads share columns: each has long stretches of every row. */
const columnsToShare = 4096

/**
 * How the rows of B are cut. Threads that do not share columns share `parts` of them, as many whatever the number of threads: the sums of sums
 * are always the same. A part has several sections where they are scaled one by one: `perGroup` in each of the groups.
 */
function cutsOf({ m, n, k, stored, groups = 0 }: StoredRowsSpec) {
  const byColumns = n >= columnsToShare
  const wanted = byColumns || m * n * k < 65_536 ? 1 : Math.min(8, Math.ceil(k / (16 * m)))
  const depth = k / Math.max(1, groups)
  const perGroup =
    groups > 1 ? Math.ceil(depth / mostCodes) : Math.max(wanted, stored === "i8" ? Math.ceil(k / mostCodes) : 1)
  const sections = perGroup * Math.max(1, groups)
  const parts = Math.min(wanted, sections)
  return { byColumns, depth, perGroup, sections, parts, rows: Math.ceil(depth / perGroup) }
}

/** Scratch bytes: what each part adds up to where there are several; of codes also the sums of a section, and its inputs for each who works on it. */
export function storedRowsScratchBytes(spec: StoredRowsSpec, threads: number): number {
  const { parts, byColumns, rows } = cutsOf(spec)
  const bytes = (parts > 1 ? parts : 0) * spec.m * spec.n * 4
  if (spec.stored !== "i8") return bytes
  return bytes + parts * spec.m * spec.n * 4 + (byColumns ? threads : parts) * inputBytes(spec.m, rows)
}

/**
 * A kernel `(A, B, C, scratch, scales)`. Each row of B is read from left to right and added to C, in the order of memory, which is all that counts
 * where B does not fit the caches. (Columns summed up along k in registers jump from page to page.) Where a few rows are read side by side, so that
 * C is read and written less often, they are far apart: neighbours in one page take turns in a way that the machine does not foresee.
 */
export function emitStoredRows(
  module: ModuleBuilder,
  name: string,
  spec: StoredRowsSpec,
): Fn<readonly ["i32", "i32", "i32", "i32", "i32"]> {
  const { m, n, k, a, b, accumulate = false, stored = "f32" } = spec
  const { byColumns, depth, perGroup, sections, parts, rows: sectionRows } = cutsOf(spec)
  const hasCodes = stored === "i8"
  const bytes = m * n * 4
  const unit = elementBytes[stored]
  const widest = m === 1 ? 16 : m <= 4 ? 8 : 4 // so that their sums fit the registers
  const params = ["i32", "i32", "i32", "i32", "i32"] as const
  const kernel = module.function(name, { params }, (builder, aBase, bBase, c, scratch, scales) => {
    const f = builder as unknown as FunctionBuilder
    const rows = Array.from({ length: m }, (_, r) => r)
    const [first, end, at, part, section, l, span, last, to, sums] = Array.from({ length: 10 }, () => f.local("i32"))
    const [start, codes] = [f.local("i32"), f.local("i32")]
    const constants = columnConstants(f, stored)
    const place = (base: Expr<"i32">, r = 0): Expr<"i32"> => i32.add(base, i32.add(at, r * n * 4))
    /** `body` for the columns from `first` to `end`, `widths` of them at a time. */
    const forColumns = (widths: readonly number[], body: (columns: number) => void) => {
      f.set(at, first)
      for (const columns of widths)
        f.while(i32.leS(at, i32.sub(end, columns * 4)), () => {
          body(columns)
          f.add(at, columns * 4)
        })
    }
    /** Adds the products with rows l, l + span, l + 2 span ... of B. */
    const pass = (count: number) => {
      const numbers = Array.from({ length: count }, (_, s) =>
        s === 0 ? l : f.local("i32", i32.add(l, i32.mul(span, s))),
      )
      const lines = numbers.map((line) => f.local("i32", i32.add(bBase, i32.mul(line, b[0] * unit))))
      const factors = rows.map((r) =>
        hasCodes
          ? inputPairs(
              f,
              numbers.map((line) => i32.add(codes, i32.shl(i32.add(i32.sub(line, start), r * sectionRows), 1))),
            )
          : numbers.map((line) =>
              f.local("v128", v128.load32Splat(i32.add(i32.add(aBase, r * a[0] * 4), i32.mul(line, a[1] * 4)))),
            ),
      )
      const check = finiteCheck(f, stored, constants)
      forColumns([...new Set([widest, 4, 1])], (columns) => {
        const column = unit === 4 ? at : f.local("i32", i32.shrU(at, 2 - Math.log2(unit)))
        const load = loading(columns)
        const totals = rows.map((r) =>
          Array.from({ length: Math.ceil(columns / 4) }, (_, v) => f.local("v128", load(place(sums, r), v * 16))),
        )
        if (hasCodes)
          addCodes(
            f,
            lines.map((line) => i32.add(line, column)),
            columns,
            factors,
            totals,
          )
        else
          lines.forEach((line, j) => {
            const values = loadColumns(f, stored, i32.add(line, column), columns, constants, check.note)
            for (const r of rows)
              values.forEach((value, v) => {
                f.set(totals[r][v], multiplyAdd(module, factors[r][j], value, totals[r][v]))
              })
          })
        for (const r of rows)
          totals[r].forEach((total, v) => {
            if (columns === 1) f.storeLane(32, place(sums, r), total, 0)
            else f.store("v128", place(sums, r), total, v * 16)
          })
      })
      check.mend(() =>
        forColumns([1], () => {
          lines.forEach((line, j) => {
            const wrong = check.excess(f, i32.add(line, i32.shrU(at, 1)))
            for (const r of rows) {
              const more = v128.and(wrong.where, f32x4.mul(factors[r][j], wrong.value))
              f.storeLane(32, place(sums, r), f32x4.add(v128.load32Zero(place(sums, r)), more), 0)
            }
          })
        }),
      )
    }
    const combine = (base: Expr<"i32">, value: (r: number, load: Load) => Expr<"v128">) =>
      forColumns([4, 1], (columns) => {
        const load = loading(columns)
        for (const r of rows)
          if (columns === 1) f.storeLane(32, place(base, r), value(r, load), 0)
          else f.store("v128", place(base, r), value(r, load))
      })
    const share = shareOf(module, f, byColumns ? n : parts, byColumns ? 16 : 1)
    const own = byColumns ? { from: 0, to: 1 } : share
    const [from, until] = byColumns ? [i32.shl(share.from, 2), f.local("i32", i32.shl(share.to, 2))] : [0, n * 4]
    const clear = (base: Expr<"i32">) => {
      f.set(at, first)
      for (const r of rows) f.memoryFill(place(base, r), 0, i32.sub(end, first))
    }
    const slot = byColumns ? teamOf(module).part : part
    f.for(part, own.from, own.to, 1, () => {
      f.set(to, parts === 1 ? c : i32.add(scratch, i32.mul(part, bytes)))
      f.set(sums, hasCodes ? i32.add(scratch, i32.mul(i32.add(part, parts > 1 ? parts : 0), bytes)) : to)
      if (hasCodes) {
        const inputs = (parts > 1 ? 2 * parts : 1) * bytes
        f.set(codes, i32.add(scratch, i32.add(i32.mul(slot, inputBytes(m, sectionRows)), inputs)))
      }
      f.for(first, from, until, blockColumns * 4, () => {
        f.set(end, i32.add(first, blockColumns * 4))
        f.set(end, select(i32.ltS(end, until), end, until))
        if (!accumulate || parts > 1) clear(to)
        f.for(section, 0, Math.ceil(sections / parts), 1, () => {
          const index = f.local("i32", i32.add(i32.mul(part, Math.ceil(sections / parts)), section))
          const group = f.local("i32", i32.divU(index, perGroup))
          f.set(l, i32.add(i32.mul(group, depth), i32.mul(i32.remU(index, perGroup), sectionRows)))
          f.set(last, i32.mul(i32.add(group, 1), depth))
          f.set(last, select(i32.ltS(last, k), last, k))
          f.set(start, i32.add(l, sectionRows))
          f.set(last, select(i32.ltS(start, last), start, last))
          f.set(start, l)
          f.if(i32.ltS(l, last), () => {
            if (hasCodes) clear(sums)
            const steps = hasCodes
              ? rows.map((r) =>
                  quantiseInputs(f, i32.add(aBase, r * a[0] * 4), a[1], l, last, i32.add(codes, r * sectionRows * 2)),
                )
              : []
            f.set(span, i32.divU(i32.sub(last, l), streams))
            f.for(l, l, f.local("i32", i32.add(l, span)), 1, () => pass(streams))
            f.add(l, i32.mul(span, streams - 1))
            f.for(l, l, last, 1, () => pass(1))
            if (!hasCodes) return
            const scale = f.local("i32", i32.add(scales, i32.mul(group, n * 4)))
            combine(to, (r, load) =>
              f32x4.add(
                load(place(to, r)),
                f32x4.mul(f32x4.convertI32x4S(load(place(sums, r))), f32x4.mul(load(place(scale)), steps[r])),
              ),
            )
          })
        })
      })
    })
    if (parts === 1) return
    // What the parts have come to, added up element by element.
    f.call(teamOf(module).barrier, [])
    const columns = shareOf(module, f, n, 16)
    f.set(first, i32.shl(columns.from, 2))
    f.set(end, i32.shl(columns.to, 2))
    combine(c, (r, load) => {
      const partial = Array.from({ length: parts }, (_, p) => load(i32.add(place(scratch, r), p * bytes)))
      const total = partial.reduce((x, y) => f32x4.add(x, y))
      return accumulate ? f32x4.add(load(place(c, r)), total) : total
    })
  })
  return shared(module, kernel, m * n * k * perMultiplyAdd * 4)
}

type Load = (address: Expr<"i32">, offset?: number) => Expr<"v128">
/** How vectors are read where `columns` are worked on at a time: a single one fills the first lane only. */
const loading = (columns: number): Load => (columns === 1 ? v128.load32Zero : v128.load)
