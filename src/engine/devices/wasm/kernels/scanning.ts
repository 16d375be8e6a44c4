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
import { shared, shareOf } from "../team.ts"
import type { Lowering } from "./lowering.ts"

interface Spec {
  readonly dtype: DType
  readonly shape: Shape
  readonly axis: number
  readonly reverse: boolean
}

/** A running value: floats are summed up in double precision, integers wrap. */
type Running = Local<"f64"> | Local<"i32">

/**
 * Writes a loop over this thread's lines along an axis. `step` gives what follows the state at the element `at` bytes into every operand; what is
 * written there is what it gives, or the state before when `exclusive`.
 */
function emitLines(
  module: ModuleBuilder,
  f: FunctionBuilder,
  { dtype, shape, axis, reverse }: Spec,
  out: Expr<"i32">,
  exclusive: boolean,
  step: (at: Local<"i32">, state: Running) => Expr,
): void {
  const bytes = bytesOf[dtype]
  const n = shape[axis]
  const inner = sizeOf(shape.slice(axis + 1))
  const state = dtype === "f32" || dtype === "f64" ? f.local("f64") : f.local("i32")
  const [line, place, at] = [f.local("i32"), f.local("i32"), f.local("i32")]
  const write = () => {
    const to = i32.add(out, at)
    if (dtype === "f64") f.store("f64", to, state as Local<"f64">)
    else if (dtype === "f32") f.store("f32", to, f32.demote(state as Local<"f64">))
    else f.store("i32", to, state as Local<"i32">)
  }
  const share = shareOf(module, f, sizeOf(shape) / n)
  f.for(line, share.from, share.to, 1, () => {
    const first = i32.add(i32.mul(i32.divU(line, inner), n * inner), i32.remU(line, inner))
    f.set(at, i32.mul(i32.add(first, reverse ? (n - 1) * inner : 0), bytes))
    f.set(state as Local<"f64">, 0)
    f.for(place, 0, n, 1, () => {
      if (exclusive) write()
      f.set(state as Local<"f64">, step(at, state) as Expr<"f64">)
      if (!exclusive) write()
      f.add(at, (reverse ? -1 : 1) * inner * bytes)
    })
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

const emitCumsum = (module: ModuleBuilder, name: string, spec: Spec, exclusive: boolean): Fn<"i32"[]> =>
  module.function(name, { params: ["i32", "i32"] as "i32"[] }, (builder, x, out) => {
    const f = builder as unknown as FunctionBuilder
    emitLines(module, f, spec, out, exclusive, (at, state) => add(state, load(spec.dtype, x, at)))
  })

const emitRecurrence = (module: ModuleBuilder, name: string, spec: Spec): Fn<"i32"[]> =>
  module.function(name, { params: ["i32", "i32", "i32"] as "i32"[] }, (builder, a, b, out) => {
    const f = builder as unknown as FunctionBuilder
    const next = (at: Local<"i32">, state: Running) => add(mul(state, load(spec.dtype, a, at)), load(spec.dtype, b, at))
    emitLines(module, f, spec, out, false, next)
  })

/** The operators that run along an axis. */
export const scanningKernels: Record<string, (lower: Lowering, node: Node) => void> = {
  cumsum(lower, { inputs: [x], outputs: [out], attributes }) {
    const { axis, reverse, exclusive } = attributes as CumsumAttributes
    const spec: Spec = { dtype: x.type.dtype, shape: x.type.shape, axis, reverse }
    const operands = [lower.contiguous(x), lower.output(out)]
    lower.call(`cumsum ${JSON.stringify([spec, exclusive])}`, operands, (name) =>
      shared(lower.module, emitCumsum(lower.module, name, spec, exclusive), sizeOf(spec.shape)),
    )
  },
  linearRecurrence(lower, { inputs: [a, b], outputs: [out], attributes }) {
    const { axis, reverse } = attributes as RecurrenceAttributes
    const spec: Spec = { dtype: b.type.dtype, shape: b.type.shape, axis, reverse }
    const operands = [lower.contiguous(a), lower.contiguous(b), lower.output(out)]
    lower.call(`linearRecurrence ${JSON.stringify(spec)}`, operands, (name) =>
      shared(lower.module, emitRecurrence(lower.module, name, spec), sizeOf(spec.shape)),
    )
  },
}
