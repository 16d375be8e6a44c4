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
import { shareOf } from "../../team.ts"
import { forEachEvent } from "../events/lists.ts"
import { linesOf, type SparseSpec, valueAddress } from "./products.ts"

/** `(values, starts, indices, order, x, y)` of a product, `(starts, indices, order, events, other, values)` of sampling. */
export type SixPointers = Fn<readonly ["i32", "i32", "i32", "i32", "i32", "i32"]>
const six = ["i32", "i32", "i32", "i32", "i32", "i32"] as const

/**
 * A kernel `(values, starts, indices, order, x, y)`, x `[examples, inner]`, y `[examples, outer]`: the entries of the lines that the events of an example
 * name are added up at their indices. Threads share the examples.
 */
export function emitEventProduct(module: ModuleBuilder, name: string, spec: SparseSpec): SixPointers {
  const { inner, outer, examples, parts, entries } = spec
  const row = emitExample(module, `${name}.example`, spec)
  return module.function(name, { params: six }, (builder, values, starts, indices, order, x, y) => {
    const f = builder as unknown as FunctionBuilder
    const [part, example] = [f.local("i32"), f.local("i32")]
    const share = shareOf(module, f, examples)
    f.for(part, 0, parts, 1, () =>
      f.for(example, share.from, share.to, 1, () => {
        const number = f.local("i32", i32.add(i32.mul(part, examples), example))
        f.call(row, [
          i32.add(values, i32.mul(part, entries * 4)),
          starts,
          indices,
          order,
          i32.add(x, i32.mul(number, inner * 4)),
          i32.add(y, i32.mul(number, outer * 4)),
        ])
      }),
    )
  })
}

/** Visits the entries of a line: four together, whose values are loaded at once, then one by one. */
function forEachOfLine(
  f: FunctionBuilder,
  first: Local<"i32">,
  end: Local<"i32">,
  four: ((entry: Local<"i32">) => void) | undefined,
  one: (entry: Local<"i32">) => void,
): void {
  const entry = f.local("i32")
  if (four === undefined) return f.for(entry, first, end, 4, () => one(entry))
  const whole = f.local("i32", i32.add(first, i32.and(i32.sub(end, first), -16)))
  f.for(entry, first, whole, 16, () => four(entry))
  f.for(entry, whole, end, 4, () => one(entry))
}

/** One example of an event product. */
function emitExample(module: ModuleBuilder, name: string, spec: SparseSpec): SixPointers {
  const { inner, outer, byRow } = spec
  return module.function(name, { params: six }, (builder, values, starts, indices, order, x, y) => {
    const f = builder as unknown as FunctionBuilder
    const to = f.local("i32")
    const event = f.local("f32")
    const [wide, four] = [f.local("v128"), f.local("v128")]
    f.memoryFill(y, 0, outer * 4)
    const add = (entry: Expr<"i32">, offset: number, value: Expr<"f32">) => {
      f.set(to, i32.add(y, i32.shl(i32.load(i32.add(indices, entry), offset), 2)))
      f.store("f32", to, f32.add(f32.load(to), value))
    }
    forEachEvent(f, x, 0, inner, (address, lineBytes) => {
      f.set(event, f32.load(address))
      f.set(wide, f32x4.splat(event))
      const [first, end] = linesOf(f, starts, i32.shrU(lineBytes, 2))
      const together = (entry: Local<"i32">) => {
        f.set(four, f32x4.mul(wide, v128.load(i32.add(values, entry))))
        for (const lane of [0, 1, 2, 3]) add(entry, lane * 4, f32x4.extractLane(four, lane))
      }
      forEachOfLine(f, first, end, byRow ? together : undefined, (entry) =>
        add(entry, 0, f32.mul(event, f32.load(valueAddress(values, order, entry, spec)))),
      )
    })
  })
}

/**
 * A kernel `(starts, indices, order, events, other, values)`, events `[examples, inner]`, other `[examples, outer]`: the sampled product, where only the
 * entries of lines with events get something. Threads share the lines, so that each entry has one owner.
 */
export function emitEventSamples(module: ModuleBuilder, name: string, spec: SparseSpec): SixPointers {
  const { inner, outer, examples, parts, entries } = spec
  const row = emitSampledExample(module, `${name}.example`, spec)
  return module.function(name, { params: six }, (builder, starts, indices, order, x, other, values) => {
    const f = builder as unknown as FunctionBuilder
    const [part, example, entry] = [f.local("i32"), f.local("i32"), f.local("i32")]
    const share = shareOf(module, f, inner, 4)
    const startOf = (line: Expr<"i32">) => i32.shl(i32.load(i32.add(starts, i32.shl(line, 2))), 2)
    f.for(part, 0, parts, 1, () => {
      const own = f.local("i32", i32.add(values, i32.mul(part, entries * 4)))
      f.for(entry, startOf(share.from), startOf(share.to), 4, () =>
        f.store("f32", valueAddress(own, order, entry, spec), 0),
      )
      f.for(example, 0, examples, 1, () => {
        const number = f.local("i32", i32.add(i32.mul(part, examples), example))
        f.call(row, [
          starts,
          indices,
          order,
          i32.add(x, i32.mul(number, inner * 4)),
          i32.add(other, i32.mul(number, outer * 4)),
          own,
          share.from,
          share.to,
        ])
      })
    })
  })
}

/** `(starts, indices, order, events, other, values, first line, last line)` of one example. */
function emitSampledExample(module: ModuleBuilder, name: string, spec: SparseSpec) {
  const parameters = [...six, "i32", "i32"] as const
  return module.function(
    name,
    { params: parameters },
    (builder, starts, indices, order, x, other, values, from, to) => {
      const f = builder as unknown as FunctionBuilder
      const at = f.local("i32")
      const event = f.local("f32")
      const four = f.local("v128")
      const factor = (entry: Expr<"i32">, lane: number) =>
        i32.add(other, i32.shl(i32.load(i32.add(indices, entry), lane * 4), 2))
      forEachEvent(f, x, from, to, (address, lineBytes) => {
        f.set(event, f32.load(address))
        const [first, end] = linesOf(f, starts, i32.shrU(lineBytes, 2))
        const together = (entry: Local<"i32">) => {
          f.set(four, v128.load32Zero(factor(entry, 0)))
          for (const lane of [1, 2, 3]) f.set(four, v128.load32Lane(factor(entry, lane), four, lane))
          f.set(at, i32.add(values, entry))
          f.store("v128", at, f32x4.add(v128.load(at), f32x4.mul(f32x4.splat(event), four)))
        }
        forEachOfLine(f, first, end, spec.byRow ? together : undefined, (entry) => {
          f.set(at, valueAddress(values, order, entry, spec))
          f.store("f32", at, f32.add(f32.load(at), f32.mul(event, f32.load(factor(entry, 0)))))
        })
      })
    },
  )
}
