/** For the tests of this folder: runs one operation on the machine, or a whole module. */
import { expect } from "vitest"
import { type Expr, f32, f64, i32, i64, ModuleBuilder, type ValueType, v128 } from "./index.ts"

/** The lanes of a vector; its kind says how a result is read. */
export type Lanes =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | Float32Array
  | Float64Array
/** A bare number is of the family's own type, a bigint an i64; others are tagged; `raw` is no operand (a lane, an offset). */
export type Argument =
  | number
  | bigint
  | Lanes
  | { i32: number }
  | { f32: number }
  | { f64: number }
  | { raw: number | readonly number[] }
export type Case = readonly [args: readonly Argument[], expected: Argument]
/** Several cases of one operation, where one does not tell it from its neighbours. */
export type Rows = { readonly rows: readonly Case[] }
type AnyOperation = (...args: never[]) => Expr

export const raw = (value: number | readonly number[]) => ({ raw: value })
export const rows = (...cases: Case[]): Rows => ({ rows: cases })
export const i8 = (...lanes: number[]) => Int8Array.from({ length: 16 }, (_, i) => lanes[i % lanes.length] as number)
export const u8 = (...lanes: number[]) => Uint8Array.from({ length: 16 }, (_, i) => lanes[i % lanes.length] as number)
export const i16 = (...lanes: number[]) => Int16Array.from({ length: 8 }, (_, i) => lanes[i % lanes.length] as number)
export const u16 = (...lanes: number[]) => Uint16Array.from({ length: 8 }, (_, i) => lanes[i % lanes.length] as number)
export const i32s = (...lanes: number[]) => Int32Array.from({ length: 4 }, (_, i) => lanes[i % lanes.length] as number)
export const u32s = (...lanes: number[]) => Uint32Array.from({ length: 4 }, (_, i) => lanes[i % lanes.length] as number)
export const i64s = (...lanes: bigint[]) =>
  BigInt64Array.from({ length: 2 } as ArrayLike<bigint>, (_, i) => lanes[i % lanes.length] as bigint)
export const f32s = (...lanes: number[]) =>
  Float32Array.from({ length: 4 }, (_, i) => lanes[i % lanes.length] as number)
export const f64s = (...lanes: number[]) =>
  Float64Array.from({ length: 2 }, (_, i) => lanes[i % lanes.length] as number)

/** Where the bytes 128, 129, 130, ... stand for loads to find. */
export const bytesAt = 1024
const resultAt = 512
const byteCount = 32

function typed(value: Argument, own: ValueType): { type: ValueType; value: number | bigint | Lanes } {
  if (typeof value === "number") return { type: own, value }
  if (typeof value === "bigint") return { type: "i64", value }
  if (ArrayBuffer.isView(value)) return { type: "v128", value: value as Lanes }
  const [[type, inner]] = Object.entries(value) as [[ValueType, number]]
  return { type, value: inner }
}

const loads = { i32: i32.load, i64: i64.load, f32: f32.load, f64: f64.load, v128: v128.load }

function writeValue(memory: ArrayBuffer, at: number, type: ValueType, value: number | bigint | Lanes): void {
  const view = new DataView(memory, at)
  if (type === "i32") view.setInt32(0, value as number, true)
  else if (type === "i64") view.setBigInt64(0, value as bigint, true)
  else if (type === "f32") view.setFloat32(0, value as number, true)
  else if (type === "f64") view.setFloat64(0, value as number, true)
  else new Uint8Array(memory, at, 16).set(new Uint8Array((value as Lanes).buffer))
}

function readLike(memory: ArrayBuffer, type: ValueType, like: number | bigint | Lanes): number | bigint | Lanes {
  const view = new DataView(memory, resultAt)
  if (type === "i32") return view.getInt32(0, true)
  if (type === "i64") return view.getBigInt64(0, true)
  if (type === "f32") return view.getFloat32(0, true)
  if (type === "f64") return view.getFloat64(0, true)
  const Kind = (like as Lanes).constructor as new (buffer: ArrayBuffer) => Lanes
  return new Kind(memory.slice(resultAt, resultAt + 16))
}

/** Runs `operation` on operands read from memory, and returns what it leaves there beside what is expected. */
export function runOperation(
  operation: AnyOperation,
  own: ValueType,
  [args, expected]: Case,
  constantOperands = false,
) {
  const module = new ModuleBuilder()
  module.memory({ initialPages: 1, export: "memory" })
  const values = args.map((argument) =>
    typeof argument === "object" && "raw" in argument ? undefined : typed(argument, own),
  )
  const wanted = typed(expected, own)
  module.function("run", { params: [], export: true }, (f) => {
    const operands = args.map((argument, i) => {
      const value = values[i]
      if (value === undefined) return (argument as { raw: unknown }).raw
      return constantOperands ? value.value : loads[value.type](16 * i)
    })
    const result = operation(...(operands as never[]))
    f.store(result.type as "i32", resultAt, result as Expr<"i32">)
  })
  const { memory, run } = instantiate(module)
  for (const [i, value] of values.entries())
    if (value !== undefined) writeValue(memory.buffer, 16 * i, value.type, value.value)
  new Uint8Array(memory.buffer, bytesAt).set(Uint8Array.from({ length: byteCount }, (_, i) => 128 + i))
  run?.()
  return { actual: readLike(memory.buffer, wanted.type, wanted.value), expected: wanted.value }
}

/** Expects of an operation what its cases say. */
export function checkRows(operation: AnyOperation, own: ValueType, cases: Case | Rows): void {
  for (const row of "rows" in cases ? cases.rows : [cases]) {
    const { actual, expected } = runOperation(operation, own, row)
    expect(actual).toEqual(expected)
  }
}

type Exports = { memory: WebAssembly.Memory & { buffer: ArrayBuffer } } & Record<
  string,
  (...args: (number | bigint)[]) => never
>

/** The exports of a finished module, loosely typed. */
export function instantiate(module: ModuleBuilder, imports: WebAssembly.Imports = {}): Exports {
  return new WebAssembly.Instance(new WebAssembly.Module(module.finish()), imports).exports as unknown as Exports
}
