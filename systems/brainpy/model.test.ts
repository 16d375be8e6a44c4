import { describe, expect, test } from "vitest"
import { grad, hostRandom, jit, key, keys, type Tensor, tensor, valueAndGrad, zeros } from "../../src/engine/index.ts"
import {
  Classifier,
  classifier,
  classifierLoss,
  classifierSetting,
  classify,
  frozenInput,
  latencies,
  memoryCells,
  memoryLoss,
  remember,
  type WorkingMemory,
  withoutMemory,
  workingMemory,
} from "./model.ts"
import { directionSpikes, directions, drawTrials, inputs, phases, testFromMs, trialMs } from "./task.ts"

describe("classifier", () => {
  test("bright pixels fire early, faint ones late or never", () => {
    const images = { dtype: "u8" as const, shape: [1, 1, 5], data: Uint8Array.of(255, 128, 60, 52, 40) }
    const { data, shape } = latencies(images, classifierSetting)
    expect(shape).toEqual([1, 5])
    const [white, grey, faint, fainter, dark] = data
    // floor(8 ln(1 / 0.8)), and floor(8 ln(x / (x - 0.2))) at x = 128 / 255.
    expect(white).toBe(1)
    expect(grey).toBe(4)
    expect(faint).toBeGreaterThan(grey)
    // 52 / 255 lies so near 0.2 that its time is beyond the last step only with fewer steps.
    expect(fainter).toBe(31)
    expect(latencies(images, { ...classifierSetting, steps: 30 }).data[3]).toBe(-1)
    expect(dark).toBe(-1)
  })

  // Fewer pixels than of an image, so that each must weigh more.
  const small = classifier(key(3), { pixels: 30, hidden: 12, classes: 4 })
  const net = new Classifier(small.input.mul(4), small.readout)
  const random = hostRandom(5)
  const times = tensor(
    Int32Array.from({ length: 8 * 30 }, () => random.integer(40) - 10),
    { shape: [8, 30] },
  )
  const labels = tensor(Int32Array.from({ length: 8 }, (_, i) => i % 4))

  test("does what plain loops do", () => {
    const { logits, counts } = jit((n: Classifier, t: Tensor) => classify(n, t, classifierSetting))(net, times)
    const [wIn, wOut, when] = [net.input.array(), net.readout.array(), times.array()]
    const fired = new Float64Array(12)
    const [leak10, leak5] = [Math.exp(-1 / 10), Math.exp(-1 / 5)]
    for (let b = 0; b < 8; b++) {
      const [g, v] = [new Float64Array(12), new Float64Array(12)]
      const [d, u, best] = [new Float64Array(4), new Float64Array(4), new Float64Array(4).fill(-1e9)]
      for (let t = 0; t < 40; t++) {
        for (let c = 0; c < 4; c++) d[c] *= leak10
        for (let j = 0; j < 12; j++) {
          g[j] *= leak10
          for (let i = 0; i < 30; i++) if (when[b * 30 + i] === t) g[j] += wIn[i * 12 + j]
          v[j] = g[j] + (v[j] - g[j]) * leak10
          if (v[j] < 1) continue
          v[j] -= 1
          fired[j]++
          for (let c = 0; c < 4; c++) d[c] += wOut[j * 4 + c]
        }
        for (let c = 0; c < 4; c++) {
          u[c] = d[c] + (u[c] - d[c]) * leak5
          best[c] = Math.max(best[c], u[c])
        }
      }
      best.forEach((x, c) => {
        expect(logits.array()[b * 4 + c]).toBeCloseTo(x, 4)
      })
    }
    expect([...counts.array()]).toEqual([...fired])
    expect(fired.some((n) => n > 0)).toBe(true)
  })

  test("learns through its spikes; with its input weights frozen nothing reaches them", () => {
    const gradientOf = (change: (n: Classifier) => Classifier) =>
      jit((n: Classifier) =>
        valueAndGrad((m: Classifier) => classifierLoss(change(m), times, labels, classifierSetting))(n),
      )(net)
    const [loss, gradient] = gradientOf((n) => n)
    const [same, frozen] = gradientOf(frozenInput)
    expect(same.item()).toBe(loss.item())
    const size = (x: Tensor): number => x.abs().sum().item()
    expect(size(gradient.input)).toBeGreaterThan(0)
    expect(size(frozen.input)).toBe(0)
    expect(size(frozen.readout)).toBeCloseTo(size(gradient.readout), 4)
    // Steps against the gradient lower the loss.
    const moved = {
      input: net.input.sub(gradient.input.mul(0.05)),
      readout: net.readout.sub(gradient.readout.mul(0.05)),
    } as Classifier
    expect(classifierLoss(moved, times, labels, classifierSetting).item()).toBeLessThan(loss.item())
  })

  test("an error comes back through time", () => {
    const nudge = zeros([40, 8, 12])
    const back = jit((n: Classifier) =>
      grad((x: Tensor) => classifierLoss(n, times, labels, classifierSetting, x))(nudge),
    )(net)
    const early = back.slice(0, 0, 20).abs().sum().item()
    expect(early).toBeGreaterThan(0)
  })
})

describe("the task", () => {
  test("half of the trials match, and what is shown is in its place", () => {
    const { shown, matches } = drawTrials(200, hostRandom(2))
    const [s, m] = [shown.array(), matches.array()]
    const at = (t: number, b: number): number => s[t * 200 + b]
    const sampleMs = phases.fixation
    for (let b = 0; b < 200; b++) {
      for (const t of [0, sampleMs - 1, sampleMs + phases.sample, testFromMs - 1]) expect(at(t, b)).toBe(-1)
      expect(at(sampleMs, b)).toBe(at(sampleMs + phases.sample - 1, b))
      expect(at(testFromMs, b)).toBe(at(trialMs - 1, b))
      expect(at(sampleMs, b)).toBeGreaterThanOrEqual(0)
      expect(at(testFromMs, b)).toBeLessThan(directions)
      expect(at(sampleMs, b) === at(testFromMs, b)).toBe(m[b] === 1)
    }
    const share = [...m].reduce((a, b) => a + b, 0) / 200
    expect(Math.abs(share - 0.5)).toBeLessThan(0.15)
  })

  test("inputs fire most for the direction they like, and hardly when nothing is shown", () => {
    const shown = tensor(Int32Array.from({ length: 20_000 }, (_, i) => (i % 2 === 0 ? 2 : -1)))
    const spikes = directionSpikes(key(4), shown).array()
    const rateOf = (input: number, parity: number): number => {
      let count = 0
      for (let b = parity; b < 20_000; b += 2) count += spikes[b * inputs + input]
      return (1000 * count) / 10_000
    }
    // Direction 2 of 8 is that of input 6 of 24; input 18 likes the opposite one: 40 exp(-4) + 1 Hz.
    expect(Math.abs(rateOf(6, 0) - 41)).toBeLessThan(8)
    expect(rateOf(18, 0)).toBeLessThan(4)
    expect(rateOf(6, 1)).toBeLessThan(2)
  })
})

describe("working memory", () => {
  const cells = memoryCells(key(1))
  const net = workingMemory(key(2), cells)
  const { shown, matches } = drawTrials(4, hostRandom(3))
  const stepKeys = keys(key(5), trialMs)

  test("what was shown remains in the slow currents, and without them nothing does", () => {
    const slowOf = (own: typeof cells) =>
      jit((n: WorkingMemory, s: Tensor, k: Tensor) => remember(n, own, s, k).slowCurrent)(net, shown, stepKeys)
    const slow = slowOf(cells).mean(1).array()
    expect(slow[phases.fixation - 10]).toBeGreaterThan(-0.05)
    expect(slow[phases.fixation + phases.sample]).toBeLessThan(-0.3)
    // A second later a good part is still there.
    expect(slow[testFromMs - 1] / slow[phases.fixation + phases.sample]).toBeGreaterThan(0.3)
    expect(slowOf(withoutMemory(cells)).abs().max().item()).toBe(0)
  })

  test("its loss has a gradient in all weights, and recurrent ones keep their sign", () => {
    const [[loss], gradient] = jit((n: WorkingMemory) =>
      valueAndGrad((m: WorkingMemory) => memoryLoss(m, cells, shown, stepKeys, matches))(n),
    )(net)
    expect(loss.item()).toBeGreaterThan(0.5)
    for (const g of [gradient.input, gradient.recurrent, gradient.readout]) {
      const size = g.abs().sum().item()
      expect(Number.isFinite(size) && size > 0).toBe(true)
    }
    // Turning the sign of what is learned changes nothing: only its size counts.
    const turned = { ...net, recurrent: net.recurrent.neg() } as WorkingMemory
    expect(memoryLoss(turned, cells, shown, stepKeys, matches)[0].item()).toBeCloseTo(loss.item(), 4)
  })
})
