/** A neuron with dendrites, simulated: what goes in and what comes out. A stand-in for recordings of a detailed model, to be labelled as such. */
import { CajalError, type HostRandom } from "../../engine/index.ts"

/** Branches, and excitatory and inhibitory lines of each. Lines stand branch after branch, excitatory ones first. */
export const twinSizes = { branches: 8, excitatory: 12, inhibitory: 4, lines: 8 * 16 } as const
const { branches, excitatory, inhibitory, lines } = twinSizes
const perBranch = excitatory + inhibitory

/** Inputs of a branch keep their intensity so long. */
const segmentMs = 50
const [excitatoryHz, inhibitoryHz] = [14, 10]
const substeps = 4
const [refractoryMs, thresholdMV, resetMV] = [2, 5, -5]

export interface TwinWindow {
  /** 0 or 1, `[ms, lines]`. */
  readonly inputs: Uint8Array
  /** 0 or 1, `[ms]`. */
  readonly spikes: Uint8Array
  /** Potential of the soma above rest at the end of each ms, mV, before the reset. */
  readonly voltage: Float32Array
}

/**
 * One window of a neuron of eight branches with AMPA, NMDA and GABA conductances that pull a soma with adaptation:
 *   V_b' = (-V_b + (gA + gN / (1 + exp(-(V_b - 25) / 6))) (65 - V_b) + gI (-5 - V_b) + 0.3 (V_s - V_b)) / 5
 *   V_s' = (-V_s + 2 (mean V_b - V_s) - a) / 10
 * in steps of 0.25 ms; conductances (AMPA 2 ms, NMDA 40 ms, GABA 8 ms) keep still within a ms. Above 5 mV, and 2 ms after the last spike at the earliest, it fires: V_s = -5, a += 3. About 7 Hz.
 * @throws CajalError for a window without a millisecond
 */
export function neuronTwin(random: HostRandom, ms: number): TwinWindow {
  if (!(Number.isInteger(ms) && ms > 0)) throw new CajalError(`a window is 1 ms long or more, not ${ms}`)
  const inputs = spikesOf(random, ms)
  const [spikes, voltage] = [new Uint8Array(ms), new Float32Array(ms)]
  const [ampa, nmda, gaba, v] = Array.from({ length: 4 }, () => new Float64Array(branches))
  const dt = 1 / substeps
  let [soma, adaptation, last] = [0, 0, Number.NEGATIVE_INFINITY]
  for (let t = 0; t < ms; t++) {
    for (let b = 0; b < branches; b++) {
      for (let i = 0; i < perBranch; i++) {
        if (inputs[t * lines + b * perBranch + i] === 0) continue
        if (i >= excitatory) gaba[b] += 0.15
        else {
          ampa[b] += 0.15
          nmda[b] += 0.06
        }
      }
    }
    for (let step = 0; step < substeps; step++) {
      let mean = 0
      for (let b = 0; b < branches; b++) mean += v[b] / branches
      const before = soma
      soma += (dt * (-soma + 2 * (mean - soma) - adaptation)) / 10
      for (let b = 0; b < branches; b++) {
        const excitation = ampa[b] + nmda[b] / (1 + Math.exp(-(v[b] - 25) / 6))
        v[b] += (dt * (-v[b] + excitation * (65 - v[b]) + gaba[b] * (-5 - v[b]) + 0.3 * (before - v[b]))) / 5
      }
    }
    for (let b = 0; b < branches; b++) {
      ampa[b] *= Math.exp(-1 / 2)
      nmda[b] *= Math.exp(-1 / 40)
      gaba[b] *= Math.exp(-1 / 8)
    }
    adaptation *= Math.exp(-1 / 60)
    voltage[t] = soma
    if (soma > thresholdMV && t - last >= refractoryMs) {
      spikes[t] = 1
      soma = resetMV
      adaptation += 3
      last = t
    }
  }
  return { inputs, spikes, voltage }
}

/** Each branch has an intensity from Gamma(1/2, 2) for 50 ms at a time, the square of a normal number; its lines fire in proportion. */
function spikesOf(random: HostRandom, ms: number): Uint8Array {
  const inputs = new Uint8Array(ms * lines)
  for (let b = 0; b < branches; b++) {
    let intensity = 0
    for (let t = 0; t < ms; t++) {
      if (t % segmentMs === 0) intensity = random.normal() ** 2
      for (let i = 0; i < perBranch; i++) {
        const hz = intensity * (i < excitatory ? excitatoryHz : inhibitoryHz)
        if (random.uniform() < hz / 1000) inputs[t * lines + b * perBranch + i] = 1
      }
    }
  }
  return inputs
}
