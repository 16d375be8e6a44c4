/** Makers of typed operations, from which each family's table is built. */
import { checkLane, checkOffset, LaneOperation, MemoryOperation, Operation, operand } from "./expression.ts"
import type { Expr, Operand, ValueType } from "./types.ts"

export type Unary<A extends ValueType, R extends ValueType> = (x: Operand<A>) => Expr<R>
export type Binary<A extends ValueType, B extends ValueType, R extends ValueType> = (
  x: Operand<A>,
  y: Operand<B>,
) => Expr<R>
export type Ternary<T extends ValueType> = (x: Operand<T>, y: Operand<T>, z: Operand<T>) => Expr<T>
/** Reads memory at `address + offset` (bytes; unsigned, never wraps). */
export type Load<T extends ValueType> = (address: Operand<"i32">, offset?: number) => Expr<T>

export const unary =
  <A extends ValueType, R extends ValueType>(name: string, opcode: number, from: A, to: R): Unary<A, R> =>
  (x) =>
    new Operation(to, opcode, operand(name, from, x))

export const binary =
  <A extends ValueType, B extends ValueType, R extends ValueType>(
    name: string,
    opcode: number,
    a: A,
    b: B,
    to: R,
  ): Binary<A, B, R> =>
  (x, y) =>
    new Operation(to, opcode, operand(name, a, x), operand(name, b, y))

export const ternary =
  <T extends ValueType>(name: string, opcode: number, type: T): Ternary<T> =>
  (x, y, z) =>
    new Operation(type, opcode, operand(name, type, x), operand(name, type, y), operand(name, type, z))

/** @param align the natural alignment, as a power of two */
export const load =
  <T extends ValueType>(name: string, opcode: number, align: number, type: T): Load<T> =>
  (address, offset = 0) =>
    new MemoryOperation(type, opcode, { align, offset: checkOffset(name, offset) }, operand(name, "i32", address))

export const extractLane =
  <T extends ValueType>(name: string, opcode: number, lanes: number, type: T) =>
  (vector: Operand<"v128">, lane: number): Expr<T> =>
    new LaneOperation(type, opcode, [checkLane(name, lane, lanes)], operand(name, "v128", vector))

export const replaceLane =
  <T extends ValueType>(name: string, opcode: number, lanes: number, type: T) =>
  (vector: Operand<"v128">, lane: number, value: Operand<T>): Expr<"v128"> =>
    new LaneOperation(
      "v128",
      opcode,
      [checkLane(name, lane, lanes)],
      operand(name, "v128", vector),
      operand(name, type, value),
    )
