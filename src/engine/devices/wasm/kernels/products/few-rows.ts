import {
  type Expr,
  type Fn,
  type FunctionBuilder,
  f32,
  f32x4,
  i32,
  type Local,
  type ModuleBuilder,
  v128,
} from "../../assembler/index.ts"
import { multiplyAdd } from "../../multiply-add.ts"
import { perMultiplyAdd, shared, shareOf } from "../../team.ts"
import type { MatmulSpec } from "./matmul.ts"
import { emitStoredRows, storedRowsScratchBytes } from "./stored-rows.ts"

/** Products of at most so many rows read B where it lies: packing it would cost more than the product. */
const mostRows = 8
/** Up to so many rows that holds even where B is packed only once for many products. */
export const alwaysFewRows = 4

/** True for a product that this kernel takes: few rows, and B without gaps along its rows or its columns. */
export const hasFewRows = ({ m, k, b }: MatmulSpec): boolean =>
  k > 0 && (b[1] === 1 ? m <= mostRows : b[0] === 1 && m <= alwaysFewRows)

type Kernel = Fn<readonly ["i32", "i32", "i32", "i32"]>

/** Scratch bytes of the kernel. */
export const fewRowsScratchBytes = (spec: MatmulSpec): number => (spec.b[1] === 1 ? storedRowsScratchBytes(spec, 1) : 0)

/** A kernel `(A, B, C, scratch)` for a product of few rows. */
export function emitFewRows(module: ModuleBuilder, name: string, spec: MatmulSpec): Kernel {
  if (spec.b[1] !== 1) return shared(module, emitColumnsOfB(module, name, spec), work(spec))
  const rows = emitStoredRows(module, `${name}.rows`, spec)
  const kernel = module.function(name, { params: ["i32", "i32", "i32", "i32"] }, (f, a, b, c, scratch) => {
    ;(f as unknown as FunctionBuilder).call(rows, [a, b, c, scratch, 0])
  })
  return shared(module, kernel, work(spec))
}

const work = ({ m, n, k }: MatmulSpec): number => m * n * k * perMultiplyAdd * 4

/** Columns of B lie without gaps: each element of C is a dot product. Rows of A with gaps are read one by one. */
function emitColumnsOfB(
  module: ModuleBuilder,
  name: string,
  { m, n, k, a, b, accumulate = false }: MatmulSpec,
): Kernel {
  return module.function(name, { params: ["i32", "i32", "i32", "i32"] }, (builder, aBase, bBase, c) => {
    const f = builder as unknown as FunctionBuilder
    const share = shareOf(module, f, n, 4)
    const column = f.local("i32")
    f.for(column, share.from, share.to, 1, () => {
      const y = f.local("i32", i32.add(bBase, i32.mul(column, b[1] * 4)))
      for (let r = 0; r < m; r++) {
        const x = f.local("i32", i32.add(aBase, r * a[0] * 4))
        const out = i32.add(c, i32.add(i32.shl(column, 2), r * n * 4))
        const total = dot(module, f, x, a[1], y, k)
        f.store("f32", out, accumulate ? f32.add(f32.load(out), total) : total)
      }
    })
  })
}

/** The dot product of `k` numbers: those of x lie `step` apart, those of y without gaps. */
export function dot(
  module: ModuleBuilder,
  f: FunctionBuilder,
  x: Local<"i32">,
  step: number,
  y: Local<"i32">,
  k: number,
): Expr<"f32"> {
  const at = f.local("i32")
  const gathered = (offset: number): Expr<"v128"> => {
    if (step === 1) return v128.load(i32.add(x, at), offset)
    const place = (lane: number): Expr<"i32"> => i32.add(x, i32.mul(i32.add(at, offset + lane * 4), step))
    let vector = v128.load32Zero(place(0))
    for (let lane = 1; lane < 4; lane++) vector = v128.load32Lane(place(lane), vector, lane)
    return f.local("v128", vector)
  }
  const sums = [0, 1, 2, 3].map(() => f.local("v128", f32x4.splat(0)))
  let done = 0
  for (const vectors of [4, 1]) {
    const width = vectors * 4
    const end = done + Math.floor((k - done) / width) * width
    if (end > done)
      f.for(at, done * 4, end * 4, width * 4, () => {
        for (let v = 0; v < vectors; v++)
          f.set(sums[v], multiplyAdd(module, gathered(v * 16), v128.load(i32.add(y, at), v * 16), sums[v]))
      })
    done = end
  }
  const wide = f.local("v128", f32x4.add(f32x4.add(sums[0], sums[1]), f32x4.add(sums[2], sums[3])))
  const lanes = [0, 1, 2, 3].map<Expr<"f32">>((lane) => f32x4.extractLane(wide, lane))
  const total = f.local(
    "f32",
    lanes.reduce((p, q) => f32.add(p, q)),
  )
  for (; done < k; done++)
    f.set(total, f32.add(total, f32.mul(f32.load(i32.add(x, done * step * 4)), f32.load(y, done * 4))))
  return total
}
