import type { Graph } from "../graph.ts"
import type { Tensor } from "../tensor.ts"
import { countNodes, type OperationCounts, sumOf } from "./count.ts"
import { observeRuns } from "./jit.ts"

/** Runs between two measurements of a program's events, at most. */
const measuredEvery = 256

interface Metered {
  runs: number
  readonly hasEvents: boolean
  /** Of one run, when it was last measured. */
  latest: OperationCounts
  /** Of all runs so far. */
  readonly total: Record<keyof OperationCounts, number>
}

/**
 * Counts what compiled programs do while it is in use. What follows from shapes is exact. Events are measured in the runs 1, 2, 4, 8, ... of
 * a program and in every 256th, by a second run of its graph, and taken to be as many in the runs between. Operators outside of compiled
 * functions are not counted.
 */
export class Meter {
  readonly #programs = new Map<Graph, Metered>()

  /** Told by every compiled function before it runs. */
  ran(graph: Graph, inputs: readonly Tensor[]): void {
    const known = this.#programs.get(graph)
    const runs = (known?.runs ?? 0) + 1
    const isDue = known === undefined || (known.hasEvents && ((runs & (runs - 1)) === 0 || runs % measuredEvery === 0))
    const program = known ?? { runs, hasEvents: hasEvents(graph), latest: sumOf([]), total: { ...sumOf([]) } }
    program.runs = runs
    if (isDue) program.latest = sumOf(countNodes(graph, program.hasEvents ? inputs : 1))
    for (const key of Object.keys(program.latest) as (keyof OperationCounts)[])
      program.total[key] += program.latest[key]
    this.#programs.set(graph, program)
  }

  /** What all programs did so far. */
  total(): OperationCounts {
    return sumOf([...this.#programs.values()].map(({ total }) => total))
  }

  /** Programs that ran, and how often. */
  get programs(): { readonly compiled: number; readonly runs: number } {
    const runs = [...this.#programs.values()].reduce((n, { runs }) => n + runs, 0)
    return { compiled: this.#programs.size, runs }
  }
}

const hasEvents = (graph: Graph): boolean => countNodes(graph, 1).some(({ density }) => density !== undefined)

/** From here on this meter counts every run of a compiled function. @param meter undefined ends it */
export const useMeter = (meter: Meter | undefined): void =>
  observeRuns(meter === undefined ? undefined : (graph, inputs) => meter.ran(graph, inputs))
