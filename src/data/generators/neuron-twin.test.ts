import { expect, test } from "vitest"
import { hostRandom } from "../../engine/index.ts"
import { neuronTwin, twinSizes } from "./neuron-twin.ts"

const windows = Array.from({ length: 150 }, (_, i) => neuronTwin(hostRandom(3).fold(i), 400))

test("fires at about 7 Hz once its conductances have filled", () => {
  const spikes = windows.reduce((sum, { spikes }) => sum + spikes.subarray(100).reduce((a, b) => a + b, 0), 0)
  const hz = spikes / windows.length / 0.3
  expect(hz).toBeGreaterThan(5.5)
  expect(hz).toBeLessThan(8.5)
})

test("a spike needs 5 mV, takes the soma to -5 mV, and is followed by none for 2 ms", () => {
  for (const { spikes, voltage } of windows)
    for (let t = 0; t < 399; t++) {
      if (spikes[t] === 0) continue
      expect(voltage[t]).toBeGreaterThan(5)
      expect(voltage[t + 1]).toBeLessThan(0)
      expect(spikes[t + 1]).toBe(0)
    }
})

test("lines fire in proportion to their branch: excitatory 14 Hz, inhibitory 10 Hz in the mean", () => {
  const { lines, excitatory, inhibitory, branches } = twinSizes
  const sums = [0, 0]
  for (const { inputs } of windows)
    for (let i = 0; i < inputs.length; i++) if (inputs[i] === 1) sums[(i % lines) % 16 < excitatory ? 0 : 1]++
  const seconds = windows.length * 0.4 * branches
  expect(sums[0] / seconds / excitatory / 14).toBeCloseTo(1, 1)
  expect(sums[1] / seconds / inhibitory / 10).toBeCloseTo(1, 1)
})

test("the same for a seed, another for another; a window has a length", () => {
  expect(neuronTwin(hostRandom(3).fold(0), 400).voltage).toEqual(windows[0].voltage)
  expect(neuronTwin(hostRandom(4).fold(0), 400).inputs).not.toEqual(windows[0].inputs)
  expect(() => neuronTwin(hostRandom(1), 0)).toThrow(/1 ms long or more/)
})
