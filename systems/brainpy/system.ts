import { key } from "../../src/engine/index.ts"
import { microcircuitNetwork, microcircuitPopulations } from "../../src/neuro/index.ts"
import {
  metric,
  note,
  progress,
  type RunContext,
  type RunEvent,
  Stages,
  system,
  type TrainingCurve,
  training,
} from "../../src/run/index.ts"
import { claims } from "./claims.ts"
import { networkDiagram } from "./drawing.ts"
import * as figures from "./figures.ts"
import { compareJustInTime } from "./just-in-time.ts"
import { classifierPlan, gradientInTime, imagesOf, memoryPlan } from "./learning.ts"
import { compareMerging, mergeNonlinear } from "./merging.ts"
import { classifierSetting, memoryCells, withoutMemory } from "./model.ts"
import * as networkFigures from "./network-figures.ts"
import * as networks from "./networks.ts"
import { neuronTable, planesFigure, type Rates, ratesFigure } from "./neuron-figures.ts"
import { type Comparison, cases, compare, currentRates } from "./neurons.ts"
import { timeOperators } from "./operators.ts"
import { ownNetworks } from "./own.ts"
import { parameters, presets } from "./parameters.ts"
import { simulated } from "./simulation.ts"
import { largestNetwork, timeSizes } from "./sizes.ts"
import { neuronTouch } from "./touch.ts"

export default system({
  slug: "brainpy",
  parameters,
  presets,
  standIn: true,
  run,
  claims,
  touch: neuronTouch,
  circuit: networkDiagram,
})

type Context = RunContext<typeof parameters>
type Part = AsyncGenerator<RunEvent, void, void>

const stepMs = 0.1

async function* run(context: Context): Part {
  const { parameters: p, resumed } = context
  const stages = new Stages(resumed)
  /** A part of the run that is done once, whatever is resumed. */
  async function* part(name: string, body: () => AsyncGenerator<RunEvent, unknown, void>): Part {
    yield* stages.stage(name, async function* () {
      yield* body()
      return null
    })
  }
  for (const [name, isChosen, body] of ownNetworks(context)) if (isChosen) yield* part(name, body)
  if (p.runs === "your own networks") return
  yield* part("neurons", () => neurons())
  if (p.runs === "sketch") return
  for (const one of networks.balancedNetworks) yield* part(one.title, () => balanced(one, context))
  yield* part("decisions", () => decisions(context))
  if (p.trials > 0) yield* psychometric(context, stages)
  yield* part("microcircuit", () => circuit(context))
  yield* part("merging", () => merging(context))
  yield* part("products", () => products(context))
  if (p.sizes > 0) yield* part("sizes", () => sizes(context))
  if (p.largest > 0) yield* part("the largest network", () => largestNetwork(p.largest, context.seed, context.signal))
  if (p.images > 0) yield* images(context, stages)
  if (p.memorySteps > 0) yield* memory(context, stages)
}

// ---- Neurons ----

async function* neurons(): Part {
  const rows: Comparison[] = []
  const rates: Rates[] = []
  for (const [i, one] of cases.entries()) {
    yield progress("neurons", i, cases.length)
    const row = compare(one, stepMs)
    rows.push(row)
    const name = one.model.model
    yield metric(`neuron/${name}/spikes`, row.spikes)
    yield metric(`neuron/${name}/spikes-reference`, row.expected)
    yield metric(`neuron/${name}/worst`, row.worst, { unit: row.expected > 0 ? "ms" : "mV" })
    if (row.expected > 0) rates.push({ name: one.name, points: currentRates(one) })
    // Each takes a moment: others have their turn between them.
    await new Promise((resolve) => setTimeout(resolve, 0))
  }
  yield neuronTable(rows, stepMs)
  yield ratesFigure(rates)
  yield planesFigure()
}

// ---- Networks ----

async function* balanced(one: networks.Balanced, { parameters: p, seed, signal }: Context): Part {
  const activities: networks.Activity[] = []
  for (let i = 0; i < p.seeds; i++) {
    const net = one.network(seed + i)
    const simulation = yield* simulated(one.title, net, { durationMs: one.durationMs, seed: seed + i, signal })
    activities.push(networks.activityOf(net, simulation, one.window))
    if (i === 0)
      yield networkFigures.rasterFigure(
        one.name,
        one.title,
        net,
        simulation,
        Math.min(500, one.durationMs),
        `${networks.sizeOf(net)} neurons, ${simulation.connections} connections.`,
      )
  }
  const rates = activities.map(({ rate }) => rate)
  yield metric(`${one.name}/rate`, mean(rates), { unit: "Hz" })
  yield metric(`${one.name}/rate-low`, Math.min(...rates), { unit: "Hz" })
  yield metric(`${one.name}/rate-high`, Math.max(...rates), { unit: "Hz" })
  yield metric(`${one.name}/cv`, Math.min(...activities.map(({ cv }) => cv)))
  yield metric(`${one.name}/synchrony`, mean(activities.map(({ synchrony }) => synchrony)))
  if (one.control === undefined) return
  const { title, durationMs, window } = one.control
  const net = one.network(seed, { inhibitoryWeight: 0 })
  const simulation = yield* simulated(`${one.title} ${title}`, net, { durationMs, seed, signal })
  yield metric(`${one.name}/control`, networks.activityOf(net, simulation, window).rate, { unit: "Hz" })
}

const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length

async function* decisions({ parameters: p, seed, signal }: Context): Part {
  const races: { title: string; decision: networks.Decision }[] = []
  const choices: networks.Choice[] = []
  const percent = 100 * networks.strongCoherence
  for (let i = 0; i < p.decisionSeeds; i++)
    for (const sign of [1, -1]) {
      const coherence = sign * networks.strongCoherence
      const decision = yield* networks.decide("decisions", { coherence }, seed + i, signal)
      choices.push(networks.choiceOf(decision, coherence))
      if (i === 0) races.push({ title: `coherence ${sign > 0 ? "+" : "-"}${percent} %`, decision })
    }
  const coherence = networks.strongCoherence
  const noNmda = yield* networks.decide("decision without NMDA", { coherence, nmda: 0 }, seed, signal)
  races.push({ title: `${percent} %, no recurrent NMDA`, decision: noNmda })
  const flat = yield* networks.decide("decision with w+ = 1", { coherence, wPlus: 1 }, seed, signal)
  races.push({ title: `${percent} %, w+ = 1`, decision: flat })
  const least = (name: keyof networks.Choice): number => Math.min(...choices.map((c) => c[name]))
  const most = (name: keyof networks.Choice): number => Math.max(...choices.map((c) => c[name]))
  const largest = ({ A, B }: networks.Decision, when: "stimulus" | "delay"): number => Math.max(A[when], B[when])
  yield metric("decision/seeds", p.decisionSeeds)
  yield metric("decision/favoured", least("favoured"), { unit: "Hz" })
  yield metric("decision/favoured-delay", least("favouredDelay"), { unit: "Hz" })
  yield metric("decision/other", most("other"), { unit: "Hz" })
  yield metric("decision/other-delay", most("otherDelay"), { unit: "Hz" })
  yield metric("decision/no-nmda", Math.max(largest(noNmda, "stimulus"), largest(noNmda, "delay")), { unit: "Hz" })
  yield metric("decision/flat", largest(flat, "stimulus"), { unit: "Hz" })
  yield metric("decision/flat-delay", largest(flat, "delay"), { unit: "Hz" })
  yield networkFigures.racesFigure("decisions", "Pools A and B race", races)
}

async function* psychometric({ parameters: p, seed, signal }: Context, stages: Stages): Part {
  const points: { coherence: number; right: number }[] = []
  for (const coherence of networks.curveCoherences) {
    const label = `coherence ${100 * coherence} %`
    const right = yield* stages.stage(label, async function* () {
      let won = 0
      for (let trial = 0; trial < p.trials; trial++) {
        const decision = yield* networks.decide(label, { coherence }, seed + 100 + trial, signal)
        const { favoured, other } = networks.choiceOf(decision, coherence)
        won += favoured > other ? 1 : favoured === other ? 0.5 : 0
      }
      yield metric(`psychometric/${100 * coherence}`, won / p.trials)
      return won / p.trials
    })
    points.push({ coherence, right })
  }
  yield networkFigures.psychometricFigure(points, p.trials)
}

/** The share of the neurons, and of the inputs of each, at which the claim is made. */
const circuitScale = 0.1

async function* circuit({ parameters: p, seed, signal }: Context): Part {
  const share = { neurons: circuitScale, inDegree: circuitScale }
  const net = microcircuitNetwork(share)
  const simulation = yield* simulated("microcircuit", net, { durationMs: p.circuitMs, seed, signal })
  const rates = networks.circuitRates(net, simulation, { fromMs: networks.circuitFromMs, toMs: p.circuitMs })
  const caption = `${networks.sizeOf(net)} neurons, ${simulation.connections} connections.`
  yield networkFigures.rasterFigure(
    "microcircuit",
    "Microcircuit",
    net,
    simulation,
    Math.min(500, p.circuitMs),
    caption,
  )
  const weak = microcircuitNetwork({ ...share, g: -2 })
  const [durationMs, fromMs] = [500, networks.circuitFromMs]
  const control = yield* simulated("microcircuit with g = -2", weak, { durationMs, seed, signal })
  const controlRates = networks.circuitRates(weak, control, { fromMs, toMs: durationMs })
  for (const [i, name] of microcircuitPopulations.entries()) {
    yield metric(`microcircuit/${name}`, rates[i], { unit: "Hz" })
    yield metric(`weak/${name}`, controlRates[i], { unit: "Hz" })
  }
  yield networkFigures.circuitFigure(
    "microcircuit-rates",
    "Rates of the microcircuit",
    circuitScale,
    rates,
    controlRates,
  )
}

// ---- Synapses and connections ----

/** COBA so large that its neurons have 208 inputs. */
const mergingScale = 2.6

async function* merging({ seed, signal }: Context): Part {
  const result = yield* compareMerging(mergingScale, seed)
  const { error, bytes, synapses } = result
  yield metric("merging/synapses", synapses)
  yield metric("merging/error-post", error.post)
  yield metric("merging/error-pre", error.pre)
  yield metric("merging/bytes-post", bytes.post, { unit: "B" })
  yield metric("merging/bytes-pre", bytes.pre, { unit: "B" })
  yield metric("merging/bytes-oracle", bytes.oracle, { unit: "B" })
  yield metric("merging/share", Math.max(bytes.post, bytes.pre) / bytes.oracle)
  yield figures.mergingFigure(result)
  signal.throwIfAborted()
  const nmda = mergeNonlinear(seed)
  yield metric("nmda/refused", nmda.isRefused ? 1 : 0)
  yield metric("nmda/error", nmda.error)
  yield metric("nmda/scaled-error", nmda.scaledError)
  const jit = yield* compareJustInTime(seed, signal)
  yield metric("jit/spikes", jit.spikes)
  yield metric("jit/differing", jit.differing)
  yield metric("jit/connections", jit.connections)
  yield metric("jit/bytes", jit.bytes.drawn, { unit: "B" })
  yield metric("jit/kept-bytes", jit.bytes.stored, { unit: "B" })
}

async function* products({ seed }: Context): Part {
  yield figures.operatorsFigure(yield* timeOperators(seed))
}

async function* sizes({ parameters: p, seed, signal }: Context): Part {
  yield figures.sizesFigure(yield* timeSizes(p.sizes, seed, signal))
}

// ---- Learning ----

async function* images({ parameters: p, seed, data, signal }: Context, stages: Stages): Part {
  const digits = await data.mnist({ limit: p.images, testLimit: p.testImages })
  if (digits.note !== undefined) yield note(digits.note)
  const [train, test] = [imagesOf(digits, "train", classifierSetting), imagesOf(digits, "test", classifierSetting)]
  const curves: Record<string, TrainingCurve> = {}
  for (const name of ["classifier", "frozen"]) {
    curves[name] = yield* stages.stage(name, async function* (saved) {
      const isFrozen = name === "frozen"
      const plan = classifierPlan({
        setting: classifierSetting,
        train,
        test,
        epochs: p.epochs,
        rate: p.rate,
        seed,
        isFrozen,
      })
      const { model, curve } = yield* training(name, plan, saved)
      signal.throwIfAborted()
      if (!isFrozen) yield figures.gradientFigure(gradientInTime(model, test, classifierSetting))
      return curve
    })
  }
  yield figures.lossFigure(
    "classifier",
    "Training on digits",
    { "all weights": curves.classifier, "inputs frozen": curves.frozen },
    "Where only the readout learns, the hidden neurons fire as they were drawn.",
  )
}

async function* memory({ parameters: p, seed }: Context, stages: Stages): Part {
  const cells = memoryCells(key(seed))
  const curves: Record<string, TrainingCurve> = {}
  for (const [name, own] of [["memory", cells] as const, ["memoryless", withoutMemory(cells)] as const])
    curves[name] = yield* stages.stage(name, async function* (saved) {
      return (yield* training(name, memoryPlan({ cells: own, steps: p.memorySteps, seed }), saved)).curve
    })
  yield figures.lossFigure(
    "memory",
    "Training a working memory",
    { "slow currents": curves.memory, "without them": curves.memoryless },
    "Cross entropy over the test, and what keeps potentials near their range: guessing is 0.69 and that.",
  )
}
