import {
  asEvents,
  CajalError,
  type DType,
  type Key,
  maximum,
  minimum,
  normal,
  randomBits,
  type Shape,
  type Tensor,
  takeAlongLast,
  tensor,
  uniform,
  xor,
  zeros,
} from "../engine/index.ts"
import { checkStep, leastOf, type Quantity, toTensor } from "./quantity.ts"

/**
 * The key of a time step: another one for every step, made of the step's number alone, so that nothing is carried or stored.
 * @param step number of the step, an i32 or u32 scalar
 */
export const stepKey = (key: Key, step: Tensor | number): Key => {
  const number = typeof step === "number" ? tensor([step, 0], { dtype: "u32" }) : numbered(step)
  // The words of the key alone would give neighbouring steps neighbouring keys; drawn from it, they have nothing in common.
  return randomBits(xor(key, number), [2])
}

const numbered = (step: Tensor): Tensor => {
  const place = tensor([1, 0], { dtype: "u32" })
  return place.mul(step.cast("u32").reshape([1]).broadcastTo([2]))
}

const stepsIn = (what: string, durationMs: number, dtMs: number): number => {
  checkStep(what, dtMs)
  if (!(durationMs >= 0)) throw new CajalError(`${what}: the duration must be at least 0 ms, not ${durationMs} ms`)
  return Math.round(durationMs / dtMs)
}

/** Beyond this mean the counts of a Poisson process are drawn from a normal distribution of its mean and variance. */
const mostCounted = 24

/**
 * How many spikes of many sources arrive in one step: Poisson counts of mean `rate · dt`. Above a mean of 24 they come from the normal
 * distribution of the same mean and variance, rounded.
 * @param ratesHz one rate for all elements, or a tensor that broadcasts to the shape
 * @param mostHz the greatest of the rates, where they are a tensor: the work grows with it, and what is above counts as it
 * @returns counts, f32 `shape`
 */
export function poissonCounts(key: Key, ratesHz: Quantity, dtMs: number, shape: Shape, mostHz?: number): Tensor {
  checkStep("poissonCounts", dtMs)
  const least = leastOf(ratesHz)
  if (least !== undefined && !(least >= 0))
    throw new CajalError(`poissonCounts: the rate must be at least 0 Hz, not ${least} Hz`)
  const greatest = typeof ratesHz === "number" ? ratesHz : mostHz
  if (greatest === undefined)
    throw new CajalError("poissonCounts: rates in a tensor need the greatest of them", {
      hint: "give mostHz, the last argument",
    })
  const most = (greatest * dtMs) / 1000
  const mean = minimum(toTensor(ratesHz, "f32").mul(dtMs / 1000), most)
  if (most > mostCounted) return maximum(normal(key, shape).mul(mean.sqrt()).add(mean).round(), 0)
  const u = uniform(key, shape)
  let [count, p] = [zeros(shape), mean.neg().exp()]
  let below = p
  // u has 24 bits: where the largest mean has no more to add, further terms would never count.
  for (let k = 1, largest = Math.exp(-most), sum = largest; ; k++) {
    count = count.add(u.ge(below).cast("f32"))
    if (1 - sum < 2 ** -25) return count
    sum += largest *= most / k
    p = p.mul(mean).mul(1 / k)
    below = below.add(p)
  }
}

/** A stretch of a stimulus: the value goes from `from` to `to` (which is `from` unless told), in a straight line. */
export interface Stretch {
  readonly durationMs: number
  readonly from: number
  readonly to?: number
}

/**
 * A current of steps and ramps: one value for each time step, to be scanned over.
 * @returns `[steps]`
 */
export function stretches(parts: readonly Stretch[], dtMs: number, dtype: DType = "f32"): Tensor {
  let endMs = 0
  let steps = 0
  const values = parts.flatMap(({ durationMs, from, to = from }) => {
    endMs += durationMs
    stepsIn("stretches", durationMs, dtMs)
    // Counted from the start, so that rounding does not add up.
    const n = stepsIn("stretches", endMs, dtMs) - steps
    steps += n
    return Array.from({ length: n }, (_, i) => from + ((to - from) * i) / n)
  })
  return tensor(values.length === 0 ? new Float64Array(0) : values, { dtype, shape: [values.length] })
}

/**
 * Spike trains given as times: one row of spikes for each time step, to be scanned over.
 * @param timesMs for each neuron its times; spikes at or after the end are left out
 * @returns `[steps, neurons]`, a spike tensor
 */
export function spikeTrains(timesMs: readonly (readonly number[])[], durationMs: number, dtMs: number): Tensor {
  const steps = stepsIn("spikeTrains", durationMs, dtMs)
  const spikes = new Float32Array(steps * timesMs.length)
  forEachSpike(timesMs, dtMs, (neuron, step) => {
    if (step < steps) spikes[step * timesMs.length + neuron] = 1
  })
  return asEvents(tensor(spikes, { shape: [steps, timesMs.length] }))
}

/** Spike trains as memory proportional to their spikes, for long runs. */
export interface SpikeSource {
  /** Steps of the spikes of each neuron, in order, filled up with -1, i32 `[neurons, most + 1]`. */
  readonly steps: Tensor
  /** Which of them comes next, i32 `[neurons]`. */
  readonly next: Tensor
}

/** Spike trains given as times, for `spikeSourceStep`. Spikes of one neuron in one step are one. @param timesMs for each neuron its times */
export function spikeSource(timesMs: readonly (readonly number[])[], dtMs: number): SpikeSource {
  const lists: number[][] = timesMs.map(() => [])
  forEachSpike(timesMs, dtMs, (neuron, step) => lists[neuron].push(step))
  const own = lists.map((list) => [...new Set(list)].sort((a, b) => a - b))
  const width = own.reduce((most, list) => Math.max(most, list.length), 0) + 1
  const steps = new Int32Array(own.length * width).fill(-1)
  own.forEach((list, neuron) => steps.set(list, neuron * width))
  return { steps: tensor(steps, { shape: [own.length, width] }), next: zeros([own.length], "i32") }
}

/**
 * The spikes of one step of spike trains; every step must be asked for, in order, from 0.
 * @param step number of the step, an i32 scalar
 * @returns what comes next, and the spikes `[neurons]` as a spike tensor
 */
export function spikeSourceStep(source: SpikeSource, step: Tensor | number): [SpikeSource, Tensor] {
  const fires = takeAlongLast(source.steps, source.next).eq(step)
  return [{ ...source, next: source.next.add(fires.cast("i32")) }, asEvents(fires.cast("f32"))]
}

function forEachSpike(
  timesMs: readonly (readonly number[])[],
  dtMs: number,
  visit: (neuron: number, step: number) => void,
) {
  checkStep("spike trains", dtMs)
  timesMs.forEach((times, neuron) => {
    for (const t of times) {
      if (!(t >= 0)) throw new CajalError(`neuron ${neuron} cannot fire at ${t} ms: times are at least 0`)
      visit(neuron, Math.floor(t / dtMs + 1e-6))
    }
  })
}
