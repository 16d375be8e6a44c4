import { bytesOf, type DType } from "../../../dtype.ts"
import type { Node } from "../../../graph.ts"
import type { TopKAttributes } from "../../../operators/sorting.ts"
import { sizeOf } from "../../../shape.ts"
import {
  type Expr,
  type Fn,
  type FunctionBuilder,
  f32,
  f64,
  i32,
  type Local,
  type ModuleBuilder,
} from "../assembler/index.ts"
import { scalarLane } from "../lane-f64.ts"
import { shared, shareOf, teamOf } from "../team.ts"
import type { Lowering } from "./lowering.ts"

interface Spec extends TopKAttributes {
  readonly dtype: DType
  readonly rows: number
  readonly n: number
}

/** Up to so many elements are found by insertion into a list that is kept in order; more by sorting the whole row. */
const insertionLimit = 16

const usesInsertion = ({ k, n }: Spec): boolean => k <= insertionLimit || n <= 2 * insertionLimit

/** True where `x` comes strictly before `y`. NaN is larger than everything. */
function before({ dtype, largest }: Spec, x: Expr, y: Expr): Expr<"i32"> {
  const [low, high] = largest ? [y, x] : [x, y]
  if (dtype === "i32") return i32.ltS(low as Expr<"i32">, high as Expr<"i32">)
  if (dtype === "u32") return i32.ltU(low as Expr<"i32">, high as Expr<"i32">)
  const F = dtype === "f64" ? f64 : (f32 as unknown as typeof f64)
  const [a, b] = [low as Expr<"f64">, high as Expr<"f64">]
  return i32.or(F.lt(a, b), i32.and(F.ne(b, b), F.eq(a, a)))
}

const element = (base: Expr<"i32">, index: Expr<"i32">, bytes: number): Expr<"i32"> =>
  i32.add(base, i32.mul(index, bytes))

type RowKernel = Fn<["i32", "i32", "i32", "i32"]>
const parameters = { params: ["i32", "i32", "i32", "i32"] as const }

/** `(row, values, indices, scratch)`: each element moves forward past those that it comes before. */
function emitInsertion(module: ModuleBuilder, name: string, spec: Spec): RowKernel {
  const { dtype, n, k } = spec
  const bytes = bytesOf[dtype]
  return module.function(name, parameters, (builder, row, values, indices) => {
    const f = builder as unknown as FunctionBuilder
    const type = scalarLane.local(dtype)
    const [x, other] = [f.local(type), f.local(type)] as [Local, Local]
    const [i, count, at] = [f.local("i32"), f.local("i32"), f.local("i32")]
    const value = (place: Expr<"i32">): Expr<"i32"> => element(values, place, bytes)
    f.set(count, 0)
    f.for(i, 0, n, 1, () => {
      f.set(x, scalarLane.load(dtype, element(row, i, bytes)) as never)
      f.block((done) => {
        // A full list takes only what comes before its last element.
        f.set(at, count)
        f.if(i32.eq(count, k), () => {
          f.set(at, k - 1)
          f.set(other, scalarLane.load(dtype, value(at)) as never)
          f.breakIf(done, i32.eqz(before(spec, x, other)))
        })
        f.if(i32.ltS(count, k), () => f.add(count, 1))
        f.block((found) =>
          f.while(i32.gtS(at, 0), () => {
            f.set(other, scalarLane.load(dtype, value(i32.sub(at, 1))) as never)
            f.breakIf(found, i32.eqz(before(spec, x, other)))
            scalarLane.store(f, dtype, value(at), other)
            f.store("i32", element(indices, at, 4), i32.load(element(indices, i32.sub(at, 1), 4)))
            f.add(at, -1)
          }),
        )
        scalarLane.store(f, dtype, value(at), x)
        f.store("i32", element(indices, at, 4), i)
      })
    })
  }) as RowKernel
}

/** `(row, values, indices, scratch)`: a merge sort of indices, from runs of one upwards, between two halves of the scratch space. */
function emitMergeSort(module: ModuleBuilder, name: string, spec: Spec): RowKernel {
  const { dtype, n, k } = spec
  const bytes = bytesOf[dtype]
  const merge = emitMerge(module, `${name}.merge`, spec)
  return module.function(name, parameters, (builder, row, values, indices, scratch) => {
    const f = builder as unknown as FunctionBuilder
    const [i, width] = [f.local("i32"), f.local("i32", 1)]
    const from = f.local("i32", scratch)
    const to = f.local("i32", i32.add(scratch, n * 4))
    const held = f.local("i32")
    f.for(i, 0, n, 1, () => f.store("i32", element(from, i, 4), i))
    f.while(i32.ltS(width, n), () => {
      f.set(i, 0)
      f.while(i32.ltS(i, n), () => {
        f.call(merge, [row, from, to, i, width])
        f.add(i, i32.shl(width, 1))
      })
      f.set(width, i32.shl(width, 1))
      f.set(held, from)
      f.set(from, to)
      f.set(to, held)
    })
    f.for(i, 0, k, 1, () => {
      f.set(held, i32.load(element(from, i, 4)))
      f.store("i32", element(indices, i, 4), held)
      scalarLane.store(f, dtype, element(values, i, bytes), scalarLane.load(dtype, element(row, held, bytes)))
    })
  }) as RowKernel
}

/** `(row, from, to, start, width)`: merges two neighbouring runs of indices; the left one wins ties. */
function emitMerge(module: ModuleBuilder, name: string, spec: Spec): Fn<["i32", "i32", "i32", "i32", "i32"]> {
  const { dtype, n } = spec
  const bytes = bytesOf[dtype]
  return module.function(
    name,
    { params: ["i32", "i32", "i32", "i32", "i32"] },
    (builder, row, from, to, start, width) => {
      const f = builder as unknown as FunctionBuilder
      const capped = (x: Expr<"i32">): Local<"i32"> => {
        const local = f.local("i32", x)
        f.if(i32.gtS(local, n), () => f.set(local, n))
        return local
      }
      const middle = capped(i32.add(start, width))
      const end = capped(i32.add(middle, width))
      const [left, right, out] = [f.local("i32", start), f.local("i32", middle), f.local("i32", start)]
      const [a, b] = [f.local("i32"), f.local("i32")]
      const put = (index: Expr<"i32">) => {
        f.store("i32", element(to, out, 4), index)
        f.add(out, 1)
      }
      f.while(i32.and(i32.ltS(left, middle), i32.ltS(right, end)), () => {
        f.set(a, i32.load(element(from, left, 4)))
        f.set(b, i32.load(element(from, right, 4)))
        const type = scalarLane.local(dtype)
        const [x, y] = [a, b].map(
          (at) => f.local(type, scalarLane.load(dtype, element(row, at, bytes)) as never) as Local,
        )
        f.if(
          before(spec, y, x),
          () => {
            put(b)
            f.add(right, 1)
          },
          () => {
            put(a)
            f.add(left, 1)
          },
        )
      })
      const rest = (at: Local<"i32">, last: Expr<"i32">) => {
        const count = i32.mul(i32.sub(last, at), 4)
        f.memoryCopy(element(to, out, 4), element(from, at, 4), count)
        f.add(out, i32.sub(last, at))
      }
      rest(left, middle)
      rest(right, end)
    },
  )
}

/** Scratch space of one thread: two lists of indices where whole rows are sorted. */
const scratchBytes = (spec: Spec): number => (usesInsertion(spec) ? 0 : 8 * spec.n)

/** `(x, values, indices, scratch)`: row by row. */
function emitTopK(module: ModuleBuilder, name: string, spec: Spec): Fn<"i32"[]> {
  const { dtype, rows, n, k } = spec
  const bytes = bytesOf[dtype]
  const one = (usesInsertion(spec) ? emitInsertion : emitMergeSort)(module, `${name}.row`, spec)
  const types = ["i32", "i32", "i32", "i32"] as "i32"[]
  const kernel = module.function(name, { params: types }, (builder, x, values, indices, scratch) => {
    const f = builder as unknown as FunctionBuilder
    const i = f.local("i32")
    const own = f.local("i32", element(scratch, teamOf(module).part, scratchBytes(spec)))
    const { from, to } = shareOf(module, f, rows)
    f.for(i, from, to, 1, () => {
      f.call(one, [element(x, i, n * bytes), element(values, i, k * bytes), element(indices, i, k * 4), own])
    })
  })
  return shared(module, kernel, rows * n * Math.ceil(Math.log2(k + 1)))
}

/** The operators of sorting. */
export const sortingKernels: Record<string, (lower: Lowering, node: Node) => void> = {
  topK(lower, { inputs: [x], outputs: [values, indices], attributes }) {
    const { k, largest } = attributes as TopKAttributes
    const n = x.type.shape[x.type.shape.length - 1]
    const spec: Spec = { dtype: x.type.dtype, rows: sizeOf(x.type.shape.slice(0, -1)), n, k, largest }
    const scratch = lower.scratch(scratchBytes(spec) * teamOf(lower.module).most)
    const operands = [lower.contiguous(x), lower.output(values), lower.output(indices), scratch]
    lower.call(`topK ${JSON.stringify(spec)}`, operands, (name) => emitTopK(lower.module, name, spec))
  },
}
