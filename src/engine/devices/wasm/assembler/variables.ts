/** What a function can name: locals, globals, other functions; and the expressions that use them. */
import type { CodeWriter } from "./code.ts"
import { Operation, operand } from "./expression.ts"
import { type Expr, Misuse, type Operand, type Operands, type ValueType } from "./types.ts"

/** A local variable or parameter of one function. As an expression it is its value at that point of the program. */
export class Local<T extends ValueType = ValueType> implements Expr<T> {
  readonly type: T
  readonly index: number
  readonly #owner: CodeWriter

  constructor(type: T, index: number, owner: CodeWriter) {
    this.type = type
    this.index = index
    this.#owner = owner
  }

  emit(code: CodeWriter): void {
    this.access(code, 0x20)
  }

  /** One of local.get, local.set, local.tee. */
  access(code: CodeWriter, opcode: number): void {
    if (this.#owner !== code) throw new Misuse(`a local of "${this.#owner.functionName}" is used in another function`)
    code.u8(opcode)
    code.u32(this.index)
  }
}

/** A variable of the module, seen by all its functions (each instance, hence each thread, has its own). */
export class Global<T extends ValueType = ValueType> implements Expr<T> {
  readonly type: T
  readonly index: number

  constructor(type: T, index: number) {
    this.type = type
    this.index = index
  }

  emit(code: CodeWriter): void {
    code.u8(0x23)
    code.u32(this.index)
  }
}

/** No result, or one. */
export type Results = readonly [] | readonly [ValueType]

/** A function of the module or an imported one: what `call` takes. */
export class Fn<P extends readonly ValueType[] = readonly ValueType[], R extends Results = Results> {
  readonly name: string
  readonly params: P
  readonly results: R

  constructor(name: string, params: P, results: R) {
    this.name = name
    this.params = params
    this.results = results
  }
}

class Call<T extends ValueType> implements Expr<T> {
  readonly type: T
  readonly target: Fn
  readonly args: readonly Expr[]

  constructor(type: T, target: Fn, args: readonly Expr[]) {
    this.type = type
    this.target = target
    this.args = args
  }

  emit(code: CodeWriter): void {
    for (const argument of this.args) argument.emit(code)
    code.callTo(this.target)
  }
}

class Tee<T extends ValueType> implements Expr<T> {
  readonly type: T
  readonly local: Local<T>
  readonly value: Expr<T>

  constructor(local: Local<T>, value: Expr<T>) {
    this.type = local.type
    this.local = local
    this.value = value
  }

  emit(code: CodeWriter): void {
    this.value.emit(code)
    this.local.access(code, 0x22)
  }
}

/** The arguments of a call, checked against the parameters. */
export function checkedArguments(fn: Fn, args: readonly unknown[]): Expr[] {
  const where = `call of "${fn.name}"`
  if (args.length !== fn.params.length)
    throw new Misuse(`${where}: ${args.length} arguments for ${fn.params.length} parameters`)
  return fn.params.map((type, i) => operand(where, type, args[i] as Operand<ValueType>))
}

/** The result of a function, called where the expression is emitted. */
export function call<P extends readonly ValueType[], T extends ValueType>(
  fn: Fn<P, readonly [T]>,
  args: Operands<P>,
): Expr<T> {
  const [type] = fn.results
  if (type === undefined) throw new Misuse(`call of "${fn.name}": it has no result`)
  return new Call(type, fn as unknown as Fn, checkedArguments(fn as unknown as Fn, args))
}

/** Sets the local and is the value it was set to. */
export function tee<T extends ValueType>(local: Local<T>, value: Operand<NoInfer<T>>): Expr<T> {
  return new Tee(local, operand("tee", local.type, value))
}

/** `condition ? a : b` without a branch. All three are computed, in the order a, b, condition. */
export function select<T extends ValueType>(condition: Operand<"i32">, a: Expr<T>, b: Operand<NoInfer<T>>): Expr<T>
export function select<T extends ValueType>(condition: Operand<"i32">, a: Operand<NoInfer<T>>, b: Expr<T>): Expr<T>
export function select(condition: Operand<"i32">, a: Operand<ValueType>, b: Operand<ValueType>): Expr {
  const type = typeof a === "object" ? a.type : typeof b === "object" ? b.type : undefined
  if (type === undefined) throw new Misuse("select: one of the two must be an expression, to know the type")
  return new Operation(
    type,
    0x1b,
    operand("select", type, a),
    operand("select", type, b),
    operand("select", "i32", condition),
  )
}
