/** Elements of a matrix as it is stored, widened to f32 in registers. */
import { type Expr, type FunctionBuilder, f32x4, i16x8, i32x4, type Local, v128 } from "../../assembler/index.ts"
import { fromHalf, halfScale } from "../../half.ts"

type V = Expr<"v128">

export type StoredType = "f32" | "f16" | "i8"
export const elementBytes: Record<StoredType, number> = { f32: 4, f16: 2, i8: 1 }

const low = [0, 8, 1, 9, 2, 10, 3, 11]
const high = low.map((i) => i + 4)

/** What `loadColumns` needs at hand: a constant would be made anew at every turn of a loop. */
export const columnConstants = (f: FunctionBuilder, stored: StoredType): Local<"v128">[] =>
  stored === "f16"
    ? [
        f.local("v128", i32x4.splat(0x8fffe000 | 0)),
        f.local("v128", f32x4.splat(halfScale)),
        f.local("v128", i16x8.splat(0x7fff)),
      ]
    : []

/**
 * Reads 16, 8, 4 or 1 neighbouring elements: vectors of four, of which one element fills the first lane only.
 * @param note is shown the halves that were read
 */
export function loadColumns(
  f: FunctionBuilder,
  stored: StoredType,
  address: Expr<"i32">,
  columns: number,
  constants: readonly Local<"v128">[],
  note: (halves: Local<"v128">) => void,
): Local<"v128">[] {
  const local = (x: V) => f.local("v128", x)
  const vectors = Math.ceil(columns / 4)
  const each = <T>(count: number, make: (i: number) => T) => Array.from({ length: count }, (_, i) => make(i))
  const from = f.local("i32", address)
  if (stored === "f32")
    return each(vectors, (v) => local(columns === 1 ? v128.load32Zero(from) : v128.load(from, v * 16)))
  const zero = f32x4.splat(0)
  const doubled = (words: V, upper: boolean) => i16x8.shuffle(zero, words, upper ? high : low)
  const load = { 16: v128.load, 8: v128.load64Zero, 4: v128.load32Zero, 2: v128.load16Splat }
  const part = (bytes: number, offset = 0) => local(load[Math.min(16, bytes) as 16](from, offset))
  const halves = each(Math.ceil(vectors / 2), (h) => part(2 * columns, h * 16))
  for (const own of halves) note(own)
  return each(vectors, (v) => {
    const wide = i32x4.shrS(doubled(halves[v >> 1], v % 2 === 1), 3)
    return local(f32x4.mul(v128.and(wide, constants[0]), constants[1]))
  })
}

/**
 * `loadColumns` takes infinite halves and NaN for large numbers. Whether there were any is found out by the way, and what they lack is added then.
 */
export function finiteCheck(f: FunctionBuilder, stored: StoredType, constants: readonly Local<"v128">[]) {
  const largest = stored === "f16" ? f.local("v128", f32x4.splat(0)) : undefined
  return {
    note: (halves: Local<"v128">) => {
      if (largest !== undefined) f.set(largest, i16x8.maxU(largest, v128.and(halves, constants[2])))
    },
    mend: (body: () => void) => {
      if (largest !== undefined) f.if(v128.anyTrue(i16x8.gtU(largest, i16x8.splat(0x7bff))), body)
    },
    /** The half at an address as it is, and where it is no finite number. */
    excess: (own: FunctionBuilder, address: Expr<"i32">) => {
      const value = own.local("v128", fromHalf(own.local("v128", i32x4.extendLowI16x8U(v128.load16Splat(address)))))
      return { value, where: f32x4.ne(f32x4.sub(value, value), f32x4.splat(0)) }
    },
  }
}
