/** Vectors as 128 bits: `v128`. The families that see lanes in them are in float-lanes.ts and integer-lanes.ts. */
import { simd } from "./code.ts"
import { checkLane, checkOffset, MemoryOperation, operand, VectorConstant } from "./expression.ts"
import { binary, load, ternary, unary } from "./operations.ts"
import type { Expr, Operand } from "./types.ts"

const both = (name: string, opcode: number) => binary(`v128.${name}`, simd + opcode, "v128", "v128", "v128")
const loading = (name: string, opcode: number, align: number) => load(`v128.${name}`, simd + opcode, align, "v128")

/** Loads one lane of `bits` and keeps the others. */
const loadLane =
  (bits: 8 | 16 | 32 | 64, opcode: number) =>
  (address: Operand<"i32">, vector: Operand<"v128">, lane: number, offset = 0): Expr<"v128"> => {
    const name = `v128.load${bits}Lane`
    const access = {
      align: Math.log2(bits / 8),
      offset: checkOffset(name, offset),
      lane: checkLane(name, lane, 128 / bits),
    }
    return new MemoryOperation(
      "v128",
      simd + opcode,
      access,
      operand(name, "i32", address),
      operand(name, "v128", vector),
    )
  }

export const v128 = {
  /** Sixteen bytes, the lowest address first. */
  const: (bytes: Uint8Array): Expr<"v128"> => new VectorConstant(bytes),
  not: unary("v128.not", simd + 0x4d, "v128", "v128"),
  and: both("and", 0x4e),
  /** x and not y. */
  andnot: both("andnot", 0x4f),
  or: both("or", 0x50),
  xor: both("xor", 0x51),
  /** The bits of `x` where the mask `z` has ones, those of `y` elsewhere. */
  bitselect: ternary("v128.bitselect", simd + 0x52, "v128"),
  /** 1 if any bit is set. */
  anyTrue: unary("v128.anyTrue", simd + 0x53, "v128", "i32"),
  load: loading("load", 0x00, 4),
  load8x8S: loading("load8x8S", 0x01, 3),
  load8x8U: loading("load8x8U", 0x02, 3),
  load16x4S: loading("load16x4S", 0x03, 3),
  load16x4U: loading("load16x4U", 0x04, 3),
  load32x2S: loading("load32x2S", 0x05, 3),
  load32x2U: loading("load32x2U", 0x06, 3),
  load8Splat: loading("load8Splat", 0x07, 0),
  load16Splat: loading("load16Splat", 0x08, 1),
  load32Splat: loading("load32Splat", 0x09, 2),
  load64Splat: loading("load64Splat", 0x0a, 3),
  load32Zero: loading("load32Zero", 0x5c, 2),
  load64Zero: loading("load64Zero", 0x5d, 3),
  load8Lane: loadLane(8, 0x54),
  load16Lane: loadLane(16, 0x55),
  load32Lane: loadLane(32, 0x56),
  load64Lane: loadLane(64, 0x57),
}
