import { CodeWriter, misc, threads } from "./code.ts"
import { Constant, checkLane, checkOffset, emitAccess, operand, VectorConstant } from "./expression.ts"
import { i32 } from "./integers.ts"
import { laneStores, type Stored, type StoreKind, stores } from "./stores.ts"
import { type Expr, Misuse, type Operand, type Operands, typeCode, type ValueType } from "./types.ts"
import { checkedArguments, type Fn, type Global, Local, type Results } from "./variables.ts"

const voidBlock = 0x40
const opcodes = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  return: 0x0f,
  drop: 0x1a,
}

/** The end of a block, where `break` goes. */
export interface Exit {
  readonly owner: CodeWriter
  /** How many blocks are open around it, itself included; 0 once it is closed. */
  depth: number
}

/** The operand a function's `return` takes: one if it has a result, none if it has not. */
export type ReturnValue<R extends Results> = R extends readonly [infer T extends ValueType] ? [value: Operand<T>] : []

/**
 * The body of a function under construction. Each method writes its statement at once, so that a mistake is reported where
 * it is made; the body of a block, loop or branch is what its callback writes.
 */
export class FunctionBuilder<R extends Results = Results, P extends readonly ValueType[] = readonly ValueType[]> {
  /** This function, to call it from within itself. */
  readonly self: Fn<P, R>
  readonly code: CodeWriter
  readonly #localTypes: ValueType[] = []
  readonly #parameterCount: number
  readonly #held = new Map<string, { readonly index: number; readonly bytes: Uint8Array }>()
  #depth = 0

  constructor(self: Fn<P, R>) {
    this.self = self
    this.code = new CodeWriter(self.name)
    this.#parameterCount = self.params.length
    this.code.hold = (bytes) => this.#hold(bytes)
  }

  /** A fresh local; it starts at 0, or is set to `initial` here. Inside a loop give `initial`: the 0 is given only once. */
  local<T extends ValueType>(type: T, initial?: Operand<NoInfer<T>>): Local<T> {
    const local = new Local(type, this.#parameterCount + this.#localTypes.length, this.code)
    this.#localTypes.push(type)
    if (initial !== undefined) this.set(local, initial)
    return local
  }

  set<T extends ValueType>(variable: Local<T> | Global<T>, value: Operand<NoInfer<T>>): void {
    operand("set", variable.type, value as Operand<T>).emit(this.code)
    if (variable instanceof Local) variable.access(this.code, 0x21)
    else {
      this.code.u8(0x24)
      this.code.u32(variable.index)
    }
  }

  /** `variable += amount` */
  add(variable: Local<"i32"> | Global<"i32">, amount: Operand<"i32">): void {
    this.set(variable, i32.add(variable, amount))
  }

  /**
   * `for (counter = from; counter < to; counter += step) body()`, signed.
   * Constant bounds save the first test, and an empty constant range writes no loop (and `body` is not called).
   * `to` is computed once, before the loop, unless it is a local: that is read anew at each turn. The counter ends at
   * the first value that is not below `to`.
   */
  for(counter: Local<"i32">, from: Operand<"i32">, to: Operand<"i32">, step: number, body: () => void): void {
    if (!Number.isInteger(step) || step <= 0) throw new Misuse(`for: the step must be an integer above 0, not ${step}`)
    const first = operand("for", "i32", from)
    let bound = operand("for", "i32", to)
    if (!(bound instanceof Constant || bound instanceof Local)) bound = this.local("i32", bound)
    this.set(counter, first)
    const enters = first instanceof Constant ? i32.ltS(first, bound) : i32.ltS(counter, bound)
    this.if(enters, () =>
      this.#nest(opcodes.loop, () => {
        body()
        this.add(counter, step)
        this.#branch(i32.ltS(counter, bound), 0)
      }),
    )
  }

  /** `while (condition) body()`; the condition is computed before every turn. */
  while(condition: Operand<"i32">, body: () => void): void {
    this.#nest(opcodes.loop, () => {
      operand("while", "i32", condition).emit(this.code)
      this.#nest(opcodes.if, () => {
        body()
        this.#branch(undefined, 1)
      })
    })
  }

  /** `do body() while (condition)`; the condition is what `body` returns. */
  doWhile(body: () => Operand<"i32">): void {
    this.#nest(opcodes.loop, () => this.#branch(operand("doWhile", "i32", body()), 0))
  }

  /** A constant condition writes the branch taken and nothing else. */
  if(condition: Operand<"i32">, then: () => void, otherwise?: () => void): void {
    const test = operand("if", "i32", condition)
    if (test instanceof Constant) {
      if (test.value !== 0) then()
      else otherwise?.()
      return
    }
    test.emit(this.code)
    this.#nest(opcodes.if, () => {
      then()
      if (otherwise === undefined) return
      this.code.u8(opcodes.else)
      otherwise()
    })
  }

  /** Statements that `break(exit)` and `breakIf(exit, condition)` leave. */
  block(body: (exit: Exit) => void): void {
    this.#nest(opcodes.block, () => {
      const exit: Exit = { owner: this.code, depth: this.#depth }
      body(exit)
      exit.depth = 0
    })
  }

  break(exit: Exit): void {
    this.#branch(undefined, this.#distance(exit))
  }

  breakIf(exit: Exit, condition: Operand<"i32">): void {
    this.#branch(operand("breakIf", "i32", condition), this.#distance(exit))
  }

  return(...value: ReturnValue<R>): void {
    this.#emitResult(value[0] as Operand<ValueType> | undefined)
    this.code.u8(opcodes.return)
  }

  /** Calls a function and drops its result if it has one. */
  call<Q extends readonly ValueType[]>(fn: Fn<Q>, args: Operands<Q>): void {
    for (const argument of checkedArguments(fn, args)) argument.emit(this.code)
    this.code.callTo(fn)
    if (fn.results.length > 0) this.code.u8(opcodes.drop)
  }

  /** Computes an expression for its effect alone. */
  drop(value: Expr): void {
    value.emit(this.code)
    this.code.u8(opcodes.drop)
  }

  /** Stops the program with a trap. */
  unreachable(): void {
    this.code.u8(opcodes.unreachable)
  }

  /** Writes `value` to memory at `address + offset` (bytes). */
  store<K extends StoreKind>(kind: K, address: Operand<"i32">, value: Operand<Stored<K>>, offset = 0): void {
    const where = `store ${kind}`
    const { type, opcode, align } = stores[kind]
    this.#emitAll(operand(where, "i32", address), operand(where, type as Stored<K>, value))
    this.#access(opcode, align, checkOffset(where, offset))
  }

  /** Writes one lane, `bits` wide, of a vector. */
  storeLane(bits: 8 | 16 | 32 | 64, address: Operand<"i32">, vector: Operand<"v128">, lane: number, offset = 0): void {
    const where = `store lane of ${bits} bits`
    const { opcode, align } = laneStores[bits]
    this.#emitAll(operand(where, "i32", address), operand(where, "v128", vector))
    this.#access(opcode, align, checkOffset(where, offset), checkLane(where, lane, 128 / bits))
  }

  atomicStore(address: Operand<"i32">, value: Operand<"i32">, offset = 0): void {
    this.#emitAll(operand("atomicStore", "i32", address), operand("atomicStore", "i32", value))
    this.#access(threads + 0x17, 2, checkOffset("atomicStore", offset))
  }

  /** Orders all memory accesses before it against all after it. */
  fence(): void {
    this.code.opcode(threads + 0x03)
    this.code.u8(0)
  }

  /** Copies `bytes` bytes; the ranges may overlap. */
  memoryCopy(to: Operand<"i32">, from: Operand<"i32">, bytes: Operand<"i32">): void {
    this.#emitAll(
      operand("memoryCopy", "i32", to),
      operand("memoryCopy", "i32", from),
      operand("memoryCopy", "i32", bytes),
    )
    this.code.opcode(misc + 0x0a)
    this.code.u8(0)
    this.code.u8(0)
  }

  /** Sets `bytes` bytes to the low byte of `value`. */
  memoryFill(to: Operand<"i32">, value: Operand<"i32">, bytes: Operand<"i32">): void {
    this.#emitAll(
      operand("memoryFill", "i32", to),
      operand("memoryFill", "i32", value),
      operand("memoryFill", "i32", bytes),
    )
    this.code.opcode(misc + 0x0b)
    this.code.u8(0)
  }

  /** A local for each parameter. */
  parameters(): Local[] {
    return this.self.params.map((type, index) => new Local(type, index, this.code))
  }

  /** Ends the body: `value` is its result. Without one a function that should have one must have returned before, or traps. */
  finish(value: Operand<ValueType> | undefined): void {
    if (value !== undefined) this.#emitResult(value)
    else if (this.self.results.length > 0) this.unreachable()
    this.code.u8(opcodes.end)
  }

  #hold(bytes: Uint8Array): number {
    const key = bytes.join()
    const known = this.#held.get(key) ?? { index: this.local("v128").index, bytes }
    this.#held.set(key, known)
    return known.index
  }

  /** Writes the declarations of the locals, neighbours of one type as a group, and sets those that hold constants. */
  writeHead(out: CodeWriter): void {
    const groups: { type: ValueType; count: number }[] = []
    for (const type of this.#localTypes) {
      const last = groups.at(-1)
      if (last?.type === type) last.count++
      else groups.push({ type, count: 1 })
    }
    out.u32(groups.length)
    for (const { type, count } of groups) {
      out.u32(count)
      out.u8(typeCode[type])
    }
    for (const { index, bytes } of this.#held.values()) {
      new VectorConstant(bytes).write(out)
      out.u8(0x21)
      out.u32(index)
    }
  }

  #emitAll(...values: Expr[]): void {
    for (const value of values) value.emit(this.code)
  }

  #access(opcode: number, align: number, offset: number, lane?: number): void {
    this.code.opcode(opcode)
    emitAccess(this.code, { align, offset, ...(lane === undefined ? {} : { lane }) })
  }

  #emitResult(value: Operand<ValueType> | undefined): void {
    const [type] = this.self.results
    if (type === undefined && value === undefined) return
    if (type === undefined || value === undefined)
      throw new Misuse(`return: the function has ${type === undefined ? "no" : "a"} result`)
    operand("return", type, value).emit(this.code)
  }

  #nest(opcode: number, body: () => void): void {
    this.code.u8(opcode)
    this.code.u8(voidBlock)
    this.#depth++
    body()
    this.#depth--
    this.code.u8(opcodes.end)
  }

  #branch(condition: Expr | undefined, distance: number): void {
    condition?.emit(this.code)
    this.code.u8(condition === undefined ? opcodes.br : opcodes.brIf)
    this.code.u32(distance)
  }

  #distance(exit: Exit): number {
    if (exit.owner !== this.code) throw new Misuse("break: the block is another function's")
    if (exit.depth === 0) throw new Misuse("break: the block is closed already")
    return this.#depth - exit.depth
  }
}
