import { bytesOf } from "../../../dtype.ts"
import type { Node } from "../../../graph.ts"
import type { AveragePoolAttributes } from "../../../operators/pooling.ts"
import { type Pair, planeOf, type Windows } from "../../../operators/windows.ts"
import {
  type Expr,
  type Fn,
  type FunctionBuilder,
  f32,
  f64,
  i32,
  type Local,
  type ModuleBuilder,
  select,
} from "../assembler/index.ts"
import { scalarLane } from "../lane-f64.ts"
import { shared, shareOf } from "../team.ts"
import type { Lowering } from "./table.ts"

interface Spec extends Windows {
  readonly dtype: "f32" | "f64"
  /** Images times channels. */
  readonly planes: number
  readonly size: Pair
  readonly counts: Pair
}

interface Window {
  /** Address of the plane, and of the output of this window counted in elements from the start of all. */
  readonly plane: Local<"i32">
  readonly out: Local<"i32">
  /** How many rows and columns of the window lie inside the input. */
  readonly rows: Local<"i32">
  readonly columns: Local<"i32">
  /** Calls `visit` with the place of each element in its plane. */
  forEach(visit: (place: Local<"i32">) => void): void
}

/** The operators of pooling take floats of either size with the same instructions. */
const family = (dtype: "f32" | "f64"): typeof f64 => (dtype === "f64" ? f64 : (f32 as unknown as typeof f64))

/** Loops over the windows of this thread's planes. */
function forEachWindow(
  module: ModuleBuilder,
  f: FunctionBuilder,
  { planes, size, counts, kernel, stride, low, dtype }: Spec,
  input: Expr<"i32">,
  body: (window: Window) => void,
): void {
  const [p, row, column, i, j] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")]
  const { from, to } = shareOf(module, f, planes)
  const plane = f.local("i32", i32.add(input, i32.mul(from, size[0] * size[1] * bytesOf[dtype])))
  const out = f.local("i32", i32.mul(from, counts[0] * counts[1]))
  const range = (axis: 0 | 1) => {
    const [first, last, count] = [f.local("i32"), f.local("i32"), f.local("i32")]
    return {
      first,
      last,
      count,
      set: (window: Expr<"i32">) => {
        f.set(first, i32.add(i32.mul(window, stride[axis]), -low[axis]))
        f.set(last, i32.add(first, kernel[axis]))
        f.set(first, select(i32.ltS(first, 0), 0, first))
        f.set(last, select(i32.gtS(last, size[axis]), size[axis], last))
        f.set(count, i32.sub(last, first))
      },
    }
  }
  const [rows, columns] = [range(0), range(1)]
  const place = f.local("i32")
  f.for(p, from, to, 1, () => {
    f.for(row, 0, counts[0], 1, () => {
      rows.set(row)
      f.for(column, 0, counts[1], 1, () => {
        columns.set(column)
        body({
          plane,
          out,
          rows: rows.count,
          columns: columns.count,
          forEach: (visit) =>
            f.for(i, rows.first, rows.last, 1, () => {
              f.set(place, i32.add(i32.mul(i, size[1]), columns.first))
              f.for(j, columns.first, columns.last, 1, () => {
                visit(place)
                f.add(place, 1)
              })
            }),
        })
        f.add(out, 1)
      })
    })
    f.add(plane, size[0] * size[1] * bytesOf[dtype])
  })
}

const element = (base: Expr<"i32">, index: Expr<"i32">, bytes: number): Expr<"i32"> =>
  i32.add(base, i32.mul(index, bytes))

/** `(x, values, indices)` */
function emitMaxPool(module: ModuleBuilder, name: string, spec: Spec): Fn<["i32", "i32", "i32"]> {
  const { dtype } = spec
  const bytes = bytesOf[dtype]
  const F = family(dtype)
  return module.function(name, { params: ["i32", "i32", "i32"] }, (builder, x, values, indices) => {
    const f = builder as unknown as FunctionBuilder
    const [best, value] = [f.local(dtype), f.local(dtype)] as unknown as [Local<"f64">, Local<"f64">]
    const winner = f.local("i32")
    forEachWindow(module, f, spec, x, ({ plane, out, forEach }) => {
      f.set(winner, -1)
      forEach((place) => {
        f.set(value, F.load(element(plane, place, bytes)))
        const isNewNaN = i32.and(F.ne(value, value), F.eq(best, best))
        f.if(i32.or(i32.ltS(winner, 0), i32.or(F.gt(value, best), isNewNaN)), () => {
          f.set(best, value)
          f.set(winner, place)
        })
      })
      scalarLane.store(f, dtype, element(values, out, bytes), best)
      f.store("i32", element(indices, out, 4), winner)
    })
  })
}

/** `(x, y)`, or `(y, x)` for the gradient. Means are summed up in double precision. */
function emitAveragePool(
  module: ModuleBuilder,
  name: string,
  spec: Spec,
  countPadding: boolean,
  gradient: boolean,
): Fn<["i32", "i32"]> {
  const { dtype, kernel, planes, size } = spec
  const bytes = bytesOf[dtype]
  return module.function(name, { params: ["i32", "i32"] }, (builder, first, second) => {
    const f = builder as unknown as FunctionBuilder
    const [x, y] = gradient ? [second, first] : [first, second]
    const wide = (address: Expr<"i32">): Expr<"f64"> =>
      dtype === "f64" ? f64.load(address) : f64.promote(f32.load(address))
    const store = (address: Expr<"i32">, value: Expr<"f64">) =>
      dtype === "f64" ? f.store("f64", address, value) : f.store("f32", address, f32.demote(value))
    const total = f.local("f64")
    const address = f.local("i32")
    if (gradient) {
      const planeBytes = size[0] * size[1] * bytes
      const { from, to } = shareOf(module, f, planes)
      f.memoryFill(element(x, from, planeBytes), 0, i32.mul(i32.sub(to, from), planeBytes))
    }
    forEachWindow(module, f, spec, x, ({ plane, out, rows, columns, forEach }) => {
      const count = countPadding ? f64.const(kernel[0] * kernel[1]) : f64.convertI32S(i32.mul(rows, columns))
      if (!gradient) {
        f.set(total, 0)
        forEach((place) => f.set(total, f64.add(total, wide(element(plane, place, bytes)))))
        return store(element(y, out, bytes), f64.div(total, count))
      }
      f.set(total, f64.div(wide(element(y, out, bytes)), count))
      forEach((place) => {
        f.set(address, element(plane, place, bytes))
        store(address, f64.add(wide(address), total))
      })
    })
  })
}

/** Elements that the windows see in all. */
const workOf = ({ planes, counts, kernel }: Spec): number => planes * counts[0] * counts[1] * kernel[0] * kernel[1]

const specOf = (
  x: Node["inputs"][number],
  y: Node["inputs"][number],
  { kernel, stride, low, high, dilation }: Windows,
): Spec => ({
  ...{ kernel, stride, low, high, dilation },
  dtype: x.type.dtype as Spec["dtype"],
  planes: x.type.shape[0] * x.type.shape[1],
  size: planeOf(x.type.shape),
  counts: planeOf(y.type.shape),
})

function averagePool(lower: Lowering, node: Node, gradient: boolean): void {
  const attributes = node.attributes as AveragePoolAttributes
  const [from] = node.inputs
  const [to] = node.outputs
  const spec = gradient ? specOf(to, from, attributes) : specOf(from, to, attributes)
  const { name } = node.primitive
  lower.call(
    `${name} ${JSON.stringify([spec, attributes.countPadding])}`,
    [lower.contiguous(from), lower.output(to)],
    (own) => {
      const fn = emitAveragePool(lower.module, own, spec, attributes.countPadding, gradient)
      return shared(lower.module, fn as unknown as Fn<"i32"[]>, workOf(spec))
    },
  )
}

/** The operators of pooling. */
export const poolingKernels: Record<string, (lower: Lowering, node: Node) => void> = {
  maxPool2d(lower, { inputs: [x], outputs: [values, indices], attributes }) {
    const spec = specOf(x, values, attributes)
    const operands = [lower.contiguous(x), lower.output(values), lower.output(indices)]
    lower.call(`maxPool2d ${JSON.stringify(spec)}`, operands, (name) => {
      const fn = emitMaxPool(lower.module, name, spec)
      return shared(lower.module, fn as unknown as Fn<"i32"[]>, workOf(spec))
    })
  },
  avgPool2d: (lower, node) => averagePool(lower, node, false),
  avgPool2dGradient: (lower, node) => averagePool(lower, node, true),
}
