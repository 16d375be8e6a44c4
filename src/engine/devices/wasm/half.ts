/** Half precision: 1 sign bit, 5 of exponent, 10 of fraction, without instructions of the machine for it. */
import { type Expr, type FunctionBuilder, f32x4, i32x4, v128 } from "./assembler/index.ts"

type V = Expr<"v128">

/** The bits of a number in half precision. */
export const halfBits = (x: number): number => {
  const view = new DataView(new ArrayBuffer(2))
  view.setFloat16(0, x)
  return view.getUint16(0)
}

/** From here on a half without its sign is no finite number. */
const notFinite = 0x7c00
/** 2^112 takes the smallest exponents of a half to their place in a single. */
export const halfScale = 2 ** 112
const infinity = 0x7f800000

/** Four singles from the bits of halves in 32-bit lanes, zeros above. The bits must be a local or cheap to compute again. */
export function fromHalf(bits: V): V {
  const magnitude = v128.and(bits, i32x4.splat(0x7fff))
  const finite = f32x4.mul(i32x4.shl(magnitude, 13), f32x4.splat(halfScale))
  const exponent = v128.and(i32x4.geS(magnitude, i32x4.splat(notFinite)), i32x4.splat(infinity))
  return v128.or(v128.or(finite, exponent), i32x4.shl(v128.and(bits, i32x4.splat(0x8000)), 16))
}

/** The bits of four singles rounded to the nearest half, ties to even, in 32-bit lanes. */
export function toHalf(f: FunctionBuilder, x: V): V {
  const whole = f.local("v128", x)
  const magnitude = f.local("v128", v128.and(whole, i32x4.splat(0x7fffffff)))
  const odd = v128.and(i32x4.shrU(magnitude, 13), i32x4.splat(1))
  const normal = i32x4.shrU(i32x4.add(i32x4.add(magnitude, i32x4.splat((-112 << 23) + 0xfff)), odd), 13)
  // Added to 1/2 a small number has its last bit where a half of the smallest exponent has it.
  const small = i32x4.sub(f32x4.add(magnitude, f32x4.splat(0.5)), i32x4.splat(0x3f000000))
  const large = v128.bitselect(i32x4.splat(notFinite), i32x4.splat(0x7e00), i32x4.leS(magnitude, i32x4.splat(infinity)))
  const finite = v128.bitselect(small, normal, i32x4.ltS(magnitude, i32x4.splat(113 << 23)))
  const bits = v128.bitselect(large, finite, i32x4.geS(magnitude, i32x4.splat(143 << 23)))
  return v128.or(bits, v128.and(i32x4.shrU(whole, 16), i32x4.splat(0x8000)))
}
