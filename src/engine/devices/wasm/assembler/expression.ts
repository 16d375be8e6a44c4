import { type CodeWriter, simd } from "./code.ts"
import { type Expr, Misuse, type Operand, type ValueType } from "./types.ts"

/** A number known when the module is made. An i32 is kept signed. */
export class Constant<T extends ValueType = ValueType> implements Expr<T> {
  readonly type: T
  readonly value: number | bigint

  constructor(type: T, value: number | bigint) {
    this.type = type
    this.value = value
  }

  emit(code: CodeWriter): void {
    if (this.type === "i32") {
      code.u8(0x41)
      code.s32(this.value as number)
    } else if (this.type === "i64") {
      code.u8(0x42)
      code.s64(this.value as bigint)
    } else if (this.type === "f32") {
      code.u8(0x43)
      code.f32(this.value as number)
    } else {
      code.u8(0x44)
      code.f64(this.value as number)
    }
  }
}

/**
 * Sixteen bytes known when the module is made. Engines build a vector from immediates wherever it is written, in loops too, at the price of
 * several instructions: a function keeps its constants in locals, but for those made of equal bits, which are cheap.
 */
export class VectorConstant implements Expr<"v128"> {
  readonly type = "v128"
  readonly bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    if (bytes.length !== 16) throw new Misuse(`v128.const: ${bytes.length} bytes instead of 16`)
    this.bytes = bytes
  }

  emit(code: CodeWriter): void {
    const isCheap = this.bytes.every((byte) => byte === 0) || this.bytes.every((byte) => byte === 255)
    if (isCheap || code.hold === undefined) return this.write(code)
    code.u8(0x20)
    code.u32(code.hold(this.bytes))
  }

  write(code: CodeWriter): void {
    code.opcode(simd + 0x0c)
    code.append(this.bytes)
  }
}

/** An instruction without immediates, after up to three operands. */
export class Operation<T extends ValueType> implements Expr<T> {
  readonly type: T
  readonly opcode: number
  readonly a: Expr | undefined
  readonly b: Expr | undefined
  readonly c: Expr | undefined

  constructor(type: T, opcode: number, a?: Expr, b?: Expr, c?: Expr) {
    this.type = type
    this.opcode = opcode
    this.a = a
    this.b = b
    this.c = c
  }

  emit(code: CodeWriter): void {
    this.a?.emit(code)
    this.b?.emit(code)
    this.c?.emit(code)
    code.opcode(this.opcode)
  }
}

/** An instruction followed by bytes of its own: a lane, the lanes of a shuffle. */
export class LaneOperation<T extends ValueType> extends Operation<T> {
  readonly lanes: readonly number[]

  constructor(type: T, opcode: number, lanes: readonly number[], a: Expr, b?: Expr) {
    super(type, opcode, a, b)
    this.lanes = lanes
  }

  override emit(code: CodeWriter): void {
    super.emit(code)
    for (const lane of this.lanes) code.u8(lane)
  }
}

/** How a memory instruction reaches memory: alignment as a power of two, bytes added to the address, lane if it has one. */
export interface MemoryAccess {
  readonly align: number
  readonly offset: number
  readonly lane?: number
}

/** An instruction that reads memory at an address; atomics also write. */
export class MemoryOperation<T extends ValueType> extends Operation<T> {
  readonly access: MemoryAccess

  constructor(type: T, opcode: number, access: MemoryAccess, address: Expr, b?: Expr, c?: Expr) {
    super(type, opcode, address, b, c)
    this.access = access
  }

  override emit(code: CodeWriter): void {
    super.emit(code)
    emitAccess(code, this.access)
  }
}

/** The immediates of a memory instruction. */
export function emitAccess(code: CodeWriter, { align, offset, lane }: MemoryAccess): void {
  code.u32(align)
  code.u32(offset)
  if (lane !== undefined) code.u8(lane)
}

/** `value` as a constant of `type`, checked to be one. */
export function constant<T extends ValueType>(where: string, type: T, value: number | bigint): Expr<T> {
  if (type === "i64") {
    if (typeof value === "number" && !Number.isSafeInteger(value)) throw new Misuse(`${where}: ${value} is not an i64`)
    return new Constant(type, BigInt.asIntN(64, BigInt(value)))
  }
  if (typeof value !== "number" || type === "v128")
    throw new Misuse(`${where}: ${value} is not a constant of type ${type}`)
  if (type === "i32") {
    if (!Number.isInteger(value) || value < -0x80000000 || value > 0xffffffff)
      throw new Misuse(`${where}: ${value} is not an i32`)
    return new Constant(type, value | 0)
  }
  return new Constant(type, value)
}

/** `value` as an expression of `type`. @throws Misuse where it has another type */
export function operand<T extends ValueType>(where: string, type: T, value: Operand<T>): Expr<T> {
  if (typeof value === "number" || typeof value === "bigint") return constant(where, type, value)
  const expression = value as Expr<T> | undefined
  if (expression?.type !== type)
    throw new Misuse(`${where}: expected ${type}, got ${expression?.type ?? String(value)}`)
  return expression
}

export function checkOffset(where: string, offset: number): number {
  if (!Number.isInteger(offset) || offset < 0 || offset > 0xffffffff) throw new Misuse(`${where}: bad offset ${offset}`)
  return offset
}

export function checkLane(where: string, lane: number, lanes: number): number {
  if (!Number.isInteger(lane) || lane < 0 || lane >= lanes)
    throw new Misuse(`${where}: no lane ${lane}, only 0 to ${lanes - 1}`)
  return lane
}
