/** The Tempotron: one neuron that fires for one class and not for the other, taught by its errors. */
import { CajalError } from "../../engine/index.ts"

export interface TempotronParameters {
  /** Time constants of membrane and synapse, steps. Defaults 15 and a quarter of the former. */
  readonly tau?: number
  readonly tauSynapse?: number
  /** Default 1. */
  readonly threshold?: number
}

/** A postsynaptic potential: `v0 (exp(-t/τ) - exp(-t/τs))`, whose peak is 1; 0 before its spike. `steps` values from t = 0 on. */
export function postsynapticPotential(
  steps: number,
  { tau = 15, tauSynapse = tau / 4 }: TempotronParameters = {},
): Float64Array {
  if (!(tauSynapse > 0 && tau > tauSynapse))
    throw new CajalError(
      `a Tempotron's membrane time constant must be above its synapse's: ${tau} and ${tauSynapse} steps`,
    )
  const shape = (t: number): number => Math.exp(-t / tau) - Math.exp(-t / tauSynapse)
  const peak = shape((Math.log(tau / tauSynapse) * tau * tauSynapse) / (tau - tauSynapse))
  return Float64Array.from({ length: steps }, (_, t) => shape(t) / peak)
}

/**
 * What each line's spikes have made of the potential at each step, before weights: `Σ K(t - spike)`, `[lines, steps]`.
 * @param trains 0 or 1, `[lines, steps]`
 */
export function linePotentials(trains: ArrayLike<number>, lines: number, kernel: Float64Array): Float64Array {
  const steps = trains.length / lines
  const sums = new Float64Array(trains.length)
  for (let at = 0; at < trains.length; at++) {
    if (trains[at] !== 1) continue
    const [line, spike] = [Math.floor(at / steps), at % steps]
    for (let t = spike; t < steps; t++) sums[line * steps + t] += kernel[t - spike]
  }
  return sums
}

/** The highest potential of the neuron, and when it is reached. */
export function highestPotential(weights: ArrayLike<number>, potentials: Float64Array): { value: number; at: number } {
  const steps = potentials.length / weights.length
  let best = { value: Number.NEGATIVE_INFINITY, at: 0 }
  for (let t = 0; t < steps; t++) {
    let value = 0
    for (let i = 0; i < weights.length; i++) value += weights[i] * potentials[i * steps + t]
    if (value > best.value) best = { value, at: t }
  }
  return best
}

/**
 * One lesson: where the neuron is silent and should fire, each weight grows by `rate` times what its line had made of the potential at the
 * highest moment; where it fires and should not, it shrinks by it.
 * @param weights changed in place, `[lines]`
 * @param potentials of `linePotentials`
 * @returns whether the neuron was right
 * @source Gütig and Sompolinsky, The tempotron (2006), eq. 2
 */
export function tempotronLesson(
  weights: Float64Array,
  potentials: Float64Array,
  shouldFire: boolean,
  rate: number,
  threshold = 1,
): boolean {
  const { value, at } = highestPotential(weights, potentials)
  if (value > threshold === shouldFire) return true
  const steps = potentials.length / weights.length
  for (let i = 0; i < weights.length; i++) weights[i] += (shouldFire ? rate : -rate) * potentials[i * steps + at]
  return false
}
