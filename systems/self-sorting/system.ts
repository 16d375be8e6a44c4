import { hostRandom } from "../../src/engine/random-host.ts"
import { checkpoint, type JsonValue, metric, progress, type RunEvent, system } from "../../src/run/index.ts"
import { drawGraph } from "../../src/view/index.ts"
import { claims } from "./claims.ts"
import { conditionsOf, pairId, parameters } from "./conditions.ts"
import { type Condition, example, peakOf, runRepeat, type Summary, summarise } from "./experiment.ts"
import { exampleFigures, pictures } from "./figures.ts"
import { sortingTouch } from "./touch.ts"

export default system({
  slug: "self-sorting",
  parameters,
  presets: {
    smoke: { cells: 30, repeats: 3, frozenUpTo: 0, chimeras: "one", oppositeRepeats: 0 },
    quick: {},
    full: { repeats: 400, frozenUpTo: 10, sizes: "20,50,200" },
  },
  check: (p) => void conditionsOf(p),

  async *run({ parameters: p, seed, signal, resumed }) {
    const random = hostRandom(seed)
    const conditions = conditionsOf(p)
    const results: Record<string, Summary> = { ...(resumed?.json as Record<string, Summary> | undefined) }
    const total = conditions.reduce((sum, condition) => sum + workOf(condition), 0)
    let done = 0
    for (const condition of conditions) {
      const { id, repeats: count } = condition
      if (results[id] === undefined) {
        const repeats = []
        for (let repeat = 0; repeat < count; repeat++) {
          const work = runRepeat(condition, random, repeat)
          let step = work.next()
          while (!step.done) {
            yield progress(id, done + (workOf(condition) * repeat) / count, total)
            signal.throwIfAborted()
            step = work.next()
          }
          repeats.push(step.value)
          yield progress(id, done + (workOf(condition) * (repeat + 1)) / count, total)
          signal.throwIfAborted()
        }
        results[id] = summarise(repeats)
        yield* metricsOf(condition, results[id])
        yield checkpoint({ ...results } as unknown as JsonValue)
      }
      done += workOf(condition)
      yield progress(id, done, total)
    }
    const shown = conditions.find(({ id }) => id === pairId(["bubble", "selection"], "distinct"))
    if (shown !== undefined) yield* exampleFigures("bubble and selection", example(shown, random))
    yield* pictures(p, results)
  },

  claims,
  touch: sortingTouch,

  draw: () =>
    drawGraph({
      nodes: [
        { id: "tick", label: "tick", detail: "one cell at random" },
        { id: "bubble", label: "bubble", detail: "sees one neighbour" },
        { id: "insertion", label: "insertion", detail: "sees all to its left" },
        { id: "selection", label: "selection", detail: "sees its ideal place" },
        { id: "swap", label: "swap", detail: "unless damage prevents" },
        { id: "array", label: "array", detail: "cells, each with its policy" },
      ],
      edges: [
        ...["bubble", "insertion", "selection"].flatMap((policy) => [
          { from: "tick", to: policy },
          { from: policy, to: "swap" },
        ]),
        { from: "swap", to: "array" },
        { from: "array", to: "tick" },
      ],
    }),
})

function* metricsOf({ id }: Condition, { measures, aggregation }: Summary): Generator<RunEvent, void, void> {
  for (const [name, { mean }] of Object.entries(measures)) yield metric(`${id}/${name}`, mean)
  const { peak, peakAt, start, end } = peakOf(aggregation)
  yield metric(`${id}/aggregation-peak`, peak)
  yield metric(`${id}/aggregation-peak-at`, peakAt, { unit: "% of swaps" })
  yield metric(`${id}/aggregation-start`, start)
  yield metric(`${id}/aggregation-end`, end)
}

/** About how many ticks a condition takes, for the time left: insertion waits longest, its cells move one at a time. */
function workOf({ cells: n, repeats, counts, ticks }: Condition): number {
  return repeats * (ticks ?? (counts.insertion === undefined ? 2 * n * n : n * n * n * 0.2))
}
