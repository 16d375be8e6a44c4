/**
 * The element types of tensors. `u8`, `i8` and `f16` are storage types: cast them before computing (products take f16 and quantised i8 weights
 * as they are). `bool` is stored as a byte, 0 or 1.
 */
export type DType = "f32" | "f64" | "i32" | "u32" | "bool" | "u8" | "i8" | "f16"

/** `Float16Array`, where TypeScript's library knows of it. */
type HalfArray = typeof globalThis extends { Float16Array: { prototype: infer A } } ? A : never
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array | Int8Array | HalfArray

export const bytesOf: Record<DType, number> = { f32: 4, f64: 8, i32: 4, u32: 4, bool: 1, u8: 1, i8: 1, f16: 2 }

const arrays = {
  f32: Float32Array,
  f64: Float64Array,
  i32: Int32Array,
  u32: Uint32Array,
  bool: Uint8Array,
  u8: Uint8Array,
  i8: Int8Array,
  // Named through the global object: browsers that lack it can still load the engine.
  get f16() {
    return globalThis.Float16Array
  },
} as const

/** A zeroed typed array for `size` elements of `dtype`. */
export const allocate = (dtype: DType, size: number): TypedArray => new arrays[dtype](size)

/** A view of `buffer` as elements of `dtype`. */
export const viewOf = (dtype: DType, buffer: ArrayBufferLike, byteOffset: number, size: number): TypedArray =>
  new arrays[dtype](buffer as ArrayBuffer, byteOffset, size)

export const isFloat = (dtype: DType): boolean => dtype === "f32" || dtype === "f64"
export const isInteger = (dtype: DType): boolean => dtype === "i32" || dtype === "u32"
/** True for types that hold elements but do not compute. */
export const isStorage = (dtype: DType): boolean => dtype === "u8" || dtype === "i8" || dtype === "f16"

/** An n-d value in plain memory, row-major: what devices take in and give out, and what files hold. */
export interface HostArray {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly data: TypedArray
}
