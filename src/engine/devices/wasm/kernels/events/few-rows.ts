import {
  type Expr,
  type Fn,
  type FunctionBuilder,
  f32,
  f32x4,
  i32,
  type ModuleBuilder,
  v128,
} from "../../assembler/index.ts"
import { multiplyAdd } from "../../multiply-add.ts"
import { perMultiplyAdd, shared, shareOf, teamOf } from "../../team.ts"
import type { MatmulSpec } from "../products/matmul.ts"
import { forEachEvent } from "./lists.ts"

/** Bytes of a listed event: where its row of B starts, and its value. */
const eventBytes = 8

/** Scratch bytes: each thread lists the events of a row for itself. */
export const eventRowsScratchBytes = ({ k }: Pick<MatmulSpec, "k">, threads: number): number => k * eventBytes * threads

/**
 * A kernel `(A, B, C, scratch)` for a product of few rows whose first operand is mostly zeros: the rows of B that the events of a row of A
 * name are added up where they lie. B has contiguous rows; threads share its columns.
 */
export function emitEventRows(
  module: ModuleBuilder,
  name: string,
  spec: MatmulSpec,
): Fn<readonly ["i32", "i32", "i32", "i32"]> {
  const { m, n, k, a, b } = spec
  const gather = emitGather(module, `${name}.gather`, spec)
  const kernel = module.function(
    name,
    { params: ["i32", "i32", "i32", "i32"] },
    (builder, aBase, bBase, c, scratch) => {
      const f = builder as unknown as FunctionBuilder
      const share = shareOf(module, f, n, 32)
      const list = f.local("i32", i32.add(scratch, i32.mul(teamOf(module).part, k * eventBytes)))
      const [row, to, at] = [f.local("i32"), f.local("i32"), f.local("i32")]
      f.for(row, 0, m, 1, () => {
        const from = f.local("i32", i32.add(aBase, i32.mul(row, a[0] * 4)))
        f.set(to, list)
        const append = (address: Expr<"i32">, column: Expr<"i32">) => {
          f.store("i32", to, i32.mul(column, b[0] * 4))
          f.store("i32", to, i32.load(address), 4)
          f.add(to, eventBytes)
        }
        if (a[1] === 1) forEachEvent(f, from, 0, k, (address, bytes) => append(address, i32.shrU(bytes, 2)))
        else
          f.for(at, 0, k, 1, () => {
            f.if(f32.ne(f32.load(from), 0), () => append(from, at))
            f.add(from, a[1] * 4)
          })
        f.call(gather, [list, to, bBase, i32.add(c, i32.mul(row, n * 4)), share.from, share.to])
      })
    },
  )
  return shared(module, kernel, m * n * k * perMultiplyAdd)
}

/** `(list, its end, B, row of C, first column, last column)`: up to 32 columns at a time in registers. */
function emitGather(module: ModuleBuilder, name: string, { accumulate = false }: MatmulSpec) {
  const parameters = ["i32", "i32", "i32", "i32", "i32", "i32"] as const
  return module.function(name, { params: parameters }, (builder, list, end, b, out, first, last) => {
    const f = builder as unknown as FunctionBuilder
    const [event, row] = [f.local("i32"), f.local("i32")]
    const column = f.local("i32", i32.shl(first, 2))
    const stop = f.local("i32", i32.shl(last, 2))
    const value = f.local("v128")
    const eachEvent = (add: () => void) => {
      f.set(event, list)
      f.while(i32.ltU(event, end), () => {
        f.set(row, i32.add(i32.add(b, i32.load(event)), column))
        add()
        f.add(event, eventBytes)
      })
    }
    for (const vectors of [8, 2]) {
      const fits = f.local("i32", i32.sub(stop, vectors * 16))
      f.while(i32.leS(column, fits), () => {
        const place = f.local("i32", i32.add(out, column))
        const sums = Array.from({ length: vectors }, (_, v) =>
          f.local("v128", accumulate ? v128.load(place, v * 16) : f32x4.splat(0)),
        )
        eachEvent(() => {
          f.set(value, v128.load32Splat(event, 4))
          sums.forEach((sum, v) => f.set(sum, multiplyAdd(module, value, v128.load(row, v * 16), sum)))
        })
        sums.forEach((sum, v) => f.store("v128", place, sum, v * 16))
        f.add(column, vectors * 16)
      })
    }
    const total = f.local("f32")
    f.for(column, column, stop, 4, () => {
      f.set(total, accumulate ? f32.load(i32.add(out, column)) : 0)
      eachEvent(() => f.set(total, f32.add(total, f32.mul(f32.load(event, 4), f32.load(row)))))
      f.store("f32", i32.add(out, column), total)
    })
  })
}
