import { FunctionBuilder } from "./function-builder.ts"
import { encodeModule, type Import, type MemoryOptions, signature } from "./sections.ts"
import { Misuse, type Operand, type ValueType } from "./types.ts"
import { Fn, Global, type Local, type Results } from "./variables.ts"

export interface FunctionOptions<P extends readonly ValueType[], R extends Results> {
  params: P
  /** Default: none. */
  results?: R
  /** Whether the host sees it, under its name; default false. */
  export?: boolean
}

/** A local for each parameter type. */
export type Locals<P extends readonly ValueType[]> = { readonly [K in keyof P]: Local<P[K]> }

/** What a body returns: the function's result, unless it ends in `f.return`. */
// biome-ignore lint/suspicious/noConfusingVoidType: a body without a value just ends
export type BodyResult<R extends Results> = R extends readonly [infer T extends ValueType] ? Operand<T> | void : void

/** A WebAssembly module under construction. `finish` gives its bytes. */
export class ModuleBuilder {
  readonly #imports = new Map<string, Import>()
  readonly #functions: { readonly fn: Fn; readonly builder: FunctionBuilder }[] = []
  readonly #exports = new Map<string, Fn>()
  readonly #globals: { readonly global: Global; readonly initial: number | bigint }[] = []
  readonly #data: { readonly offset: number; readonly bytes: Uint8Array }[] = []
  #memory: MemoryOptions | undefined
  #openFunctions = 0

  memory(options: MemoryOptions): void {
    if (this.#memory !== undefined) throw new Misuse("memory: the module has one already")
    if (options.shared && options.maximumPages === undefined)
      throw new Misuse("memory: a shared one needs maximumPages")
    this.#memory = options
  }

  /** A function of the host. Asking again gives the same handle; imports and functions may come in any order. */
  importFunction<const P extends readonly ValueType[], const R extends Results = readonly []>(
    module: string,
    field: string,
    params: P,
    results?: R,
  ): Fn<P, R> {
    const key = `${module}.${field}`
    const fn = new Fn(key, params, (results ?? []) as R)
    const known = this.#imports.get(key)?.fn
    if (known === undefined) this.#imports.set(key, { module, field, fn })
    else if (signature(known) !== signature(fn)) throw new Misuse(`importFunction: ${key} is there with another type`)
    return (known ?? fn) as Fn<P, R>
  }

  /**
   * Defines a function; `body` writes its statements and may return its result. It may define other functions meanwhile.
   * @throws Error naming the function, where the assembler is misused
   */
  function<const P extends readonly ValueType[], const R extends Results = readonly []>(
    name: string,
    options: FunctionOptions<P, R>,
    body: (f: FunctionBuilder<R, P>, ...parameters: Locals<P>) => BodyResult<R>,
  ): Fn<P, R> {
    const fn = new Fn(name, options.params, (options.results ?? []) as R)
    const builder = new FunctionBuilder(fn)
    if (options.export) {
      if (this.#exports.has(name)) throw new Misuse("exported twice", name)
      this.#exports.set(name, fn)
    }
    this.#functions.push({ fn, builder })
    this.#openFunctions++
    try {
      const parameters = builder.parameters() as unknown as Locals<P>
      builder.finish(body(builder, ...parameters) as Operand<ValueType> | undefined)
    } catch (error) {
      if (error instanceof Misuse && error.functionName === undefined) throw new Misuse(error.message, name, error)
      throw error
    }
    this.#openFunctions--
    return fn
  }

  /** A mutable variable; `f.set` writes it. */
  global<T extends "i32" | "i64" | "f32" | "f64">(
    type: T,
    initial: T extends "i64" ? number | bigint : number,
  ): Global<T> {
    const global = new Global(type, this.#globals.length)
    this.#globals.push({ global, initial })
    return global
  }

  /**
   * Bytes written to memory at `offset` when the module is instantiated. Every instance writes them: into a shared memory
   * let the host write them, once.
   */
  data(offset: number, bytes: Uint8Array): void {
    this.#data.push({ offset, bytes })
  }

  /** The binary of the module. */
  finish(): Uint8Array<ArrayBuffer> {
    if (this.#openFunctions > 0) throw new Misuse("finish: a function is still open, or failed")
    if (this.#memory === undefined && this.#data.length > 0) throw new Misuse("finish: data, but no memory")
    return encodeModule({
      memory: this.#memory,
      imports: [...this.#imports.values()],
      functions: this.#functions,
      exports: this.#exports,
      globals: this.#globals,
      data: this.#data,
    })
  }
}
