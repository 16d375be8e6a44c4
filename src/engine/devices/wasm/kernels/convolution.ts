import { bytesOf, type DType } from "../../../dtype.ts"
import type { Node } from "../../../graph.ts"
import type { ConvolutionAttributes } from "../../../operators/convolution.ts"
import { planeOf } from "../../../operators/windows.ts"
import { type Shape, sizeOf, stridesOf } from "../../../shape.ts"
import { type Expr, type Fn, type FunctionBuilder, i32, type ModuleBuilder } from "../assembler/index.ts"
import { lanesFor } from "../lanes.ts"
import { emitRow, rowReader } from "./expression.ts"
import { emitMap } from "./map.ts"
import { emitMatmul, emitMatmulF64, type MatmulSpec, matmulScratchBytes } from "./matmul.ts"
import type { Lowering } from "./table.ts"

/**
 * Convolution as matrix products, image by image and group by group: the elements that each output sees become a column of a matrix
 * (im2col), so that with `K = channels · kh · kw` of a group and `N` outputs a plane
 *   y [out, N] = weight [out, K] · columns [K, N],   d columns = weightᵀ · dy,   d weightᵀ [K, out] = Σ columns · dyᵀ.
 */
interface Spec extends ConvolutionAttributes {
  readonly dtype: DType
  readonly batch: number
  /** Channels of a group, in and out. */
  readonly inner: number
  readonly outer: number
  /** Outputs in a plane: rows and columns. */
  readonly counts: readonly [number, number]
}

interface Layout {
  /** Bytes of an element. */
  readonly unit: number
  readonly k: number
  readonly n: number
  /** Elements of one group of an image, padded too. */
  readonly plane: number
  readonly padded: readonly [number, number]
  readonly isPadded: boolean
  /** The image is its own matrix of columns: windows of one element that leave none out. */
  readonly isDirect: boolean
  /** Scratch space, in bytes from its start. */
  readonly columnsAt: number
  readonly paddedAt: number
  readonly gradientAt: number
  readonly partAt: number
  readonly productAt: number
}

const align = (bytes: number): number => Math.ceil(bytes / 16) * 16

function layoutOf(spec: Spec, sums: boolean): Layout {
  const { inner, outer, kernel, stride, low, high, size, counts, dtype } = spec
  const unit = bytesOf[dtype]
  const k = inner * kernel[0] * kernel[1]
  const n = counts[0] * counts[1]
  const padded = [size[0] + low[0] + high[0], size[1] + low[1] + high[1]] as const
  const isPadded = padded[0] !== size[0] || padded[1] !== size[1]
  const isDirect = !isPadded && kernel[0] * kernel[1] * stride[0] * stride[1] === 1
  const paddedAt = isDirect ? 0 : align(k * n * unit)
  const gradientAt = paddedAt + (isPadded ? align(inner * padded[0] * padded[1] * unit) : 0)
  const partAt = gradientAt + (sums ? align(k * outer * unit) : 0)
  const productAt = partAt + (sums ? align(k * outer * unit) : 0)
  return {
    unit,
    k,
    n,
    plane: inner * size[0] * size[1],
    padded,
    isPadded,
    isDirect,
    columnsAt: 0,
    paddedAt,
    gradientAt,
    partAt,
    productAt,
  }
}

const scratchBytes = (layout: Layout, product: MatmulSpec): number => layout.productAt + matmulScratchBytes(product)

type Product = (f: FunctionBuilder, a: Expr<"i32">, b: Expr<"i32">, c: Expr<"i32">, scratch: Expr<"i32">) => void

function productOf(module: ModuleBuilder, name: string, dtype: DType, spec: MatmulSpec): Product {
  if (dtype === "f64") {
    const fn = emitMatmulF64(module, name, spec)
    return (f, a, b, c) => f.call(fn, [a, b, c])
  }
  const fn = emitMatmul(module, name, spec)
  return (f, a, b, c, scratch) => f.call(fn, [a, b, c, scratch])
}

/** `(from, to)`: elements of a view into another. */
const emitCopy = (
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

/** Strides of the padded planes of a group seen as columns: `[channel, tap row, tap column, output row, output column]`. */
const columnStrides = ({ dilation, stride }: Spec, [height, width]: readonly [number, number]): number[] => [
  height * width,
  dilation[0] * width,
  dilation[1],
  stride[0] * width,
  stride[1],
]

/** Writes the columns of one group of an image and gives the address of the matrix. */
function columnsWriter(module: ModuleBuilder, name: string, spec: Spec, layout: Layout) {
  const { inner, size, kernel, counts, low, dtype } = spec
  const { padded, isPadded, isDirect, unit, paddedAt, columnsAt } = layout
  const border = isPadded
    ? emitCopy(
        module,
        `${name}.pad`,
        dtype,
        [inner, ...size],
        stridesOf([inner, ...size]),
        stridesOf([inner, ...padded]),
      )
    : undefined
  const gather = isDirect
    ? undefined
    : emitCopy(module, `${name}.columns`, dtype, [inner, ...kernel, ...counts], columnStrides(spec, padded))
  const start = (low[0] * padded[1] + low[1]) * unit
  return {
    /** Makes the border zero, once. */
    prepare: (f: FunctionBuilder, scratch: Expr<"i32">) => {
      if (isPadded) f.memoryFill(i32.add(scratch, paddedAt), 0, inner * padded[0] * padded[1] * unit)
    },
    write: (f: FunctionBuilder, image: Expr<"i32">, scratch: Expr<"i32">): Expr<"i32"> => {
      if (border !== undefined) f.call(border, [image, i32.add(scratch, paddedAt + start)])
      if (gather === undefined) return image
      f.call(gather, [border === undefined ? image : i32.add(scratch, paddedAt), i32.add(scratch, columnsAt)])
      return i32.add(scratch, columnsAt)
    },
  }
}

/** Loops over images and groups, with the addresses of each group's part of x, weight and y. */
function forEachGroup(
  f: FunctionBuilder,
  spec: Spec,
  { unit, k, n, plane }: Layout,
  bases: { x: Expr<"i32">; weight: Expr<"i32">; y: Expr<"i32"> },
  body: (x: Expr<"i32">, weight: Expr<"i32">, y: Expr<"i32">) => void,
  around: { before?: (weight: Expr<"i32">) => void; after?: (weight: Expr<"i32">) => void } = {},
): void {
  const { batch, groups, outer } = spec
  const [g, b] = [f.local("i32"), f.local("i32")]
  const [x, weight, y] = [f.local("i32"), f.local("i32"), f.local("i32")]
  f.for(g, 0, groups, 1, () => {
    f.set(x, i32.add(bases.x, i32.mul(g, plane * unit)))
    f.set(y, i32.add(bases.y, i32.mul(g, outer * n * unit)))
    f.set(weight, i32.add(bases.weight, i32.mul(g, outer * k * unit)))
    around.before?.(weight)
    f.for(b, 0, batch, 1, () => {
      body(x, weight, y)
      f.add(x, groups * plane * unit)
      f.add(y, groups * outer * n * unit)
    })
    around.after?.(weight)
  })
}

type Kernel = Fn<["i32", "i32", "i32", "i32"]>
const parameters = { params: ["i32", "i32", "i32", "i32"] as const }

/** `(x, weight, y, scratch)` */
function emitForward(module: ModuleBuilder, name: string, spec: Spec, layout: Layout, product: MatmulSpec): Kernel {
  const columns = columnsWriter(module, name, spec, layout)
  const multiply = productOf(module, `${name}.product`, spec.dtype, product)
  return module.function(name, parameters, (builder, x, weight, y, scratch) => {
    const f = builder as unknown as FunctionBuilder
    columns.prepare(f, scratch)
    forEachGroup(f, spec, layout, { x, weight, y }, (image, taps, out) => {
      multiply(f, taps, columns.write(f, image, scratch), out, i32.add(scratch, layout.productAt))
    })
  }) as Kernel
}

/** `(x, y, weight, scratch)` */
function emitWeightGradient(
  module: ModuleBuilder,
  name: string,
  spec: Spec,
  layout: Layout,
  product: MatmulSpec,
): Kernel {
  const { dtype, outer } = spec
  const { k, unit, gradientAt, partAt, productAt } = layout
  const columns = columnsWriter(module, name, spec, layout)
  const multiply = productOf(module, `${name}.product`, dtype, product)
  const sum = emitMap(module, `${name}.sum`, {
    shape: [k * outer],
    inputs: [
      { dtype, strides: [1] },
      { dtype, strides: [1] },
    ],
    nodes: [{ name: "add", input: dtype, output: dtype, args: [{ input: 0 }, { input: 1 }] }],
    outputs: [{ ref: { node: 0 }, dtype }],
  })
  const turn = emitCopy(module, `${name}.turn`, dtype, [outer, k], [1, outer])
  return module.function(name, parameters, (builder, x, y, weight, scratch) => {
    const f = builder as unknown as FunctionBuilder
    const total = i32.add(scratch, gradientAt)
    const part = i32.add(scratch, partAt)
    columns.prepare(f, scratch)
    forEachGroup(
      f,
      spec,
      layout,
      { x, weight, y },
      (image, _, out) => {
        multiply(f, columns.write(f, image, scratch), out, part, i32.add(scratch, productAt))
        f.call(sum, [total, part, total])
      },
      {
        before: () => f.memoryFill(total, 0, k * outer * unit),
        after: (taps) => f.call(turn, [total, taps]),
      },
    )
  }) as Kernel
}

/** `(y, weight, x, scratch)` */
function emitInputGradient(
  module: ModuleBuilder,
  name: string,
  spec: Spec,
  layout: Layout,
  product: MatmulSpec,
): Kernel {
  const { inner, kernel, dilation, size, low, dtype } = spec
  const { n, unit, padded, isPadded, isDirect, columnsAt, paddedAt, productAt } = layout
  const multiply = productOf(module, `${name}.product`, dtype, product)
  const tap = emitAddTap(module, `${name}.tap`, spec, padded)
  const inside = emitCopy(module, `${name}.inside`, dtype, [inner, ...size], stridesOf([inner, ...padded]))
  return module.function(name, parameters, (builder, y, weight, x, scratch) => {
    const f = builder as unknown as FunctionBuilder
    const [c, i, j] = [f.local("i32"), f.local("i32"), f.local("i32")]
    const from = f.local("i32")
    forEachGroup(f, spec, layout, { x, weight, y }, (image, taps, out) => {
      if (isDirect) return multiply(f, taps, out, image, i32.add(scratch, productAt))
      multiply(f, taps, out, i32.add(scratch, columnsAt), i32.add(scratch, productAt))
      const target = isPadded ? i32.add(scratch, paddedAt) : image
      f.memoryFill(target, 0, inner * padded[0] * padded[1] * unit)
      f.set(from, i32.add(scratch, columnsAt))
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
      if (isPadded) f.call(inside, [i32.add(target, (low[0] * padded[1] + low[1]) * unit), image])
    })
  }) as Kernel
}

/** `(from, to)`: adds one row of the columns, an output plane, to the elements of the padded plane that one tap of the window saw. */
function emitAddTap(
  module: ModuleBuilder,
  name: string,
  { dtype, counts, stride }: Spec,
  padded: readonly [number, number],
): Fn<["i32", "i32"]> {
  const unit = bytesOf[dtype]
  const { main, tail } = lanesFor([dtype])
  const wide = stride[1] === 1 ? main : tail
  return module.function(name, { params: ["i32", "i32"] }, (builder, source, target) => {
    const f = builder as unknown as FunctionBuilder
    const [from, to] = [f.local("i32", source), f.local("i32", target)]
    const cursors = [
      { dtype, pointer: from },
      { dtype, pointer: to },
    ]
    const reader = rowReader(f, wide, cursors, [1, stride[1]], unit)
    f.for(f.local("i32"), 0, counts[0], 1, () => {
      emitRow(f, wide, tail, counts[1], unit, (lanes, counter) => {
        const sum = lanes.apply({ module, f }, "add", dtype, dtype, [
          reader.load(lanes, 0, counter),
          reader.load(lanes, 1, counter),
        ])
        lanes.store(f, dtype, reader.address(1, counter), sum)
      })
      f.add(from, counts[1] * unit)
      f.add(to, stride[0] * padded[1] * unit)
    })
  })
}

function specOf(x: Shape, weight: Shape, y: Shape, dtype: DType, a: ConvolutionAttributes): Spec {
  const { kernel, stride, low, high, dilation, groups, size } = a
  return {
    ...{ kernel, stride, low, high, dilation, groups, size, dtype },
    batch: x[0],
    inner: weight[1],
    outer: weight[0] / groups,
    counts: planeOf(y),
  }
}

type Emit = (module: ModuleBuilder, name: string, spec: Spec, layout: Layout, product: MatmulSpec) => Kernel

function lowerConvolution(
  lower: Lowering,
  { inputs, outputs: [out] }: Node,
  spec: Spec,
  product: (layout: Layout) => MatmulSpec,
  emit: Emit,
  name: string,
): void {
  const layout = layoutOf(spec, emit === emitWeightGradient)
  const shape = product(layout)
  if (sizeOf(inputs[0].type.shape) === 0 || sizeOf(inputs[1].type.shape) === 0) return lower.fill(lower.output(out), 0)
  const operands = [
    ...inputs.map((v) => lower.contiguous(v)),
    lower.output(out),
    lower.scratch(scratchBytes(layout, shape)),
  ]
  lower.call(
    `${name} ${JSON.stringify(spec)}`,
    operands,
    (own) => emit(lower.module, own, spec, layout, shape) as unknown as Fn<"i32"[]>,
  )
}

/** The three operators of convolution. */
export const convolutionKernels: Record<string, (lower: Lowering, node: Node) => void> = {
  conv2d(lower, node) {
    const [x, weight] = node.inputs
    const spec = specOf(x.type.shape, weight.type.shape, node.outputs[0].type.shape, x.type.dtype, node.attributes)
    const product = ({ k, n }: Layout): MatmulSpec => ({ m: spec.outer, k, n, a: [k, 1], b: [n, 1] })
    lowerConvolution(lower, node, spec, product, emitForward, "conv2d")
  },
  conv2dInputGradient(lower, node) {
    const [y, weight] = node.inputs
    const spec = specOf(node.outputs[0].type.shape, weight.type.shape, y.type.shape, y.type.dtype, node.attributes)
    const product = ({ k, n }: Layout): MatmulSpec => ({ m: k, k: spec.outer, n, a: [1, k], b: [n, 1] })
    lowerConvolution(lower, node, spec, product, emitInputGradient, "conv2dInputGradient")
  },
  conv2dWeightGradient(lower, node) {
    const [x, y] = node.inputs
    const spec = specOf(x.type.shape, node.outputs[0].type.shape, y.type.shape, x.type.dtype, node.attributes)
    const product = ({ k, n }: Layout): MatmulSpec => ({ m: k, k: n, n: spec.outer, a: [n, 1], b: [1, n] })
    lowerConvolution(lower, node, spec, product, emitWeightGradient, "conv2dWeightGradient")
  },
}
