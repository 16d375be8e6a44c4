import { bytesOf, type DType } from "../../../../dtype.ts"
import type { ConvolutionAttributes } from "../../../../operators/convolution.ts"
import { type Shape, stridesOf } from "../../../../shape.ts"
import { type Expr, type Fn, type FunctionBuilder, i32, type ModuleBuilder } from "../../assembler/index.ts"
import { lanesFor } from "../../lanes.ts"
import { emitRow, rowReader } from "../expression.ts"
import { emitMap } from "../map.ts"

/** One group of one image of a convolution, and how many of them there are. */
export interface ConvolutionSpec extends ConvolutionAttributes {
  readonly dtype: DType
  readonly batch: number
  /** Channels of a group, in and out. */
  readonly inner: number
  readonly outer: number
  /** Outputs in a plane: rows and columns. */
  readonly counts: readonly [number, number]
}

/** What one operator of convolution needs to be lowered: scratch space, and the kernel on `(first input, second input, output, scratch)`. */
export interface ConvolutionPlan {
  bytes(threads: number): number
  emit(module: ModuleBuilder, name: string): Fn<readonly ["i32", "i32", "i32", "i32"]>
}

/** What every kernel of a convolution takes: `(first input, second input, output, scratch)`. */
export const parameters = { params: ["i32", "i32", "i32", "i32"] as const }

/** Elements of a plane or a window. */
export const area = ([height, width]: readonly [number, number]): number => height * width

/** The matrix of columns of one group of an image, `[channels · kh · kw, rows · columns]`, and where it is made. */
export interface Columns {
  /** Bytes of an element. */
  readonly unit: number
  /** Its sizes: elements of a window, and outputs of a plane. */
  readonly k: number
  readonly n: number
  readonly padded: readonly [number, number]
  readonly isPadded: boolean
  /** The image is its own matrix of columns: windows of one element that leave none out. */
  readonly isDirect: boolean
  /** Scratch space: the matrix first, then the image with its padding. */
  readonly paddedAt: number
  readonly paddedBytes: number
  readonly bytes: number
}

/** A multiple of 16 bytes. */
export const aligned = (bytes: number): number => Math.ceil(bytes / 16) * 16

export function columnsOf({ inner, kernel, stride, low, high, size, counts, dtype }: ConvolutionSpec): Columns {
  const unit = bytesOf[dtype]
  const k = inner * kernel[0] * kernel[1]
  const n = counts[0] * counts[1]
  const padded = [size[0] + low[0] + high[0], size[1] + low[1] + high[1]] as const
  const isPadded = padded[0] !== size[0] || padded[1] !== size[1]
  const isDirect = !isPadded && kernel[0] * kernel[1] * stride[0] * stride[1] === 1
  const paddedAt = isDirect ? 0 : aligned(k * n * unit)
  const paddedBytes = inner * padded[0] * padded[1] * unit
  const bytes = paddedAt + (isPadded ? aligned(paddedBytes) : 0)
  return { unit, k, n, padded, isPadded, isDirect, paddedAt, paddedBytes, bytes }
}

/** `(from, to)`: elements of a view into another. */
export const emitCopy = (
  module: ModuleBuilder,
  name: string,
  dtype: DType,
  shape: Shape,
  from: readonly number[],
  to = stridesOf(shape),
): Fn<"i32"[]> =>
  emitMap(module, name, {
    shape,
    inputs: [{ dtype, strides: from }],
    nodes: [],
    outputs: [{ ref: { input: 0 }, dtype, strides: to }],
  })

/** Writes the columns of one group of an image, and gives the address of the matrix. */
export function columnsWriter(module: ModuleBuilder, name: string, spec: ConvolutionSpec) {
  const { inner, size, kernel, stride, dilation, counts, low, dtype } = spec
  const { padded, isPadded, isDirect, unit, paddedAt, paddedBytes } = columnsOf(spec)
  const [height, width] = padded
  const image = stridesOf([inner, ...size])
  const border = isPadded
    ? emitCopy(module, `${name}.pad`, dtype, [inner, ...size], image, stridesOf([inner, ...padded]))
    : undefined
  const seen = [height * width, dilation[0] * width, dilation[1], stride[0] * width, stride[1]]
  const gather = isDirect ? undefined : emitCopy(module, `${name}.columns`, dtype, [inner, ...kernel, ...counts], seen)
  return {
    /** Makes the padding zero, once for all images. */
    prepare: (f: FunctionBuilder, scratch: Expr<"i32">) => {
      if (isPadded) f.memoryFill(i32.add(scratch, paddedAt), 0, paddedBytes)
    },
    write: (f: FunctionBuilder, x: Expr<"i32">, scratch: Expr<"i32">): Expr<"i32"> => {
      if (border !== undefined) f.call(border, [x, i32.add(scratch, paddedAt + (low[0] * width + low[1]) * unit)])
      if (gather === undefined) return x
      f.call(gather, [border === undefined ? x : i32.add(scratch, paddedAt), scratch])
      return scratch
    },
  }
}

/** Adds the columns of one group of an image up at the elements that they were taken from: the transpose of writing them. */
export function columnsAdder(module: ModuleBuilder, name: string, spec: ConvolutionSpec) {
  const { inner, size, kernel, dilation, low, dtype } = spec
  const { n, padded, isPadded, unit, paddedAt, paddedBytes } = columnsOf(spec)
  const tap = emitAddTap(module, `${name}.tap`, spec, padded)
  const inside = isPadded
    ? emitCopy(module, `${name}.inside`, dtype, [inner, ...size], stridesOf([inner, ...padded]))
    : undefined
  return (f: FunctionBuilder, scratch: Expr<"i32">, x: Expr<"i32">): void => {
    const [c, i, j] = [f.local("i32"), f.local("i32"), f.local("i32")]
    const target = isPadded ? i32.add(scratch, paddedAt) : x
    f.memoryFill(target, 0, paddedBytes)
    const from = f.local("i32", scratch)
    f.for(c, 0, inner, 1, () =>
      f.for(i, 0, kernel[0], 1, () =>
        f.for(j, 0, kernel[1], 1, () => {
          const row = i32.add(i32.mul(c, padded[0]), i32.mul(i, dilation[0]))
          const at = i32.add(i32.mul(row, padded[1]), i32.mul(j, dilation[1]))
          f.call(tap, [from, i32.add(target, i32.mul(at, unit))])
          f.add(from, n * unit)
        }),
      ),
    )
    if (inside !== undefined) f.call(inside, [i32.add(target, (low[0] * padded[1] + low[1]) * unit), x])
  }
}

/** `(from, to)`: adds one row of the columns, an output plane, to the elements of the padded plane that one tap of the window saw. */
function emitAddTap(
  module: ModuleBuilder,
  name: string,
  { dtype, counts, stride }: ConvolutionSpec,
  padded: readonly [number, number],
): Fn<readonly ["i32", "i32"]> {
  const unit = bytesOf[dtype]
  const { main, tail } = lanesFor([dtype])
  const wide = stride[1] === 1 ? main : tail
  return module.function(name, { params: ["i32", "i32"] as const }, (builder, source, target) => {
    const f = builder as unknown as FunctionBuilder
    const [from, to] = [f.local("i32", source), f.local("i32", target)]
    const cursors = [
      { dtype, pointer: from },
      { dtype, pointer: to },
    ]
    const reader = rowReader(f, wide, cursors, [1, stride[1]], unit)
    f.for(f.local("i32"), 0, counts[0], 1, () => {
      emitRow(f, wide, tail, counts[1], unit, (lanes, counter) => {
        const both = [reader.load(lanes, 0, counter), reader.load(lanes, 1, counter)]
        const sum = lanes.apply({ module, f }, "add", dtype, dtype, both)
        lanes.store(f, dtype, reader.address(1, counter), sum)
      })
      f.add(from, counts[1] * unit)
      f.add(to, stride[0] * padded[1] * unit)
    })
  })
}
