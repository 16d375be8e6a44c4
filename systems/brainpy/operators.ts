/** What a product costs: dense, sparse, and sparse with events. */
import { asEvents, hostRandom, jit, SparseMatrix, scan, type Tensor, tensor, zeros } from "../../src/engine/index.ts"
import { metric, progress, type RunEvent } from "../../src/run/index.ts"

const connectivity = 0.01
const steps = 20
/** Runs that are timed: so many, and so long. */
const rounds = 10
const timedMs = 200

export type Timing = {
  readonly operator: "dense" | "sparse" | "events"
  readonly neurons: number
  /** Share of the neurons that fire in a step. */
  readonly active: number
  /** Microseconds of a product. */
  readonly us: number
}

/** Spikes of neurons in `steps` steps. */
function spikesOf(neurons: number, active: number, seed: number): Tensor {
  const random = hostRandom(seed)
  const data = Float32Array.from({ length: steps * neurons }, () => (random.uniform() < active ? 1 : 0))
  return tensor(data, { shape: [steps, neurons] })
}

/** A connection of every pair with the same probability. */
function connections(neurons: number, seed: number): SparseMatrix {
  const random = hostRandom(seed)
  const [rows, columns]: number[][] = [[], []]
  const scale = 1 / Math.log1p(-connectivity)
  for (let i = 0; i < neurons; i++)
    for (let j = Math.floor(Math.log(1 - random.uniform()) * scale); j < neurons; ) {
      rows.push(i)
      columns.push(j)
      j += 1 + Math.floor(Math.log(1 - random.uniform()) * scale)
    }
  return SparseMatrix.fromCoordinates(
    [neurons, neurons],
    rows,
    columns,
    tensor(Float32Array.from(rows, () => 0.5 + random.uniform())),
  )
}

/** The shortest of some runs of a product over all steps, per product. */
function timed(product: (spikes: Tensor) => Tensor, spikes: Tensor, neurons: number): number {
  const run = jit(
    (rows: Tensor) => scan((sum: Tensor, row: Tensor) => [sum.add(product(row)), []], zeros([neurons]), rows)[0],
  )
  run(spikes).dispose()
  let best = Number.POSITIVE_INFINITY
  const first = performance.now()
  for (let round = 0; round < rounds || performance.now() - first < timedMs; round++) {
    const started = performance.now()
    run(spikes).dispose()
    best = Math.min(best, performance.now() - started)
  }
  return (1000 * best) / steps
}

/** Times of all operators. */
export async function* timeOperators(seed: number): AsyncGenerator<RunEvent, Timing[], void> {
  const timings: Timing[] = []
  const work: readonly Omit<Timing, "us">[] = [
    { operator: "dense", neurons: 4000, active: 0.01 },
    { operator: "events", neurons: 4000, active: 0.01 },
    ...[0.001, 0.003, 0.01, 0.03, 0.1].map((active) => ({ operator: "events" as const, neurons: 10_000, active })),
    ...[0.001, 0.01, 0.1].map((active) => ({ operator: "sparse" as const, neurons: 10_000, active })),
  ]
  const matrices = new Map<number, SparseMatrix>()
  for (const [i, one] of work.entries()) {
    yield progress("products", i, work.length)
    const { operator, neurons, active } = one
    const matrix = matrices.get(neurons) ?? connections(neurons, seed)
    matrices.set(neurons, matrix)
    const dense = operator === "dense" ? matrix.toDense() : undefined
    const product = {
      dense: (row: Tensor) => row.matmul(dense as Tensor),
      sparse: (row: Tensor) => matrix.leftMatmul(row),
      events: (row: Tensor) => matrix.leftMatmul(asEvents(row)),
    }[operator]
    const us = timed(product, spikesOf(neurons, active, seed), neurons)
    dense?.dispose()
    timings.push({ ...one, us })
    yield metric(`product/${operator}/${neurons}/${active}`, us, { unit: "us", timing: true })
  }
  return timings
}
