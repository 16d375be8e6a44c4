import {
  call,
  type Expr,
  type Fn,
  type FunctionBuilder,
  f32,
  f32x4,
  i32,
  type ModuleBuilder,
  type Operand,
  v128,
} from "../../assembler/index.ts"
import { perMultiplyAdd, shared, shareOf, teamOf } from "../../team.ts"
import { emitCount, forEachEvent } from "../events/lists.ts"
import { dot } from "./few-rows.ts"
import { emitMatmul, type MatmulSpec } from "./matmul.ts"

/**
 * A kernel `(A, B, mask, C, scratch)` for `(A · B) * mask`, all but B row-major, the columns of B contiguous: where the mask is mostly 0 only
 * the dot products that it keeps are computed.
 */
export function emitMaskedMatmul(
  module: ModuleBuilder,
  name: string,
  spec: MatmulSpec,
): Fn<readonly ["i32", "i32", "i32", "i32", "i32"]> {
  const { m, n, k, a, b } = spec
  const dense = emitMatmul(module, `${name}.dense`, spec)
  const count = emitCount(module, `${name}.count`, m, n, n)
  const dot = emitDot(module, `${name}.dot`, k)
  const parameters = ["i32", "i32", "i32", "i32", "i32"] as const
  const kernel = module.function(name, { params: parameters }, (builder, aBase, bBase, mask, c, scratch) => {
    const f = builder as unknown as FunctionBuilder
    const at = f.local("i32")
    f.if(i32.gtS(call(count, [mask]) as Expr<"i32">, Math.floor(0.2 * m * n)), () => {
      f.call(dense, [aBase, bBase, c, scratch])
      f.call(teamOf(module).barrier, [])
      const share = shareOf(module, f, m * n, 16)
      const whole = f.local("i32", i32.and(share.to, -4))
      const factor = (from: Operand<"i32">, to: Operand<"i32">, step: number, multiply: () => void) =>
        f.for(at, i32.mul(from, 4), i32.mul(to, 4), step, multiply)
      factor(share.from, whole, 16, () =>
        f.store("v128", i32.add(c, at), f32x4.mul(v128.load(i32.add(c, at)), v128.load(i32.add(mask, at)))),
      )
      factor(whole, share.to, 4, () =>
        f.store("f32", i32.add(c, at), f32.mul(f32.load(i32.add(c, at)), f32.load(i32.add(mask, at)))),
      )
      f.return()
    })
    const row = f.local("i32")
    const share = shareOf(module, f, m)
    f.memoryFill(i32.add(c, i32.mul(share.from, n * 4)), 0, i32.mul(i32.sub(share.to, share.from), n * 4))
    f.for(row, share.from, share.to, 1, () => {
      const maskRow = f.local("i32", i32.add(mask, i32.mul(row, n * 4)))
      forEachEvent(f, maskRow, 0, n, (address, columnBytes) => {
        const column = i32.add(bBase, i32.mul(columnBytes, b[1]))
        const product = call(dot, [i32.add(aBase, i32.mul(row, a[0] * 4)), column]) as Expr<"f32">
        f.store("f32", i32.add(i32.add(c, i32.mul(row, n * 4)), columnBytes), f32.mul(product, f32.load(address)))
      })
    })
  })
  return shared(module, kernel, m * n * k * perMultiplyAdd)
}

/** `(x, y) -> x · y` over k contiguous numbers. */
const emitDot = (module: ModuleBuilder, name: string, k: number): Fn<readonly ["i32", "i32"], readonly ["f32"]> =>
  module.function(name, { params: ["i32", "i32"], results: ["f32"] }, (builder, x, y) =>
    dot(module, builder as unknown as FunctionBuilder, x, 1, y, k),
  )
