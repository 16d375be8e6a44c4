import { call, type Expr, type Fn, type FunctionBuilder, i32, type ModuleBuilder } from "../../assembler/index.ts"
import { shared, teamOf } from "../../team.ts"
import { emitCount } from "../events/lists.ts"
import { emitTranspose } from "../transpose.ts"
import { emitEventProduct, emitEventSamples } from "./events.ts"
import { emitSampledProduct, emitSparseProduct, type SparseSpec } from "./products.ts"

/** With fewer examples than this they cannot be computed beside one another, and events always pay. */
const fewExamples = 16
/** Above this share of non-zero entries all examples beside one another cost less than event by event. */
const denseAbove = { product: 0.12, samples: 0.18 }

type Lists = readonly [starts: Expr<"i32">, indices: Expr<"i32">, order: Expr<"i32">]
type Kernel = Fn<readonly "i32"[]>

/** Work of an event kernel, at a usual density. */
const workOf = ({ entries, examples, parts }: SparseSpec): number => (entries * examples * parts) / 8

const scratchSizes = ({ inner, outer, examples, parts }: SparseSpec) => ({
  inner: inner * examples * parts * 4,
  outer: outer * examples * parts * 4,
})

/** Bytes for both dense operands, transposed. */
export const drivenScratchBytes = (spec: SparseSpec): number =>
  spec.examples < fewExamples ? 1 : scratchSizes(spec).inner + scratchSizes(spec).outer

/** Writes: where the events are too many for event by event, `otherwise`, and the end of the kernel. */
function unlessFew(
  module: ModuleBuilder,
  name: string,
  f: FunctionBuilder,
  { inner, examples, parts }: SparseSpec,
  limit: number,
  events: Expr<"i32">,
  otherwise: () => void,
): void {
  if (examples < fewExamples) return
  const count = emitCount(module, `${name}.count`, examples * parts, inner, inner)
  const found = call(count, [events]) as Expr<"i32">
  f.if(i32.gtS(found, Math.floor(limit * inner * examples * parts)), () => {
    otherwise()
    f.return()
  })
}

/**
 * A kernel `(values, event lists x 3, dense lists x 3, x, y, scratch)` in f32, x `[examples, inner]` mostly zeros, y `[examples, outer]`: event by event, or all
 * examples beside one another where the events are many. The event lists have a line for each inner element, the dense ones for each outer one.
 */
export function emitDrivenProduct(module: ModuleBuilder, name: string, spec: SparseSpec): Kernel {
  const { inner, outer, examples, parts } = spec
  const driven = emitEventProduct(module, `${name}.events`, spec)
  const dense = emitSparseProduct(module, `${name}.dense`, { ...spec, byRow: !spec.byRow })
  const turn = emitTranspose(module, `${name}.in`, { rows: examples, columns: inner, parts })
  const back = emitTranspose(module, `${name}.out`, { rows: outer, columns: examples, parts })
  const kernel = module.function(name, { params: new Array(10).fill("i32") as "i32"[] }, (builder, ...all) => {
    const f = builder as unknown as FunctionBuilder
    const [values, s, i, o, denseStarts, denseIndices, denseOrder, x, y, scratch] = all
    const own: Lists = [s, i, o]
    unlessFew(module, name, f, spec, denseAbove.product, x, () => {
      const result = i32.add(scratch, scratchSizes(spec).inner)
      const { barrier } = teamOf(module)
      f.call(turn, [x, scratch])
      f.call(barrier, [])
      f.call(dense, [values, denseStarts, denseIndices, denseOrder, scratch, result])
      f.call(barrier, [])
      f.call(back, [result, y])
    })
    f.call(driven, [values, ...own, x, y])
  })
  return shared(module, kernel, workOf(spec)) as Kernel
}

/**
 * A kernel `(event lists x 3, row lists x 3, events, other, values, scratch)` in f32, events `[examples, inner]`, other `[examples, outer]`: the sampled product
 * likewise.
 */
export function emitDrivenSamples(module: ModuleBuilder, name: string, spec: SparseSpec): Kernel {
  const { inner, outer, examples, parts, byRow } = spec
  const driven = emitEventSamples(module, `${name}.events`, spec)
  const sizes = byRow ? { inner, outer } : { inner: outer, outer: inner }
  const dense = emitSampledProduct(module, `${name}.dense`, { ...spec, ...sizes, byRow: true })
  const turns = [inner, outer].map((columns, i) =>
    emitTranspose(module, `${name}.in${i}`, { rows: examples, columns, parts }),
  )
  const kernel = module.function(name, { params: new Array(10).fill("i32") as "i32"[] }, (builder, ...all) => {
    const f = builder as unknown as FunctionBuilder
    const [s, i, o, rowStarts, columns, order, events, other, values, scratch] = all
    unlessFew(module, name, f, spec, denseAbove.samples, events, () => {
      const second = i32.add(scratch, scratchSizes(spec).inner)
      f.call(turns[0], [events, scratch])
      f.call(turns[1], [other, second])
      f.call(teamOf(module).barrier, [])
      const [left, right] = byRow ? [scratch, second] : [second, scratch]
      f.call(dense, [rowStarts, columns, order, left, right, values])
    })
    f.call(driven, [s, i, o, events, other, values])
  })
  return shared(module, kernel, workOf(spec)) as Kernel
}
