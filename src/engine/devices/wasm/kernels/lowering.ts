import type { Value } from "../../../graph.ts"
import type { Fn, ModuleBuilder } from "../assembler/index.ts"
import type { Buffer, View } from "../views.ts"

/** What a node is lowered with. */
export interface Lowering {
  readonly module: ModuleBuilder
  /** Where a value lies, through whatever strides. */
  view(v: Value): View
  /** Where a value lies row-major: copied there if it does not. */
  contiguous(v: Value): View
  /** Where a result is to be written, row-major. */
  output(v: Value): View
  /** Where the result of an operator that changes some elements of `from` is to be written: `from` is there already. */
  updated(out: Value, from: Value): View
  /** Space that this node alone uses. */
  scratch(bytes: number): Buffer
  /** A matrix that stays the same from step to step, laid out anew before the loop; undefined where it does not. */
  laidOutOnce(v: Value, view: View, layout: Layout): Buffer | undefined
  /** Calls a kernel on operands; kernels of one key are written once. */
  call(key: string, operands: readonly (View | Buffer)[], write: (name: string) => Fn<"i32"[]>): void
  /** Copies a view, row-major, to where another view starts. */
  copy(from: View, to: View): void
  /** Fills a row-major view with a number. */
  fill(to: View, value: number): void
}

/** A layout of a matrix that a kernel reads faster than the plain one. */
export interface Layout {
  readonly bytes: number
  /** Names the kernel `(matrix, its new place)` that writes it. */
  readonly key: string
  readonly write: (module: ModuleBuilder, name: string) => Fn<"i32"[]>
}

/** A kernel of however many pointers. */
// biome-ignore lint/suspicious/noExplicitAny: kernels take as many pointers as their operator has operands
export const kernel = (fn: Fn<any, any>): Fn<"i32"[]> => fn as Fn<"i32"[]>
/** Names a kernel by all that its code depends on. */
export const keyOf = (name: string, spec: unknown): string => `${name} ${JSON.stringify(spec)}`
