import { allocate, type DType, type HostArray, type TypedArray } from "../../../engine/dtype.ts"
import { CajalError } from "../../../engine/errors.ts"
import { sizeOf } from "../../../engine/shape.ts"
import type { OnnxTensor } from "./messages.ts"

/** Numbers of the element types in files. */
export const onnxTypes: Readonly<Record<DType | "i64", number>> = {
  f32: 1,
  u8: 2,
  i8: 3,
  i32: 6,
  i64: 7,
  bool: 9,
  f16: 10,
  f64: 11,
  u32: 12,
}

/** What each element type of a file becomes here: 16-bit floats are widened, whole numbers of 64 bits are held in the range of 32. */
const readTypes: Readonly<Record<number, { readonly dtype: DType; readonly name: string }>> = {
  1: { dtype: "f32", name: "float" },
  2: { dtype: "u8", name: "uint8" },
  3: { dtype: "i8", name: "int8" },
  4: { dtype: "i32", name: "uint16" },
  5: { dtype: "i32", name: "int16" },
  6: { dtype: "i32", name: "int32" },
  7: { dtype: "i32", name: "int64" },
  9: { dtype: "bool", name: "bool" },
  10: { dtype: "f32", name: "float16" },
  11: { dtype: "f64", name: "double" },
  12: { dtype: "u32", name: "uint32" },
  16: { dtype: "f32", name: "bfloat16" },
}

/** @throws CajalError for element types without a counterpart (strings, complex numbers, 64-bit unsigned, 4 and 8-bit floats) */
export function dtypeOf(type: number, what: string): DType {
  const found = readTypes[type]
  if (found !== undefined) return found.dtype
  throw new CajalError(`${what} is of ONNX element type ${type}, which is not read here`, {
    hint: `read are ${Object.values(readTypes)
      .map((known) => known.name)
      .join(", ")}`,
  })
}

type Read = (view: DataView, at: number) => number
const raw: Readonly<Record<number, readonly [bytes: number, read: Read]>> = {
  1: [4, (v, at) => v.getFloat32(at, true)],
  2: [1, (v, at) => v.getUint8(at)],
  3: [1, (v, at) => v.getInt8(at)],
  4: [2, (v, at) => v.getUint16(at, true)],
  5: [2, (v, at) => v.getInt16(at, true)],
  6: [4, (v, at) => v.getInt32(at, true)],
  7: [8, (v, at) => Number(v.getBigInt64(at, true))],
  9: [1, (v, at) => v.getUint8(at)],
  10: [2, (v, at) => halfOf(v.getUint16(at, true))],
  11: [8, (v, at) => v.getFloat64(at, true)],
  12: [4, (v, at) => v.getUint32(at, true)],
  16: [2, (v, at) => brainFloatOf(v.getUint16(at, true))],
}

/**
 * The elements of a tensor of a file.
 * @throws CajalError when they lie in another file, do not fill the shape, or are of a type that is not read
 */
export function readTensor(tensor: OnnxTensor): HostArray {
  const what = `the tensor ${tensor.name || "of an attribute"}`
  const dtype = dtypeOf(tensor.dataType, what)
  if (tensor.dataLocation === 1)
    throw new CajalError(`${what} lies outside the file, which is not read here`, {
      hint: "save the model with its weights in it",
    })
  const shape = [...tensor.dims]
  const size = sizeOf(shape)
  const [bytes, read] = raw[tensor.dataType]
  const { rawData } = tensor
  const listed = listOf(tensor)
  const count = rawData.length > 0 ? rawData.length / bytes : listed.length
  if (count !== size)
    throw new CajalError(`${what} [${shape.join(", ")}] should hold ${size} elements but holds ${count}`)
  const data = allocate(dtype, size)
  const low = dtype === "i32" ? -2147483648 : Number.NEGATIVE_INFINITY
  const high = dtype === "i32" ? 2147483647 : Number.POSITIVE_INFINITY
  const view = new DataView(rawData.buffer, rawData.byteOffset, rawData.byteLength)
  for (let i = 0; i < size; i++) {
    const value = rawData.length > 0 ? read(view, i * bytes) : listed[i]
    data[i] = value < low ? low : value > high ? high : value
  }
  return { dtype, shape, data }
}

/** Elements that are listed by type instead of as bytes. */
function listOf({ dataType, floatData, doubleData, int64Data, uint64Data, int32Data }: OnnxTensor): number[] {
  if (dataType === 1) return floatData
  if (dataType === 11) return doubleData
  if (dataType === 7) return int64Data
  if (dataType === 12) return uint64Data
  if (dataType === 10) return int32Data.map(halfOf)
  return dataType === 16 ? int32Data.map(brainFloatOf) : int32Data
}

/** A tensor of a file. Whole numbers of 64 bits are given as an array of them. */
export function writeTensor(
  name: string,
  array: HostArray | { shape: readonly number[]; i64: readonly number[] },
): OnnxTensor {
  const wide = "i64" in array
  const elements: TypedArray | BigInt64Array = wide ? BigInt64Array.from(array.i64, BigInt) : array.data
  const copied = elements.slice()
  return {
    name,
    dims: [...array.shape],
    dataType: onnxTypes[wide ? "i64" : array.dtype],
    rawData: new Uint8Array(copied.buffer, copied.byteOffset, copied.byteLength),
  } as OnnxTensor
}

/** IEEE half precision to a number. */
function halfOf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

const scratch = new DataView(new ArrayBuffer(4))
function brainFloatOf(bits: number): number {
  scratch.setUint32(0, bits << 16)
  return scratch.getFloat32(0)
}
