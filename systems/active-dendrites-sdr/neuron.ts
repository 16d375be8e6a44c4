/** A neuron with many segments beside a point neuron with the very same synapses. */
import { asEvents, type HostRandom, jit, SubsetSampler, Tensor } from "../../src/engine/index.ts"
import { type NoisySetting, Pattern, swappedBits } from "./model.ts"

/** How often a neuron is silent for a stored, noisy pattern, and fires for a random one; scores as `[score, count]`. */
export type Recognition = {
  readonly threshold: number
  readonly miss: number
  readonly falseFire: number
  readonly storedScores: readonly (readonly [number, number])[]
  readonly randomScores: readonly (readonly [number, number])[]
}

/** `segments`: any segment of theta. `sum`: one soma that adds all synapses. `or`: one soma, synapses on a cell merged. */
export type NeuronKind = "segments" | "sum" | "or"
export const neuronKinds = ["segments", "sum", "or"] as const
export type NeuronResult = {
  readonly [kind in NeuronKind]: Recognition
}

/** How many activities a neuron is shown. */
export interface Shown {
  /** Stored patterns with noise. */
  readonly stored: number
  readonly random: number
}

/** The share of noisy stored patterns that a point neuron's threshold lets it miss. */
export const pointMiss = 0.01

/** `[activities, n]` by `[n, columns]`: only the rows of active cells are gathered and added. */
export const overlaps = jit((activity: Tensor, synapses: Tensor) => asEvents(activity).matmul(synapses))

// Numbers in a batch of activities: 16 MiB.
const batchNumbers = 4 * 2 ** 20

/**
 * Stores M patterns in a neuron, one a segment, and shows it noisy stored patterns and random ones.
 * Gives the share done as it goes.
 */
export function* recogniseWith(
  setting: NoisySetting,
  shown: Shown,
  random: HostRandom,
): Generator<number, NeuronResult, void> {
  const { n, a, s, theta, noise, patterns: M } = setting
  const cells = new SubsetSampler(n)
  const stored: Pattern[] = []
  // Column j is segment j; then all of them added, then their OR.
  const columns = M + 2
  const synapses = new Float32Array(n * columns)
  for (let j = 0; j < M; j++) {
    cells.draw(a, random)
    const pattern = new Pattern(cells.items, a)
    const sample = pattern.sample(s, random)
    for (let i = 0; i < s; i++) {
      const row = sample[i] * columns
      synapses[row + j] = 1
      synapses[row + M]++
      synapses[row + M + 1] = 1
    }
    stored.push(pattern)
  }
  const weights = Tensor.from({ dtype: "f32", shape: [n, columns], data: synapses })

  const rows = Math.max(1, Math.min(500, Math.floor(batchNumbers / n)))
  const activity = new Float32Array(rows * n)
  const v = swappedBits(noise, a)
  /** Scores of `count` activities; `draw` writes the active cells of one into a row. */
  function* scoresOf(count: number, draw: (set: (cells: Int32Array, from: number, to: number) => void) => void) {
    const scores = { segments: [], sum: [], or: [] } as Record<NeuronKind, number[]>
    for (let from = 0; from < count; from += rows) {
      activity.fill(0)
      const here = Math.min(rows, count - from)
      for (let row = 0; row < here; row++)
        draw((list, first, to) => {
          for (let i = first; i < to; i++) activity[row * n + list[i]] = 1
        })
      const batch = Tensor.from({ dtype: "f32", shape: [rows, n], data: activity })
      const result = overlaps(batch, weights)
      const counted = result.array()
      for (let row = 0; row < here; row++) {
        let best = 0
        for (let j = 0; j < M; j++) best = Math.max(best, counted[row * columns + j])
        scores.segments.push(best)
        scores.sum.push(counted[row * columns + M])
        scores.or.push(counted[row * columns + M + 1])
      }
      batch.dispose()
      result.dispose()
      yield from + here
    }
    return scores
  }

  const total = shown.stored + shown.random
  let which = 0
  const onStored = yield* share(
    scoresOf(shown.stored, (set) => {
      const { active, inactive } = stored[which++ % M]
      active.draw(v, random)
      inactive.draw(v, random)
      set(active.items, v, a)
      set(inactive.items, 0, v)
    }),
    (done) => done / total,
  )
  const onRandom = yield* share(
    scoresOf(shown.random, (set) => {
      cells.draw(a, random)
      set(cells.items, 0, a)
    }),
    (done) => (shown.stored + done) / total,
  )
  weights.dispose()
  const recognition = (kind: NeuronKind): Recognition => {
    const threshold = kind === "segments" ? theta : quantile(onStored[kind], pointMiss)
    return {
      threshold,
      miss: onStored[kind].filter((score) => score < threshold).length / shown.stored,
      falseFire: onRandom[kind].filter((score) => score >= threshold).length / shown.random,
      storedScores: tallied(onStored[kind]),
      randomScores: tallied(onRandom[kind]),
    }
  }
  return { segments: recognition("segments"), sum: recognition("sum"), or: recognition("or") }
}

function* share<R>(work: Generator<number, R, void>, of: (done: number) => number): Generator<number, R, void> {
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value
    yield of(step.value)
  }
}

/** The largest threshold below which at most that share of the scores lies. */
function quantile(scores: readonly number[], at: number): number {
  return [...scores].sort((x, y) => x - y)[Math.floor(at * scores.length)]
}

function tallied(scores: readonly number[]): [number, number][] {
  const counts = new Map<number, number>()
  for (const score of scores) counts.set(score, (counts.get(score) ?? 0) + 1)
  return [...counts].sort(([x], [y]) => x - y)
}
