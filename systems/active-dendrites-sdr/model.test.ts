import { describe, expect, test } from "vitest"
import { hostRandom, useDevice } from "../../src/engine/index.ts"
import type { CheckpointState } from "../../src/run/index.ts"
import { codeOverlaps, codeSetting, codesOf } from "./codes.ts"
import { overlapOf, Pattern, Segments } from "./model.ts"
import { type NeuronResult, recogniseWith } from "./neuron.ts"
import {
  noisyActivities,
  randomActivities,
  type Simulation,
  shareBelow,
  shareFrom,
  run as simulate,
  type Tally,
  unionActivities,
  unionExtras,
} from "./simulations.ts"
import {
  falseNegative,
  falsePositive,
  medianFalsePositive,
  neuronFalsePositive,
  unionFalsePositive,
  unionSynapses,
  withReplacement,
} from "./theory.ts"

describe("theory", () => {
  const within = (value: number, expected: number, share = 0.02) =>
    expect(Math.abs(value / expected - 1)).toBeLessThan(share)

  test("the paper's worked examples", () => {
    const setting = { n: 10_000, a: 300, s: 30, theta: 12 }
    within(falsePositive(setting), 2.28e-11)
    within(falseNegative(setting, 60), 3.95e-8)
    within(neuronFalsePositive({ ...setting, theta: 15, patterns: 1e6, noise: 0 }), 1.05e-9)
    within(falsePositive({ n: 4000, a: 128, s: 24, theta: 12 }), 1.34e-12)
    within(falsePositive({ n: 4000, a: 2000, s: 24, theta: 12 }), 0.581)
    within(unionSynapses({ n: 20_000, s: 25 }, 10), 248.6)
    within(unionFalsePositive({ n: 20_000, a: 100, s: 25, theta: 15 }, 10), 1.735e-12, 1e-3)
  })

  test("with half of the cells active, more cells do not help", () => {
    const rate = (n: number) => falsePositive({ n, a: n / 2, s: 24, theta: 12 })
    expect(rate(40_000)).toBeCloseTo(rate(4000), 3)
  })

  test("a segment is certain where it cannot be otherwise", () => {
    const setting = { n: 100, a: 20, s: 10, theta: 6 }
    expect(falseNegative(setting, 4)).toBe(0) // as many lost as it can spare
    expect(falseNegative(setting, 5)).toBeGreaterThan(0)
    expect(falseNegative(setting, 20)).toBe(1)
    expect(falsePositive({ ...setting, n: 20 })).toBe(1)
  })

  test("the median over the grid, at the thresholds that matter", () => {
    within(medianFalsePositive(8), 4.8e-8)
    within(medianFalsePositive(9), 2.0e-9, 0.03)
    within(medianFalsePositive(10), 7.4e-11)
    within(medianFalsePositive(20), 4.1e-28)
  })
})

describe("the model", () => {
  test("four overlaps at once are those of sets", () => {
    const random = hostRandom(9)
    const segments = new Segments(60)
    const sets: Set<number>[] = []
    for (let lane = 0; lane < 4; lane++) {
      const synapses = random.permutation(60).subarray(0, 5 + 11 * lane)
      segments.grow(lane, synapses, synapses.length)
      segments.grow(lane, synapses, 2) // a synapse where there is one adds nothing
      sets.push(new Set(synapses))
      expect(segments.synapses(lane)).toBe(synapses.length)
    }
    const cells = random.permutation(60)
    const active = [...cells.subarray(7, 40)]
    const sum = segments.match(cells, 7, 40)
    sets.forEach((set, lane) => {
      expect(overlapOf(lane, sum)).toBe(active.filter((cell) => set.has(cell)).length)
    })
  })

  test("an overlap of 255 fits its lane", () => {
    const all = Int32Array.from({ length: 255 }, (_, i) => i)
    const segments = new Segments(255)
    for (let lane = 0; lane < 4; lane++) segments.grow(lane, all, 255 - lane)
    const sum = segments.match(all, 0, 255)
    expect([0, 1, 2, 3].map((lane) => overlapOf(lane, sum))).toEqual([255, 254, 253, 252])
  })

  test("noise swaps exactly v active cells for inactive ones", () => {
    const random = hostRandom(2)
    const cells = random.permutation(50)
    const before = new Set(cells.subarray(0, 12))
    const pattern = new Pattern(cells, 12)
    pattern.corrupt(5, random)
    const after = [...pattern.active.items.subarray(5), ...pattern.inactive.items.subarray(0, 5)]
    expect(new Set(after).size).toBe(12)
    expect(after.filter((cell) => before.has(cell)).length).toBe(7)
  })
})

async function tallyOf(simulation: Simulation, seed = 5, saved?: CheckpointState) {
  const checkpoints: CheckpointState[] = []
  const meter = { done: 0, total: 1 }
  const running = simulate(simulation, hostRandom(seed), meter, new AbortController().signal, saved)
  for (;;) {
    const step = await running.next()
    if (step.done === true) return { tally: step.value, checkpoints }
    if (step.value.type === "checkpoint") checkpoints.push(step.value.state)
  }
}

describe("simulations agree with the equations", () => {
  /** How far a simulated share is from a probability, in standard errors. */
  const off = (share: number, p: number, { trials }: Tally) => (share - p) / Math.sqrt((p * (1 - p)) / trials)

  test("false positives, at every threshold; and drawing with replacement is not the same", async () => {
    const setting = { n: 60, a: 20, s: 12, theta: 8 }
    const { tally } = await tallyOf(randomActivities(setting, 1, 400_000))
    for (const theta of [1, 2, 4, 6, 8, 9]) {
      const share = shareFrom(tally, theta, setting.s)
      expect(Math.abs(off(share, falsePositive({ ...setting, theta }), tally))).toBeLessThan(4)
      if (theta === 8) expect(off(share, withReplacement.falsePositive(setting), tally)).toBeLessThan(-8)
    }
  })

  test("false negatives, at every threshold", async () => {
    const sizes = { n: 300, a: 30, s: 15 }
    const { tally } = await tallyOf(noisyActivities(sizes, 12, 1, 200_000))
    for (const theta of [7, 8, 9, 10, 12])
      expect(Math.abs(off(shareBelow(tally, theta), falseNegative({ ...sizes, theta }, 12), tally))).toBeLessThan(4)
  })

  test("unions, with the synapses of Eq 13, and no stored pattern missed", async () => {
    const setting = { n: 400, a: 20, s: 10, theta: 6 }
    const { tally } = await tallyOf(unionActivities(setting, 8, 1, 200_000))
    const extra = (name: keyof typeof unionExtras) => tally.counts[setting.a + unionExtras[name]]
    expect(extra("synapses") / extra("segments") / unionSynapses(setting, 8)).toBeCloseTo(1, 2)
    const share = shareFrom(tally, setting.theta, setting.a)
    expect(share / unionFalsePositive(setting, 8)).toBeGreaterThan(0.93)
    expect(share / unionFalsePositive(setting, 8)).toBeLessThan(1.07)
    expect([extra("missed"), extra("missedWorn")]).toEqual([0, 0])
  })

  test("a simulation goes on from its checkpoints to the same tally", async () => {
    const simulation = randomActivities({ n: 40, a: 4, s: 3 }, 1, 2_500_000)
    const whole = await tallyOf(simulation)
    expect(whole.checkpoints.length).toBe(2)
    expect(whole.tally.trials).toBe(2_500_000)
    expect(whole.tally.counts.reduce((a, b) => a + b, 0)).toBe(2_500_000)
    for (const state of whole.checkpoints)
      expect((await tallyOf(simulation, 5, JSON.parse(JSON.stringify(state)))).tally).toEqual(whole.tally)
    expect((await tallyOf(simulation, 6)).tally).not.toEqual(whole.tally)
  })
})

describe("the neuron", () => {
  const finish = (work: Generator<number, NeuronResult, void>): NeuronResult => {
    for (;;) {
      const step = work.next()
      if (step.done === true) return step.value
    }
  }
  const setting = { n: 300, a: 20, s: 10, theta: 6, noise: 0.3, patterns: 12 }
  const neuron = (more: Partial<typeof setting> = {}, seed = 4) =>
    finish(recogniseWith({ ...setting, ...more }, { stored: 600, random: 3000 }, hostRandom(seed)))

  test("segments recognise as the equations say; a point neuron misses 1 % and fires far more", () => {
    const { segments, sum, or } = neuron()
    expect(segments.falseFire).toBeLessThan(0.02)
    expect(Math.abs(segments.miss - falseNegative(setting, 6))).toBeLessThan(0.02)
    for (const point of [sum, or]) {
      expect(point.miss).toBeLessThanOrEqual(0.01)
      expect(point.falseFire).toBeGreaterThan(0.1)
    }
    for (const { storedScores, randomScores } of [segments, sum, or]) {
      expect(storedScores.reduce((total, [, count]) => total + count, 0)).toBe(600)
      expect(randomScores.reduce((total, [, count]) => total + count, 0)).toBe(3000)
    }
  })

  test("without noise every overlap with its own segment is whole", () => {
    const { segments } = neuron({ noise: 0 })
    expect(segments.miss).toBe(0)
    expect(segments.storedScores).toEqual([[10, 600]])
  })

  test("the same on the reference device, and for the same seed", () => {
    const here = neuron()
    expect(neuron()).toEqual(here)
    expect(neuron({}, 5)).not.toEqual(here)
    useDevice("reference")
    try {
      expect(neuron()).toEqual(here)
    } finally {
      useDevice("wasm")
    }
  })
})

test("codes of images: the units driven most above their mean, and correlated codes overlap more", () => {
  const random = hostRandom(8)
  const [count, side] = [80, 28]
  const prototypes = [0, 1].map(() => Float32Array.from({ length: side * side }, () => random.integer(200)))
  const labels = Array.from({ length: count }, (_, i) => i % 2)
  const pixels = Uint8Array.from({ length: count * side * side }, (_, i) => {
    const image = Math.floor(i / (side * side))
    return prototypes[image % 2][i % (side * side)] + random.integer(50)
  })
  const codes = codesOf({ dtype: "u8", shape: [count, side, side], data: pixels }, hostRandom(1))
  expect(codes.length).toBe(count * codeSetting.a)
  for (let image = 0; image < count; image++) {
    const code = new Set(codes.subarray(image * codeSetting.a, (image + 1) * codeSetting.a))
    expect(code.size).toBe(codeSetting.a)
    expect(Math.max(...code)).toBeLessThan(codeSetting.n)
  }
  const { same, other } = codeOverlaps(codes, labels, 40, hostRandom(2))
  const mean = (counts: number[]) =>
    counts.reduce((sum, n, overlap) => sum + n * overlap, 0) / counts.reduce((a, b) => a + b, 0)
  expect(mean(same)).toBeGreaterThan(5 * mean(other))
  expect([...same, ...other].reduce((a, b) => a + b, 0)).toBe(40 * (count - 1))
})
