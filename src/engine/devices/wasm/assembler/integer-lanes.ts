/** Vectors of integers: `i8x16`, `i16x8`, `i32x4`, `i64x2`. */
import { simd } from "./code.ts"
import { checkLane, LaneOperation, operand, VectorConstant } from "./expression.ts"
import { binary, extractLane, replaceLane, ternary, unary } from "./operations.ts"
import { type Expr, Misuse, type Operand } from "./types.ts"

const one = (name: string, opcode: number) => unary(name, simd + opcode, "v128", "v128")
const two = (name: string, opcode: number) => binary(name, simd + opcode, "v128", "v128", "v128")
const select = (name: string, opcode: number) => ternary(name, simd + opcode, "v128")

/** What all four share: the opcodes of each stand in the same order from a base. */
function integerLanes<T extends "i32" | "i64">(family: string, type: T, splat: number, base: number) {
  const shift = (name: string, index: number) => binary(`${family}.${name}`, simd + base + index, "v128", "i32", "v128")
  return {
    splat: unary(`${family}.splat`, simd + splat, type, "v128"),
    abs: one(`${family}.abs`, base),
    neg: one(`${family}.neg`, base + 1),
    /** 1 if no lane is 0. */
    allTrue: unary(`${family}.allTrue`, simd + base + 3, "v128", "i32"),
    /** The sign bit of each lane, lane 0 lowest. */
    bitmask: unary(`${family}.bitmask`, simd + base + 4, "v128", "i32"),
    shl: shift("shl", 11),
    shrS: shift("shrS", 12),
    shrU: shift("shrU", 13),
    add: two(`${family}.add`, base + 14),
    sub: two(`${family}.sub`, base + 17),
  }
}

/** Comparisons and extremes, which i64x2 has not all of. A comparison gives all ones in a lane where it holds. */
function orderedLanes(family: string, compare: number, base: number) {
  const test = (name: string, index: number) => two(`${family}.${name}`, compare + index)
  return {
    eq: test("eq", 0),
    ne: test("ne", 1),
    ltS: test("ltS", 2),
    ltU: test("ltU", 3),
    gtS: test("gtS", 4),
    gtU: test("gtU", 5),
    leS: test("leS", 6),
    leU: test("leU", 7),
    geS: test("geS", 8),
    geU: test("geU", 9),
    minS: two(`${family}.minS`, base + 22),
    minU: two(`${family}.minU`, base + 23),
    maxS: two(`${family}.maxS`, base + 24),
    maxU: two(`${family}.maxU`, base + 25),
  }
}

/** Sixteen bytes of `x` and `y`: lane 0 to 15 takes from `x`, 16 to 31 from `y`. */
function shuffle(x: Operand<"v128">, y: Operand<"v128">, lanes: readonly number[]): Expr<"v128"> {
  const name = "i8x16.shuffle"
  if (lanes.length !== 16) throw new Misuse(`${name}: ${lanes.length} lanes instead of 16`)
  for (const lane of lanes) checkLane(name, lane, 32)
  return new LaneOperation("v128", simd + 0x0d, lanes, operand(name, "v128", x), operand(name, "v128", y))
}

/** The shuffle of lanes wider than a byte. */
const wideShuffle =
  (count: 2 | 4 | 8) =>
  (x: Operand<"v128">, y: Operand<"v128">, lanes: readonly number[]): Expr<"v128"> => {
    const bytes = 16 / count
    if (lanes.length !== count) throw new Misuse(`shuffle: ${lanes.length} lanes instead of ${count}`)
    return shuffle(
      x,
      y,
      lanes.flatMap((lane) =>
        Array.from({ length: bytes }, (_, byte) => checkLane("shuffle", lane, 2 * count) * bytes + byte),
      ),
    )
  }

export const i8x16 = {
  ...integerLanes("i8x16", "i32", 0x0f, 0x60),
  ...orderedLanes("i8x16", 0x23, 0x60),
  shuffle,
  /** Byte `y[i]` of `x` in lane i, 0 where `y[i]` is above 15. */
  swizzle: two("i8x16.swizzle", 0x0e),
  extractLaneS: extractLane("i8x16.extractLaneS", simd + 0x15, 16, "i32"),
  extractLaneU: extractLane("i8x16.extractLaneU", simd + 0x16, 16, "i32"),
  replaceLane: replaceLane("i8x16.replaceLane", simd + 0x17, 16, "i32"),
  popcnt: one("i8x16.popcnt", 0x62),
  narrowI16x8S: two("i8x16.narrowI16x8S", 0x65),
  narrowI16x8U: two("i8x16.narrowI16x8U", 0x66),
  addSatS: two("i8x16.addSatS", 0x6f),
  addSatU: two("i8x16.addSatU", 0x70),
  subSatS: two("i8x16.subSatS", 0x72),
  subSatU: two("i8x16.subSatU", 0x73),
  avgrU: two("i8x16.avgrU", 0x7b),
  relaxedSwizzle: two("i8x16.relaxedSwizzle", 0x100),
  relaxedLaneselect: select("i8x16.relaxedLaneselect", 0x109),
}

export const i16x8 = {
  ...integerLanes("i16x8", "i32", 0x10, 0x80),
  ...orderedLanes("i16x8", 0x2d, 0x80),
  shuffle: wideShuffle(8),
  extractLaneS: extractLane("i16x8.extractLaneS", simd + 0x18, 8, "i32"),
  extractLaneU: extractLane("i16x8.extractLaneU", simd + 0x19, 8, "i32"),
  replaceLane: replaceLane("i16x8.replaceLane", simd + 0x1a, 8, "i32"),
  extaddPairwiseI8x16S: one("i16x8.extaddPairwiseI8x16S", 0x7c),
  extaddPairwiseI8x16U: one("i16x8.extaddPairwiseI8x16U", 0x7d),
  narrowI32x4S: two("i16x8.narrowI32x4S", 0x85),
  narrowI32x4U: two("i16x8.narrowI32x4U", 0x86),
  extendLowI8x16S: one("i16x8.extendLowI8x16S", 0x87),
  extendHighI8x16S: one("i16x8.extendHighI8x16S", 0x88),
  extendLowI8x16U: one("i16x8.extendLowI8x16U", 0x89),
  extendHighI8x16U: one("i16x8.extendHighI8x16U", 0x8a),
  addSatS: two("i16x8.addSatS", 0x8f),
  addSatU: two("i16x8.addSatU", 0x90),
  subSatS: two("i16x8.subSatS", 0x92),
  subSatU: two("i16x8.subSatU", 0x93),
  mul: two("i16x8.mul", 0x95),
  extmulLowI8x16S: two("i16x8.extmulLowI8x16S", 0x9c),
  extmulHighI8x16S: two("i16x8.extmulHighI8x16S", 0x9d),
  extmulLowI8x16U: two("i16x8.extmulLowI8x16U", 0x9e),
  extmulHighI8x16U: two("i16x8.extmulHighI8x16U", 0x9f),
  relaxedLaneselect: select("i16x8.relaxedLaneselect", 0x10a),
}

export const i32x4 = {
  ...integerLanes("i32x4", "i32", 0x11, 0xa0),
  ...orderedLanes("i32x4", 0x37, 0xa0),
  const: (a: number, b: number, c: number, d: number): Expr<"v128"> =>
    new VectorConstant(new Uint8Array(Int32Array.of(a, b, c, d).buffer)),
  /** Lane numbers 0 to 3 take from `x`, 4 to 7 from `y`. Serves f32 just as well. */
  shuffle: wideShuffle(4),
  extractLane: extractLane("i32x4.extractLane", simd + 0x1b, 4, "i32"),
  replaceLane: replaceLane("i32x4.replaceLane", simd + 0x1c, 4, "i32"),
  extaddPairwiseI16x8S: one("i32x4.extaddPairwiseI16x8S", 0x7e),
  extaddPairwiseI16x8U: one("i32x4.extaddPairwiseI16x8U", 0x7f),
  extendLowI16x8S: one("i32x4.extendLowI16x8S", 0xa7),
  extendHighI16x8S: one("i32x4.extendHighI16x8S", 0xa8),
  extendLowI16x8U: one("i32x4.extendLowI16x8U", 0xa9),
  extendHighI16x8U: one("i32x4.extendHighI16x8U", 0xaa),
  mul: two("i32x4.mul", 0xb5),
  /** Sums of neighbouring products of signed 16-bit lanes. */
  dotI16x8S: two("i32x4.dotI16x8S", 0xba),
  extmulLowI16x8S: two("i32x4.extmulLowI16x8S", 0xbc),
  extmulHighI16x8S: two("i32x4.extmulHighI16x8S", 0xbd),
  extmulLowI16x8U: two("i32x4.extmulLowI16x8U", 0xbe),
  extmulHighI16x8U: two("i32x4.extmulHighI16x8U", 0xbf),
  truncSatF32x4S: one("i32x4.truncSatF32x4S", 0xf8),
  truncSatF32x4U: one("i32x4.truncSatF32x4U", 0xf9),
  truncSatF64x2SZero: one("i32x4.truncSatF64x2SZero", 0xfc),
  truncSatF64x2UZero: one("i32x4.truncSatF64x2UZero", 0xfd),
  relaxedLaneselect: select("i32x4.relaxedLaneselect", 0x10b),
}

export const i64x2 = {
  ...integerLanes("i64x2", "i64", 0x12, 0xc0),
  /** Lane numbers 0 and 1 take from `x`, 2 and 3 from `y`. Serves f64 just as well. */
  shuffle: wideShuffle(2),
  extractLane: extractLane("i64x2.extractLane", simd + 0x1d, 2, "i64"),
  replaceLane: replaceLane("i64x2.replaceLane", simd + 0x1e, 2, "i64"),
  extendLowI32x4S: one("i64x2.extendLowI32x4S", 0xc7),
  extendHighI32x4S: one("i64x2.extendHighI32x4S", 0xc8),
  extendLowI32x4U: one("i64x2.extendLowI32x4U", 0xc9),
  extendHighI32x4U: one("i64x2.extendHighI32x4U", 0xca),
  mul: two("i64x2.mul", 0xd5),
  eq: two("i64x2.eq", 0xd6),
  ne: two("i64x2.ne", 0xd7),
  ltS: two("i64x2.ltS", 0xd8),
  gtS: two("i64x2.gtS", 0xd9),
  leS: two("i64x2.leS", 0xda),
  geS: two("i64x2.geS", 0xdb),
  extmulLowI32x4S: two("i64x2.extmulLowI32x4S", 0xdc),
  extmulHighI32x4S: two("i64x2.extmulHighI32x4S", 0xdd),
  extmulLowI32x4U: two("i64x2.extmulLowI32x4U", 0xde),
  extmulHighI32x4U: two("i64x2.extmulHighI32x4U", 0xdf),
  relaxedLaneselect: select("i64x2.relaxedLaneselect", 0x10c),
}
