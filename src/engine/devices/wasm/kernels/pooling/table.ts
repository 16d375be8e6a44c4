import { bytesOf } from "../../../../dtype.ts"
import type { Node } from "../../../../graph.ts"
import type { AveragePoolAttributes } from "../../../../operators/pooling.ts"
import { type Pair, planeOf, type Windows } from "../../../../operators/windows.ts"
import { sizeOf } from "../../../../shape.ts"
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
} from "../../assembler/index.ts"
import { shared, shareOf } from "../../team.ts"
import type { Lowering } from "../lowering.ts"
import { emitMaxPool, emitMaxPoolGradient } from "./max-pooling.ts"

export interface PoolingSpec extends Windows {
  readonly dtype: "f32" | "f64"
  /** Images times channels. */
  readonly planes: number
  readonly size: Pair
  readonly counts: Pair
}

export interface Window {
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
export const family = (dtype: "f32" | "f64"): typeof f64 => (dtype === "f64" ? f64 : (f32 as unknown as typeof f64))

/** A kernel for four windows beside one another, for columns from `first` to `end`; `place` is that of the first, in no padding of its row. */
export interface Four {
  readonly first: number
  readonly end: number
  four(plane: Local<"i32">, place: Local<"i32">, out: Expr<"i32">, rows: [first: Local<"i32">, end: Local<"i32">]): void
}

/** Loops over the windows of this thread's planes. */
export function forEachWindow(
  module: ModuleBuilder,
  f: FunctionBuilder,
  { planes, size, counts, kernel, stride, low, dtype }: PoolingSpec,
  input: Expr<"i32">,
  body: (window: Window) => void,
  wide?: Four,
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
      const one = () => {
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
      }
      const [first, end] = wide === undefined ? [counts[1], counts[1]] : [wide.first, wide.end]
      f.for(column, 0, first, 1, one)
      if (wide !== undefined) {
        // Rows of the window that are inside, counted from its first row.
        const top = f.local("i32", i32.add(i32.mul(row, stride[0]), -low[0]))
        const inside: [Local<"i32">, Local<"i32">] = [
          f.local("i32", i32.sub(rows.first, top)),
          f.local("i32", i32.sub(rows.last, top)),
        ]
        f.for(column, first, end, 4, () => {
          // The last four may be some of those before.
          const start = f.local("i32", select(i32.gtS(column, end - 4), end - 4, column))
          f.set(place, i32.add(i32.mul(top, size[1]), i32.add(i32.mul(start, stride[1]), -low[1])))
          wide.four(plane, place, i32.add(out, i32.sub(start, first)), inside)
        })
        f.add(out, end - first)
      }
      f.for(column, end, counts[1], 1, one)
    })
    f.add(plane, size[0] * size[1] * bytesOf[dtype])
  })
}

export const element = (base: Expr<"i32">, index: Expr<"i32">, bytes: number): Expr<"i32"> =>
  i32.add(base, i32.mul(index, bytes))

/** `(x, y)`, or `(y, x)` for the gradient. Means are summed up in double precision. */
function emitAveragePool(
  module: ModuleBuilder,
  name: string,
  spec: PoolingSpec,
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
export const workOf = ({ planes, counts, kernel }: PoolingSpec): number =>
  planes * counts[0] * counts[1] * kernel[0] * kernel[1]

const specOf = (
  x: Node["inputs"][number],
  y: Node["inputs"][number],
  { kernel, stride, low, high, dilation }: Windows,
): PoolingSpec => ({
  ...{ kernel, stride, low, high, dilation },
  dtype: x.type.dtype as PoolingSpec["dtype"],
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
  maxPool2dGradient(lower, { inputs: [g, indices], outputs: [x] }) {
    const [dtype, planes] = [x.type.dtype, x.type.shape[0] * x.type.shape[1]]
    const [from, to] = [g, x].map(({ type }) => sizeOf(planeOf(type.shape)))
    const operands = [lower.contiguous(g), lower.contiguous(indices), lower.output(x)]
    lower.call(`maxPool2dGradient ${JSON.stringify([dtype, planes, from, to])}`, operands, (name) => {
      const fn = emitMaxPoolGradient(lower.module, name, dtype as "f32" | "f64", planes, from, to)
      return shared(lower.module, fn as unknown as Fn<"i32"[]>, planes * (from + to / 4))
    })
  },
  avgPool2d: (lower, node) => averagePool(lower, node, false),
  avgPool2dGradient: (lower, node) => averagePool(lower, node, true),
}
