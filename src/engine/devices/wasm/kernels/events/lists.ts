import {
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
} from "../../assembler/index.ts"
import { align } from "../../plan.ts"
import { partial } from "../expression.ts"

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

/** Four inputs that follow one another are looked up together: by which of them are on. */
export const groupInputs = 4
/** Lines of a table for one group of inputs: a sum for every subset of them. */
export const groupLines = 1 << groupInputs

/** The rows of a block of A whose events are listed. */
export interface EventRows {
  /** Rows, and entries in each. */
  readonly m: number
  readonly k: number
  /** Strides in elements; one of them is 1. */
  readonly a: readonly [row: number, column: number]
  /** Entries for which a list has room. */
  readonly room: number
}

/** Bytes of a listed event that is not just 1: its line, and its value. */
const valuedBytes = 8

/** Bytes between the lists of one row and the next: not a power of two, at which all lists would fall on the same lines of the cache. */
const plainPitch = (room: number): number => align(Math.ceil(room / groupInputs) * 2) + 64

/** Bytes of the lists of a block: how long each is, the lists of lines, the lists of lines and values. */
export const listSpace = ({ m, room }: Pick<EventRows, "m" | "room">) => ({
  heads: m * 4,
  plain: m * plainPitch(room),
  valued: align(m * room * valuedBytes),
})

/** Where the lists of a block are. */
export interface Lists {
  readonly heads: Local<"i32">
  readonly plain: Local<"i32">
  readonly valued: Local<"i32">
}

/** Where the list of a row is. */
export const listOf = (room: number, { heads, plain, valued }: Lists, row: Expr<"i32">) => ({
  /** Bytes of the list; negative where the row holds other numbers than 0 and 1. */
  bytes: i32.load(i32.add(heads, i32.shl(row, 2))),
  plain: i32.add(plain, i32.mul(row, plainPitch(room))),
  valued: i32.add(valued, i32.mul(row, room * valuedBytes)),
})

/**
 * `(A, heads, lists of lines, lists of lines and values, first, end)`: lists the events of rows `first` to `end` of A. A row of zeros and ones becomes a
 * list of lines of the table, one for each group of inputs with an event, in 16 bits; any other row a list of lines and values, one for each event.
 */
export function emitLists(module: ModuleBuilder, name: string, rows: EventRows) {
  const parameters = ["i32", "i32", "i32", "i32", "i32", "i32"] as const
  return module.function(name, { params: parameters }, (builder, base, heads, plain, valued, first, end) => {
    const f = builder as unknown as FunctionBuilder
    const list = rows.a[1] === 1 ? listRows : listColumns
    list(f, rows, base, { heads, plain, valued }, first, end)
  })
}

type Address = Local<"i32">

/** Rows of A lie without gaps: the groups of a row are vectors of it. */
function listRows(f: FunctionBuilder, rows: EventRows, base: Address, lists: Lists, first: Address, end: Address) {
  const { k, a } = rows
  const [row, at, to, line] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")]
  const [x, events, others] = [f.local("v128"), f.local("v128"), f.local("v128")]
  f.for(row, first, end, 1, () => {
    const from = f.local("i32", i32.add(base, i32.mul(row, a[0] * 4)))
    const list = listOf(rows.room, lists, row)
    const start = f.local("i32", list.plain)
    f.set(to, start)
    f.set(line, 0)
    f.set(others, f32x4.splat(0))
    const group = (load: Expr<"v128">) => {
      f.set(x, load)
      f.set(events, f32x4.ne(x, f32x4.splat(0)))
      f.set(others, v128.or(others, v128.and(events, f32x4.ne(x, f32x4.splat(1)))))
      append(f, to, line, i32x4.bitmask(events))
      f.add(line, groupLines)
    }
    const whole = k - (k % groupInputs)
    f.for(at, 0, whole * 4, 16, () => group(v128.load(i32.add(from, at))))
    if (whole < k) group(partial(f, i32.add(from, whole * 4), k - whole))
    const heads = i32.add(lists.heads, i32.shl(row, 2))
    f.store("i32", heads, i32.sub(to, start))
    f.if(v128.anyTrue(others), () => {
      const valued = f.local("i32", list.valued)
      f.set(to, valued)
      forEachEvent(f, from, 0, k, (address, columnBytes) => {
        const single = i32.shl(1, i32.and(i32.shrU(columnBytes, 2), groupInputs - 1))
        f.store("i32", to, i32.add(i32.mul(i32.shrU(columnBytes, 4), groupLines), single))
        f.store("f32", to, f32.load(address), 4)
        f.add(to, valuedBytes)
      })
      f.store("i32", heads, i32.sub(valued, to))
    })
  })
}

/** Columns of A lie without gaps: four rows are listed side by side, their groups are four vectors below one another. */
function listColumns(f: FunctionBuilder, rows: EventRows, base: Address, lists: Lists, first: Address, end: Address) {
  const { m, k, a } = rows
  const lanes = [0, 1, 2, 3]
  const [row, at, line] = [f.local("i32"), f.local("i32"), f.local("i32")]
  const [x, events, codes, others] = lanes.map(() => f.local("v128"))
  const four = (count: number) => {
    const own = lanes.slice(0, count).map((lane) => listOf(rows.room, lists, i32.add(row, lane)))
    const starts = own.map((list) => f.local("i32", list.plain))
    const to = starts.map((start) => f.local("i32", start))
    const load = (j: number): Expr<"v128"> => {
      const from = i32.add(at, j * a[1] * 4)
      return count === 4 ? v128.load(from) : partial(f, from, count)
    }
    f.set(at, i32.add(base, i32.shl(row, 2)))
    f.set(line, 0)
    f.set(others, f32x4.splat(0))
    const group = (inputs: number) => {
      for (let j = 0; j < inputs; j++) {
        f.set(x, load(j))
        f.set(events, f32x4.ne(x, f32x4.splat(0)))
        f.set(others, v128.or(others, v128.and(events, f32x4.ne(x, f32x4.splat(1)))))
        const bits = v128.and(events, i32x4.splat(1 << j))
        f.set(codes, j === 0 ? bits : v128.or(codes, bits))
      }
      f.if(v128.anyTrue(codes), () =>
        to.forEach((pointer, lane) => append(f, pointer, line, i32x4.extractLane(codes, lane))),
      )
      f.add(at, groupInputs * a[1] * 4)
      f.add(line, groupLines)
    }
    const turn = f.local("i32")
    f.for(turn, 0, Math.floor(k / groupInputs), 1, () => group(groupInputs))
    if (k % groupInputs !== 0) group(k % groupInputs)
    const heads = i32.add(lists.heads, i32.shl(row, 2))
    to.forEach((pointer, lane) => f.store("i32", heads, i32.sub(pointer, starts[lane]), lane * 4))
    f.if(v128.anyTrue(others), () =>
      own.forEach((list, lane) => {
        const valued = f.local("i32", list.valued)
        const pointer = to[lane]
        f.set(pointer, valued)
        f.set(at, i32.add(base, i32.add(i32.shl(row, 2), lane * 4)))
        f.for(turn, 0, k, 1, () => {
          f.if(f32.ne(f32.load(at), 0), () => {
            const single = i32.shl(1, i32.and(turn, groupInputs - 1))
            f.store("i32", pointer, i32.add(i32.mul(i32.shrU(turn, 2), groupLines), single))
            f.store("f32", pointer, f32.load(at), 4)
            f.add(pointer, valuedBytes)
          })
          f.add(at, a[1] * 4)
        })
        f.store("i32", heads, i32.sub(valued, pointer), lane * 4)
      }),
    )
  }
  const whole = f.local("i32", i32.and(end, -4))
  f.for(row, first, whole, 4, () => four(4))
  if (m % 4 !== 0) f.if(i32.ltS(whole, end), () => four(m % 4))
}

/** Appends the line of a group to a list, without a branch: it is written always, and kept where some input of the group is on. */
function append(f: FunctionBuilder, to: Local<"i32">, line: Local<"i32">, code: Expr<"i32">): void {
  const held = f.local("i32", code)
  f.store("u16", to, i32.add(line, held))
  f.add(to, i32.shl(i32.ne(held, 0), 1))
}
