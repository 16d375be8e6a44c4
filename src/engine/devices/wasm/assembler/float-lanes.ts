/** Vectors of floats: `f32x4`, `f64x2`. */
import { simd } from "./code.ts"
import { VectorConstant } from "./expression.ts"
import { binary, extractLane, replaceLane, ternary, unary } from "./operations.ts"
import type { Expr } from "./types.ts"

/** What f32x4 and f64x2 share. */
function floatLanes<T extends "f32" | "f64">(
  family: string,
  type: T,
  lanes: number,
  splat: number,
  extract: number,
  compare: number,
  arithmetic: number,
) {
  const one = (name: string, index: number) => unary(`${family}.${name}`, simd + arithmetic + index, "v128", "v128")
  const two = (name: string, opcode: number) => binary(`${family}.${name}`, simd + opcode, "v128", "v128", "v128")
  return {
    splat: unary(`${family}.splat`, simd + splat, type, "v128"),
    extractLane: extractLane(`${family}.extractLane`, simd + extract, lanes, type),
    replaceLane: replaceLane(`${family}.replaceLane`, simd + extract + 1, lanes, type),
    eq: two("eq", compare),
    ne: two("ne", compare + 1),
    lt: two("lt", compare + 2),
    gt: two("gt", compare + 3),
    le: two("le", compare + 4),
    ge: two("ge", compare + 5),
    abs: one("abs", 0),
    neg: one("neg", 1),
    sqrt: one("sqrt", 3),
    add: two("add", arithmetic + 4),
    sub: two("sub", arithmetic + 5),
    mul: two("mul", arithmetic + 6),
    div: two("div", arithmetic + 7),
    /** The lesser; NaN if either is NaN. */
    min: two("min", arithmetic + 8),
    /** The greater; NaN if either is NaN. */
    max: two("max", arithmetic + 9),
    /** y < x ? y : x, one instruction of the machine. */
    pmin: two("pmin", arithmetic + 10),
    /** x < y ? y : x, one instruction of the machine. */
    pmax: two("pmax", arithmetic + 11),
  }
}

const one = (name: string, opcode: number) => unary(name, simd + opcode, "v128", "v128")
const relaxed2 = (name: string, opcode: number) => binary(name, simd + opcode, "v128", "v128", "v128")
const relaxed3 = (name: string, opcode: number) => ternary(name, simd + opcode, "v128")

/** Four f32. The `relaxed` ones exist where `features().relaxedSimd` says so. */
export const f32x4 = {
  ...floatLanes("f32x4", "f32", 4, 0x13, 0x1f, 0x41, 0xe0),
  const: (a: number, b: number, c: number, d: number): Expr<"v128"> =>
    new VectorConstant(new Uint8Array(Float32Array.of(a, b, c, d).buffer)),
  ceil: one("f32x4.ceil", 0x67),
  floor: one("f32x4.floor", 0x68),
  trunc: one("f32x4.trunc", 0x69),
  nearest: one("f32x4.nearest", 0x6a),
  convertI32x4S: one("f32x4.convertI32x4S", 0xfa),
  convertI32x4U: one("f32x4.convertI32x4U", 0xfb),
  /** Two f64 rounded to the low lanes; the high ones are 0. */
  demoteF64x2Zero: one("f32x4.demoteF64x2Zero", 0x5e),
  /** x · y + z, fused or not as the machine likes. */
  relaxedMadd: relaxed3("f32x4.relaxedMadd", 0x105),
  /** -(x · y) + z, fused or not as the machine likes. */
  relaxedNmadd: relaxed3("f32x4.relaxedNmadd", 0x106),
  relaxedMin: relaxed2("f32x4.relaxedMin", 0x10d),
  relaxedMax: relaxed2("f32x4.relaxedMax", 0x10e),
}

/** Two f64. The `relaxed` ones exist where `features().relaxedSimd` says so. */
export const f64x2 = {
  ...floatLanes("f64x2", "f64", 2, 0x14, 0x21, 0x47, 0xec),
  const: (a: number, b: number): Expr<"v128"> => new VectorConstant(new Uint8Array(Float64Array.of(a, b).buffer)),
  ceil: one("f64x2.ceil", 0x74),
  floor: one("f64x2.floor", 0x75),
  trunc: one("f64x2.trunc", 0x7a),
  nearest: one("f64x2.nearest", 0x94),
  convertLowI32x4S: one("f64x2.convertLowI32x4S", 0xfe),
  convertLowI32x4U: one("f64x2.convertLowI32x4U", 0xff),
  /** The low two f32 as f64. */
  promoteLowF32x4: one("f64x2.promoteLowF32x4", 0x5f),
  relaxedMadd: relaxed3("f64x2.relaxedMadd", 0x107),
  relaxedNmadd: relaxed3("f64x2.relaxedNmadd", 0x108),
  relaxedMin: relaxed2("f64x2.relaxedMin", 0x10f),
  relaxedMax: relaxed2("f64x2.relaxedMax", 0x110),
}
