import { bytesOf, type DType } from "../../../dtype.ts"
import { stridesOf } from "../../../shape.ts"
import { type Expr, type Fn, type FunctionBuilder, i32, type ModuleBuilder } from "../assembler/index.ts"
import { scalarLane } from "../lane-f64.ts"
import { shared, shareOf } from "../team.ts"
import type { View } from "../views.ts"
import { emitNest } from "./expression.ts"

/** A kernel `(x, out)`: the index of the first largest (or smallest) element along an axis. */
export function emitArgReduce(
  module: ModuleBuilder,
  name: string,
  x: Pick<View, "dtype" | "shape" | "strides">,
  axis: number,
  largest: boolean,
): Fn<readonly ["i32", "i32"]> {
  const { dtype } = x
  const keptAxes = x.shape.map((_, i) => i).filter((i) => i !== axis)
  const outStrides = stridesOf(keptAxes.map((i) => x.shape[i]))
  const axes = keptAxes.map((i, at) => ({ size: x.shape[i], strides: [x.strides[i], outStrides[at]] }))
  const kernel = module.function(name, { params: ["i32", "i32"] }, (builder, input, output) => {
    const f = builder as unknown as FunctionBuilder
    const share = axes.length === 0 ? undefined : shareOf(module, f, axes[0].size)
    const cursors = [
      { dtype, pointer: input },
      { dtype: "i32" as DType, pointer: output },
    ]
    emitNest(
      f,
      axes,
      cursors,
      ([from, to]) => {
        const at = f.local("i32", from.pointer)
        const best = f.local(scalarLane.local(dtype), scalarLane.load(dtype, at) as never)
        const value = f.local(scalarLane.local(dtype))
        const winner = f.local("i32", 0)
        const i = f.local("i32")
        f.for(i, 1, x.shape[axis], 1, () => {
          f.add(at, x.strides[axis] * bytesOf[dtype])
          f.set(value, scalarLane.load(dtype, at) as never)
          const [low, high] = largest ? [best, value] : [value, best]
          const better = scalarLane.apply({ module, f }, "lt", dtype, "bool", [low, high]) as Expr<"i32">
          f.if(better, () => {
            f.set(best, value as never)
            f.set(winner, i)
          })
        })
        f.store("i32", to.pointer, winner)
      },
      share,
    )
  })
  return axes.length === 0
    ? kernel
    : shared(
        module,
        kernel,
        x.shape.reduce((n, m) => n * m, 1),
      )
}

/** A kernel `(out)`: 0, 1, 2, ... in any dtype. */
export function emitIota(module: ModuleBuilder, name: string, size: number, dtype: DType): Fn<readonly ["i32"]> {
  return module.function(name, { params: ["i32"] }, (builder, out) => {
    const f = builder as unknown as FunctionBuilder
    const i = f.local("i32")
    const to = f.local("i32", i32.add(out, 0))
    f.for(i, 0, size, 1, () => {
      scalarLane.store(f, dtype, to, scalarLane.apply({ module, f }, "cast", "i32", dtype, [i]))
      f.add(to, bytesOf[dtype])
    })
  })
}
