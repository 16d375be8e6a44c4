import type { DType } from "../../../../dtype.ts"
import type { Expr, Fn, FunctionBuilder, ModuleBuilder } from "../../assembler/index.ts"
import { i32 } from "../../assembler/index.ts"
import { perMultiplyAdd, shared, shareOf, teamOf } from "../../team.ts"
import type { LoopAxis } from "../../views.ts"
import { emitNest } from "../expression.ts"
import { emitMatmul, emitMatmulF64, type MatmulSpec, matmulScratchBytes } from "./matmul.ts"

/** Products of one shape, side by side: how far A, B and C move from one to the next along each axis of the batch. */
export interface BatchedSpec {
  readonly product: MatmulSpec
  readonly axes: readonly LoopAxis[]
  readonly dtype: DType
}

/** Each thread packs for itself. */
export const batchedScratchBytes = (product: MatmulSpec, threads: number): number =>
  matmulScratchBytes(product) * threads

/** A kernel `(A, B, C, scratch)`: the threads share the outermost axis of the batch, and each runs its products alone. */
export function emitBatchedMatmul(
  module: ModuleBuilder,
  name: string,
  { product, axes, dtype }: BatchedSpec,
): Fn<readonly ["i32", "i32", "i32", "i32"]> {
  const one =
    dtype === "f64" ? emitMatmulF64(module, `${name}.one`, product) : emitMatmul(module, `${name}.one`, product)
  const kernel = module.function(name, { params: ["i32", "i32", "i32", "i32"] }, (builder, a, b, c, scratch) => {
    const f = builder as unknown as FunctionBuilder
    alone(module, f, scratch, matmulScratchBytes(product), axes[0].size, (share, own) => {
      const cursors = [a, b, c].map((pointer) => ({ dtype, pointer }))
      emitNest(
        f,
        axes,
        cursors,
        (at) => {
          const pointers = at.map((cursor) => cursor.pointer)
          f.call(one as unknown as Fn<"i32"[]>, dtype === "f64" ? pointers : [...pointers, own])
        },
        share,
      )
    })
  })
  const count = axes.reduce((n, axis) => n * axis.size, 1)
  return shared(module, kernel, count * product.m * product.n * product.k * perMultiplyAdd)
}

/**
 * Lets each thread work on its share of `count` things with kernels that would otherwise be shared themselves: meanwhile each is
 * a team of one, with scratch space of its own.
 */
export function alone(
  module: ModuleBuilder,
  f: FunctionBuilder,
  scratch: Expr<"i32">,
  scratchBytes: number,
  count: number,
  work: (share: ReturnType<typeof shareOf>, own: Expr<"i32">) => void,
): void {
  const { part, parts } = teamOf(module)
  const share = shareOf(module, f, count)
  const [mine, all] = [f.local("i32", part), f.local("i32", parts)]
  const own = f.local("i32", i32.add(scratch, i32.mul(mine, scratchBytes)))
  f.set(part, 0)
  f.set(parts, 1)
  work(share, own)
  f.set(part, mine)
  f.set(parts, all)
}
