import { bytesOf } from "../../../../dtype.ts"
import type { Pass } from "../../../../operators/fft-plan.ts"
import {
  type Expr,
  type Fn,
  type FunctionBuilder,
  f32,
  f32x4,
  f64,
  f64x2,
  i32,
  type Local,
  type ModuleBuilder,
  v128,
} from "../../assembler/index.ts"
import { transposed } from "../transpose.ts"

/** How the points of a transform are computed: some neighbours at a time, or one. */
interface Points {
  readonly width: number
  readonly type: "v128" | "f32" | "f64"
  load(address: Expr<"i32">, offset: number): Expr
  store(f: FunctionBuilder, address: Expr<"i32">, value: Expr, offset: number): void
  /** One number for all neighbours. */
  splat(address: Expr<"i32">, offset: number): Expr
  constant(x: number): Expr
  add(x: Expr, y: Expr): Expr
  sub(x: Expr, y: Expr): Expr
  mul(x: Expr, y: Expr): Expr
}

type Family = Pick<typeof f32x4, "add" | "sub" | "mul">
const arithmetic = (family: Family) =>
  ({ add: family.add, sub: family.sub, mul: family.mul }) as unknown as Pick<Points, "add" | "sub" | "mul">

const wideF32: Points = {
  ...arithmetic(f32x4),
  width: 4,
  type: "v128",
  load: (address, offset) => v128.load(address, offset),
  store: (f, address, value, offset) => f.store("v128", address, value as Expr<"v128">, offset),
  splat: (address, offset) => v128.load32Splat(address, offset),
  constant: (x) => f32x4.const(x, x, x, x),
}
const wideF64: Points = {
  ...wideF32,
  ...arithmetic(f64x2),
  width: 2,
  splat: (address, offset) => v128.load64Splat(address, offset),
  constant: (x) => f64x2.const(x, x),
}
const oneF32: Points = {
  ...arithmetic(f32 as unknown as Family),
  width: 1,
  type: "f32",
  load: (address, offset) => f32.load(address, offset),
  store: (f, address, value, offset) => f.store("f32", address, value as Expr<"f32">, offset),
  splat: (address, offset) => f32.load(address, offset),
  constant: (x) => f32.const(x),
}
const oneF64: Points = {
  ...arithmetic(f64 as unknown as Family),
  width: 1,
  type: "f64",
  load: (address, offset) => f64.load(address, offset),
  store: (f, address, value, offset) => f.store("f64", address, value as Expr<"f64">, offset),
  splat: (address, offset) => f64.load(address, offset),
  constant: (x) => f64.const(x),
}

export type FloatType = "f32" | "f64"
export const pointsOf = (dtype: FloatType): { wide: Points; one: Points } =>
  dtype === "f32" ? { wide: wideF32, one: oneF32 } : { wide: wideF64, one: oneF64 }

interface Pair {
  readonly re: Expr
  readonly im: Expr
}

/** Writes the transform of `radix` points: y[j] = Σ x[k] exp(-2πi j k / radix). */
function butterfly(f: FunctionBuilder, p: Points, x: readonly Pair[]): Pair[] {
  const keep = (e: Expr): Expr => f.local(p.type, e as never)
  const both = (change: (a: Expr, b: Expr) => Expr) => (a: Pair, b: Pair) => ({
    re: keep(change(a.re, b.re)),
    im: keep(change(a.im, b.im)),
  })
  const add = both((a, b) => p.add(a, b))
  const sub = both((a, b) => p.sub(a, b))
  const times = (a: Pair, c: number): Pair => ({
    re: keep(p.mul(a.re, p.constant(c))),
    im: keep(p.mul(a.im, p.constant(c))),
  })
  /** a - i b and a + i b. */
  const turned = (a: Pair, b: Pair): [Pair, Pair] => [
    { re: keep(p.add(a.re, b.im)), im: keep(p.sub(a.im, b.re)) },
    { re: keep(p.sub(a.re, b.im)), im: keep(p.add(a.im, b.re)) },
  ]
  switch (x.length) {
    case 2:
      return [add(x[0], x[1]), sub(x[0], x[1])]
    case 3: {
      const sum = add(x[1], x[2])
      const [one, two] = turned(sub(x[0], times(sum, 0.5)), times(sub(x[1], x[2]), Math.sqrt(3) / 2))
      return [add(x[0], sum), one, two]
    }
    case 4: {
      const [a, b, c, d] = [add(x[0], x[2]), sub(x[0], x[2]), add(x[1], x[3]), sub(x[1], x[3])]
      const [one, three] = turned(b, d)
      return [add(a, c), one, sub(a, c), three]
    }
    default: {
      const [c1, c2] = [Math.cos((2 * Math.PI) / 5), Math.cos((4 * Math.PI) / 5)]
      const [s1, s2] = [Math.sin((2 * Math.PI) / 5), Math.sin((4 * Math.PI) / 5)]
      const [t1, t2, d1, d2] = [add(x[1], x[4]), add(x[2], x[3]), sub(x[1], x[4]), sub(x[2], x[3])]
      const [one, four] = turned(add(x[0], add(times(t1, c1), times(t2, c2))), add(times(d1, s1), times(d2, s2)))
      const [two, three] = turned(add(x[0], add(times(t1, c2), times(t2, c1))), sub(times(d1, s2), times(d2, s1)))
      return [add(x[0], add(t1, t2)), one, two, three, four]
    }
  }
}

/** One pass over a block of transforms that lie side by side. */
export interface PassSpec extends Pass {
  readonly dtype: FloatType
  /** How many transforms lie side by side. */
  readonly block: number
  /** Elements between one point and the next, where it is read and where it is written. */
  readonly inRow: number
  readonly outRow: number
  /** What the results are multiplied by; only where nothing is left to be transformed. */
  readonly scale: number
}

/** `(re, im of x, re, im of y, table)` */
export type PassFn = Fn<readonly ["i32", "i32", "i32", "i32", "i32"]>

/**
 * One pass: for p < rest, q < before: y[q + before (radix p + j)] = w^(p j) Σ_k x[q + before (p + rest k)] exp(-2πi j k / radix), w the root of
 * order radix · rest. Neighbours in q, and transforms side by side, are computed together.
 * @source T. G. Stockham, High-speed convolution and correlation, 1966 (self-sorting form)
 */
export function emitPass(module: ModuleBuilder, name: string, spec: PassSpec): PassFn {
  const { dtype, block, inRow, outRow, before, rest, radix } = spec
  const { wide, one } = pointsOf(dtype)
  const unit = bytesOf[dtype]
  const parameters = ["i32", "i32", "i32", "i32", "i32"] as const
  return module.function(name, { params: parameters }, (builder, xr, xi, yr, yi, table) => {
    const f = builder as unknown as FunctionBuilder
    const x = { re: f.local("i32", xr), im: f.local("i32", xi) }
    const y = { re: f.local("i32", yr), im: f.local("i32", yi) }
    if (block === 1 && inRow === 1 && before === 1 && radix === 4 && dtype === "f32" && rest >= 4)
      return emitNeighbours(f, spec, x, y, table)
    const isMerged = inRow === block && outRow === block
    const [lines, run] = isMerged ? [1, before * block] : [before, block]
    const factors = Array.from({ length: (radix - 1) * 2 }, () => ({
      wide: f.local(wide.type),
      one: f.local(one.type),
    }))
    const hasWide = run >= wide.width
    const hasOne = run % wide.width > 0
    f.for(f.local("i32"), 0, rest, 1, () => {
      if (rest > 1)
        factors.forEach((factor, i) => {
          if (hasWide) f.set(factor.wide, wide.splat(table, i * rest * unit) as never)
          if (hasOne) f.set(factor.one, one.splat(table, i * rest * unit) as never)
        })
      f.for(f.local("i32"), 0, lines, 1, () => {
        const at = f.local("i32")
        const body = (p: Points, kind: "wide" | "one") => () =>
          emitPoints(f, p, spec, x, y, at, rest > 1 ? factors.map((factor) => factor[kind]) : undefined)
        const whole = run - (run % wide.width)
        if (hasWide) f.for(at, 0, whole * unit, wide.width * unit, body(wide, "wide"))
        if (hasOne) f.for(at, whole * unit, run * unit, unit, body(one, "one"))
        for (const base of [x.re, x.im]) f.add(base, inRow * unit)
        for (const base of [y.re, y.im]) f.add(base, outRow * unit)
      })
      const [read, written] = [before * inRow, before * outRow]
      for (const base of [x.re, x.im]) f.add(base, (read - lines * inRow) * unit)
      for (const base of [y.re, y.im]) f.add(base, (radix * written - lines * outRow) * unit)
      f.add(table, unit)
    })
  })
}

interface Cursors {
  readonly re: Local<"i32">
  readonly im: Local<"i32">
}

/** Points at `at` bytes into x and y. */
function emitPoints(
  f: FunctionBuilder,
  p: Points,
  { dtype, inRow, outRow, before, rest, radix, scale }: PassSpec,
  x: Cursors,
  y: Cursors,
  at: Local<"i32">,
  factors: readonly Expr[] | undefined,
): void {
  const unit = bytesOf[dtype]
  const part = (base: Local<"i32">, k: number): Expr =>
    f.local(p.type, p.load(i32.add(base, at), k * rest * before * inRow * unit) as never)
  const given = Array.from({ length: radix }, (_, k) => ({ re: part(x.re, k), im: part(x.im, k) }))
  butterfly(f, p, given).forEach((value, j) => {
    const { re, im } =
      factors === undefined || j === 0
        ? scaled(p, value, scale)
        : product(p, value, factors[2 * j - 2], factors[2 * j - 1])
    p.store(f, i32.add(y.re, at), re, j * before * outRow * unit)
    p.store(f, i32.add(y.im, at), im, j * before * outRow * unit)
  })
}

const product = (p: Points, { re, im }: Pair, c: Expr, s: Expr): Pair => ({
  re: p.sub(p.mul(re, c), p.mul(im, s)),
  im: p.add(p.mul(re, s), p.mul(im, c)),
})

const scaled = (p: Points, { re, im }: Pair, scale: number): Pair =>
  scale === 1 ? { re, im } : { re: p.mul(re, p.constant(scale)), im: p.mul(im, p.constant(scale)) }

/** The first pass of one transform by fours: four neighbours in p, whose results are put in order by transposing them. */
function emitNeighbours(f: FunctionBuilder, spec: PassSpec, x: Cursors, y: Cursors, table: Local<"i32">): void {
  const { rest } = spec
  const { wide, one } = pointsOf("f32")
  const at = f.local("i32")
  const whole = rest - (rest % 4)
  const results = (p: Points): Pair[] => {
    const part = (base: Local<"i32">, k: number): Expr =>
      f.local(p.type, p.load(i32.add(base, at), k * rest * 4) as never)
    const given = [0, 1, 2, 3].map((k) => ({ re: part(x.re, k), im: part(x.im, k) }))
    return butterfly(f, p, given).map((value, j) => {
      if (j === 0) return value
      const factor = (i: number): Expr => f.local(p.type, p.load(i32.add(table, at), i * rest * 4) as never)
      const { re, im } = product(p, value, factor(2 * j - 2), factor(2 * j - 1))
      return { re: f.local(p.type, re as never), im: f.local(p.type, im as never) }
    })
  }
  f.for(at, 0, whole * 4, 16, () => {
    const values = results(wide)
    for (const part of ["re", "im"] as const)
      transposed(
        f,
        values.map((value) => value[part] as Expr<"v128">),
      ).forEach((row, p) => {
        f.store("v128", i32.add(y[part], i32.shl(at, 2)), row, p * 16)
      })
  })
  if (whole < rest)
    f.for(at, whole * 4, rest * 4, 4, () => {
      results(one).forEach((value, j) => {
        for (const part of ["re", "im"] as const)
          f.store("f32", i32.add(y[part], i32.shl(at, 2)), value[part] as Expr<"f32">, j * 4)
      })
    })
}
