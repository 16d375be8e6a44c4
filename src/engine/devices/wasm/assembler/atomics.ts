/** Atomic access to i32 in memory. The address must be a multiple of 4. Waiting needs a shared memory. */
import { threads } from "./code.ts"
import { checkOffset, MemoryOperation, operand } from "./expression.ts"
import { load } from "./operations.ts"
import type { Expr, Operand } from "./types.ts"

/** Changes the number in memory and gives what stood there before. */
const update =
  (name: string, opcode: number) =>
  (address: Operand<"i32">, value: Operand<"i32">, offset = 0): Expr<"i32"> =>
    new MemoryOperation(
      "i32",
      threads + opcode,
      { align: 2, offset: checkOffset(name, offset) },
      operand(name, "i32", address),
      operand(name, "i32", value),
    )

/** `atomicStore` and `fence` are statements of the function builder. */
export const atomic = {
  load: load("atomic.load", threads + 0x10, 2, "i32"),
  add: update("atomic.add", 0x1e),
  sub: update("atomic.sub", 0x25),
  and: update("atomic.and", 0x2c),
  or: update("atomic.or", 0x33),
  xor: update("atomic.xor", 0x3a),
  exchange: update("atomic.exchange", 0x41),
  /** Writes `replacement` if `expected` stands there; gives what stood there before. */
  compareExchange: (
    address: Operand<"i32">,
    expected: Operand<"i32">,
    replacement: Operand<"i32">,
    offset = 0,
  ): Expr<"i32"> => {
    const name = "atomic.compareExchange"
    return new MemoryOperation(
      "i32",
      threads + 0x48,
      { align: 2, offset: checkOffset(name, offset) },
      operand(name, "i32", address),
      operand(name, "i32", expected),
      operand(name, "i32", replacement),
    )
  },
  /** Wakes up to `count` threads (-1: all) that wait at the address; gives how many. */
  notify: update("atomic.notify", 0x00),
  /** Sleeps while `expected` stands there: 0 woken, 1 another number stood there, 2 timed out. A timeout below 0 never ends. */
  wait32: (
    address: Operand<"i32">,
    expected: Operand<"i32">,
    timeoutNs: Operand<"i64"> = -1,
    offset = 0,
  ): Expr<"i32"> => {
    const name = "atomic.wait32"
    return new MemoryOperation(
      "i32",
      threads + 0x01,
      { align: 2, offset: checkOffset(name, offset) },
      operand(name, "i32", address),
      operand(name, "i32", expected),
      operand(name, "i64", timeoutNs),
    )
  },
}
