import { bytesOf, type DType } from "../../../dtype.ts"
import type { Node } from "../../../graph.ts"
import type { CumsumAttributes, RecurrenceAttributes } from "../../../operators/scanning.ts"
import { type Shape, sizeOf } from "../../../shape.ts"
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
import type { Lowering } from "./table.ts"

interface Spec {
  readonly dtype: DType
  readonly shape: Shape
  readonly axis: number
  readonly reverse: boolean
}

/** A running value: floats are summed up in double precision, integers wrap. */
type Running = Local<"f64"> | Local<"i32">

/**
 * Writes loops over the lines along an axis. `step` gives what follows the state at the element `at` bytes into every operand; what is
 * written there is what it gives, or the state before when `exclusive`.
 */
function emitLines(
  f: FunctionBuilder,
  { dtype, shape, axis, reverse }: Spec,
  out: Expr<"i32">,
  exclusive: boolean,
  step: (at: Local<"i32">, state: Running) => Expr,
): void {
  const bytes = bytesOf[dtype]
  const n = shape[axis]
  const inner = sizeOf(shape.slice(axis + 1))
  const outer = sizeOf(shape.slice(0, axis))
  const state = dtype === "f32" || dtype === "f64" ? f.local("f64") : f.local("i32")
  const [line, place, at] = [f.local("i32"), f.local("i32"), f.local("i32")]
  const start = f.local("i32", reverse ? (n - 1) * inner * bytes : 0)
  const write = () => {
    const to = i32.add(out, at)
    if (dtype === "f64") f.store("f64", to, state as Local<"f64">)
    else if (dtype === "f32") f.store("f32", to, f32.demote(state as Local<"f64">))
    else f.store("i32", to, state as Local<"i32">)
  }
  f.for(f.local("i32"), 0, outer, 1, () => {
    f.for(line, 0, inner, 1, () => {
      f.set(at, i32.add(start, i32.mul(line, bytes)))
      f.set(state as Local<"f64">, 0)
      f.for(place, 0, n, 1, () => {
        if (exclusive) write()
        f.set(state as Local<"f64">, step(at, state) as Expr<"f64">)
        if (!exclusive) write()
        f.add(at, (reverse ? -1 : 1) * inner * bytes)
      })
    })
    f.add(start, n * inner * bytes)
  })
}

/** An element as a running value is kept. */
const load = (dtype: DType, base: Expr<"i32">, at: Expr<"i32">): Expr => {
  const address = i32.add(base, at)
  return dtype === "f64" ? f64.load(address) : dtype === "f32" ? f64.promote(f32.load(address)) : i32.load(address)
}

const add = (x: Expr, y: Expr): Expr =>
  x.type === "f64" ? f64.add(x as Expr<"f64">, y as Expr<"f64">) : i32.add(x as Expr<"i32">, y as Expr<"i32">)
const mul = (x: Expr, y: Expr): Expr =>
  x.type === "f64" ? f64.mul(x as Expr<"f64">, y as Expr<"f64">) : i32.mul(x as Expr<"i32">, y as Expr<"i32">)

const emitCumsum = (module: ModuleBuilder, name: string, spec: Spec, exclusive: boolean): Fn<["i32", "i32"]> =>
  module.function(name, { params: ["i32", "i32"] }, (builder, x, out) => {
    emitLines(builder as unknown as FunctionBuilder, spec, out, exclusive, (at, state) =>
      add(state, load(spec.dtype, x, at)),
    )
  })

const emitRecurrence = (module: ModuleBuilder, name: string, spec: Spec): Fn<["i32", "i32", "i32"]> =>
  module.function(name, { params: ["i32", "i32", "i32"] }, (builder, a, b, out) => {
    const f = builder as unknown as FunctionBuilder
    emitLines(f, spec, out, false, (at, state) => add(mul(state, load(spec.dtype, a, at)), load(spec.dtype, b, at)))
  })

/** The operators that run along an axis. */
export const scanningKernels: Record<string, (lower: Lowering, node: Node) => void> = {
  cumsum(lower, { inputs: [x], outputs: [out], attributes }) {
    const { axis, reverse, exclusive } = attributes as CumsumAttributes
    const spec: Spec = { dtype: x.type.dtype, shape: x.type.shape, axis, reverse }
    lower.call(`cumsum ${JSON.stringify([spec, exclusive])}`, [lower.contiguous(x), lower.output(out)], (name) => {
      return emitCumsum(lower.module, name, spec, exclusive) as unknown as Fn<"i32"[]>
    })
  },
  linearRecurrence(lower, { inputs: [a, b], outputs: [out], attributes }) {
    const { axis, reverse } = attributes as RecurrenceAttributes
    const spec: Spec = { dtype: b.type.dtype, shape: b.type.shape, axis, reverse }
    const operands = [lower.contiguous(a), lower.contiguous(b), lower.output(out)]
    lower.call(
      `linearRecurrence ${JSON.stringify(spec)}`,
      operands,
      (name) => emitRecurrence(lower.module, name, spec) as unknown as Fn<"i32"[]>,
    )
  },
}
