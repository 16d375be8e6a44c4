import { type Expr, type FunctionBuilder, f32x4, i32x4, type ModuleBuilder, v128 } from "./assembler/index.ts"
import { multiplyAdd } from "./multiply-add.ts"

/** What an operator is written into. */
export interface LaneContext {
  readonly module: ModuleBuilder
  readonly f: FunctionBuilder
}

type V = Expr<"v128">
const splat = (x: number): V => f32x4.const(x, x, x, x)
const ints = (x: number): V => i32x4.const(x, x, x, x)

/** Horner's scheme, highest coefficient first. */
const polynomial = ({ module }: LaneContext, x: V, coefficients: readonly number[]): V =>
  coefficients.slice(1).reduce<V>((sum, a) => multiplyAdd(module, sum, x, splat(a)), splat(coefficients[0]))

/** 1.5 · 2²³, whose bits are 0x4b400000. */
export const roundingShift = 12582912

/** 2ⁿ for whole n in the range of normal numbers, by its bits. */
const powerOfTwo = (n: V): V => i32x4.shl(i32x4.add(n, ints(127)), 23)

/**
 * What eˣ is made of: x = n ln 2 + r with |r| <= ln 2 / 2, a polynomial for eʳ - 1, and n as a sum of two, so that results near the ends of the
 * range overflow to infinity and underflow through the subnormals as they should.
 */
function partsOfExp(c: LaneContext, x: V) {
  const { f } = c
  const held = f.local("v128", f32x4.pmin(f32x4.pmax(x, splat(-104)), splat(89)))
  // Adding 1.5 · 2²³ rounds to whole numbers and leaves them in the low bits: cheaper than a conversion.
  const shifted = f.local("v128", multiplyAdd(c.module, held, splat(Math.LOG2E), splat(roundingShift)))
  const n = f.local("v128", f32x4.sub(shifted, splat(roundingShift)))
  const r = f.local(
    "v128",
    multiplyAdd(c.module, n, splat(2.1219444e-4), multiplyAdd(c.module, n, splat(-0.693359375), held)),
  )
  const tail = polynomial(
    c,
    r,
    [1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1],
  )
  const whole = f.local("v128", i32x4.sub(shifted, ints(0x4b400000)))
  const first = f.local("v128", i32x4.shrS(whole, 1))
  const second = f.local("v128", i32x4.sub(whole, first))
  return { above: multiplyAdd(c.module, f32x4.mul(tail, r), r, r), first, second }
}

/** eˣ = eʳ · 2ⁿ */
function exp(c: LaneContext, x: V): V {
  const { f } = c
  const { above, first, second } = partsOfExp(c, x)
  const value = f32x4.add(above, splat(1))
  return f.local("v128", f32x4.mul(f32x4.mul(value, powerOfTwo(first)), powerOfTwo(second)))
}

/** eˣ - 1 = (eʳ - 1) · 2ⁿ + (2ⁿ - 1), which is eʳ - 1 itself near 0. */
function expm1(c: LaneContext, x: V): V {
  const { f } = c
  const { above, first, second } = partsOfExp(c, x)
  const low = f.local("v128", powerOfTwo(first))
  const rest = f32x4.sub(low, powerOfTwo(i32x4.neg(second)))
  return f.local("v128", f32x4.mul(f32x4.add(f32x4.mul(above, low), rest), powerOfTwo(second)))
}

/** log x: x = m 2ᵉ with m in [√½, √2), a polynomial for log m. Subnormals are scaled up first. */
function log(c: LaneContext, x: V): V {
  const { f } = c
  const input = f.local("v128", x)
  const small = f.local("v128", f32x4.lt(input, splat(1.17549435e-38)))
  const scaled = f.local("v128", v128.bitselect(f32x4.mul(input, splat(8388608)), input, small))
  const exponent = f.local("v128", i32x4.sub(i32x4.shrU(scaled, 23), v128.bitselect(ints(126 + 23), ints(126), small)))
  const m = f.local("v128", v128.or(v128.and(scaled, ints(0x007fffff)), ints(0x3f000000)))
  const low = f.local("v128", f32x4.lt(m, splat(Math.SQRT1_2)))
  const e = f.local("v128", f32x4.convertI32x4S(i32x4.add(exponent, low)))
  const z = f.local("v128", f32x4.sub(f32x4.add(m, v128.and(m, low)), splat(1)))
  const z2 = f.local("v128", f32x4.mul(z, z))
  const p = polynomial(
    c,
    z,
    [
      7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
      2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
    ],
  )
  const tail = f.local("v128", f32x4.mul(f32x4.mul(z, z2), p))
  const corrected = f32x4.sub(f32x4.add(tail, f32x4.mul(e, splat(-2.1219444e-4))), f32x4.mul(splat(0.5), z2))
  const value = f32x4.add(f32x4.add(corrected, z), f32x4.mul(e, splat(0.693359375)))
  const special = v128.bitselect(splat(Number.NEGATIVE_INFINITY), splat(Number.NaN), f32x4.eq(input, splat(0)))
  const positive = v128.bitselect(
    input,
    value,
    v128.or(f32x4.eq(input, splat(Number.POSITIVE_INFINITY)), f32x4.ne(input, input)),
  )
  return v128.bitselect(special, positive, f32x4.le(input, splat(0)))
}

/** tanh x: a polynomial near 0, 1 - 2 / (e²ˣ + 1) elsewhere. */
function tanh(c: LaneContext, x: V): V {
  const { f } = c
  const size = f.local("v128", f32x4.abs(x))
  const square = f.local("v128", f32x4.mul(x, x))
  const near = polynomial(
    c,
    square,
    [-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1],
  )
  const e = exp(c, f32x4.add(size, size))
  const far = f32x4.sub(splat(1), f32x4.div(splat(2), f32x4.add(e, splat(1))))
  const signed = v128.or(far, v128.and(x, splat(-0)))
  return v128.bitselect(f32x4.add(x, f32x4.mul(f32x4.mul(x, square), near)), signed, f32x4.lt(size, splat(0.625)))
}

const sigmoid = (c: LaneContext, x: V): V => f32x4.div(splat(1), f32x4.add(splat(1), exp(c, f32x4.neg(x))))

/** log(1 + x): the logarithm of what 1 + x is rounded to, scaled back to x. */
function log1p(c: LaneContext, x: V): V {
  const { f } = c
  const u = f.local("v128", f32x4.add(x, splat(1)))
  const scaled = f32x4.mul(log(c, u), f32x4.div(x, f32x4.sub(u, splat(1))))
  const isPlain = v128.or(f32x4.eq(u, splat(1)), f32x4.eq(x, splat(Number.POSITIVE_INFINITY)))
  return v128.bitselect(x, scaled, isPlain)
}

/** The error function: a rational function of x², which reaches 1 at 4. */
function erf(c: LaneContext, x: V): V {
  const { f } = c
  const held = f.local("v128", f32x4.pmax(f32x4.pmin(x, splat(4)), splat(-4)))
  const square = f.local("v128", f32x4.mul(held, held))
  const above = polynomial(
    c,
    square,
    [
      -2.72614225801306e-10, 2.77068142495902e-8, -2.10102402082508e-6, -5.69250639462346e-5, -7.34990630326855e-4,
      -2.95459980854025e-3, -1.60960333262415e-2,
    ],
  )
  const below = polynomial(
    c,
    square,
    [-1.45660718464996e-5, -2.13374055278905e-4, -1.68282697438203e-3, -7.37332916720468e-3, -1.42647390514189e-2],
  )
  return f32x4.div(f32x4.mul(held, above), below)
}

/** Functions of four f32 in vector instructions, within a few units in the last place (coefficients: Cephes, Eigen). */
export const vectorMath: Record<string, ((c: LaneContext, x: V) => V) | undefined> = {
  exp,
  expm1,
  log,
  log1p,
  tanh,
  sigmoid,
  erf,
}

/**
 * sin or cos of |x| up to `sineRange`: the nearest multiple of π/2 is taken off in three parts, and the quadrant chooses between
 * the polynomials of sine and cosine and their sign.
 */
export function sine(c: LaneContext, x: V, quarterTurns: 0 | 1): V {
  const { f } = c
  const turns = f.local("v128", f32x4.nearest(f32x4.mul(x, splat(2 / Math.PI))))
  const part = (y: V, size: number): V => f32x4.sub(y, f32x4.mul(turns, splat(size)))
  const r = f.local("v128", part(part(part(x, 1.5703125), 4.837512969970703e-4), 7.549789948768648e-8))
  const square = f.local("v128", f32x4.mul(r, r))
  const sin = f32x4.add(
    f32x4.mul(f32x4.mul(polynomial(c, square, [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1]), square), r),
    r,
  )
  const cos = f32x4.add(
    f32x4.mul(
      f32x4.mul(polynomial(c, square, [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2]), square),
      square,
    ),
    f32x4.sub(splat(1), f32x4.mul(square, splat(0.5))),
  )
  const quadrant = f.local("v128", i32x4.add(i32x4.truncSatF32x4S(turns), ints(quarterTurns)))
  const isOdd = i32x4.ne(v128.and(quadrant, ints(1)), ints(0))
  const sign = i32x4.shl(v128.and(quadrant, ints(2)), 30)
  return v128.xor(v128.bitselect(cos, sin, isOdd), sign)
}

/** Beyond this the three parts of π/2 are not enough. */
export const sineRange = 8192
