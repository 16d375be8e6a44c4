/** Other starts, sizes, sources and releases; STDP and the Tempotron; how long a decision takes. */
import { key } from "../../src/engine/index.ts"
import { metric, progress, type RunEvent, type Stages, table } from "../../src/run/index.ts"
import { arms, nameOf, reader, readOut, trainingPlan } from "./arms.ts"
import { centroids, complexities, nearestClass } from "./complexity.ts"
import { examplesFor, outcomeOf } from "./outcomes.ts"
import type { Values } from "./parameters.ts"
import { learnBySTDP } from "./stdp.ts"
import { batchOf, type Examples, trainsOf } from "./tasks.ts"
import { tempotron } from "./tempotron.ts"

/** Networks of a setting beside that of the run; means over so many seeds. */
interface Setting {
  readonly name: string
  readonly changes: Partial<Values>
  readonly seeds: number
}

const settings = (p: Values): Setting[] => [
  { name: "literature", changes: { start: "literature" }, seeds: p.seeds },
  ...[4, 16].map((neurons) => ({ name: `H${neurons}`, changes: { neurons }, seeds: 2 })),
  ...[0.35, 0.7].map((afterSpike) => ({ name: `P${afterSpike}`, changes: { afterSpike }, seeds: 2 })),
  ...[0.9, 0.7].map((release) => ({ name: `release${release}`, changes: { release }, seeds: 2 })),
]

type Row = { accuracy: number; lzc: number }

export async function* further(p: Values, seed: number, stages: Stages): AsyncGenerator<RunEvent, void, void> {
  const rows: (string | number)[][] = []
  for (const { name, changes, seeds } of settings(p)) {
    const own = { ...p, ...changes }
    for (const arm of arms) {
      const runs: Row[] = []
      for (let i = 0; i < seeds; i++) {
        const stage = `${name}/${nameOf(arm)}${i === 0 ? "" : `.${i + 1}`}`
        const { accuracy, lzc }: Row = yield* stages.stage(stage, async function* (saved) {
          const { reading } = yield* outcomeOf(stage, arm, own, seed + i, saved)
          return { accuracy: reading.accuracy, lzc: reading.lzc }
        })
        runs.push({ accuracy, lzc })
      }
      const mean = (of: (row: Row) => number): number => runs.reduce((sum, row) => sum + of(row), 0) / seeds
      yield metric(
        `${name}/${nameOf(arm)}/accuracy`,
        mean(({ accuracy }) => accuracy),
      )
      yield metric(
        `${name}/${nameOf(arm)}/lzc`,
        mean(({ lzc }) => lzc),
      )
      rows.push([name, nameOf(arm), percent(mean(({ accuracy }) => accuracy)), percent(mean(({ lzc }) => lzc))])
    }
  }
  yield table("settings", "Other settings", ["setting", "network", "read-out (%)", "complexity (%)"], rows)

  const { train, test } = examplesFor(p, seed)
  const rules = yield* stages.stage("rules", async function* () {
    yield progress("STDP", 0, 1)
    const stdp = learnBySTDP(p, seed, train, test)
    yield metric("stdp/lzc", stdp)
    for (const learned of [false, true]) {
      yield progress("Tempotron", Number(learned), 2)
      const { accuracy, tau } = tempotron(train, test, learned)
      const name = `tempotron-${learned ? "learned" : "fixed"}`
      yield metric(`${name}/accuracy`, accuracy)
      if (learned) yield metric(`${name}/tau`, tau, { unit: "steps" })
    }
    return 0
  })
  if (rules === 0) yield metric("decisionMs", decisionMs(p, seed, train), { unit: "ms", timing: true })
}

const percent = (share: number): string => (100 * share).toFixed(1)

/** Median time of one decision by complexity: the network over one example, its trains parsed, the nearest centroid. */
function decisionMs(p: Values, seed: number, train: Examples): number {
  const { model } = trainingPlan(arms[2], train, p, seed)
  const means = centroids(complexities(readOut(model, train, p, seed).trains), train.labels, 2)
  const one: Examples = {
    trains: { ...train.trains, shape: [1, p.lines, p.time], data: train.trains.data.slice(0, p.lines * p.time) },
    labels: train.labels.subarray(0, 1),
  }
  const read = reader(p)
  const times = Array.from({ length: 200 }, () => {
    const before = performance.now()
    const [spikes] = read(model, batchOf(one, Int32Array.of(0)), key(seed))
    nearestClass(complexities(trainsOf(spikes))[0], means)
    return performance.now() - before
  })
  return times.sort((a, b) => a - b)[100]
}
