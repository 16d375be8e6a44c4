/** A neuron that imitates a simulated one: windows, training, and how well spikes and voltage are told. */
import { neuronTwin, twinSizes } from "../../src/data/index.ts"
import { hostRandom, jit, key, Tensor, tensor, valueAndGrad } from "../../src/engine/index.ts"
import {
  type AdamState,
  adamState,
  adamw,
  areaUnderCurve,
  clipByGlobalNorm,
  cosineRate,
  explainedVariance,
  Linear,
  type TrainingPlan,
} from "../../src/learn/index.ts"
import type { ElmActivation, ElmNeuron } from "../../src/neuro/index.ts"
import { elmReader, imitate, imitationLoss, Reader, type Recorded } from "./model.ts"

export const windowMs = 400
/** The beginning of a window is not scored. */
export const skipMs = 100
const batchSize = 16
const rate = 5e-3
const largestNorm = 1
/** At most: no more than there are to learn from. */
const testWindows = 80
const { lines, branches } = twinSizes

/** Windows of the simulated neuron, one after another; the voltage z-scored by the training windows. */
export interface Windows {
  /** `[windows, ms, lines]`, `[windows, ms]` */
  readonly inputs: Uint8Array
  readonly spikes: Uint8Array
  readonly voltage: Float32Array
  readonly count: number
}

export function windowsOf(seed: number, training: number): { train: Windows; test: Windows } {
  const random = hostRandom(seed)
  const record = (from: number, count: number): Windows => {
    const all = Array.from({ length: count }, (_, i) => neuronTwin(random.fold(from + i), windowMs))
    const join = <A extends Uint8Array | Float32Array>(whole: A, of: (i: number) => A): A => {
      for (let i = 0; i < count; i++) whole.set(of(i), (i * whole.length) / count)
      return whole
    }
    return {
      inputs: join(new Uint8Array(count * windowMs * lines), (i) => all[i].inputs),
      spikes: join(new Uint8Array(count * windowMs), (i) => all[i].spikes),
      voltage: join(new Float32Array(count * windowMs), (i) => all[i].voltage),
      count,
    }
  }
  const [train, test] = [record(0, training), record(training, Math.min(training, testWindows))]
  const mean = train.voltage.reduce((a, b) => a + b, 0) / train.voltage.length
  const deviation = Math.sqrt(train.voltage.reduce((a, b) => a + (b - mean) ** 2, 0) / train.voltage.length)
  for (const { voltage } of [train, test])
    for (let i = 0; i < voltage.length; i++) voltage[i] = (voltage[i] - mean) / deviation
  return { train, test }
}

/** Some windows as the neuron takes them, time first. */
export function recorded({ inputs, spikes, voltage }: Windows, rows: ArrayLike<number>): Recorded {
  const batch = rows.length
  const turned = (values: ArrayLike<number>, width: number): Tensor => {
    const data = new Float32Array(batch * windowMs * width)
    for (let b = 0; b < batch; b++)
      for (let t = 0; t < windowMs; t++)
        for (let i = 0; i < width; i++) data[(t * batch + b) * width + i] = values[(rows[b] * windowMs + t) * width + i]
    return Tensor.from({ dtype: "f32", shape: width === 1 ? [windowMs, batch] : [windowMs, batch, width], data })
  }
  return { inputs: turned(inputs, lines), spikes: turned(spikes, 1), voltage: turned(voltage, 1) }
}

export interface TwinArm {
  readonly memory: number
  readonly activation?: ElmActivation
  readonly tauMaxMs?: number
}

/**
 * A neuron at its beginning. Its read-out begins at the log-odds of a spike: from odds of one half the first steps make all that comes in an argument
 * against a spike, and small neurons stay with that.
 */
export function twinNeuron(
  { memory, activation = "silu", tauMaxMs = 150 }: TwinArm,
  train: Windows,
  seed: number,
): Reader<ElmNeuron> {
  const { cell, readout } = elmReader({ inputs: lines, branches, memory, activation, tauMaxMs }, 2, key(seed))
  const share = (train.spikes.reduce((a, b) => a + b, 0) + 1) / (train.spikes.length + 2)
  const start = Math.log(share / (1 - share))
  return new Reader(cell, new Linear(readout.weight, tensor([start, 0])))
}

type Imitator = Reader<ElmNeuron>

export function twinPlan(
  arm: TwinArm,
  train: Windows,
  steps: number,
  seed: number,
): TrainingPlan<Imitator, AdamState<Imitator>, Recorded> {
  const random = hostRandom(seed).fold(3)
  const start = twinNeuron(arm, train, seed)
  return {
    model: start,
    optimiser: adamState(start),
    epochs: 1,
    batchesPerEpoch: steps,
    rate: cosineRate(rate),
    *batches(_, first) {
      for (let i = first; i < steps; i++) {
        const own = random.fold(i)
        const batch = recorded(
          train,
          Array.from({ length: batchSize }, () => own.integer(train.count)),
        )
        yield { ...batch }
        for (const x of Object.values(batch)) x.dispose()
      }
    },
    step: jit(
      (now: Imitator, state: AdamState<Imitator>, batch: Recorded, stepRate: Tensor) => {
        const [value, gradient] = valueAndGrad((n: Imitator) => imitationLoss(n, batch, skipMs))(now)
        return [...adamw(now, clipByGlobalNorm(gradient, largestNorm), state, { rate: stepRate }), value] as const
      },
      { donate: [0, 1] },
    ),
  }
}

/** As many training windows as there are for tests, to choose among starts by. */
export const firstWindows = ({ inputs, spikes, voltage, count: all }: Windows): Windows => {
  const count = Math.min(all, testWindows)
  const part = <A extends Uint8Array | Float32Array>(x: A): A => x.subarray(0, (x.length / all) * count) as A
  return { inputs: part(inputs), spikes: part(spikes), voltage: part(voltage), count }
}

/** What an imitator tells of windows that it has not seen. */
export type TwinReading = {
  /** Area under the curve of spike or none, ms by ms. */
  readonly auc: number
  readonly explained: number
  /** One window: both voltages (z-scored) and spikes, and the probability of a spike. */
  readonly shown: { voltage: number[]; said: number[]; spikes: number[]; probability: number[] }
}

export function readTwin(imitator: Imitator, test: Windows): TwinReading {
  const all = recorded(
    test,
    Array.from({ length: test.count }, (_, i) => i),
  )
  const said = jit(imitate)(imitator, all.inputs).array()
  const [spikes, voltage] = [all.spikes.array(), all.voltage.array()]
  const scored = Array.from({ length: (windowMs - skipMs) * test.count }, (_, i) => i + skipMs * test.count)
  const column = (of: (i: number) => number): Float64Array => Float64Array.from(scored, of)
  const ofWindow = (of: (i: number) => number): number[] =>
    Array.from({ length: windowMs }, (_, t) => of(t * test.count + shownWindow(test)))
  return {
    auc: areaUnderCurve(
      column((i) => said[2 * i]),
      column((i) => spikes[i]),
    ),
    explained: explainedVariance(
      column((i) => said[2 * i + 1]),
      column((i) => voltage[i]),
    ),
    shown: {
      voltage: ofWindow((i) => voltage[i]),
      said: ofWindow((i) => said[2 * i + 1]),
      spikes: ofWindow((i) => spikes[i]),
      probability: ofWindow((i) => 1 / (1 + Math.exp(-said[2 * i]))),
    },
  }
}

/** The window with the most spikes. */
function shownWindow({ spikes, count }: Windows): number {
  const sums = Array.from({ length: count }, (_, w) =>
    spikes.subarray(w * windowMs, (w + 1) * windowMs).reduce((a, b) => a + b, 0),
  )
  return sums.indexOf(Math.max(...sums))
}
