import { expect, test } from "vitest"
import { asEvents, grad, jit, scan, type Tensor, tensor, zeros } from "../../engine/index.ts"
import { boxcar, triangle } from "../surrogate.ts"
import { type LifState, leaky, lif, lifState } from "./lif.ts"

const spikeTimes = (current: number, tauMs: number, dtMs: number, steps: number): number[] => {
  const run = jit(
    () =>
      scan((state: LifState) => lif(state, tensor([current * dtMs]), { tauMs }, dtMs), lifState([1]), undefined, {
        length: steps,
      })[1],
  )
  return [...run().array()].flatMap((s, t) => (s === 1 ? [t] : []))
}

test("below threshold the potential follows its closed form", () => {
  const decay = Math.exp(-1 / 20)
  const [, u] = scan(
    (state: LifState) => {
      const [next] = lif(state, tensor([0.04]), { tauMs: 20 }, 1)
      return [next, next.u]
    },
    lifState([1]),
    undefined,
    { length: 40 },
  )
  u.array().forEach((value: number, t: number) => {
    expect(value).toBeCloseTo((0.04 * (1 - decay ** (t + 1))) / (1 - decay), 5)
  })
})

test("the first spike comes when the closed form crosses the threshold", () => {
  for (const [current, tauMs] of [
    [0.08, 20],
    [0.3, 10],
    [1.4, 5],
  ]) {
    const decay = Math.exp(-1 / tauMs)
    // u[t] = I (1 - d^(t+1)) / (1 - d) >= 1
    const expected = Math.ceil(Math.log(1 - (1 - decay) / current) / Math.log(decay)) - 1
    expect(spikeTimes(current, tauMs, 1, 60)[0]).toBe(expected)
  }
})

test("with a fine step the firing rate nears the f-I curve of the continuous neuron", () => {
  const [dtMs, tauMs, current] = [0.01, 20, 0.08]
  const times = spikeTimes(current, tauMs, dtMs, 40_000)
  // Soft reset of du/dt = -u/tau + I from 1 to 0: period = tau ln(I tau / (I tau - 1)).
  const period = tauMs * Math.log((current * tauMs) / (current * tauMs - 1))
  const measured = ((times[times.length - 1] - times[0]) / (times.length - 1)) * dtMs
  expect(measured).toBeCloseTo(period, 1)
})

test("soft reset takes the threshold away, hard reset everything", () => {
  const state = { u: tensor([0.5, 2.5]) }
  const soft = leaky(state, tensor([0.2, 0.5]), { decay: 1 })
  expect(soft[0].u.toList()).toEqual([expect.closeTo(0.7), 2])
  expect(soft[1].toList()).toEqual([0, 1])
  expect(leaky(state, tensor([0.2, 0.5]), { decay: 1, reset: "zero" })[0].u.toList()).toEqual([expect.closeTo(0.7), 0])
})

test("the gradient of one step is the surrogate's, through the reset unless it is detached", () => {
  const at = (current: number, detachReset: boolean, of: 0 | 1): number =>
    grad((i: Tensor) => {
      const [state, s] = leaky({ u: zeros([1]) }, i, { decay: 0.5, surrogate: triangle(), detachReset })
      return (of === 0 ? state.u : s).sum()
    })(tensor([current])).item()
  expect(at(0.7, false, 1)).toBeCloseTo(0.7) // 1 - |0.7 - 1|
  expect(at(0.7, false, 0)).toBeCloseTo(1 - 0.7) // du - ds
  expect(at(0.7, true, 0)).toBeCloseTo(1)
  expect(at(2.5, false, 1)).toBe(0)
})

test("spikes are a spike tensor, also from a compact surrogate and into a product", () => {
  const [, s] = leaky(
    lifState([2, 3]),
    tensor([
      [2, 0, 0],
      [0, 2, 2],
    ]),
    { decay: 0, surrogate: boxcar() },
  )
  expect(s.type.events).toBe(true)
  expect(
    asEvents(s)
      .matmul(
        tensor([
          [1, 2],
          [3, 4],
          [5, 6],
        ]),
      )
      .toList(),
  ).toEqual([
    [1, 2],
    [8, 10],
  ])
})

test("impossible time constants and steps are refused by name", () => {
  expect(() => lif(lifState([1]), tensor([1]), { tauMs: 0 }, 1)).toThrow(/time constant must be above 0 ms, not 0 ms/)
  expect(() => lif(lifState([1]), tensor([1]), { tauMs: 5 }, -1)).toThrow(/time step must be above 0 ms/)
})

test("a later reset is taken after the decay, and is felt one step late", () => {
  const p = { decay: 0.5, threshold: 1, reset: "subtract-later" } as const
  const potentials: number[] = []
  const spikes: number[] = []
  let state = lifState([1])
  for (const current of [1.2, 0.3, 0.9, 0.2]) {
    const [next, s] = leaky(state, tensor([current]), p)
    state = next
    potentials.push(next.u.item())
    spikes.push(s.item())
  }
  // 1.2 fires; 0.6 + 0.3 - 1; -0.05 + 0.9; 0.425 + 0.2
  potentials.forEach((u, i) => {
    expect(u).toBeCloseTo([1.2, -0.1, 0.85, 0.625][i], 6)
  })
  expect(spikes).toEqual([1, 0, 0, 0])
})

test("a trained decay and threshold get their gradients, neuron by neuron", () => {
  const at = (of: 0 | 1, reset: "subtract" | "subtract-later") =>
    grad(([decay, threshold]: [Tensor, Tensor]) => {
      const [state, s] = leaky({ u: tensor([0.4, 0.8]) }, tensor([0.5, 1]), { decay, threshold, reset })
      return (of === 0 ? state.u : s).sum()
    })([tensor([0.5, 0.5]), tensor([1, 1.2])]).map((g) => g.toList())
  // u = [0.7, 1.4], so the triangle's slopes are 1 - |u - threshold| = [0.7, 0.8], times du/ddecay = [0.4, 0.8].
  const near = (values: number[]) => values.map((x) => expect.closeTo(x, 5))
  expect(at(1, "subtract")).toEqual([near([0.28, 0.64]), near([-0.7, -0.8])])
  // v = u - threshold s: dv/dthreshold = -s - threshold ds/dthreshold
  expect(at(0, "subtract")).toEqual([near([0.4 * 0.3, 0.8 * (1 - 1.2 * 0.8)]), near([0.7, -1 + 1.2 * 0.8])])
  // The state of before is below both thresholds by 0.6 and 0.4: u = decayed + I - threshold s(state)
  expect(at(0, "subtract-later")).toEqual([near([0.4, 0.8]), near([0.4, 1.2 * 0.6])])
})
