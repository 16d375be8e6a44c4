/** Scalar integers: `i32`, `i64`. */
import { misc } from "./code.ts"
import { Constant, constant, Operation, operand } from "./expression.ts"
import { type Binary, binary, load, unary } from "./operations.ts"
import type { Expr, Operand } from "./types.ts"

/** What i32 and i64 share: their opcodes stand in the same order from two bases. */
function integers<T extends "i32" | "i64">(type: T, compare: number, arithmetic: number) {
  const test = (name: string, index: number) => binary(`${type}.${name}`, compare + index, type, type, "i32")
  const one = (name: string, index: number) => unary(`${type}.${name}`, arithmetic + index, type, type)
  const two = (name: string, index: number) => binary(`${type}.${name}`, arithmetic + index, type, type, type)
  return {
    const: (value: T extends "i64" ? number | bigint : number): Expr<T> => constant(`${type}.const`, type, value),
    eqz: unary(`${type}.eqz`, compare, type, "i32"),
    eq: test("eq", 1),
    ne: test("ne", 2),
    ltS: test("ltS", 3),
    ltU: test("ltU", 4),
    gtS: test("gtS", 5),
    gtU: test("gtU", 6),
    leS: test("leS", 7),
    leU: test("leU", 8),
    geS: test("geS", 9),
    geU: test("geU", 10),
    clz: one("clz", 0),
    ctz: one("ctz", 1),
    popcnt: one("popcnt", 2),
    add: two("add", 3),
    sub: two("sub", 4),
    mul: two("mul", 5),
    divS: two("divS", 6),
    divU: two("divU", 7),
    remS: two("remS", 8),
    remU: two("remU", 9),
    and: two("and", 10),
    or: two("or", 11),
    xor: two("xor", 12),
    shl: two("shl", 13),
    shrS: two("shrS", 14),
    shrU: two("shrU", 15),
    rotl: two("rotl", 16),
    rotr: two("rotr", 17),
  }
}

/** A binary i32 operation that is computed at once on constants, and left out where `y` is its neutral element. */
function folding(
  name: string,
  opcode: number,
  compute: (a: number, b: number) => number,
  neutral?: number,
): Binary<"i32", "i32", "i32"> {
  return (x, y) => {
    const a = operand(name, "i32", x)
    const b = operand(name, "i32", y)
    if (b instanceof Constant) {
      const right = b.value as number
      if (a instanceof Constant) return new Constant("i32", compute(a.value as number, right) | 0)
      if (right === neutral) return a
    }
    return new Operation("i32", opcode, a, b)
  }
}

const addOpcode = 0x6a
const plainAdd = folding("i32.add", addOpcode, (a, b) => a + b, 0)

/** A constant goes to the right, and constants of nested sums are gathered: (x + 4) + 8 is x + 12. */
function add(x: Operand<"i32">, y: Operand<"i32">): Expr<"i32"> {
  const a = operand("i32.add", "i32", x)
  const b = operand("i32.add", "i32", y)
  if (a instanceof Constant) return plainAdd(b, a)
  if (b instanceof Constant && a instanceof Operation && a.opcode === addOpcode && a.b instanceof Constant)
    return plainAdd(a.a as Expr<"i32">, plainAdd(a.b as Expr<"i32">, b))
  return plainAdd(a, b)
}

/** Subtracting a constant is adding its negative, so that it folds with other sums. */
function sub(x: Operand<"i32">, y: Operand<"i32">): Expr<"i32"> {
  const a = operand("i32.sub", "i32", x)
  const b = operand("i32.sub", "i32", y)
  return b instanceof Constant ? add(a, -(b.value as number) | 0) : new Operation("i32", 0x6b, a, b)
}

const plainMul = folding("i32.mul", 0x6c, Math.imul, 1)

/**
 * 32-bit integers. Sums, products, bit operations and comparisons of constants are computed when the module is made, and
 * adding 0, multiplying by 1 and shifting by 0 emit nothing.
 */
export const i32 = {
  ...integers("i32", 0x45, 0x67),
  add,
  sub,
  mul: (x: Operand<"i32">, y: Operand<"i32">): Expr<"i32"> =>
    typeof x === "number" || x instanceof Constant ? plainMul(y, x) : plainMul(x, y),
  and: folding("i32.and", 0x71, (a, b) => a & b, -1),
  or: folding("i32.or", 0x72, (a, b) => a | b, 0),
  xor: folding("i32.xor", 0x73, (a, b) => a ^ b, 0),
  shl: folding("i32.shl", 0x74, (a, b) => a << b, 0),
  shrS: folding("i32.shrS", 0x75, (a, b) => a >> b, 0),
  shrU: folding("i32.shrU", 0x76, (a, b) => a >>> b, 0),
  eq: folding("i32.eq", 0x46, (a, b) => Number(a === b)),
  ne: folding("i32.ne", 0x47, (a, b) => Number(a !== b)),
  ltS: folding("i32.ltS", 0x48, (a, b) => Number(a < b)),
  gtS: folding("i32.gtS", 0x4a, (a, b) => Number(a > b)),
  leS: folding("i32.leS", 0x4c, (a, b) => Number(a <= b)),
  geS: folding("i32.geS", 0x4e, (a, b) => Number(a >= b)),
  extend8S: unary("i32.extend8S", 0xc0, "i32", "i32"),
  extend16S: unary("i32.extend16S", 0xc1, "i32", "i32"),
  /** The low half of an i64. */
  wrap: unary("i32.wrap", 0xa7, "i64", "i32"),
  /** The bits of an f32. */
  reinterpret: unary("i32.reinterpret", 0xbc, "f32", "i32"),
  truncSatF32S: unary("i32.truncSatF32S", misc + 0, "f32", "i32"),
  truncSatF32U: unary("i32.truncSatF32U", misc + 1, "f32", "i32"),
  truncSatF64S: unary("i32.truncSatF64S", misc + 2, "f64", "i32"),
  truncSatF64U: unary("i32.truncSatF64U", misc + 3, "f64", "i32"),
  load: load("i32.load", 0x28, 2, "i32"),
  load8S: load("i32.load8S", 0x2c, 0, "i32"),
  load8U: load("i32.load8U", 0x2d, 0, "i32"),
  load16S: load("i32.load16S", 0x2e, 1, "i32"),
  load16U: load("i32.load16U", 0x2f, 1, "i32"),
}

/** 64-bit integers. A constant may be a safe integer or a bigint. */
export const i64 = {
  ...integers("i64", 0x50, 0x79),
  extend8S: unary("i64.extend8S", 0xc2, "i64", "i64"),
  extend16S: unary("i64.extend16S", 0xc3, "i64", "i64"),
  extend32S: unary("i64.extend32S", 0xc4, "i64", "i64"),
  extendI32S: unary("i64.extendI32S", 0xac, "i32", "i64"),
  extendI32U: unary("i64.extendI32U", 0xad, "i32", "i64"),
  /** The bits of an f64. */
  reinterpret: unary("i64.reinterpret", 0xbd, "f64", "i64"),
  truncSatF32S: unary("i64.truncSatF32S", misc + 4, "f32", "i64"),
  truncSatF32U: unary("i64.truncSatF32U", misc + 5, "f32", "i64"),
  truncSatF64S: unary("i64.truncSatF64S", misc + 6, "f64", "i64"),
  truncSatF64U: unary("i64.truncSatF64U", misc + 7, "f64", "i64"),
  load: load("i64.load", 0x29, 3, "i64"),
  load32S: load("i64.load32S", 0x34, 2, "i64"),
  load32U: load("i64.load32U", 0x35, 2, "i64"),
}
