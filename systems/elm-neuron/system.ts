import { key, type Tensor, zeros } from "../../src/engine/index.ts"
import {
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
import { type Batch, classesOf, type Digits, pairsOf, side, stepsOf } from "./adding.ts"
import { type Arm, armsOf, digitsFor, furtherArms, lastDigitBound, parametersOf, tester, trainingPlan } from "./arms.ts"
import { claims } from "./claims.ts"
import * as figures from "./figures.ts"
import { elmReader, type Reader, sumLoss } from "./model.ts"
import { check, optionsOf, parameters, taskOf, type Values } from "./parameters.ts"
import { passingOf } from "./passing.ts"
import { digitTouch } from "./touch.ts"
import { firstWindows, readTwin, type TwinArm, type TwinReading, twinNeuron, twinPlan, windowsOf } from "./twin.ts"

export default system({
  slug: "elm-neuron",
  parameters,
  presets: {
    smoke: { steps: 60, memory: 8, gap: 4, images: 4000, testPairs: 200, arms: "one", twinSteps: 0 },
    quick: {},
    full: { arms: "all", seeds: 3, controlSeeds: 3 },
  },
  standIn: true,
  check,
  run,
  claims,
  touch: digitTouch,
  cover: "passing",
  circuit(p) {
    const task = taskOf(p)
    const batch: Batch = { inputs: zeros([stepsOf(task), p.batch, side]), labels: zeros([p.batch], "i32") }
    return diagramWith(
      { parameters: [0], axes: ["time b line", "b"] },
      (reader: Reader, one: Batch): Tensor => sumLoss(reader, one),
      elmReader(optionsOf(p), classesOf(task), key(0)),
      batch,
    )
  },
})

const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length

async function* run({
  parameters: p,
  seed,
  data,
  signal,
  resumed,
}: RunContext<typeof parameters>): AsyncGenerator<RunEvent, void, void> {
  const stages = new Stages(resumed)
  const digits = await digitsFor(data, p, taskOf(p))
  if (digits.note !== undefined) yield note(digits.note)
  yield metric("lastDigit", lastDigitBound(taskOf(p)))

  const accuracies: Record<string, number> = {}
  const curves: Record<string, TrainingCurve> = {}
  for (const arm of armsOf(p)) {
    const all: { accuracy: number; curve: TrainingCurve }[] = []
    for (let i = 0; i < (arm.name === "elm" ? p.seeds : p.controlSeeds); i++) {
      const name = i === 0 ? arm.name : `${arm.name}.${i + 1}`
      all.push(
        yield* stages.stage(name, (saved) =>
          adding(name, arm, digits, p, seed + i, saved, arm.name === "elm" && i === 0),
        ),
      )
    }
    accuracies[arm.title] = mean(all.map(({ accuracy }) => accuracy))
    curves[arm.title] = all[0].curve
    yield metric(`${arm.name}/accuracy`, accuracies[arm.title])
    yield metric(`${arm.name}/parameters`, parametersOf(arm.start(seed)))
    yield figures.accuracyFigure(accuracies, lastDigitBound(arm.task))
    yield figures.learningFigure(curves, Math.ceil(p.steps / 10))
  }
  yield figures.impulseFigure([...elmReader(optionsOf(p), 1, key(seed)).cell.tauMs().array()], p.dt, stepsOf(taskOf(p)))

  if (p.twinSteps > 0) yield* twins(p, seed, signal, stages)
  if (p.arms !== "all") return
  const points = [5, 1000].flatMap((tau) => {
    const title = tau === 5 ? "short memory" : "ELM"
    return tau === p.tauMax || tau === 5 ? [{ tau, gap: p.gap, accuracy: accuracies[title] }] : []
  })
  for (const arm of furtherArms(p)) {
    const own = arm.task.below === p.digits ? digits : await digitsFor(data, p, arm.task)
    const { accuracy } = yield* stages.stage(arm.name, (saved) => adding(arm.name, arm, own, p, seed, saved))
    yield metric(`${arm.name}/accuracy`, accuracy)
    const place = /^tau(\d+)-gap(\d+)$/.exec(arm.name)
    if (place !== null) points.push({ tau: Number(place[1]), gap: Number(place[2]), accuracy })
    yield figures.gapFigure(points)
  }
}

/** Of the test pairs so many make the curve of learning; all are asked at the end. */
const curvePairs = 500

/** One network that learns to add. */
async function* adding(
  name: string,
  arm: Arm,
  digits: { readonly train: Digits; readonly test: Digits },
  p: Values,
  seed: number,
  saved: Parameters<typeof training>[2],
  isShown = false,
): AsyncGenerator<RunEvent, { accuracy: number; curve: TrainingCurve }, void> {
  const glance = tester(digits.test, arm.task, Math.min(curvePairs, p.testPairs), seed)
  const { model, curve } = yield* training(name, trainingPlan(arm, digits.train, p, seed, glance), saved)
  if (isShown) {
    const batch = pairsOf(digits.test, Int32Array.of(0, 1), arm.task)
    const { passing, sum } = passingOf(model, batch, p.dt)
    yield figures.passingFigure(passing, `The sum is ${batch.labels.item()}, the neuron says ${sum}.`)
  }
  return { accuracy: tester(digits.test, arm.task, p.testPairs, seed)(model), curve }
}

/** Neurons of several sizes imitate the simulated one. */
async function* twins(
  p: Values,
  seed: number,
  signal: AbortSignal,
  stages: Stages,
): AsyncGenerator<RunEvent, void, void> {
  yield note("data: the neuron that is imitated is a simulated stand-in for NeuronIO")
  const windows = windowsOf(seed, p.twinWindows)
  const isAll = p.arms === "all"
  const arms: Record<string, TwinArm> = Object.fromEntries(
    (isAll ? [1, 2, 3, 5, 10, 20] : [1, 20]).map((memory) => [`twin-dm${memory}`, { memory }]),
  )
  if (isAll) {
    arms["twin-linear"] = { memory: 20, activation: "identity" }
    arms["twin-short"] = { memory: 20, tauMaxMs: 5 }
  }
  const points: { parameters: number; auc: number }[] = []
  for (const [name, arm] of Object.entries(arms)) {
    signal.throwIfAborted()
    const starts: { trained: number; reading: TwinReading }[] = []
    for (let i = 0; i < p.twinStarts; i++) {
      const own = i === 0 ? name : `${name}.${i + 1}`
      starts.push(
        yield* stages.stage(own, async function* (saved) {
          const { model } = yield* training(own, twinPlan(arm, windows.train, p.twinSteps, seed + i), saved)
          return { trained: readTwin(model, firstWindows(windows.train)).auc, reading: readTwin(model, windows.test) }
        }),
      )
    }
    const { reading } = starts.reduce((best, one) => (one.trained > best.trained ? one : best))
    yield metric(`${name}/starts lost`, starts.filter((one) => one.reading.auc < 0.5).length)
    yield metric(`${name}/auc`, reading.auc)
    yield metric(`${name}/explained`, reading.explained)
    if (arm.activation !== undefined || arm.tauMaxMs !== undefined) continue
    const parameters = parametersOf(twinNeuron(arm, windows.train, seed))
    yield metric(`${name}/parameters`, parameters)
    points.push({ parameters, auc: reading.auc })
    yield figures.twinFigure(reading, arm.memory)
    yield figures.sizeFigure(points)
  }
}
