import { bytesOf } from "../../../../dtype.ts"
import {
  type Expr,
  type Fn,
  type FunctionBuilder,
  f32,
  f32x4,
  f64,
  i32,
  type Local,
  type ModuleBuilder,
  v128,
} from "../../assembler/index.ts"
import { multiplyAdd } from "../../multiply-add.ts"
import { shared, shareOf } from "../../team.ts"
import { emitColumnBlocks } from "../expression.ts"

/**
 * A pattern read line by line. A product makes `outer` elements of `inner` ones for each example; sampling reads `inner` elements on the side of the
 * lines and `outer` on that of the indices.
 */
export interface SparseSpec {
  readonly dtype: "f32" | "f64"
  readonly inner: number
  readonly outer: number
  readonly examples: number
  /** Matrices of one pattern, with values and operands of their own. */
  readonly parts: number
  readonly entries: number
  /** Whether the lines are rows, whose values lie in order; the values of columns are found through `order`. */
  readonly byRow: boolean
}

export type SparseKernel = Fn<readonly ["i32", "i32", "i32", "i32", "i32", "i32"]>
export const pointers = ["i32", "i32", "i32", "i32", "i32", "i32"] as const

/** The value of an entry: at its own place, or at the place that `order` names. `bytes` is its place times 4. */
export const valueAddress = (
  values: Expr<"i32">,
  order: Expr<"i32">,
  bytes: Expr<"i32">,
  { byRow, dtype }: SparseSpec,
): Expr<"i32"> => {
  const shift = Math.log2(bytesOf[dtype])
  if (!byRow) return i32.add(values, i32.shl(i32.load(i32.add(order, bytes)), shift))
  return i32.add(values, dtype === "f32" ? bytes : i32.shl(bytes, 1))
}

/** First and last entry of a line, as bytes into the lists. */
export function linesOf(f: FunctionBuilder, starts: Expr<"i32">, line: Expr<"i32">): [Local<"i32">, Local<"i32">] {
  const at = f.local("i32", i32.add(starts, i32.shl(line, 2)))
  return [f.local("i32", i32.shl(i32.load(at), 2)), f.local("i32", i32.shl(i32.load(at, 4), 2))]
}

/**
 * A kernel `(values, starts, indices, order, x, y)`, x `[inner, examples]`, y `[outer, examples]`: for every line of the pattern the rows of x that its
 * entries name, times their values.
 */
export function emitSparseProduct(module: ModuleBuilder, name: string, spec: SparseSpec): SparseKernel {
  const { dtype, inner, outer, examples, parts, entries } = spec
  const unit = bytesOf[dtype]
  const line =
    dtype === "f64"
      ? emitLineF64(module, `${name}.line`, spec)
      : examples === 1
        ? emitDotLine(module, `${name}.line`, spec)
        : emitLine(module, `${name}.line`, spec)
  const kernel = module.function(name, { params: pointers }, (builder, values, starts, indices, order, x, y) => {
    const f = builder as unknown as FunctionBuilder
    const [i, part] = [f.local("i32"), f.local("i32")]
    const share = shareOf(module, f, outer)
    f.for(part, 0, parts, 1, () =>
      f.for(i, share.from, share.to, 1, () => {
        const [first, end] = linesOf(f, starts, i)
        f.call(line, [
          i32.add(values, i32.mul(part, entries * unit)),
          indices,
          order,
          first,
          end,
          i32.add(x, i32.mul(part, inner * examples * unit)),
          i32.add(y, i32.mul(i32.add(i32.mul(part, outer), i), examples * unit)),
        ])
      }),
    )
  })
  return shared(module, kernel, (entries * examples * parts) / 4)
}

type Line = Fn<readonly ["i32", "i32", "i32", "i32", "i32", "i32", "i32"]>
const lineParameters = ["i32", "i32", "i32", "i32", "i32", "i32", "i32"] as const

/** `(values, indices, order, first, end, x, row of y)`: up to 32 examples in registers. */
function emitLine(module: ModuleBuilder, name: string, spec: SparseSpec): Line {
  const { examples } = spec
  return module.function(name, { params: lineParameters }, (builder, values, indices, order, first, end, x, out) => {
    const f = builder as unknown as FunctionBuilder
    const [entry, row, column] = [f.local("i32"), f.local("i32"), f.local("i32")]
    const rowOf = (): Expr<"i32"> => i32.mul(i32.load(i32.add(indices, entry)), examples * 4)
    const value = f.local("v128")
    const block = (vectors: number) => {
      const sums = Array.from({ length: vectors }, () => f.local("v128", f32x4.splat(0)))
      f.for(entry, first, end, 4, () => {
        f.set(row, i32.add(i32.add(x, rowOf()), column))
        f.set(value, v128.load32Splat(valueAddress(values, order, entry, spec)))
        sums.forEach((sum, v) => {
          f.set(sum, multiplyAdd(module, value, v128.load(row, v * 16), sum))
        })
      })
      sums.forEach((sum, v) => {
        f.store("v128", i32.add(out, column), sum, v * 16)
      })
    }
    let done = emitColumnBlocks(f, column, examples, block)
    const total = f.local("f32")
    for (; done < examples; done++) {
      f.set(total, 0)
      f.for(entry, first, end, 4, () => {
        const factor = f32.load(i32.add(x, rowOf()), done * 4)
        f.set(total, f32.add(total, f32.mul(f32.load(valueAddress(values, order, entry, spec)), factor)))
      })
      f.store("f32", out, total, done * 4)
    }
  })
}

/** The same for one example: four entries at a time. */
function emitDotLine(module: ModuleBuilder, name: string, spec: SparseSpec): Line {
  return module.function(name, { params: lineParameters }, (builder, values, indices, order, first, end, x, out) => {
    const f = builder as unknown as FunctionBuilder
    const entry = f.local("i32")
    const sum = f.local("v128", f32x4.splat(0))
    const [own, theirs] = [f.local("v128"), f.local("v128")]
    const whole = f.local("i32", i32.add(first, i32.and(i32.sub(end, first), -16)))
    const placeOf = (lane: number): Expr<"i32"> => i32.add(x, i32.shl(i32.load(i32.add(indices, entry), lane * 4), 2))
    const gathered = (into: Local<"v128">, address: (lane: number) => Expr<"i32">) => {
      f.set(into, v128.load32Zero(address(0)))
      for (const lane of [1, 2, 3]) f.set(into, v128.load32Lane(address(lane), into, lane))
    }
    f.for(entry, first, whole, 16, () => {
      if (spec.byRow) f.set(own, v128.load(i32.add(values, entry)))
      else gathered(own, (lane) => valueAddress(values, order, i32.add(entry, lane * 4), spec))
      gathered(theirs, placeOf)
      f.set(sum, multiplyAdd(module, own, theirs, sum))
    })
    const total = f.local(
      "f32",
      [0, 1, 2, 3].map<Expr<"f32">>((lane) => f32x4.extractLane(sum, lane)).reduce((p, q) => f32.add(p, q)),
    )
    f.for(entry, whole, end, 4, () =>
      f.set(total, f32.add(total, f32.mul(f32.load(valueAddress(values, order, entry, spec)), f32.load(placeOf(0))))),
    )
    f.store("f32", out, total)
  })
}

function emitLineF64(module: ModuleBuilder, name: string, spec: SparseSpec): Line {
  const { examples } = spec
  return module.function(name, { params: lineParameters }, (builder, values, indices, order, first, end, x, out) => {
    const f = builder as unknown as FunctionBuilder
    const [entry, example] = [f.local("i32"), f.local("i32")]
    const total = f.local("f64")
    f.for(example, 0, examples * 8, 8, () => {
      f.set(total, 0)
      f.for(entry, first, end, 4, () => {
        const row = i32.mul(i32.load(i32.add(indices, entry)), examples * 8)
        const factor = f64.load(i32.add(i32.add(x, row), example))
        f.set(total, f64.add(total, f64.mul(f64.load(valueAddress(values, order, entry, spec)), factor)))
      })
      f.store("f64", i32.add(out, example), total)
    })
  })
}

/**
 * A kernel `(starts, indices, order, left, right, values)`, left `[inner, examples]`, right `[outer, examples]`: for every entry the product of the rows of
 * its line and of its index, summed over the examples. Lines are rows.
 */
export function emitSampledProduct(module: ModuleBuilder, name: string, spec: SparseSpec): SparseKernel {
  const { dtype, inner, outer, examples, parts, entries } = spec
  const unit = bytesOf[dtype]
  const row = examples * unit
  const line = emitSampledLine(module, `${name}.line`, spec)
  const kernel = module.function(
    name,
    { params: pointers },
    (builder, starts, indices, _order, left, right, values) => {
      const f = builder as unknown as FunctionBuilder
      const [i, part] = [f.local("i32"), f.local("i32")]
      const share = shareOf(module, f, inner)
      f.for(part, 0, parts, 1, () =>
        f.for(i, share.from, share.to, 1, () => {
          const [first, end] = linesOf(f, starts, i)
          f.call(line, [
            indices,
            first,
            end,
            i32.add(left, i32.mul(i32.add(i32.mul(part, inner), i), row)),
            i32.add(right, i32.mul(part, outer * row)),
            i32.add(values, i32.mul(part, entries * unit)),
          ])
        }),
      )
    },
  )
  return shared(module, kernel, (entries * examples * parts) / 4)
}

/** `(indices, first, end, row of left, right, values)` */
function emitSampledLine(module: ModuleBuilder, name: string, spec: SparseSpec): SparseKernel {
  const { dtype, examples } = spec
  const unit = bytesOf[dtype]
  return module.function(name, { params: pointers }, (builder, indices, first, end, left, right, values) => {
    const f = builder as unknown as FunctionBuilder
    const [entry, at, other] = [f.local("i32"), f.local("i32"), f.local("i32")]
    const wide = dtype === "f32" ? examples - (examples % 4) : 0
    const sums = [f.local("v128"), f.local("v128")]
    const total = f.local(dtype)
    const { load, add, mul } = (dtype === "f32" ? f32 : f64) as unknown as typeof f64
    f.for(entry, first, end, 4, () => {
      f.set(other, i32.add(right, i32.mul(i32.load(i32.add(indices, entry)), examples * unit)))
      f.set(total as Local<"f64">, 0)
      if (wide > 0) {
        for (const sum of sums) f.set(sum, f32x4.splat(0))
        const step = (sum: Local<"v128">, offset: number) =>
          f.set(
            sum,
            multiplyAdd(module, v128.load(i32.add(left, at), offset), v128.load(i32.add(other, at), offset), sum),
          )
        const pairs = wide - (wide % 8)
        f.for(at, 0, pairs * 4, 32, () => {
          step(sums[0], 0)
          step(sums[1], 16)
        })
        if (pairs < wide) f.for(at, pairs * 4, wide * 4, 16, () => step(sums[0], 0))
        f.set(sums[0], f32x4.add(sums[0], sums[1]))
        const lanes = [0, 1, 2, 3].map<Expr<"f32">>((lane) => f32x4.extractLane(sums[0], lane))
        f.set(
          total as Local<"f32">,
          lanes.reduce((p, q) => f32.add(p, q)),
        )
      }
      f.for(at, wide * unit, examples * unit, unit, () => {
        const product = mul(load(i32.add(left, at)), load(i32.add(other, at)))
        f.set(total as Local<"f64">, add(total as Local<"f64">, product))
      })
      f.store(dtype, i32.add(values, dtype === "f32" ? entry : i32.shl(entry, 1)), total as never)
    })
  })
}
