import { allocate, type DType } from "../dtype.ts"
import { type Primitive, primitive } from "../primitive.ts"
import { checkShape, type Shape, sizeOf } from "../shape.ts"
import type { Tensor } from "../tensor.ts"
import { apply1 } from "../trace.ts"

export const fullPrimitive: Primitive<{ shape: Shape; value: number; dtype: DType }> = primitive({
  name: "full",
  type: (_, { shape, dtype }) => [{ dtype, shape }],
  evaluate: (_, { value }, [output]) => [{ ...output, data: allocate(output.dtype, sizeOf(output.shape)).fill(value) }],
})

export const iotaPrimitive: Primitive<{ size: number; dtype: DType }> = primitive({
  name: "iota",
  type: (_, { size, dtype }) => [{ dtype, shape: [size] }],
  evaluate: (_, _attributes, [output]) => [
    { ...output, data: allocate(output.dtype, sizeOf(output.shape)).map((_, i) => i) as never },
  ],
})

/** A tensor of one repeated value. */
export const full = (shape: Shape, value: number, dtype: DType = "f32"): Tensor =>
  apply1(fullPrimitive, [], { shape: checkShape([...shape], "full"), value: Number(value), dtype })

export const zeros = (shape: Shape, dtype: DType = "f32"): Tensor => full(shape, 0, dtype)
export const ones = (shape: Shape, dtype: DType = "f32"): Tensor => full(shape, 1, dtype)
export const zerosLike = (x: Tensor): Tensor => zeros(x.shape, x.dtype)
export const onesLike = (x: Tensor): Tensor => ones(x.shape, x.dtype)

/** 0, 1, ... size - 1. */
export const range = (size: number, dtype: DType = "i32"): Tensor => {
  checkShape([size], "range")
  return apply1(iotaPrimitive, [], { size, dtype })
}

/** `count` evenly spaced numbers from `from` to `to`, both included. */
export const linspace = (from: number, to: number, count: number): Tensor =>
  count === 1
    ? full([1], from)
    : range(count, "f32")
        .mul((to - from) / (count - 1))
        .add(from)

/** The identity matrix `[n, n]`. */
export const eye = (n: number, dtype: DType = "f32"): Tensor => {
  const i = range(n)
  return i
    .reshape([n, 1])
    .eq(i.reshape([1, n]))
    .cast(dtype)
}
