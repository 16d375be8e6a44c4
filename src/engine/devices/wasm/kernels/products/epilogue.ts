import type { Fn, FunctionBuilder, Local, ModuleBuilder, Operand } from "../../assembler/index.ts"
import { emitMapPart, type MapSpec } from "../map.ts"

/** A stretch of rows or columns. */
interface Stretch {
  readonly from: Operand<"i32">
  readonly to: Operand<"i32">
}

/** What a product does with a part of its result as soon as that is complete: bias, activation, the step of a neuron. */
export interface Epilogue {
  /** How many operands it has. */
  readonly operands: number
  readonly apply: (f: FunctionBuilder, operands: readonly Local<"i32">[], rows: Stretch, columns: Stretch) => void
}

/** A kernel `(A, B, C, scratch, operands of the epilogue...)`. */
export type Product = Fn<readonly ["i32", "i32", "i32", "i32", ..."i32"[]]>

export const productParameters = (after: Epilogue | undefined) =>
  new Array(4 + (after?.operands ?? 0)).fill("i32") as ["i32", "i32", "i32", "i32", ..."i32"[]]

/** A group of elementwise operators over the result of a product. */
export function emitEpilogue(module: ModuleBuilder, name: string, spec: MapSpec): Epilogue {
  const part = emitMapPart(module, name, spec)
  return {
    operands: spec.inputs.length + spec.outputs.length,
    apply: (f, operands, rows, columns) => f.call(part, [...operands, rows.from, rows.to, columns.from, columns.to]),
  }
}
