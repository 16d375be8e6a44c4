/** The networks that add digits: how each is trained, and what it is worth. */
import type { DataSource } from "../../src/data/index.ts"
import { flatten, hostRandom, jit, key, type Tensor, valueAndGrad } from "../../src/engine/index.ts"
import {
  type AdamaxState,
  accuracy,
  adamax,
  adamaxState,
  cosineRate,
  crossEntropy,
  type TrainingPlan,
} from "../../src/learn/index.ts"
import type { ElmOptions } from "../../src/neuro/index.ts"
import {
  type AddingTask,
  type Batch,
  classesOf,
  type Digits,
  digitsOf,
  drawPairs,
  pairsOf,
  side,
  stepsOf,
} from "./adding.ts"
import { elmReader, lstmReader, type Reader, readLast } from "./model.ts"
import { optionsOf, taskOf, type Values } from "./parameters.ts"

export interface Arm {
  readonly name: string
  readonly title: string
  readonly task: AddingTask
  /** A network at its beginning. */
  start(seed: number): Reader
}

const elmArm = (
  p: Values,
  name: string,
  title: string,
  neuron: Partial<ElmOptions> = {},
  task: Partial<AddingTask> = {},
): Arm => {
  const own = taskOf(p, task)
  return { name, title, task: own, start: (seed) => elmReader(optionsOf(p, neuron), classesOf(own), key(seed)) }
}

/** Units of an LSTM with about as many parameters as the neuron. */
export function lstmUnits(parameters: number, outputs: number): number {
  const count = (units: number): number => 4 * units * (side + units + 1) + (units + 1) * outputs
  let units = 1
  while (count(units + 1) <= parameters) units++
  return units
}

export const parametersOf = (reader: Reader): number => flatten(reader).leaves.reduce((n, x) => n + x.size, 0)

const lstmArm = (p: Values, name: string, title: string, isChrono: boolean): Arm => {
  const task = taskOf(p)
  return {
    ...{ name, title, task },
    start(seed) {
      const classes = classesOf(task)
      const units = lstmUnits(parametersOf(elmReader(optionsOf(p), classes, key(seed))), classes)
      return lstmReader(side, units, classes, key(seed), isChrono ? stepsOf(task) : undefined)
    },
  }
}

/** Time constants with which nothing is kept from step to step, ms; but never faster than the fastest unit. */
const short = (p: Values): number => Math.max(5, p.tauMin)
const few = 8

export const controlTitles = ["short memory", "linear inside", "few units"]

export function armsOf(p: Values): Arm[] {
  const elm = elmArm(p, "elm", "ELM")
  if (p.arms === "one") return [elm]
  const controls = [
    elm,
    elmArm(p, "short", controlTitles[0], { tauMaxMs: short(p) }),
    elmArm(p, "linear", controlTitles[1], { activation: "identity" }),
    elmArm(p, "few", controlTitles[2], { memory: few }),
  ]
  return controls
}

/** Arms of the full comparison: gaps and time constants, sizes, strength of writing, LSTMs, all digits. */
export function furtherArms(p: Values): Arm[] {
  const arms: Arm[] = []
  for (const tauMaxMs of [5, 30, 100, 1000])
    for (const gap of [10, 40, 100]) {
      if (gap === p.gap && (tauMaxMs === 5 || tauMaxMs === p.tauMax)) continue
      arms.push(elmArm(p, `tau${tauMaxMs}-gap${gap}`, `tau max ${tauMaxMs} ms, gap ${gap}`, { tauMaxMs }, { gap }))
    }
  for (const memory of [4, 16, 128]) arms.push(elmArm(p, `dm${memory}`, `${memory} units`, { memory }))
  arms.push(elmArm(p, "lambda1", "lambda 1", { lambda: 1 }))
  arms.push(elmArm(p, "v2", "variant v2", { variant: "v2" }))
  arms.push(lstmArm(p, "lstm", "LSTM", false), lstmArm(p, "lstm-chrono", "LSTM, chrono", true))
  arms.push(elmArm(p, "all-digits", "digits 0 to 9", {}, { below: 10 }))
  return arms
}

/** Digits to learn from and to be tested on, of a task. */
export async function digitsFor(data: DataSource, p: Values, { below }: AddingTask) {
  const images = await data.mnist({ limit: p.images })
  return { train: digitsOf(images.train, below), test: digitsOf(images.test, below), note: images.note }
}

const readings = 10

export function trainingPlan(
  arm: Arm,
  train: Digits,
  p: Values,
  seed: number,
  validate: (reader: Reader) => number,
): TrainingPlan<Reader, AdamaxState<Reader>, Batch> {
  const random = hostRandom(seed).fold(1)
  const start = arm.start(seed)
  const batchesPerEpoch = Math.ceil(p.steps / readings)
  return {
    model: start,
    optimiser: adamaxState(start),
    epochs: Math.min(readings, p.steps),
    batchesPerEpoch,
    rate: cosineRate(p.rate),
    *batches(epoch, first) {
      for (let i = first; i < batchesPerEpoch; i++) {
        const places = drawPairs(train, p.batch, random.fold(epoch * batchesPerEpoch + i))
        const batch = pairsOf(train, places, arm.task)
        yield { ...batch }
        batch.inputs.dispose()
        batch.labels.dispose()
      }
    },
    step: jit(
      (now: Reader, state: AdamaxState<Reader>, { inputs, labels }: Batch, rate: Tensor) => {
        const [value, gradient] = valueAndGrad((r: Reader) => crossEntropy(readLast(r, inputs), labels))(now)
        return [...adamax(now, gradient, state, { rate }), value] as const
      },
      { donate: [0, 1] },
    ),
    validate: (now) => ({ accuracy: validate(now) }),
  }
}

/** Pairs that are read at once. */
const together = 250

/** The share of test pairs whose sum is named. */
export function tester(test: Digits, task: AddingTask, pairs: number, seed: number): (reader: Reader) => number {
  const read = jit((reader: Reader, { inputs, labels }: Batch) => accuracy(readLast(reader, inputs), labels))
  const places = drawPairs(test, pairs, hostRandom(seed).fold(2))
  const batches = Array.from({ length: Math.ceil(pairs / together) }, (_, i) =>
    pairsOf(test, places.subarray(2 * i * together, 2 * (i + 1) * together), task),
  )
  return (reader) => batches.reduce((right, batch) => right + read(reader, batch).item() * batch.labels.size, 0) / pairs
}

/** The most that who knows the second digit alone can name: the first is any of them. */
export const lastDigitBound = ({ below }: AddingTask): number => 1 / below
