import { expect, test } from "vitest"
import { jit, key, range, scan, type Tensor, tensor } from "../engine/index.ts"
import { poisson } from "./encoders.ts"
import { poissonCounts, spikeSource, spikeSourceStep, spikeTrains, stepKey, stretches } from "./stimuli.ts"

const many = 50_000

test.each([0.3, 1.6, 12, 100])(
  "counts of mean %f have the mean, variance and shape of Poisson's distribution",
  (mean) => {
    const counts = poissonCounts(key(7), mean * 10_000, 0.1, [many])
    const error = Math.sqrt(mean / many)
    expect(Math.abs(counts.mean().item() - mean)).toBeLessThan(5 * error)
    expect(counts.variance().item() / mean).toBeCloseTo(1, 1)
    const list = counts.array() as Float32Array
    expect(list.every((x) => x >= 0 && Number.isInteger(x))).toBe(true)
    if (mean > 20) return
    let p = Math.exp(-mean)
    for (let k = 0; k < 4 * mean + 4; p *= mean / ++k) {
      const share = list.reduce((n, x) => n + (x === k ? 1 : 0), 0) / many
      expect(Math.abs(share - p)).toBeLessThan(5 * Math.sqrt(p / many) + 1e-6)
    }
  },
)

test("each element has its own rate where they are a tensor", () => {
  const rates = tensor([0, 2_000, 16_000, 50_000])
  for (const mostHz of [16_000, 1_000_000]) {
    const means = poissonCounts(key(9), rates, 0.1, [20_000, 4], mostHz).mean(0).toList() as number[]
    // What is above the greatest rate counts as it.
    ;[0, 0.2, 1.6, mostHz === 16_000 ? 1.6 : 5].forEach((mean, i) => {
      expect(Math.abs(means[i] - mean)).toBeLessThan(mostHz === 16_000 ? 0.04 : 0.1)
    })
  }
  expect(() => poissonCounts(key(1), rates, 0.1, [4])).toThrow(/need the greatest/)
  expect(() => poissonCounts(key(1), tensor([1, -2]), 0.1, [2], 5)).toThrow(/at least 0 Hz, not -2 Hz/)
})

test("a rate of 0 gives no spikes, a negative one is refused", () => {
  expect(poissonCounts(key(1), 0, 0.1, [1000]).sum().item()).toBe(0)
  expect(() => poissonCounts(key(1), -3, 0.1, [1])).toThrow(/rate must be at least 0 Hz, not -3 Hz/)
  expect(() => poissonCounts(key(1), 3, 0, [1])).toThrow(/time step must be above 0 ms/)
})

test("the key of a step depends on the step alone: inside a scan and outside, in any order", () => {
  const run = jit(
    (seed: Tensor, steps: Tensor) => scan((_: Tensor, t: Tensor) => [_, stepKey(seed, t)], tensor([0]), steps)[1],
  )
  const forward = run(key(3), range(50)).toList() as number[][]
  const backward = run(key(3), range(50).flip(0)).toList() as number[][]
  expect([...backward].reverse()).toEqual(forward)
  expect(stepKey(key(3), 17).toList()).toEqual(forward[17])
  expect(new Set(forward.flat()).size).toBe(100)
  expect(run(key(4), range(50)).toList()).not.toEqual(forward)
})

test("Poisson spikes of a run: their rate, and no memory from step to step", () => {
  const seed = key(2)
  const rates = tensor([5, 50, 400]).reshape([3, 1]).broadcastTo([3, 200])
  const [, s] = jit(() =>
    scan((_: Tensor, t: Tensor) => [_, poisson(stepKey(seed, t), rates, 1)], tensor([0]), range(2000)),
  )()
  const measured = s.mean([0, 2]).toList() as number[]
  expect(measured).toEqual(
    [0.005, 0.05, 0.4].map((p) => expect.closeTo(p < 0.1 ? 1 - Math.exp(-p) : 1 - Math.exp(-0.4), 2)),
  )
  const fast = s.at(2, 1)
  const together = fast
    .slice(0, 0, 1999)
    .mul(fast.slice(0, 1, 2000))
    .mean()
    .item()
  expect(together).toBeCloseTo(measured[2] ** 2, 2)
})

test("steps and ramps of a current, one value a step, without rounding that adds up", () => {
  const parts = [
    { durationMs: 2, from: 0 },
    { durationMs: 2, from: 1, to: 3 },
    { durationMs: 1, from: -1 },
  ]
  expect(stretches(parts, 0.5).toList()).toEqual([0, 0, 0, 0, 1, 1.5, 2, 2.5, -1, -1])
  expect(stretches(Array(10).fill({ durationMs: 0.25, from: 1 }), 0.1).shape).toEqual([25])
  expect(stretches([], 1).shape).toEqual([0])
  expect(() => stretches([{ durationMs: -1, from: 0 }], 1)).toThrow(/duration must be at least 0 ms, not -1 ms/)
})

test("spike trains given as times: rows of spikes, and a source that gives the same row by row", () => {
  const times = [[0, 0.3, 0.31, 5.1], [], [2.9, 0.7]]
  const rows = spikeTrains(times, 4, 0.1)
  expect(rows.shape).toEqual([40, 3])
  expect(rows.type.events).toBe(true)
  const when = (neuron: number): number[] => [...rows.at(neuron, 1).array()].flatMap((s, t) => (s === 1 ? [t] : []))
  expect([when(0), when(1), when(2)]).toEqual([[0, 3], [], [7, 29]])
  const [last, scanned] = jit(() =>
    scan(
      (source: ReturnType<typeof spikeSource>, t: Tensor) => spikeSourceStep(source, t),
      spikeSource(times, 0.1),
      range(40),
    ),
  )()
  expect(scanned.toList()).toEqual(rows.toList())
  expect(spikeSourceStep(last, 51)[1].toList()).toEqual([1, 0, 0])
  expect(() => spikeTrains([[1], [-2]], 4, 0.1)).toThrow(/neuron 1 cannot fire at -2 ms/)
})
