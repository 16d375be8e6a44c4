import type { CodeWriter } from "./code.ts"

/** The types a WebAssembly value can have here. */
export type ValueType = "i32" | "i64" | "f32" | "f64" | "v128"

/**
 * An expression: a tree that leaves one value of type `T` on the stack.
 * It is computed where a statement uses it, with the locals and the memory of that moment, and as often as it is used:
 * keep in a local what is dear, what must not change any more, or what has an effect (a call, a `tee`, an atomic).
 */
export interface Expr<T extends ValueType = ValueType> {
  readonly type: T
  emit(code: CodeWriter): void
}

/** What an operation takes: an expression, or a JavaScript number where the type is a number's. */
export type Operand<T extends ValueType> =
  | Expr<T>
  | (T extends "i32" | "f32" | "f64" ? number : T extends "i64" ? number | bigint : never)

/** The operands of a list of types, one for one. */
export type Operands<P extends readonly ValueType[]> = { readonly [K in keyof P]: Operand<P[K]> }

/** The byte that stands for each type. */
export const typeCode: Readonly<Record<ValueType, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b }

/** The assembler was used wrongly: a mistake in a kernel generator, never in a user's program. */
export class Misuse extends Error {
  /** The function under construction, once it is known. */
  readonly functionName: string | undefined

  constructor(message: string, functionName?: string, cause?: Misuse) {
    super(functionName === undefined ? message : `function "${functionName}": ${message}`, { cause })
    this.functionName = functionName
  }
}
