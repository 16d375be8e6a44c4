import type { Node } from "../../../../graph.ts"
import type { Fn } from "../../assembler/index.ts"
import { teamOf } from "../../team.ts"
import type { Lowering } from "../lowering.ts"
import { elementBytes, type StoredType } from "./stored-columns.ts"
import { emitStoredRows, type StoredRowsSpec, storedRowsScratchBytes } from "./stored-rows.ts"

/** Products of few rows with weights in the bytes that they are stored in. */
export const quantisedKernels: Record<string, (lower: Lowering, node: Node) => void> = {
  storedMatmul(lower, { inputs: [a, b, scales], outputs: [out] }) {
    const x = lower.view(a)
    const seen = lower.view(b)
    const weights = seen.strides[1] === 1 ? seen : lower.contiguous(b)
    const stored = b.type.dtype as StoredType
    const spec: StoredRowsSpec = {
      m: x.shape[0],
      k: x.shape[1],
      n: weights.shape[1],
      a: [x.strides[0], x.strides[1]],
      b: [weights.strides[0], weights.strides[1]],
      stored,
      groups: scales?.type.shape[0] ?? 0,
    }
    const to = lower.output(out)
    const scratch = lower.scratch(storedRowsScratchBytes(spec, teamOf(lower.module).most))
    const operands = [x, weights, to, scratch, scales === undefined ? scratch : lower.contiguous(scales)]
    lower.call(
      `${elementBytes[stored] === 2 ? "halfRows" : "quantisedRows"} ${JSON.stringify(spec)}`,
      operands,
      (name) => emitStoredRows(lower.module, name, spec) as unknown as Fn<"i32"[]>,
    )
  },
}
