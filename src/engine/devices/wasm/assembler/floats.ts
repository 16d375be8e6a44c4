/** Scalar floats: `f32`, `f64`. */
import { constant } from "./expression.ts"
import { binary, load, unary } from "./operations.ts"
import type { Expr } from "./types.ts"

/** What f32 and f64 share: their opcodes stand in the same order from two bases. */
function floats<T extends "f32" | "f64">(type: T, compare: number, arithmetic: number) {
  const test = (name: string, index: number) => binary(`${type}.${name}`, compare + index, type, type, "i32")
  const one = (name: string, index: number) => unary(`${type}.${name}`, arithmetic + index, type, type)
  const two = (name: string, index: number) => binary(`${type}.${name}`, arithmetic + index, type, type, type)
  return {
    const: (value: number): Expr<T> => constant(`${type}.const`, type, value),
    eq: test("eq", 0),
    ne: test("ne", 1),
    lt: test("lt", 2),
    gt: test("gt", 3),
    le: test("le", 4),
    ge: test("ge", 5),
    abs: one("abs", 0),
    neg: one("neg", 1),
    ceil: one("ceil", 2),
    floor: one("floor", 3),
    trunc: one("trunc", 4),
    /** Rounds to the nearest integer, halves to the even one. */
    nearest: one("nearest", 5),
    sqrt: one("sqrt", 6),
    add: two("add", 7),
    sub: two("sub", 8),
    mul: two("mul", 9),
    div: two("div", 10),
    /** The lesser; NaN if either is NaN, and -0 below +0. */
    min: two("min", 11),
    /** The greater; NaN if either is NaN, and -0 below +0. */
    max: two("max", 12),
    /** The magnitude of `x` with the sign of `y`. */
    copysign: two("copysign", 13),
  }
}

export const f32 = {
  ...floats("f32", 0x5b, 0x8b),
  convertI32S: unary("f32.convertI32S", 0xb2, "i32", "f32"),
  convertI32U: unary("f32.convertI32U", 0xb3, "i32", "f32"),
  convertI64S: unary("f32.convertI64S", 0xb4, "i64", "f32"),
  convertI64U: unary("f32.convertI64U", 0xb5, "i64", "f32"),
  /** The nearest f32 of an f64. */
  demote: unary("f32.demote", 0xb6, "f64", "f32"),
  /** The f32 with these bits. */
  reinterpret: unary("f32.reinterpret", 0xbe, "i32", "f32"),
  load: load("f32.load", 0x2a, 2, "f32"),
}

export const f64 = {
  ...floats("f64", 0x61, 0x99),
  convertI32S: unary("f64.convertI32S", 0xb7, "i32", "f64"),
  convertI32U: unary("f64.convertI32U", 0xb8, "i32", "f64"),
  convertI64S: unary("f64.convertI64S", 0xb9, "i64", "f64"),
  convertI64U: unary("f64.convertI64U", 0xba, "i64", "f64"),
  /** An f32 as an f64, exactly. */
  promote: unary("f64.promote", 0xbb, "f32", "f64"),
  /** The f64 with these bits. */
  reinterpret: unary("f64.reinterpret", 0xbf, "i64", "f64"),
  load: load("f64.load", 0x2b, 3, "f64"),
}
