/** The element types of tensors. `u8` is a storage type: cast it before computing. `bool` is stored as a byte, 0 or 1. */
export type DType = "f32" | "f64" | "i32" | "u32" | "bool" | "u8"

export type TypedArray = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array

export const bytesOf: Record<DType, number> = { f32: 4, f64: 8, i32: 4, u32: 4, bool: 1, u8: 1 }

const arrays = {
  f32: Float32Array,
  f64: Float64Array,
  i32: Int32Array,
  u32: Uint32Array,
  bool: Uint8Array,
  u8: Uint8Array,
} as const

/** A zeroed typed array for `size` elements of `dtype`. */
export const allocate = (dtype: DType, size: number): TypedArray => new arrays[dtype](size)

/** A view of `buffer` as elements of `dtype`. */
export const viewOf = (dtype: DType, buffer: ArrayBufferLike, byteOffset: number, size: number): TypedArray =>
  new arrays[dtype](buffer as ArrayBuffer, byteOffset, size)

export const isFloat = (dtype: DType): boolean => dtype === "f32" || dtype === "f64"
export const isInteger = (dtype: DType): boolean => dtype === "i32" || dtype === "u32"

/** An n-d value in plain memory, row-major: what devices take in and give out, and what files hold. */
export interface HostArray {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly data: TypedArray
}
