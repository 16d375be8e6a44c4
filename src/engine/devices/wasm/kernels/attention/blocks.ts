import { bytesOf, type DType } from "../../../../dtype.ts"
import type { AttentionAttributes, AttentionSizes } from "../../../../operators/attention-fused.ts"
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
  select,
  v128,
} from "../../assembler/index.ts"
import { vectorLanes } from "../../lanes.ts"
import { multiplyAdd } from "../../multiply-add.ts"
import { teamOf } from "../../team.ts"
import { type LaneContext, roundingShift, vectorMath } from "../../vector-math.ts"
import type { LoopAxis } from "../../views.ts"
import { tileRows } from "../products/tile-product.ts"

/** Attention whose heads lie along the axes `heads`; operands are q, k, v, (g,) and perhaps the mask. */
export interface AttentionSpec extends AttentionSizes, AttentionAttributes {
  /** Strides of every operand from head to head. */
  readonly axes: readonly LoopAxis[]
  /** Strides of each operand from row to row; rows have no gaps. */
  readonly rows: readonly number[]
  /** Strides of the mask along queries and keys. */
  readonly mask?: readonly [number, number]
}

/** Scores are computed for so many queries and keys at a time, keys in rows: both are whole numbers of tiles. */
const mostQueries = 24
export const blockKeys = 48

/** The score of a key that is not seen. */
const nothing = f32x4.const(-Infinity, -Infinity, -Infinity, -Infinity)

/** What a kernel takes: operands of the attention, whose heads it looks for itself, then whole tensors and scratch space. */
export function signatureOf({ rows, mask }: AttentionSpec, others: number) {
  const operands: DType[] = [...rows.map(() => "f32" as const), ...(mask ? ["bool" as const] : [])]
  return { operands, params: Array.from({ length: operands.length + others }, () => "i32" as const) }
}

/** Queries of a block: as many as there are lanes. */
export const lanesOf = ({ queries }: AttentionSizes): number => Math.min(mostQueries, Math.ceil(queries / 8) * 8)

/** Calls `body` with the first query of each block and how many it has. */
export function forEachBlock(
  f: FunctionBuilder,
  spec: AttentionSizes,
  body: (first: Local<"i32">, count: Local<"i32">) => void,
): void {
  const first = f.local("i32")
  f.for(first, 0, spec.queries, lanesOf(spec), () =>
    body(first, f.local("i32", smaller(f, i32.sub(spec.queries, first), lanesOf(spec)))),
  )
}

/** The lesser of a number and a constant. */
export function smaller(f: FunctionBuilder, x: Expr<"i32">, most: number): Expr<"i32"> {
  const value = f.local("i32", x)
  return select(i32.ltS(value, most), value, most)
}

/** Units of work one after another, every thread its own: neighbours go to different threads, since causal ones grow. */
export function forEachUnit(
  module: ModuleBuilder,
  f: FunctionBuilder,
  count: number,
  body: (unit: Local<"i32">) => void,
): void {
  const { part, parts } = teamOf(module)
  const unit = f.local("i32", part)
  f.while(i32.ltS(unit, count), () => {
    body(unit)
    f.add(unit, parts)
  })
}

/** Where the operands of a head start. */
export function placesOf(
  f: FunctionBuilder,
  axes: readonly LoopAxis[],
  head: Expr<"i32">,
  operands: readonly DType[],
  pointers: readonly Local<"i32">[],
): Local<"i32">[] {
  const left = f.local("i32", head)
  const places = operands.map((_, k) => f.local("i32", pointers[k]))
  for (const { size, strides } of [...axes].reverse()) {
    const index = f.local("i32", i32.remU(left, size))
    f.set(left, i32.divU(left, size))
    places.forEach((place, k) => {
      if (strides[k] !== 0) f.add(place, i32.mul(index, strides[k] * bytesOf[operands[k]]))
    })
  }
  return places
}

/** `(rows, columns, count)`: rows of `width` elements turned into columns of a block, times a factor; what is missing is 0. */
export function emitTurn(
  module: ModuleBuilder,
  name: string,
  lanes: number,
  width: number,
  stride: number,
  factor: number,
): Fn<readonly ["i32", "i32", "i32"]> {
  return module.function(name, { params: ["i32", "i32", "i32"] }, (builder, from, to, count) => {
    const f = builder as unknown as FunctionBuilder
    const [row, x, y] = [f.local("i32"), f.local("i32"), f.local("i32")]
    f.if(i32.ltS(count, lanes), () => f.memoryFill(to, 0, width * lanes * 4))
    f.for(row, 0, count, 1, () => {
      f.set(x, i32.add(from, i32.mul(row, stride * 4)))
      f.set(y, i32.add(to, i32.shl(row, 2)))
      const end = f.local("i32", i32.add(x, width * 4))
      f.while(i32.ltU(x, end), () => {
        f.store("f32", y, factor === 1 ? f32.load(x) : f32.mul(f32.load(x), factor))
        f.add(x, 4)
        f.add(y, lanes * 4)
      })
    })
  })
}

/**
 * `(scores, rows, visible)`: hides what causality hides, key j of the block from query i where j > i + visible.
 */
export function emitHide(module: ModuleBuilder, name: string, lanes: number): Fn<readonly ["i32", "i32", "i32"]> {
  return module.function(name, { params: ["i32", "i32", "i32"] }, (builder, scores, rows, visible) => {
    const f = builder as unknown as FunctionBuilder
    const row = f.local("i32")
    const start = f.local("i32", i32.add(visible, 1))
    f.if(i32.ltS(start, 0), () => f.set(start, 0))
    f.for(row, start, rows, 1, () => {
      const at = f.local("i32", i32.add(scores, i32.mul(row, lanes * 4)))
      const hidden = f.local("v128", i32x4.splat(i32.sub(row, visible)))
      for (let lane = 0; lane < lanes; lane += 4) {
        const isHidden = i32x4.gtS(hidden, i32x4.const(lane, lane + 1, lane + 2, lane + 3))
        f.store("v128", at, v128.bitselect(nothing, v128.load(at, lane * 4), isHidden), lane * 4)
      }
    })
  })
}

/** `(mask, scores, rows, count)`: hides what the mask does. */
export function emitMask(
  module: ModuleBuilder,
  name: string,
  lanes: number,
  [perQuery, perKey]: readonly [number, number],
): Fn<readonly ["i32", "i32", "i32", "i32"]> {
  return module.function(name, { params: ["i32", "i32", "i32", "i32"] }, (builder, mask, scores, rows, count) => {
    const f = builder as unknown as FunctionBuilder
    const [lane, row] = [f.local("i32"), f.local("i32")]
    const whole = f.local("i32", i32.and(count, -4))
    f.for(row, 0, rows, 1, () => {
      const [from, at] = [
        f.local("i32", i32.add(mask, i32.mul(row, perKey))),
        f.local("i32", i32.add(scores, i32.mul(row, lanes * 4))),
      ]
      f.for(lane, 0, whole, 4, () => {
        const seen = perQuery === 0 ? vectorLanes.splat("bool", from) : vectorLanes.gather("bool", from, perQuery)
        f.store("v128", at, v128.bitselect(v128.load(at), nothing, seen as Expr<"v128">))
        f.add(from, 4 * perQuery)
        f.add(at, 16)
      })
      f.for(lane, whole, count, 1, () => {
        f.store("f32", at, select(i32.load8U(from), f32.load(at), -Infinity))
        f.add(from, perQuery)
        f.add(at, 4)
      })
    })
  })
}

/** Keys of a block that its queries see, in whole tiles. */
export function rowsOf(
  f: FunctionBuilder,
  { keys }: AttentionSizes,
  from: Local<"i32">,
  limit: Local<"i32">,
): Local<"i32"> {
  const wanted = f.local("i32", smaller(f, i32.sub(limit, from), blockKeys))
  f.set(wanted, i32.mul(i32.divU(i32.add(wanted, tileRows - 1), tileRows), tileRows))
  const left = f.local("i32", i32.sub(keys, from))
  return f.local("i32", select(i32.ltS(wanted, left), wanted, left))
}

/** The end of the keys that any of the queries from `first` on sees; at least one, so that every query has a block. */
export function limitOf(
  f: FunctionBuilder,
  { causal, keys, queries }: AttentionSpec,
  first: Expr<"i32">,
  count: Expr<"i32">,
): Local<"i32"> {
  if (!causal) return f.local("i32", keys)
  const limit = f.local("i32", i32.add(i32.add(first, count), keys - queries))
  f.if(i32.ltS(limit, 1), () => f.set(limit, 1))
  return limit
}

/**
 * eˣ for x <= 0, and 0 where that would be too small for a normal number: x = n ln 2 + r, a polynomial for eʳ (Cephes), n added to its exponent.
 */
export function weightOf(module: ModuleBuilder, f: FunctionBuilder, score: Expr<"v128">): Expr<"v128"> {
  const number = (x: number): Expr<"v128"> => f32x4.const(x, x, x, x)
  const next = (x: Expr<"v128">, y: Expr<"v128">, z: number | Expr<"v128">): Expr<"v128"> =>
    multiplyAdd(module, x, y, typeof z === "number" ? number(z) : z)
  const x = f.local("v128", score)
  const shifted = f.local("v128", next(x, number(Math.LOG2E), roundingShift))
  const n = f.local("v128", f32x4.sub(shifted, number(roundingShift)))
  const r = f.local("v128", next(n, number(2.1219444e-4), next(n, number(-0.693359375), x)))
  const tail = [1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1].reduce(
    (sum, c) => next(sum, r, c),
    number(1.98756915e-4),
  )
  const value = next(f32x4.mul(tail, r), r, f32x4.add(r, number(1)))
  return v128.andnot(i32x4.add(value, i32x4.shl(shifted, 23)), f32x4.lt(x, number(-87)))
}

/** log x of a vector. */
export const logarithm = vectorMath.log as (c: LaneContext, x: Expr<"v128">) => Expr<"v128">
