/**
 * The safetensors format: named arrays in one file. Eight bytes of header length (little-endian), a JSON header that gives
 * each tensor's dtype, shape and place, then the data, row-major and little-endian, without holes.
 * Types that the engine does not have are widened on reading: BF16 to f32, integers of 16 bits to i32.
 */
import { allocate, bytesOf, type DType, type HostArray, type TypedArray } from "../../engine/dtype.ts"
import { CajalError } from "../../engine/errors.ts"

export interface SafetensorsContent {
  readonly tensors: Record<string, HostArray>
  /** Free text of the writer, by name. */
  readonly metadata: Record<string, string>
}

interface Entry {
  dtype: string
  shape: number[]
  data_offsets: [begin: number, end: number]
}

const names = {
  f32: "F32",
  f64: "F64",
  i32: "I32",
  u32: "U32",
  bool: "BOOL",
  u8: "U8",
  i8: "I8",
  f16: "F16",
} as const satisfies Record<DType, string>

/** How each stored type becomes one of ours, element by element. */
interface StoredType {
  bytes: number
  dtype: DType
  read: (view: DataView, at: number) => number
}
const stored: Record<string, StoredType> = {
  F64: { bytes: 8, dtype: "f64", read: (view, at) => view.getFloat64(at, true) },
  F32: { bytes: 4, dtype: "f32", read: (view, at) => view.getFloat32(at, true) },
  F16: { bytes: 2, dtype: "f16", read: (view, at) => view.getFloat16(at, true) },
  BF16: { bytes: 2, dtype: "f32", read: (view, at) => bfloatToNumber(view.getUint16(at, true)) },
  I64: { bytes: 8, dtype: "i32", read: (view, at) => Number(view.getBigInt64(at, true)) },
  I32: { bytes: 4, dtype: "i32", read: (view, at) => view.getInt32(at, true) },
  I16: { bytes: 2, dtype: "i32", read: (view, at) => view.getInt16(at, true) },
  I8: { bytes: 1, dtype: "i8", read: (view, at) => view.getInt8(at) },
  U32: { bytes: 4, dtype: "u32", read: (view, at) => view.getUint32(at, true) },
  U16: { bytes: 2, dtype: "i32", read: (view, at) => view.getUint16(at, true) },
  U8: { bytes: 1, dtype: "u8", read: (view, at) => view.getUint8(at) },
  BOOL: { bytes: 1, dtype: "bool", read: (view, at) => view.getUint8(at) },
}

const longestHeader = 100_000_000 // the format's own limit
const metadataKey = "__metadata__"
const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

/**
 * Arrays to the bytes of a safetensors file. Wide types come first and the header is padded, so that all data are aligned.
 * @throws CajalError when a name is reserved, or an array's data do not fill its shape
 */
export function writeSafetensors(
  tensors: Readonly<Record<string, HostArray>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const order = Object.entries(tensors).sort(
    ([a, x], [b, y]) => bytesOf[y.dtype] - bytesOf[x.dtype] || (a < b ? -1 : 1),
  )
  const header: [string, unknown][] = Object.keys(metadata).length > 0 ? [[metadataKey, metadata]] : []
  let length = 0
  for (const [name, { dtype, shape, data }] of order) {
    if (name === metadataKey) throw new CajalError(`no tensor can be named ${metadataKey} in a safetensors file`)
    const size = shape.reduce((product, dimension) => product * dimension, 1)
    if (data.length !== size) {
      throw new CajalError(`${name} [${shape.join(", ")}] should hold ${size} elements but holds ${data.length}`)
    }
    const end = length + size * bytesOf[dtype]
    header.push([name, { dtype: names[dtype], shape, data_offsets: [length, end] } satisfies EntryOut])
    length = end
  }
  // Written member by member: in an object JSON would move names that look like integers to the front.
  const json = `{${header.map(([name, entry]) => `${JSON.stringify(name)}:${JSON.stringify(entry)}`).join(",")}}`
  const text = new TextEncoder().encode(json)
  const headerLength = Math.ceil(text.length / 8) * 8
  const file = new Uint8Array(8 + headerLength + length)
  new DataView(file.buffer).setBigUint64(0, BigInt(headerLength), true)
  file.set(text, 8)
  file.fill(0x20, 8 + text.length, 8 + headerLength)
  let at = 8 + headerLength
  for (const [, { data }] of order) {
    file.set(littleEndianBytes(data), at)
    at += data.byteLength
  }
  return file
}

type EntryOut = { dtype: string; shape: readonly number[]; data_offsets: readonly [number, number] }

/**
 * The arrays of a safetensors file, copied out of it.
 * @param where what error messages call the file
 * @throws CajalError when the header is not valid, a tensor's type, shape and place disagree, tensors overlap or leave
 * holes, the file has another length than its header says, or an integer does not fit
 */
export function readSafetensors(bytes: Uint8Array, where: string): SafetensorsContent {
  const { entries, metadata, dataAt } = readHeader(bytes, where)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const tensors: [string, HostArray][] = []
  for (const [name, { dtype, shape, data_offsets }] of entries) {
    const type = stored[dtype]
    const [begin, end] = data_offsets
    const data = allocate(type.dtype, (end - begin) / type.bytes)
    if (littleEndian && names[type.dtype] === dtype) {
      new Uint8Array(data.buffer).set(bytes.subarray(dataAt + begin, dataAt + end))
    } else {
      for (let i = 0; i < data.length; i++) {
        const value = type.read(view, dataAt + begin + i * type.bytes)
        data[i] = value
        if (dtype === "I64" && data[i] !== value)
          throw broken(where, `${name} holds ${value}, which does not fit 32 bits`)
      }
    }
    if (dtype === "BOOL" && data.some((value) => value > 1))
      throw broken(where, `${name} holds bytes that are not 0 or 1`)
    tensors.push([name, { dtype: type.dtype, shape, data }])
  }
  return { tensors: Object.fromEntries(tensors), metadata }
}

function readHeader(bytes: Uint8Array, where: string) {
  if (bytes.length < 8) throw broken(where, `it has ${bytes.length} bytes, fewer than the 8 of a header length`)
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true))
  if (length > longestHeader) throw broken(where, `its header would be ${length} bytes long: is it a safetensors file?`)
  if (8 + length > bytes.length)
    throw broken(where, `its header of ${length} bytes goes beyond its ${bytes.length} bytes`)
  const json = parseHeader(bytes.subarray(8, 8 + length), where)
  const { [metadataKey]: metadata = {}, ...rest } = json
  if (!isRecord(metadata) || Object.values(metadata).some((value) => typeof value !== "string")) {
    throw broken(where, `its ${metadataKey} is not a map of text to text`)
  }
  const entries = Object.entries(rest).map(([name, entry]) => [name, checkEntry(name, entry, where)] as const)
  entries.sort(([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1])
  let filled = 0
  for (const [name, { data_offsets: place }] of entries) {
    if (place[0] !== filled) throw broken(where, `${name} starts at ${place[0]} where ${filled} was expected`)
    filled = place[1]
  }
  const available = bytes.length - 8 - length
  if (filled !== available) throw broken(where, `its header describes ${filled} bytes of data, but ${available} follow`)
  return { entries, metadata: metadata as Record<string, string>, dataAt: 8 + length }
}

function parseHeader(bytes: Uint8Array, where: string): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes))
    if (bytes[0] === 0x7b && isRecord(json)) return json
  } catch (error) {
    throw broken(where, `its header is not JSON (${(error as Error).message})`, error)
  }
  throw broken(where, "its header is not a JSON object")
}

function checkEntry(name: string, entry: unknown, where: string): Entry {
  if (!isRecord(entry)) throw broken(where, `the header's entry for ${name} is not an object`)
  const { dtype, shape, data_offsets: place } = entry
  if (typeof dtype !== "string" || !Object.hasOwn(stored, dtype)) {
    throw broken(
      where,
      `${name} has the type ${JSON.stringify(dtype)}; read here are ${Object.keys(stored).join(", ")}`,
    )
  }
  if (!isCounts(shape)) throw broken(where, `${name} has the shape ${JSON.stringify(shape)}`)
  if (!isCounts(place) || place.length !== 2 || place[0] > place[1]) {
    throw broken(where, `${name} has the place ${JSON.stringify(place)}`)
  }
  const needed = shape.reduce((product, size) => product * size, stored[dtype].bytes)
  if (place[1] - place[0] !== needed) {
    throw broken(where, `${name} ${dtype} [${shape.join(", ")}] takes ${needed} bytes but has ${place[1] - place[0]}`)
  }
  return { dtype, shape, data_offsets: [place[0], place[1]] }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0)

const broken = (where: string, problem: string, cause?: unknown) =>
  new CajalError(`not a valid safetensors file: ${problem}`, { where, cause })

function littleEndianBytes(data: TypedArray): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  if (littleEndian || data.BYTES_PER_ELEMENT === 1) return bytes
  const swapped = bytes.slice()
  for (let at = 0; at < swapped.length; at += data.BYTES_PER_ELEMENT) {
    swapped.subarray(at, at + data.BYTES_PER_ELEMENT).reverse()
  }
  return swapped
}

const scratch = new DataView(new ArrayBuffer(4))
/** bfloat16: the upper half of a single. */
function bfloatToNumber(bits: number): number {
  scratch.setUint32(0, bits << 16)
  return scratch.getFloat32(0)
}
