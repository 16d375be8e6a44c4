import { hostRandom, key, zeros } from "../../src/engine/index.ts"
import { fromArrays, keptShare, masked, roundedTo8Bits, toArrays } from "../../src/learn/index.ts"
import { energyOf } from "../../src/neuro/index.ts"
import {
  type JsonValue,
  metric,
  note,
  type RunContext,
  type RunEvent,
  Stages,
  system,
  training,
} from "../../src/run/index.ts"
import { diagramWith } from "../../src/view/index.ts"
import * as arms from "./arms.ts"
import { claims } from "./claims.ts"
import { copiesOf } from "./export.ts"
import * as figures from "./figures.ts"
import { held } from "./held.ts"
import { atRest, cell, type L2mu, l2mu, populations, type Shape } from "./model.ts"
import { check, parameters, shapeOf, startsOf, type Values, warnings } from "./parameters.ts"
import { passingOf } from "./passing.ts"
import { wristTouch } from "./touch.ts"
import { batchOf, type Examples, rowExamples, shuffledInTime, wristExamples } from "./windows.ts"

export default system({
  slug: "l2mu",
  parameters,
  presets: {
    smoke: { windows: 300, testWindows: 210, steps: 10, fineSteps: 5, encoder: 12, memory: 4, hidden: 16 },
    quick: {},
    full: { steps: 1000, fineSteps: 300, seeds: 3, extended: true },
  },
  standIn: true,
  check,
  run,
  claims,
  touch: wristTouch,
  cover: "passing",
  circuit(p) {
    const net = l2mu(shapeOf(p), key(0))
    const { u, m, h } = atRest(net.shape, p.batch)
    const axes = ["u", "u", "memory", "memory", "h", "h", "e"].map((population) => `b ${population}`)
    return diagramWith({ parameters: [0], axes }, cell, net, { u, m, h }, zeros([p.batch, p.encoder]))
  },
})

const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length
type Data = { readonly train: Examples; readonly test: Examples }

async function* run({
  parameters: p,
  seed,
  data,
  resumed,
}: RunContext<typeof parameters>): AsyncGenerator<RunEvent, void, void> {
  yield note("data: the wrist is generated; no watch was worn")
  for (const text of warnings(p)) yield note(text)
  const stages = new Stages(resumed)
  const wrist = wristExamples(seed, p.windows, p.testWindows, p.noise)
  const control = yield* stages.stage("linear", async function* () {
    const accuracy = arms.linearAccuracy(wrist.train, wrist.test, seed)
    yield metric("linear/accuracy", accuracy)
    return accuracy
  })
  yield* memoryMetrics(p)

  const all: Record<"accuracy" | "shuffled" | "cut" | "fine" | "int8" | "synaptic", number[]> = {
    ...{ accuracy: [], shuffled: [], cut: [], fine: [], int8: [], synaptic: [] },
  }
  for (let i = 0; i < p.seeds; i++) {
    const own = seed + i
    const examples = i === 0 ? wrist : wristExamples(own, p.windows, p.testWindows, p.noise)
    const tag = i === 0 ? "" : `.${i + 1}`
    const net = yield* trained(`leaky${tag}`, shapeOf(p), p, examples, own, stages)
    all.accuracy.push(arms.accuracyOf(net, examples.test))
    all.shuffled.push(arms.accuracyOf(net, shuffledInTime(examples.test, hostRandom(own).fold(7))))
    all.int8.push(arms.accuracyOf(roundedTo8Bits(net), examples.test))
    if (i === 0) yield* pictures(net, examples)
    const fine = yield* cutAndTuned(`pruned${tag}`, net, p.pruned, p, examples, own, stages)
    all.cut.push(fine.cut)
    all.fine.push(fine.fine)
    if (i === 0) yield* edgeMetrics(p, net, fine.net, examples, all.accuracy[0], stages)
    const synaptic = yield* trained(`synaptic${tag}`, shapeOf(p, { neuron: "synaptic" }), p, examples, own, stages)
    all.synaptic.push(arms.accuracyOf(synaptic, examples.test))
  }
  yield metric("leaky/accuracy", mean(all.accuracy))
  yield metric("leaky/shuffled", mean(all.shuffled))
  yield metric("pruned30/cut", mean(all.cut))
  yield metric("pruned30/fine", mean(all.fine))
  yield metric("int8/accuracy", mean(all.int8))
  yield metric("synaptic/accuracy", mean(all.synaptic))
  yield figures.cutFigure(mean(all.accuracy), [{ fraction: p.pruned, cut: mean(all.cut), fine: mean(all.fine) }])
  if (!p.extended) return

  const net = yield* trained("leaky", shapeOf(p), p, wrist, seed, stages)
  const cuts: figures.Cut[] = []
  for (const fraction of [0.3, 0.5, 0.7, 0.9]) {
    const { cut, fine } = yield* cutAndTuned(`cut${100 * fraction}`, net, fraction, p, wrist, seed, stages)
    yield metric(`cut${100 * fraction}/cut`, cut)
    yield metric(`cut${100 * fraction}/fine`, fine)
    cuts.push({ fraction, cut, fine })
    yield figures.cutFigure(all.accuracy[0], cuts)
  }
  const others: Record<string, Partial<Shape>> = {
    ...{
      off: { mode: "off" },
      analog: { mode: "analog" },
      order2: { order: 2, theta: 4 },
      order6: { order: 6, theta: 20 },
    },
    ...{ small: { encoder: 16, hidden: 32, memory: 8 }, large: { encoder: 48, hidden: 96, memory: 24 } },
  }
  for (const [name, changes] of Object.entries(others)) {
    const other = yield* trained(name, shapeOf(p, changes), p, wrist, seed, stages)
    yield metric(`${name}/accuracy`, arms.accuracyOf(other, wrist.test))
  }
  const digits = await data.mnist({ limit: 10_000, testLimit: 2000 })
  if (digits.note !== undefined) yield note(digits.note)
  const rows = rowExamples(digits)
  const reader = yield* trained("rows", shapeOf(p, { channels: 28, classes: 10 }), p, rows, seed, stages)
  yield metric("rows/accuracy", arms.accuracyOf(reader, rows.test))
  yield metric("linear/margin", 100 * (all.accuracy[0] - control), { unit: "points" })
}

/** A trained network, or the one that an earlier process has trained. */
async function* trained(
  name: string,
  shape: Shape,
  p: Values,
  { train }: Data,
  seed: number,
  stages: Stages,
  from?: { net: L2mu; masks: L2mu },
) {
  const start = from?.net ?? l2mu(shape, key(seed), startsOf(p))
  const fit = from === undefined ? arms.fitOf(p, seed) : arms.fineFitOf(p, seed)
  const kept = yield* stages.stage(name, async function* (saved) {
    const { model } = yield* training(name, arms.trainingPlan(start, train, fit, from?.masks), saved)
    return asJson(model)
  })
  return fromJson(from === undefined ? l2mu(shape, key(seed), startsOf(p)) : start, kept)
}

async function* cutAndTuned(
  name: string,
  net: L2mu,
  fraction: number,
  p: Values,
  examples: Data,
  seed: number,
  stages: Stages,
) {
  const masks = arms.masksFor(net, fraction)
  const cut = arms.accuracyOf(masked(net, masks), examples.test)
  const fine = yield* trained(name, net.shape, p, examples, seed, stages, { net, masks })
  return { net: fine, cut, fine: arms.accuracyOf(fine, examples.test) }
}

/** Weights as plain numbers, so that a resumed run has the networks of the stages that were done. */
const asJson = (net: L2mu): JsonValue =>
  Object.fromEntries(Object.entries(toArrays(net)).map(([name, { data }]) => [name, Array.from(data, Number)]))

function fromJson(like: L2mu, kept: JsonValue): L2mu {
  const lists = kept as Record<string, number[]>
  const arrays = Object.entries(toArrays(like)).map(([name, array]) => [
    name,
    { ...array, data: Float32Array.from(lists[name]) },
  ])
  return fromArrays(like, Object.fromEntries(arrays))
}

function* memoryMetrics({ order, theta }: Values): Generator<RunEvent, void, void> {
  const [right, transposed] = [held(order, theta, false), held(order, theta, true)]
  yield metric("legendre/error", right.error)
  yield metric("legendre/transposed", transposed.error)
  const curve = (series: string, values: readonly number[], shift = 0) =>
    values.slice(0, 120).map((y, t) => ({ x: t + shift, y, series }))
  const samples = [
    ...curve(`input, ${theta} steps late`, right.input, Math.round(theta)),
    ...curve("read from the memory", right.read),
    ...curve("transposed matrix", transposed.read),
  ]
  yield figures.windowFigure(samples, theta)
}

function* pictures(net: L2mu, { test }: Data): Generator<RunEvent, void, void> {
  const shown = 3
  const { passing, told } = passingOf(net, test, shown)
  const truth = figures.classNames[test.labels[shown]]
  yield figures.passingFigure(
    passing,
    `The hand is ${truth}, the network says ${figures.classNames[told]}: the class that has fired most.`,
  )
  yield figures.confusionFigure(arms.confusionOf(net, test))
}

/** What the network costs, how long it takes, and whether its copies do the same. */
async function* edgeMetrics(
  p: Values,
  net: L2mu,
  cut: L2mu,
  { test }: Data,
  accuracy: number,
  stages: Stages,
): AsyncGenerator<RunEvent, void, void> {
  yield* stages.stage("edge", async function* () {
    const counted = Math.min(200, test.labels.length)
    const networks = { whole: arms.operationsOf(net, test, counted), cut: arms.operationsOf(cut, test, counted) }
    yield metric("leaky/binary", networks.whole.isBinary ? 1 : 0)
    for (const name of populations) yield metric(`rate/${name}`, networks.whole.rates[name])
    for (const [name, { accumulates, multiplyAdds }] of Object.entries(networks)) {
      const sum = Object.values(accumulates).reduce((a, b) => a + b, 0)
      yield metric(`${name}/accumulates`, sum)
      yield metric(`${name}/multiplyAdds`, multiplyAdds)
      const none = { other: 0, bytesRead: 0, bytesWritten: 0, spikes: 0 }
      yield metric(`${name}/microjoules`, energyOf({ ...none, accumulates: sum, multiplyAdds }).arithmeticMicrojoules, {
        unit: "µJ",
      })
    }
    yield metric("cut/weights kept", keptShare(cut.maps))
    yield figures.operationsFigure({ whole: networks.whole, [`${Math.round(100 * p.pruned)} % cut`]: networks.cut })
    yield metric("leaky/latencyMs", arms.latencyMs(net, test), { unit: "ms", timing: true })
    const { windows } = batchOf(
      test,
      Array.from({ length: counted }, (_, i) => i),
    )
    const { nir, onnx } = await copiesOf(net, windows)
    yield metric("nir/same", nir.same / counted)
    yield metric("onnx/same", onnx.same / counted)
    yield metric("nir/bytes", nir.bytes.length)
    yield metric("onnx/bytes", onnx.bytes.length)
    return accuracy
  })
}
