import { CajalError, key, zeros } from "../../src/engine/index.ts"
import {
  figure,
  metric,
  note,
  type RunContext,
  type RunEvent,
  Stages,
  system,
  type TrainingCurve,
  training,
} from "../../src/run/index.ts"
import { diagramWith } from "../../src/view/index.ts"
import { type Arm, armPlan, evaluator, examplesOf, gradientCosines } from "./arms.ts"
import { claims } from "./claims.ts"
import { measureCosts } from "./costs.ts"
import { drawUnrolled } from "./drawing.ts"
import { accuracyFigure, cosineFigure, memoryFigure, rasterFigure, timeFigure } from "./figures.ts"
import { type Batch, decayOf, lossOverTime, type Setting, type SpikingNetwork, spikingNetwork } from "./model.ts"
import { parameters, settingOf, type Values } from "./parameters.ts"
import { digitTouch } from "./touch.ts"

export default system({
  slug: "sltt",
  parameters,
  presets: {
    smoke: { hidden: 100, images: 2000, testImages: 1000, epochs: 1, steps: 4, arms: "sltt and bptt", cosineSteps: 0 },
    quick: {},
    full: { images: 60_000, epochs: 5, cosineSteps: 400, seeds: 3, longSteps: 20 },
  },
  standIn: true,
  check(p) {
    decayOf(p.tau)
    if (p.arms === "all" && p.k > p.steps)
      throw new CajalError(`K must be in 1..T: K is ${p.k}, T is ${p.steps}`, { where: "parameters k and steps" })
  },
  run,
  claims,
  touch: digitTouch,
  circuit: (p) =>
    diagramWith(
      { parameters: [0], axes: ["b pixels", "b"] },
      (network: SpikingNetwork, batch: Batch) => lossOverTime(network, batch, settingOf(p), "sltt"),
      spikingNetwork([784, p.hidden, p.hidden, 10], key(0)),
      { images: zeros([p.batch, 784]), labels: zeros([p.batch], "i32") },
    ),
})

function armsOf(p: Values): Arm[] {
  const pair: Arm[] = [
    { name: "sltt", rule: "sltt" },
    { name: "bptt", rule: "bptt" },
  ]
  if (p.arms !== "all") return pair
  const ks = [...new Set([p.k, 1])].map((k): Arm => ({ name: `sltt-${k}`, rule: { k, scale: p.lossScale } }))
  return [...pair, ...ks, { name: "readout", rule: "readout" }]
}

/** Cosines of the two rules' gradients, every `every` steps. */
function cosineObserver(setting: Setting, every: number) {
  const cosines = gradientCosines(setting)
  return (network: SpikingNetwork, batch: Batch, step: number): Record<string, number> | undefined =>
    step % every === 0
      ? Object.fromEntries(cosines(network, batch).map((x, i) => [`cosine${i + 1}`, x.item()]))
      : undefined
}

const smallestCosine = (curve: TrainingCurve): number =>
  Math.min(...curve.observations.flatMap((x) => Object.values(x.values)))

const lastAccuracy = ({ epochs }: TrainingCurve): number => epochs[epochs.length - 1].accuracy

const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length

async function* run({
  parameters: p,
  seed,
  data,
  resumed,
}: RunContext<typeof parameters>): AsyncGenerator<RunEvent, void, void> {
  const digits = await data.mnist({ limit: p.images, testLimit: p.testImages })
  if (digits.note !== undefined) yield note(digits.note)
  if (p.tau === 1) yield note("tau = 1: nothing of the potential is carried over, so SLTT and BPTT are the same here")
  const [train, test] = [examplesOf(digits, "train"), examplesOf(digits, "test")]
  yield figure("routes", "Routes of the error", drawUnrolled(p.steps, Math.min(p.k, p.steps)))
  const common = { train, epochs: p.epochs, batch: p.batch, rate: p.rate, seed }
  const start = (from: number): SpikingNetwork => spikingNetwork([784, p.hidden, p.hidden, 10], key(from))
  const setting = settingOf(p)
  const validate = evaluator(setting, test)
  const stages = new Stages(resumed)

  const curves: Record<string, TrainingCurve> = {}
  for (const arm of armsOf(p)) {
    const accuracies: number[] = []
    for (let i = 0; i < p.seeds; i++) {
      const name = i === 0 ? arm.name : `${arm.name}.${i + 1}`
      const curve: TrainingCurve = yield* stages.stage(name, async function* (saved) {
        const own = { ...common, seed: seed + i }
        const observe = name === "sltt" ? cosineObserver(setting, p.arms === "all" ? 20 : 5) : undefined
        const { model, curve } = yield* training(
          name,
          armPlan({ ...own, arm, setting, network: start(seed + i), validate, observe }),
          saved,
        )
        accuracies.push(lastAccuracy(curve))
        if (i === p.seeds - 1) yield metric(`${arm.name}/meanAccuracy`, mean(accuracies), { unit: "%" })
        if (name === "sltt") {
          yield metric("sltt/cosine", smallestCosine(curve))
          yield rasterFigure(model, test, setting)
        }
        return curve
      })
      if (accuracies.length <= i) accuracies.push(lastAccuracy(curve)) // a stage that was done before the run was resumed
      if (i === 0) curves[arm.name] = curve
    }
    yield accuracyFigure(curves)
  }
  for (const arm of p.longSteps > 0 ? armsOf(p).slice(0, 2) : []) {
    const name = `${arm.name}-T${p.longSteps}`
    yield* stages.stage(name, async function* (saved) {
      const long = settingOf(p, { steps: p.longSteps })
      const plan = armPlan({ ...common, arm, setting: long, network: start(seed), validate: evaluator(long, test) })
      return (yield* training(name, plan, saved)).curve
    })
  }

  const cosines: Record<string, TrainingCurve> = { [`tau ${p.tau}`]: curves.sltt }
  for (const tau of p.cosineSteps > 0 ? [2, 4] : []) {
    cosines[`tau ${tau}`] = yield* stages.stage(`tau${tau}`, async function* (saved) {
      const own = settingOf(p, { tau })
      const arm: Arm = { name: `tau${tau}`, rule: "sltt" }
      const plan = armPlan({
        ...common,
        arm,
        setting: own,
        network: start(seed),
        validate: evaluator(own, test),
        observe: cosineObserver(own, 4),
        firstSteps: p.cosineSteps,
      })
      const { curve } = yield* training(arm.name, plan, saved)
      yield metric(`tau${tau}/cosine`, smallestCosine(curve))
      return curve
    })
  }
  yield cosineFigure(cosines, p.cosineSteps, "tau 4")

  const costs = yield* stages.stage("costs", () =>
    measureCosts({
      network: start(seed),
      train,
      batch: p.batch,
      steps: p.arms === "all" ? [6, 12, 24] : [4, 8],
      arms: armsOf(p).filter((arm) => arm.rule !== "readout"),
      settingFor: (steps) => settingOf(p, { steps }),
    }),
  )
  yield memoryFigure(costs)
  yield timeFigure(costs)
}
