/** Delayed match to sample: two directions are shown, a second apart; was the second the first? */
import { type HostRandom, type Key, range, Tensor, where, zeros } from "../../src/engine/index.ts"
import { poisson } from "../../src/neuro/index.ts"

export const directions = 8
export const inputs = 24
const kappa = 2
const peakHz = 40
const backgroundHz = 1
/** Fixation, sample, delay and test, ms; steps of 1 ms. */
export const phases = { fixation: 500, sample: 500, delay: 1000, test: 500 } as const
export const trialMs = phases.fixation + phases.sample + phases.delay + phases.test
export const testFromMs = trialMs - phases.test

/**
 * Input spikes of a step of trials: each input likes one direction.
 * @param shown direction that is shown `[batch]`, in steps of the circle; -1 where none is
 */
export function directionSpikes(key: Key, shown: Tensor): Tensor {
  const preferred = range(inputs, "f32").mul((2 * Math.PI) / inputs)
  const angle = shown
    .cast("f32")
    .mul((2 * Math.PI) / directions)
    .reshape([shown.shape[0], 1])
  const tuned = angle.sub(preferred).cos().sub(1).mul(kappa).exp().mul(peakHz)
  const isShown = shown.ge(0).reshape([shown.shape[0], 1])
  const rate = where(isShown, tuned, zeros(tuned.shape)).add(backgroundHz)
  return poisson(key, rate, 1)
}

export interface Trials {
  /** Direction shown in each step, -1 where none is, i32 `[steps, batch]`. */
  readonly shown: Tensor
  /** Whether both were the same, i32 `[batch]`. */
  readonly matches: Tensor
}

/** Trials of random directions, half of which match. */
export function drawTrials(batch: number, random: HostRandom): Trials {
  const shown = new Int32Array(trialMs * batch).fill(-1)
  const matches = new Int32Array(batch)
  const sampleEnd = phases.fixation + phases.sample
  for (let b = 0; b < batch; b++) {
    const sample = random.integer(directions)
    matches[b] = random.integer(2)
    const test = matches[b] === 1 ? sample : (sample + 1 + random.integer(directions - 1)) % directions
    for (let t = phases.fixation; t < sampleEnd; t++) shown[t * batch + b] = sample
    for (let t = testFromMs; t < trialMs; t++) shown[t * batch + b] = test
  }
  return {
    shown: Tensor.from({ dtype: "i32", shape: [trialMs, batch], data: shown }),
    matches: Tensor.from({ dtype: "i32", shape: [batch], data: matches }),
  }
}
