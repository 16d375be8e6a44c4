import { CajalError } from "../../engine/index.ts"
import type { Spikes } from "../network/index.ts"

/** A stretch of a simulation. */
export interface Window {
  readonly fromMs: number
  readonly toMs: number
}

/** How many there are, or which of them. */
type Neurons = number | { readonly from: number; readonly to: number }

const endsOf = (neurons: Neurons) => (typeof neurons === "number" ? { from: 0, to: neurons } : neurons)

const checkWindow = ({ fromMs, toMs }: Window): void => {
  if (!(fromMs < toMs)) throw new CajalError(`there is no time from ${fromMs} to ${toMs} ms`)
}

/**
 * Spikes of a neuron in a second, in the mean.
 * @param neurons how many there are, or which of them: from `from` to `to`
 */
export function meanRateHz(spikes: Spikes, neurons: Neurons, { fromMs, toMs }: Window): number {
  checkWindow({ fromMs, toMs })
  const { from, to } = endsOf(neurons)
  let count = 0
  spikes.timesMs.forEach((t, i) => {
    const neuron = spikes.neurons[i]
    if (t >= fromMs && t < toMs && neuron >= from && neuron < to) count++
  })
  return (1000 * count) / ((to - from) * (toMs - fromMs))
}

/**
 * Coefficient of variation of the intervals between spikes (0: a clock, 1: a Poisson process), the mean over neurons with at least
 * `least` intervals; NaN where there are none.
 */
export function intervalVariation(spikes: Spikes, { fromMs, toMs }: Window, least = 3): number {
  checkWindow({ fromMs, toMs })
  const last = new Map<number, number>()
  const sums = new Map<number, { n: number; sum: number; squares: number }>()
  spikes.timesMs.forEach((t, i) => {
    if (t < fromMs || t >= toMs) return
    const neuron = spikes.neurons[i]
    const before = last.get(neuron)
    last.set(neuron, t)
    if (before === undefined) return
    const own = sums.get(neuron) ?? { n: 0, sum: 0, squares: 0 }
    const interval = t - before
    sums.set(neuron, { n: own.n + 1, sum: own.sum + interval, squares: own.squares + interval * interval })
  })
  let [total, neurons] = [0, 0]
  for (const { n, sum, squares } of sums.values()) {
    if (n < least) continue
    const mean = sum / n
    total += Math.sqrt(Math.max(0, squares / n - mean * mean)) / mean
    neurons++
  }
  return total / neurons
}

/**
 * Synchrony of a population: variance of its spike counts in bins over their mean (1: independent Poisson neurons; 0 without spikes).
 * @source Potjans and Diesmann, The cell-type specific cortical microcircuit (2014), with bins of 3 ms
 */
export function synchrony(spikes: Spikes, { fromMs, toMs }: Window, binMs = 3): number {
  checkWindow({ fromMs, toMs })
  const counts = new Float64Array(Math.floor((toMs - fromMs) / binMs))
  if (counts.length < 2) throw new CajalError(`synchrony: bins of ${binMs} ms in ${toMs - fromMs} ms are too few`)
  for (const t of spikes.timesMs) {
    const bin = Math.floor((t - fromMs) / binMs)
    if (bin >= 0 && bin < counts.length) counts[bin]++
  }
  const mean = counts.reduce((a, b) => a + b) / counts.length
  if (mean === 0) return 0
  return counts.reduce((sum, n) => sum + (n - mean) ** 2, 0) / counts.length / mean
}

/** Rate of a population in time, Hz: one number for each bin from 0 on. */
export function rateInTime(spikes: Spikes, neurons: Neurons, durationMs: number, binMs: number): Float64Array {
  const { from, to } = endsOf(neurons)
  const rates = new Float64Array(Math.floor(durationMs / binMs + 1e-9))
  spikes.timesMs.forEach((t, i) => {
    const bin = Math.floor(t / binMs + 1e-9)
    const neuron = spikes.neurons[i]
    if (bin < rates.length && neuron >= from && neuron < to) rates[bin] += 1000 / ((to - from) * binMs)
  })
  return rates
}
