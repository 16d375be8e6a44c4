import type { Node } from "../../../../graph.ts"
import { sizeOf } from "../../../../shape.ts"
import { type Fn, type FunctionBuilder, f32, f32x4, i32, type ModuleBuilder } from "../../assembler/index.ts"
import { shared, shareOf } from "../../team.ts"
import { logarithm, weightOf } from "../attention/blocks.ts"
import type { Lowering } from "../lowering.ts"
import { along, joined, spread, sums } from "./runs.ts"

/** A kernel `(x, y)`: row by row the peak, the exponentials and their sum, and what they come to. */
function emitSoftmax(module: ModuleBuilder, name: string, rows: number, width: number, log: boolean): Fn<"i32"[]> {
  const params = ["i32", "i32"] as const
  const one = module.function(`${name}.row`, { params }, (builder, x, y) => {
    const f = builder as unknown as FunctionBuilder
    const peaks = [0, 1, 2, 3].map(() => f.local("v128", f32x4.splat(-3.4028234663852886e38)))
    along(f, width, ({ load }, which) => f.set(peaks[which], f32x4.pmax(peaks[which], load(x))))
    const peak = spread(f, joined(f, peaks, "max"))
    const [total] = sums(f, width, 1, ({ load, store }) => {
      const weight = f.local("v128", weightOf(module, f, f32x4.sub(load(x), peak)))
      if (!log) store(y, weight)
      return [weight]
    })
    const last = f.local(
      "v128",
      log ? f32x4.add(peak, logarithm({ module, f }, spread(f, total))) : f32x4.splat(f32.div(1, total)),
    )
    along(f, width, ({ load, store }) => store(y, log ? f32x4.sub(load(x), last) : f32x4.mul(load(y), last)))
  })
  const kernel = module.function(name, { params }, (builder, x, y) => {
    const f = builder as unknown as FunctionBuilder
    const { from, to } = shareOf(module, f, rows)
    const row = f.local("i32")
    const at = f.local("i32", i32.mul(from, width * 4))
    f.for(row, from, to, 1, () => {
      f.call(one, [i32.add(x, at), i32.add(y, at)])
      f.add(at, width * 4)
    })
  })
  return shared(module, kernel as unknown as Fn<"i32"[]>, rows * width * 8)
}

export const softmaxKernels: Record<string, (lower: Lowering, node: Node) => void> = {
  softmax(lower, { inputs: [x], outputs: [y], attributes: { log } }) {
    const width = x.type.shape[x.type.shape.length - 1]
    const rows = sizeOf(x.type.shape) / width
    lower.call(`softmax ${JSON.stringify({ rows, width, log })}`, [lower.contiguous(x), lower.output(y)], (name) =>
      emitSoftmax(lower.module, name, rows, width, log),
    )
  },
}
