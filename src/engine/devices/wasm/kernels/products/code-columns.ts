/** Products with a matrix of 8-bit codes, in whole numbers: inputs become 16 bits wide. */
import {
  type Expr,
  type FunctionBuilder,
  f32,
  f32x4,
  i8x16,
  i16x8,
  i32,
  i32x4,
  type Local,
  select,
  v128,
} from "../../assembler/index.ts"

/** Rows whose products can be added up in 32 bits: 512 · 128 · 32767 < 2^31. */
export const mostCodes = 512
const largest = 32767

/** Bytes of the inputs of a section. */
export const inputBytes = (m: number, rows: number): number => Math.ceil((m * rows * 2) / 16) * 16

/**
 * Writes x[l] for l from `first` to `end` as 16-bit numbers: rounded multiples of the 32767th part of the largest of them.
 * @param step elements from one to the next
 * @returns that part, in all lanes; where an input is not finite it is not either, and nor is the result
 */
export function quantiseInputs(
  f: FunctionBuilder,
  x: Expr<"i32">,
  step: number,
  first: Local<"i32">,
  end: Local<"i32">,
  to: Expr<"i32">,
): Local<"v128"> {
  const [l, place] = [f.local("i32"), f.local("i32")]
  const most = f.local("f32", f32.const(0))
  const input = () => f32.load(i32.add(x, i32.mul(l, step * 4)))
  f.for(l, first, end, 1, () => f.set(most, f32.max(most, f32.abs(input()))))
  const factor = f.local("f32", select(f32.lt(most, 1e-30), f32.const(0), f32.div(f32.const(largest), most)))
  f.set(place, to)
  f.for(l, first, end, 1, () => {
    f.store("u16", place, i32.truncSatF32S(f32.nearest(f32.mul(input(), factor))))
    f.add(place, 2)
  })
  return f.local("v128", f32x4.splat(f32.mul(most, f32.const(1 / largest))))
}

/** Inputs of neighbouring lines side by side in every 32 bits; a last one alone is beside 0. */
export const inputPairs = (f: FunctionBuilder, places: readonly Expr<"i32">[]): Local<"v128">[] =>
  places.flatMap((place, i) => {
    if (i % 2 === 1) return []
    const next = places[i + 1]
    const pair = next === undefined ? i32.load16U(place) : i32.or(i32.load16U(place), i32.shl(i32.load16U(next), 16))
    return [f.local("v128", i32x4.splat(pair))]
  })

const low = [0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23]
const high = low.map((i) => i + 8)

/** Adds the products of pairs of lines with pairs of inputs to the sums of 16, 8, 4 or 1 columns, in whole numbers. */
export function addCodes(
  f: FunctionBuilder,
  lines: readonly Expr<"i32">[],
  columns: number,
  pairs: readonly (readonly Local<"v128">[])[],
  totals: readonly (readonly Local<"v128">[])[],
): void {
  const load = { 16: v128.load, 8: v128.load64Zero, 4: v128.load32Zero, 1: v128.load8Splat }[columns as 16]
  for (let i = 0; i < lines.length; i += 2) {
    const next = lines[i + 1]
    const upper = f.local("v128", load(lines[i]))
    const lower = next === undefined ? f32x4.splat(0) : f.local("v128", load(next))
    for (let v = 0; v * 4 < columns; v += 2) {
      const mixed = f.local("v128", i8x16.shuffle(upper, lower, v === 0 ? low : high))
      const words = [i16x8.extendLowI8x16S(mixed), ...(columns > 4 ? [i16x8.extendHighI8x16S(mixed)] : [])]
      words.forEach((word, j) => {
        const own = f.local("v128", word)
        totals.forEach((total, r) => {
          f.set(total[v + j], i32x4.add(total[v + j], i32x4.dotI16x8S(own, pairs[r][i / 2])))
        })
      })
    }
  }
}
