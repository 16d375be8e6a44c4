import { key, zeros } from "../../src/engine/index.ts"
import { metric, note, type RunContext, type RunEvent, Stages, system } from "../../src/run/index.ts"
import { diagramWith } from "../../src/view/index.ts"
import { type Arm, arms, nameOf } from "./arms.ts"
import { claims } from "./claims.ts"
import * as figures from "./figures.ts"
import { further } from "./further.ts"
import { exactness, inputReading, rateReading } from "./measures.ts"
import { type Batch, loss, type Network, network } from "./model.ts"
import { examplesFor, type Outcome, outcomeOf } from "./outcomes.ts"
import { check, neuronsOf, parameters, type Values } from "./parameters.ts"
import { bitTouch } from "./touch.ts"

export default system({
  slug: "meta-neuron-lzc",
  parameters,
  presets: {
    smoke: { steps: 20, examples: 200, testExamples: 100, seeds: 1 },
    quick: {},
    full: { extended: true },
  },
  check,
  run,
  claims,
  touch: bitTouch,
  cover: "trains",
  circuit(p) {
    const batch: Batch = { trains: zeros([p.time, p.batch, p.lines]), labels: zeros([p.batch], "i32") }
    return diagramWith(
      { parameters: [0], axes: ["time b line", "b"] },
      (net: Network, one: Batch) => loss(net, one),
      network(p.lines, p.neurons, 2, neuronsOf(p, "meta"), key(0)),
      batch,
    )
  },
})

const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length

async function* run({
  parameters: p,
  seed,
  resumed,
}: RunContext<typeof parameters>): AsyncGenerator<RunEvent, void, void> {
  yield note("data: spike trains are generated, as the paper's are")
  const stages = new Stages(resumed)
  const { train, test } = examplesFor(p, seed)
  yield figures.trainsFigure(
    ["no memory", "memory"].map((name, c) => ({
      name,
      train: (train.trains.data as Uint8Array).subarray(c * p.lines * p.time, c * p.lines * p.time + p.time),
    })),
  )
  const input = yield* stages.stage("inputs", () => inputMetrics(p, seed))

  const readings: { arm: Arm; accuracy: number; lzc: number }[] = []
  for (const arm of arms) {
    const runs: Outcome[] = []
    for (let i = 0; i < p.seeds; i++) {
      const name = i === 0 ? nameOf(arm) : `${nameOf(arm)}.${i + 1}`
      const one: Outcome = yield* stages.stage(name, (saved) => outcomeOf(name, arm, p, seed + i, saved))
      runs.push(one)
    }
    const accuracy = mean(runs.map(({ reading }) => reading.accuracy))
    const lzc = mean(runs.map(({ reading }) => reading.lzc))
    readings.push({ arm, accuracy, lzc })
    yield metric(`${nameOf(arm)}/accuracy`, accuracy)
    yield metric(`${nameOf(arm)}/lzc`, lzc)
    yield metric(`${nameOf(arm)}/spikes`, mean(runs.map(({ reading }) => reading.spikes)))
    yield figures.accuracyFigure(readings, input)
    yield figures.histogramFigure(runs[0].reading, test.labels, figures.titleOf(arm))
    const { constants, planes, atLimit } = runs[0].learned
    if (planes.length > 0) yield figures.planeFigure(planes)
    if (arm.learned) yield figures.constantsFigure(constants)
    if (atLimit > 0.05)
      yield note(
        `${figures.titleOf(arm)}: V stands at its limit in ${(100 * atLimit).toFixed(0)} % of steps: the dynamics is saturated`,
      )
  }
  if (p.extended) yield* further(p, seed, stages)
}

async function* inputMetrics(p: Values, seed: number): AsyncGenerator<RunEvent, { lzc: number; counts: number }, void> {
  const { train, test } = examplesFor(p, seed)
  const [input, rates, { deviation, coin }] = [inputReading(train, test), rateReading(seed, 400), exactness(seed)]
  yield metric("counts/accuracy", input.counts)
  yield metric("input/lzc", input.lzc)
  yield metric("rateTask/lzc", rates.lzc)
  yield metric("rateTask/counts", rates.counts)
  yield metric("lzc/deviation", deviation)
  yield metric("lzc/coin", coin)
  return input
}
