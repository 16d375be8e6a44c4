import { bytesOf } from "../../../../dtype.ts"
import type { Node } from "../../../../graph.ts"
import type { FftAttributes, RealFftAttributes } from "../../../../operators/fft.ts"
import { planOf } from "../../../../operators/fft-plan.ts"
import { sizeOf } from "../../../../shape.ts"
import {
  type Expr,
  type Fn,
  type FunctionBuilder,
  i32,
  type Local,
  type ModuleBuilder,
  select,
} from "../../assembler/index.ts"
import { shared, shareOf, teamOf } from "../../team.ts"
import { kernel, keyOf, type Lowering } from "../lowering.ts"
import { emitPass, type FloatType, type PassFn } from "./passes.ts"
import { emitJoin, emitSplit, type HalfSpec } from "./real.ts"

/** Transforms of n points, `block` of them side by side. */
interface TransformSpec {
  readonly dtype: FloatType
  readonly n: number
  readonly block: number
  /** Elements between one point and the next, where they are read and where they are written. */
  readonly row: number
  readonly scale: number
}

type Addresses = readonly [re: Expr<"i32">, im: Expr<"i32">]

/** Bytes in which the passes of one transform meet: two buffers of complex numbers. */
const passBytes = ({ dtype, n, block }: TransformSpec): number => 4 * n * block * bytesOf[dtype]

/**
 * Writes the passes of a transform, and gives what calls them one after another. What stands between x and y is kept in scratch space alone, so
 * that the two parts of y may be one place.
 */
function transformWriter(module: ModuleBuilder, name: string, spec: TransformSpec) {
  const { dtype, n, block, row, scale } = spec
  const plan = planOf(n)
  const last = plan.length - 1
  const passes = plan.map(
    (pass, i): PassFn =>
      emitPass(module, `${name}.pass${i}`, {
        ...pass,
        dtype,
        block,
        inRow: i === 0 ? row : block,
        outRow: i === last ? row : block,
        scale: i === last ? scale : 1,
      }),
  )
  const part = n * block * bytesOf[dtype]
  return (f: FunctionBuilder, x: Addresses, y: Addresses, table: Expr<"i32">, scratch: Expr<"i32">): void => {
    const between = (i: number): Addresses => [
      i32.add(scratch, (i % 2) * 2 * part),
      i32.add(scratch, ((i % 2) * 2 + 1) * part),
    ]
    passes.forEach((pass, i) => {
      const from = i === 0 ? x : between(i - 1)
      const to = i === last ? y : between(i)
      f.call(pass, [...from, ...to, i32.add(table, plan[i].table * bytesOf[dtype])])
    })
  }
}

/** Elementary operations of so many transforms. */
const workOf = (n: number, transforms: number): number => 1.5 * n * transforms * planOf(n).length

type Kernel = Fn<readonly "i32"[]>

/** A kernel over `units` pieces of work: `body` gets the number of one and the scratch space of its thread. */
function emitUnits(
  module: ModuleBuilder,
  name: string,
  pointers: number,
  units: number,
  scratchBytes: number,
  work: number,
  body: (f: FunctionBuilder, unit: Local<"i32">, pointers: readonly Local<"i32">[], scratch: Local<"i32">) => void,
): Kernel {
  const one = module.function(`${name}.one`, { params: new Array(pointers + 2).fill("i32") }, (builder, ...all) => {
    const locals = all as Local<"i32">[]
    body(builder as unknown as FunctionBuilder, locals[0], locals.slice(2), locals[1])
  }) as Kernel
  const kernel = module.function(name, { params: new Array(pointers + 1).fill("i32") }, (builder, ...all) => {
    const f = builder as unknown as FunctionBuilder
    const locals = all as Local<"i32">[]
    const { part } = teamOf(module)
    const own = f.local("i32", i32.add(locals[pointers], i32.mul(part, scratchBytes)))
    const share = shareOf(module, f, units)
    const unit = f.local("i32")
    f.for(unit, share.from, share.to, 1, () => f.call(one, [unit, own, ...locals.slice(0, pointers)]))
  }) as Kernel
  return shared(module, kernel, work)
}

interface FftSpec {
  readonly dtype: FloatType
  readonly outer: number
  readonly n: number
  readonly inner: number
  readonly scale: number
}

/** Columns that are transformed side by side: so few that a block stays in the first cache. */
const blockOf = ({ n, inner }: FftSpec): number => Math.min(inner, n <= 128 ? 16 : 8)

/** A kernel `(re, im, table, out re, out im, scratch)` over `[outer, n, inner]`, in blocks of columns of which the last may overlap. */
function emitFft(module: ModuleBuilder, name: string, spec: FftSpec): Kernel {
  const { dtype, outer, n, inner } = spec
  const block = blockOf(spec)
  const blocks = Math.ceil(inner / block)
  const each = { dtype, n, block, row: inner, scale: spec.scale }
  const run = transformWriter(module, name, each)
  const work = workOf(n, outer * inner)
  return emitUnits(
    module,
    name,
    5,
    outer * blocks,
    passBytes(each),
    work,
    (f, unit, [re, im, table, yr, yi], scratch) => {
      const column = f.local("i32", i32.mul(i32.remU(unit, blocks), block))
      f.set(column, select(i32.gtS(column, inner - block), inner - block, column))
      const start = i32.add(i32.mul(i32.divU(unit, blocks), n * inner), column)
      const offset = f.local("i32", i32.mul(start, bytesOf[dtype]))
      const at = (base: Expr<"i32">): Expr<"i32"> => i32.add(base, offset)
      run(f, [at(re), at(im)], [at(yr), at(yi)], table, scratch)
    },
  )
}

/** Addresses of the rows of a unit: two neighbours as real and imaginary part; the last one twice where their number is odd. */
function rowsOf(f: FunctionBuilder, unit: Local<"i32">, rows: number, bytes: number) {
  const first = f.local("i32", i32.mul(i32.shl(unit, 1), bytes))
  const second = f.local("i32", i32.add(first, bytes))
  if (rows % 2 === 1) f.set(second, select(i32.ltS(second, rows * bytes), second, first))
  return (base: Expr<"i32">): [Expr<"i32">, Expr<"i32">] => [i32.add(base, first), i32.add(base, second)]
}

interface RealSpec extends HalfSpec {
  readonly rows: number
}

/** A kernel `(x, table, re, im, scratch)`: two real rows are transformed as one complex one, whose halves are then told apart. */
function emitRfft(module: ModuleBuilder, name: string, spec: RealSpec): Kernel {
  const { dtype, size, rows } = spec
  const each = { dtype, n: size, block: 1, row: 1, scale: 1 }
  const run = transformWriter(module, name, each)
  const split = emitSplit(module, `${name}.split`, spec)
  const bytes = bytesOf[dtype]
  const row = (Math.floor(size / 2) + 1) * bytes
  const work = workOf(size, rows / 2)
  const scratchBytes = passBytes(each) + 2 * size * bytes
  return emitUnits(module, name, 4, Math.ceil(rows / 2), scratchBytes, work, (f, unit, [x, table, re, im], scratch) => {
    const z: Addresses = [scratch, i32.add(scratch, size * bytes)]
    run(f, rowsOf(f, unit, rows, size * bytes)(x), z, table, i32.add(scratch, 2 * size * bytes))
    const results = rowsOf(f, unit, rows, row)
    f.call(split, [...z, ...results(re), ...results(im)])
  })
}

/** A kernel `(re, im, table, x, scratch)`: the frequencies of two real rows as those of one complex row. */
function emitIrfft(module: ModuleBuilder, name: string, spec: RealSpec): Kernel {
  const { dtype, size, rows } = spec
  const each = { dtype, n: size, block: 1, row: 1, scale: spec.scale }
  const run = transformWriter(module, name, each)
  const join = emitJoin(module, `${name}.join`, spec)
  const bytes = bytesOf[dtype]
  const row = (Math.floor(size / 2) + 1) * bytes
  const work = workOf(size, rows / 2)
  const scratchBytes = passBytes(each) + 2 * size * bytes
  return emitUnits(module, name, 4, Math.ceil(rows / 2), scratchBytes, work, (f, unit, [re, im, table, x], scratch) => {
    const z: Addresses = [scratch, i32.add(scratch, size * bytes)]
    const given = rowsOf(f, unit, rows, row)
    f.call(join, [...given(re), ...given(im), ...z])
    // Parts exchanged before and after: the transform with +i.
    const [first, second] = rowsOf(f, unit, rows, size * bytes)(x)
    run(f, [z[1], z[0]], [second, first], table, i32.add(scratch, 2 * size * bytes))
  })
}

/** Fourier transforms. */
export const fftKernels: Record<string, (lower: Lowering, node: Node) => void> = {
  fft(lower, { inputs: [re, im, table], outputs: [yr, yi], attributes }) {
    const { axis, scale } = attributes as FftAttributes
    const { dtype, shape } = re.type
    const spec: FftSpec = {
      dtype: dtype as FloatType,
      outer: sizeOf(shape.slice(0, axis)),
      n: shape[axis],
      inner: sizeOf(shape.slice(axis + 1)),
      scale,
    }
    const bytes = passBytes({ ...spec, block: blockOf(spec), row: 0 }) * teamOf(lower.module).most
    const operands = [...[re, im, table].map((v) => lower.contiguous(v)), lower.output(yr), lower.output(yi)]
    lower.call(keyOf("fft", spec), [...operands, lower.scratch(bytes)], (name) =>
      kernel(emitFft(lower.module, name, spec)),
    )
  },
  rfft(lower, { inputs: [x, table], outputs: [re, im], attributes }) {
    const spec = realSpec(x.type.dtype as FloatType, sizeOf(x.type.shape.slice(0, -1)), attributes)
    const operands = [lower.contiguous(x), lower.contiguous(table), lower.output(re), lower.output(im)]
    lower.call(keyOf("rfft", spec), [...operands, realScratch(lower, spec)], (name) =>
      kernel(emitRfft(lower.module, name, spec)),
    )
  },
  irfft(lower, { inputs: [re, im, table], outputs: [x], attributes }) {
    const spec = realSpec(re.type.dtype as FloatType, sizeOf(re.type.shape.slice(0, -1)), attributes)
    const operands = [...[re, im, table].map((v) => lower.contiguous(v)), lower.output(x)]
    lower.call(keyOf("irfft", spec), [...operands, realScratch(lower, spec)], (name) =>
      kernel(emitIrfft(lower.module, name, spec)),
    )
  },
}

const realSpec = (dtype: FloatType, rows: number, { size, scale, interior }: RealFftAttributes): RealSpec => ({
  dtype,
  rows,
  size,
  scale,
  interior,
})

const realScratch = (lower: Lowering, { dtype, size }: RealSpec) =>
  lower.scratch(6 * size * bytesOf[dtype] * teamOf(lower.module).most)
