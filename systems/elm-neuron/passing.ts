/** One example as it passes through a neuron. */
import { ElmNeuron } from "../../src/neuro/index.ts"
import type { Batch } from "./adding.ts"
import { memories, type Reader } from "./model.ts"
import type { Passing } from "./pictures.ts"

/** What a trained neuron holds of the first of these examples, step by step, and what it says in the end. */
export function passingOf(
  { cell, readout }: Reader,
  { inputs }: Batch,
  dtMs: number,
): { passing: Passing; sum: number; logits: number[] } {
  if (!(cell instanceof ElmNeuron)) throw new Error("only the neuron has memory units")
  const first = inputs.slice(1, 0, 1)
  const all = memories(cell, first)
  const [steps, , units] = all.shape
  const rows = (x: ArrayLike<number>, width: number): number[][] =>
    Array.from({ length: steps }, (_, t) => Array.from({ length: width }, (_, i) => x[t * width + i]))
  const said = [...readout.apply(all.slice(0, steps - 1, steps).reshape([1, units])).array()]
  return {
    passing: {
      inputs: rows(first.array(), first.shape[2]),
      memory: rows(all.array(), units),
      tauMs: [...cell.tauMs().array()],
      dtMs,
    },
    sum: said.indexOf(Math.max(...said)),
    logits: said,
  }
}
