import { CajalError, hostRandom, type Tensor, zeros } from "../../src/engine/index.ts"
import { figure, metric, note, progress, type RunContext, type RunEvent, Stages, system } from "../../src/run/index.ts"
import { diagramWith } from "../../src/view/index.ts"
import { claims } from "./claims.ts"
import { codeOverlaps, codeSetting, codesOf } from "./codes.ts"
import { drawGrids, drawNeuron, gridsCaption } from "./drawing.ts"
import * as figures from "./figures.ts"
import { checkNoisySetting, type NoisySetting } from "./model.ts"
import { type NeuronResult, neuronKinds, overlaps, recogniseWith, type Shown } from "./neuron.ts"
import { codeRates, codesFigure, neuronsFigure, neuronTable, overlapsFigure } from "./neuron-figures.ts"
import {
  missesOf,
  missId,
  missSetting,
  missThetas,
  neuronSetting,
  neuronSizes,
  ownSetting,
  parameters,
  pointId,
  pointsOf,
  streams,
  swapsOf,
  unionSetting,
  unionsOf,
  warnings,
} from "./plan.ts"
import {
  type Meter,
  type Simulation,
  shareBelow,
  shareFrom,
  run as simulate,
  unionExtras,
  workOf,
} from "./simulations.ts"
import {
  falseNegative,
  falsePositive,
  medianFalsePositive,
  unionFalsePositive,
  unionSynapses,
  withReplacement,
} from "./theory.ts"

export default system({
  slug: "active-dendrites-sdr",
  parameters,
  presets: {
    smoke: { trials: 20_000, stored: 500, random: 2000 },
    quick: {},
    full: { trials: 20_000_000, rareTrials: 100_000_000, stored: 20_000, random: 1_000_000, codes: 10_000 },
  },
  standIn: true,
  check(p) {
    checkNoisySetting(ownSetting(p))
    if (p.n * p.patterns > 4e7)
      throw new CajalError(`${p.patterns} segments on n = ${p.n} cells do not fit: at most ${4e7} pairs of the two`, {
        where: "parameters n and patterns",
      })
  },
  run,
  claims,
  circuit: (p) => {
    const { n, patterns, theta } = ownSetting(p)
    return diagramWith(
      { parameters: [1], axes: ["activities cells"] },
      (activities: Tensor, { synapses }: { synapses: Tensor }) => overlaps(activities, synapses).ge(theta),
      zeros([64, n]),
      { synapses: zeros([n, patterns]) },
    )
  },
  draw: (p) => drawNeuron(ownSetting(p)),
})

async function* run(context: RunContext<typeof parameters>): AsyncGenerator<RunEvent, void, void> {
  const { parameters: p, seed, signal, data, resumed } = context
  const random = hostRandom(seed)
  const stages = new Stages(resumed)
  const own = ownSetting(p)
  const shown = { stored: p.stored, random: p.random }
  const [points, misses, unions] = [pointsOf(p), missesOf(p), unionsOf(p)]
  const neurons = [own, ...(p.trials > 0 ? neuronSizes.map(neuronSetting) : [])]
  const works = [...points, ...misses, ...unions].map(({ simulation }) => workOf(simulation))
  const total = [...works, ...neurons.map((one) => neuronWork(one, shown))].reduce((sum, work) => sum + work, 0)
  const meter: Meter = { done: 0, total }
  /** The experiment as a stage of the run; it has been simulated once, whatever is resumed. */
  async function* tallyOf(simulation: Simulation) {
    const tally = yield* stages.stage(simulation.name, (saved) => simulate(simulation, random, meter, signal, saved))
    meter.done += workOf(simulation)
    return tally
  }
  async function* neuronOf(name: string, setting: NoisySetting, stream: number) {
    const result = yield* stages.stage(name, async function* () {
      const result: NeuronResult = yield* recognise(name, setting, shown, random.fold(stream), meter, signal)
      return result
    })
    meter.done += neuronWork(setting, shown)
    return result
  }

  yield* warnings(p)
  const caption = gridsCaption(own)
  yield figure("grids", "A pattern and a segment", drawGrids(own, random.fold(streams.shown)), { caption })
  yield* equations()

  const ownResult = yield* neuronOf("your own neuron", own, streams.own)
  yield* neuronMetrics("own", ownResult)
  yield overlapsFigure(own, ownResult)
  yield neuronTable(own, ownResult)

  if (p.trials > 0) {
    yield metric("trials", p.trials)
    const results: Record<number, NeuronResult> = {}
    for (const size of neuronSizes) {
      results[size] = yield* neuronOf(`neuron of ${size} patterns`, neuronSetting(size), streams.neurons + size)
      yield* neuronMetrics(`neuron/${size}`, results[size])
    }
    yield neuronsFigure(results)
  }

  const measured: figures.Measured[] = []
  for (const { setting, simulation } of points) {
    const tally = yield* tallyOf(simulation)
    const simulated = shareFrom(tally, setting.theta, setting.s)
    const rates = { exact: falsePositive(setting), control: withReplacement.falsePositive(setting) }
    const { distance, binomialDistance } = distances(simulated, rates, tally.trials)
    yield* rateMetrics(pointId(setting), simulated, distance, binomialDistance)
    const byTheta = tally.counts.map((_, theta) => shareFrom(tally, theta, setting.s))
    measured.push({ setting, simulated, distance, binomialDistance, trials: tally.trials, byTheta })
  }
  if (measured.length > 0) {
    yield* figures.falsePositiveFigures(measured)
    yield figures.pointsTable(measured)
  }

  const missed: figures.Dot[] = []
  for (const { noise, simulation } of misses) {
    const tally = yield* tallyOf(simulation)
    for (const theta of missThetas) {
      const simulated = shareBelow(tally, theta)
      const setting = { ...missSetting, theta }
      const rates = {
        exact: falseNegative(setting, swapsOf(noise)),
        control: withReplacement.falseNegative(setting, swapsOf(noise)),
      }
      const { distance, binomialDistance } = distances(simulated, rates, tally.trials)
      yield* rateMetrics(missId(noise, theta), simulated, distance, binomialDistance)
      missed.push({ x: (100 * swapsOf(noise)) / missSetting.a, y: simulated, series: figures.missSeries(theta) })
    }
  }
  if (missed.length > 0) yield figures.falseNegativeFigure(missed)

  const rates: { patterns: number; rate: number }[] = []
  let [missedStored, missedWorn] = [0, 0]
  for (const { patterns, simulation } of unions) {
    const { a, theta } = unionSetting
    const tally = yield* tallyOf(simulation)
    const extra = (name: keyof typeof unionExtras): number => tally.counts[a + unionExtras[name]]
    const rate = shareFrom(tally, theta, a)
    rates.push({ patterns, rate })
    missedStored += extra("missed")
    missedWorn += extra("missedWorn")
    yield metric(`union/${patterns}/false`, rate)
    yield metric(`union/${patterns}/theory`, unionFalsePositive(unionSetting, patterns))
    yield metric(`union/${patterns}/synapses`, extra("synapses") / extra("segments"))
    yield metric(`union/${patterns}/synapses-theory`, unionSynapses(unionSetting, patterns))
  }
  if (rates.length > 0) {
    yield metric("union/missed", missedStored)
    yield metric("union/missed-worn", missedWorn)
    yield figures.unionFigure(rates)
  }

  if (p.codes > 0) {
    const digits = await data.mnist({ limit: p.codes, testLimit: 1 })
    if (digits.note !== undefined) yield note(digits.note)
    const { images, labels } = digits.train
    const overlaps = yield* stages.stage("codes of images", async function* () {
      yield progress("codes of images", total, total)
      const codes = codesOf(images, random.fold(streams.codes))
      return codeOverlaps(codes, labels.data as Uint8Array, 1000, random.fold(streams.codes + 1))
    })
    yield codesFigure(overlaps)
    for (const theta of [5, 8, 10, 12, 15])
      yield* codeRates(overlaps, theta).map(([name, rate]) => metric(`codes/${theta}/${name}`, rate))
    yield metric("codes/10/eq-4", falsePositive(codeSetting))
  }
}

/** What the equations alone say: the paper's worked examples, and the best threshold. */
function* equations(): Generator<RunEvent, void, void> {
  const example = { n: 10_000, a: 300, s: 30, theta: 12 }
  const sparse = { n: 4000, a: 128, s: 24, theta: 12 }
  const union = { n: 20_000, a: 100, s: 25, theta: 15 }
  yield metric("example/false-positive", falsePositive(example))
  yield metric("example/false-negative", falseNegative(example, 60))
  yield metric("example/million", 1e6 * falsePositive({ ...example, theta: 15 }))
  yield metric("example/sparse", falsePositive(sparse))
  yield metric("example/dense", falsePositive({ ...sparse, a: 2000 }))
  yield metric("example/union", unionFalsePositive(union, 10))
  yield metric("example/union-synapses", unionSynapses(union, 10))
  yield metric("example/small-union", unionFalsePositive({ ...union, n: 1000, a: 200 }, 10))
  for (let theta = 5; theta <= 30; theta++) yield metric(`threshold/${theta}`, medianFalsePositive(theta))
  yield figures.thresholdFigure()
}

/** How far a simulated rate is from the exact one and from the control, in standard errors of so many trials. */
function distances(simulated: number, { exact, control }: { exact: number; control: number }, trials: number) {
  const error = Math.sqrt((exact * (1 - exact)) / trials)
  return { distance: Math.abs(simulated - exact) / error, binomialDistance: Math.abs(simulated - control) / error }
}

function* rateMetrics(id: string, simulated: number, distance: number, binomialDistance: number) {
  yield metric(`${id}/simulated`, simulated)
  yield metric(`${id}/distance`, distance, { unit: "standard errors" })
  yield metric(`${id}/binomial-distance`, binomialDistance, { unit: "standard errors" })
}

function* neuronMetrics(id: string, result: NeuronResult): Generator<RunEvent, void, void> {
  for (const kind of neuronKinds) {
    yield metric(`${id}/${kind}/miss`, result[kind].miss)
    yield metric(`${id}/${kind}/false`, result[kind].falseFire)
    yield metric(`${id}/${kind}/threshold`, result[kind].threshold)
  }
}

/** About how many drawn cells a neuron's time is worth: its activities are written out cell by cell, active or not. */
const neuronWork = ({ n, a }: NoisySetting, { stored, random }: Shown): number => (stored + random) * (2 * a + n / 10)

async function* recognise(
  name: string,
  setting: NoisySetting,
  shown: Shown,
  random: Parameters<typeof recogniseWith>[2],
  meter: Meter,
  signal: AbortSignal,
): AsyncGenerator<RunEvent, NeuronResult, void> {
  const work = recogniseWith(setting, shown, random)
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value
    yield progress(name, meter.done + neuronWork(setting, shown) * step.value, meter.total)
    signal.throwIfAborted()
  }
}
