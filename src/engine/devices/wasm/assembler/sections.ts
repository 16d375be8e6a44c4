/** The binary of a whole module: its sections, in the order the format wants them. */
import { CodeWriter } from "./code.ts"
import { constant } from "./expression.ts"
import type { FunctionBuilder } from "./function-builder.ts"
import { typeCode } from "./types.ts"
import type { Fn, Global } from "./variables.ts"

/** The memory of a module: its own, or one given by the host. A page is 64 KiB. */
export interface MemoryOptions {
  /** Module and field the host gives it under; without it the module makes its own. */
  import?: readonly [module: string, field: string]
  /** Name under which the host sees it. */
  export?: string
  initialPages: number
  /** Needed where the memory is shared. */
  maximumPages?: number
  /** Shared between threads; default false. */
  shared?: boolean
}

export interface Import {
  readonly module: string
  readonly field: string
  readonly fn: Fn
}

export interface ModuleContent {
  readonly memory: MemoryOptions | undefined
  readonly imports: readonly Import[]
  readonly functions: readonly { readonly fn: Fn; readonly builder: FunctionBuilder }[]
  readonly exports: ReadonlyMap<string, Fn>
  readonly globals: readonly { readonly global: Global; readonly initial: number | bigint }[]
  readonly data: readonly { readonly offset: number; readonly bytes: Uint8Array }[]
}

const section = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  memory: 5,
  global: 6,
  export: 7,
  code: 10,
  data: 11,
} as const
const kind = { function: 0, memory: 2 } as const
const end = 0x0b

/** The function types of a module, each once, and the types and places of its functions, imported ones first. */
class FunctionIndex {
  readonly types: Fn[] = []
  readonly #typeOfSignature = new Map<string, number>()
  readonly #places = new Map<object, number>()

  constructor(functions: readonly Fn[]) {
    for (const fn of functions) {
      this.#places.set(fn, this.#places.size)
      const key = signature(fn)
      if (this.#typeOfSignature.has(key)) continue
      this.#typeOfSignature.set(key, this.types.length)
      this.types.push(fn)
    }
  }

  typeOf(fn: Fn): number {
    return this.#typeOfSignature.get(signature(fn)) as number
  }

  /** @throws Error where `fn` belongs to another module */
  placeOf(fn: object, caller: string): number {
    const place = this.#places.get(fn)
    if (place === undefined)
      throw new Error(`function "${caller}": calls "${(fn as Fn).name}", a function of another module`)
    return place
  }
}

/** Parameters and results as text: equal for equal function types. */
export function signature(fn: Fn): string {
  return `${fn.params.join()}>${fn.results.join()}`
}

/** Writes a section that is a list, or nothing where the list is empty. */
function listSection<Item>(out: CodeWriter, id: number, items: readonly Item[], write: (item: Item) => void): void {
  if (items.length === 0) return
  out.u8(id)
  out.sized(() => {
    out.u32(items.length)
    for (const item of items) write(item)
  })
}

export function encodeModule(module: ModuleContent): Uint8Array<ArrayBuffer> {
  const { memory, imports, functions, globals, data } = module
  const index = new FunctionIndex([...imports.map(({ fn }) => fn), ...functions.map(({ fn }) => fn)])
  const out = new CodeWriter("module")
  for (const byte of [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]) out.u8(byte)

  listSection(out, section.type, index.types, (fn) => {
    out.u8(0x60)
    for (const types of [fn.params, fn.results]) {
      out.u32(types.length)
      for (const type of types) out.u8(typeCode[type])
    }
  })
  writeImports(out, imports, memory, index)
  listSection(out, section.function, functions, ({ fn }) => out.u32(index.typeOf(fn)))
  listSection(out, section.memory, memory && !memory.import ? [memory] : [], (own) => writeLimits(out, own))
  listSection(out, section.global, globals, ({ global, initial }) => {
    out.u8(typeCode[global.type])
    out.u8(1)
    constant("global", global.type, initial).emit(out)
    out.u8(end)
  })
  writeExports(out, module, index)
  listSection(out, section.code, functions, ({ builder }) => writeBody(out, builder, index))
  listSection(out, section.data, data, ({ offset, bytes }) => {
    out.u8(0)
    constant("data", "i32", offset).emit(out)
    out.u8(end)
    out.u32(bytes.length)
    out.append(bytes)
  })
  writeNames(out, [...imports, ...functions])
  return out.view().slice()
}

function writeImports(
  out: CodeWriter,
  imports: readonly Import[],
  memory: MemoryOptions | undefined,
  index: FunctionIndex,
): void {
  const places: { name: readonly [string, string]; write: () => void }[] = imports.map(({ module, field, fn }) => ({
    name: [module, field],
    write: () => {
      out.u8(kind.function)
      out.u32(index.typeOf(fn))
    },
  }))
  if (memory?.import)
    places.push({
      name: memory.import,
      write: () => {
        out.u8(kind.memory)
        writeLimits(out, memory)
      },
    })
  listSection(out, section.import, places, ({ name, write }) => {
    for (const part of name) out.text(part)
    write()
  })
}

function writeLimits(out: CodeWriter, { initialPages, maximumPages, shared }: MemoryOptions): void {
  out.u8((maximumPages === undefined ? 0 : 1) | (shared ? 2 : 0))
  out.u32(initialPages)
  if (maximumPages !== undefined) out.u32(maximumPages)
}

function writeExports(out: CodeWriter, { exports, memory }: ModuleContent, index: FunctionIndex): void {
  const rows: [name: string, kind: number, place: number][] = []
  for (const [name, fn] of exports) rows.push([name, kind.function, index.placeOf(fn, name)])
  if (memory?.export !== undefined) rows.push([memory.export, kind.memory, 0])
  listSection(out, section.export, rows, ([name, what, place]) => {
    out.text(name)
    out.u8(what)
    out.u32(place)
  })
}

function writeBody(out: CodeWriter, builder: FunctionBuilder, index: FunctionIndex): void {
  out.sized(() => {
    builder.writeHead(out)
    const start = out.length
    out.append(builder.code.view())
    for (const { position, target } of builder.code.callSites)
      out.patchU32(start + position, index.placeOf(target, builder.code.functionName))
  })
}

/** The names debuggers and profilers show. */
function writeNames(out: CodeWriter, functions: readonly { readonly fn: Fn }[]): void {
  out.u8(section.custom)
  out.sized(() => {
    out.text("name")
    out.u8(1)
    out.sized(() => {
      out.u32(functions.length)
      functions.forEach(({ fn }, place) => {
        out.u32(place)
        out.text(fn.name)
      })
    })
  })
}
