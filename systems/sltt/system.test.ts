import { describe, expect, test } from "vitest"
import { DataSource } from "../../src/data/index.ts"
import { nodeFiles } from "../../src/data/node-files.ts"
import { flatten, jit, key, normal, randomIntegers, tensor, valueAndGrad } from "../../src/engine/index.ts"
import { linear } from "../../src/learn/index.ts"
import { triangle } from "../../src/neuro/index.ts"
import { execute, type RunEvent, resolveParameters } from "../../src/run/index.ts"
import { chosenSteps, gradientCosines, gradientProgram } from "./arms.ts"
import {
  type Batch,
  decayOf,
  lossOverTime,
  readoutLoss,
  type Setting,
  SpikingNetwork,
  slttK,
  spikingNetwork,
} from "./model.ts"
import sltt from "./system.ts"

const settingOf = (steps: number, tau: number): Setting => ({
  steps,
  neuron: { decay: decayOf(tau), surrogate: triangle() },
  loss: { alpha: 0.05, target: "ones" },
})

const network = spikingNetwork([12, 9, 7, 4], key(5))
const batch: Batch = { images: normal(key(1), [6, 12]), labels: randomIntegers(key(2), [6], 0, 4) }

type Matrix = number[][]
const matrix = (rows: number, columns: number): Matrix => Array.from({ length: rows }, () => new Array(columns).fill(0))

/**
 * The specification written out with plain arrays, in double precision: forward pass, then
 * e[t] = g[t] s'(u[t]) + e[t+1] λ (1 - s'(u[t])), without the second term for SLTT; dW = Σ e[t] s_below[t]ᵀ.
 */
function byHand(net: SpikingNetwork, { images, labels }: Batch, steps: number, lambda: number, throughTime: boolean) {
  const layers = [net.input, ...net.hidden, net.readout]
  const weights = layers.map((l) => l.weight.toList() as Matrix)
  const x = images.toList() as Matrix
  const y = labels.toList() as number[]
  const B = x.length
  const sizes = weights.map((w) => w[0].length)
  const L = layers.length - 1
  const v = sizes.slice(0, L).map((n) => matrix(B, n))
  const u: Matrix[][] = []
  const s: Matrix[][] = []
  const g: Matrix[] = []
  let loss = 0
  for (let t = 0; t < steps; t++) {
    u.push([])
    s.push([])
    let below = x
    for (let l = 0; l <= L; l++) {
      const own = matrix(B, sizes[l])
      for (let b = 0; b < B; b++)
        for (let j = 0; j < sizes[l]; j++) {
          for (let i = 0; i < below[b].length; i++) own[b][j] += below[b][i] * weights[l][i][j]
          if (l < L) own[b][j] += lambda * v[l][b][j]
        }
      if (l === L) {
        const error = matrix(B, sizes[L])
        for (let b = 0; b < B; b++) {
          const total = own[b].reduce((a, o) => a + Math.exp(o), 0)
          loss += (0.95 * (Math.log(total) - own[b][y[b]])) / B / steps
          own[b].forEach((o, c) => {
            loss += (0.05 * (o - 1) ** 2) / (B * sizes[L]) / steps
            error[b][c] =
              ((0.95 * (Math.exp(o) / total - (c === y[b] ? 1 : 0))) / B + (0.1 * (o - 1)) / (B * sizes[L])) / steps
          })
        }
        g.push(error)
        break
      }
      const fired = own.map((row) => row.map((p) => (p >= 1 ? 1 : 0)))
      v[l] = own.map((row, b) => row.map((p, j) => p - fired[b][j]))
      u[t].push(own)
      s[t].push(fired)
      below = fired
    }
  }
  const gradients = weights.map((w) => matrix(w.length, w[0].length))
  const later = sizes.slice(0, L).map((n) => matrix(B, n))
  for (let t = steps - 1; t >= 0; t--) {
    let error = g[t]
    for (let l = L; l >= 0; l--) {
      const below = l === 0 ? x : s[t][l - 1]
      for (let b = 0; b < B; b++)
        for (let i = 0; i < below[b].length; i++)
          for (let j = 0; j < sizes[l]; j++) gradients[l][i][j] += below[b][i] * error[b][j]
      if (l === 0) break
      const down = matrix(B, sizes[l - 1])
      for (let b = 0; b < B; b++)
        for (let i = 0; i < sizes[l - 1]; i++) {
          let arriving = 0
          for (let j = 0; j < sizes[l]; j++) arriving += weights[l][i][j] * error[b][j]
          const slope = Math.max(0, 1 - Math.abs(u[t][l - 1][b][i] - 1))
          down[b][i] = arriving * slope + (throughTime ? later[l - 1][b][i] * lambda * (1 - slope) : 0)
        }
      later[l - 1] = down
      error = down
    }
  }
  return { loss, gradients }
}

describe("the mechanism", () => {
  for (const tau of [1.1, 2, 4])
    for (const rule of ["bptt", "sltt"] as const)
      test(`${rule} at tau ${tau}: loss and gradients as the equations say, at once and compiled`, () => {
        const setting = settingOf(5, tau)
        const expected = byHand(network, batch, 5, 1 - 1 / tau, rule === "bptt")
        const gradient = valueAndGrad((n: SpikingNetwork) => lossOverTime(n, batch, setting, rule))
        for (const run of [gradient, jit(gradient)]) {
          const [loss, g] = run(network)
          expect(loss.item()).toBeCloseTo(expected.loss, 5)
          ;[g.input, ...g.hidden, g.readout].forEach((layer, l) => {
            ;(layer.weight.toList() as Matrix).forEach((row, i) => {
              row.forEach((value, j) => {
                expect(value).toBeCloseTo(expected.gradients[l][i][j], 5)
              })
            })
          })
        }
      })

  test("the forward pass of SLTT is that of BPTT to the bit", () => {
    const setting = settingOf(7, 3)
    expect(lossOverTime(network, batch, setting, "sltt").item()).toBe(
      lossOverTime(network, batch, setting, "bptt").item(),
    )
  })

  test("SLTT-K with every step chosen is SLTT; with some, it is the sum of their gradients", () => {
    const setting = settingOf(4, 2)
    const one = jit((chosen: ReturnType<typeof tensor>) => slttK(network, batch, setting, chosen, 4))
    const flat = (x: SpikingNetwork) => flatten(x).leaves.flatMap((leaf) => [...leaf.array()])
    const [, sltt] = jit((n: SpikingNetwork) =>
      valueAndGrad((m: SpikingNetwork) => lossOverTime(m, batch, setting, "sltt"))(n),
    )(network)
    const all = one(tensor([true, true, true, true]))
    expect(all.passes.item()).toBe(4)
    flat(all.gradient).forEach((value, i) => {
      expect(value).toBeCloseTo(flat(sltt)[i], 6)
    })
    const parts = [0, 1, 2, 3].map((t) => one(tensor([0, 1, 2, 3].map((i) => i === t))))
    for (const part of parts) expect(part.passes.item()).toBe(1)
    const summed = flat(parts[0].gradient).map((_, i) => parts.reduce((sum, part) => sum + flat(part.gradient)[i], 0))
    summed.forEach((value, i) => {
      expect(value).toBeCloseTo(flat(sltt)[i], 5)
    })
  })

  test("readout-only learning moves the readout alone", () => {
    const [, g] = valueAndGrad((n: SpikingNetwork) => readoutLoss(n, batch, settingOf(3, 1.1)))(network)
    const size = (layer: { weight: { abs(): { sum(): { item(): number } } } }) => layer.weight.abs().sum().item()
    expect([size(g.input), size(g.hidden[0])]).toEqual([0, 0])
    expect(size(g.readout)).toBeGreaterThan(0)
  })

  test("at tau = 1 nothing is carried over and the two gradients are the same; the more is carried, the more they differ", () => {
    const smallest = (tau: number) =>
      Math.min(...gradientCosines(settingOf(6, tau))(network, batch).map((x) => x.item()))
    expect(smallest(1)).toBeCloseTo(1, 5)
    expect(smallest(1.1)).toBeGreaterThan(smallest(4))
  })

  test("K steps are drawn without replacement, every step equally often", () => {
    const counts = new Array(6).fill(0)
    for (let draw = 0; draw < 600; draw++) {
      const chosen = [...chosenSteps(2, 6, 1, draw).array()]
      expect(chosen.reduce((a, b) => a + b, 0)).toBe(2)
      chosen.forEach((on, t) => {
        counts[t] += on
      })
    }
    for (const count of counts) expect(count).toBeGreaterThan(150)
  })
})

test("memory: SLTT the same for T = 4 to 64, BPTT growing with T; the program no larger", () => {
  const large = spikingNetwork([784, 100, 100, 10], key(1))
  const images: Batch = { images: normal(key(2), [32, 784]), labels: randomIntegers(key(3), [32], 0, 10) }
  const report = (rule: "sltt" | "bptt", steps: number) =>
    gradientProgram(rule, settingOf(steps, 1.1)).program(large, images as never).report
  const sltt = [4, 8, 16, 32, 64].map((T) => report("sltt", T))
  const bptt = [4, 8, 16, 32, 64].map((T) => report("bptt", T))
  for (const { temporaryBytes, codeBytes } of sltt) {
    expect(temporaryBytes / sltt[0].temporaryBytes).toBeLessThan(1.05)
    expect(codeBytes / sltt[0].codeBytes).toBeLessThan(1.01)
  }
  const bytes = bptt.map((r) => r.temporaryBytes)
  for (const i of [2, 3, 4]) expect((bytes[i] - bytes[i - 1]) / (bytes[1] - bytes[0])).toBeCloseTo(2 ** (i - 1), 1)
  expect(bytes[4] - bytes[0]).toBeGreaterThan(60 * 32 * 200 * 4) // a number for each hidden neuron, example and step
})

describe("the system", () => {
  const data = new DataSource(nodeFiles())
  const device = { name: "wasm", threads: 1 }

  test("smoke runs on MNIST or its stand-in, and the same seed measures the same", async () => {
    const measured = []
    for (let i = 0; i < 2; i++) {
      const events: (RunEvent | { type: "result" })[] = []
      for await (const event of execute(sltt, { preset: "smoke", data, device, seed: 3 })) events.push(event)
      measured.push(events.flatMap((e) => (e.type === "metric" && e.timing !== true ? [[e.name, e.value]] : [])))
      expect(events.filter((e) => e.type === "figure").map((e) => (e.type === "figure" ? e.id : ""))).toContain(
        "memory",
      )
    }
    expect(measured[0]).toEqual(measured[1])
    const last = Object.fromEntries(measured[0])
    expect(last["sltt/accuracy"]).toBeGreaterThan(25) // after 15 steps; chance is 10
    expect(last["sltt/cosine"]).toBeGreaterThan(0.99)
  })

  test.each([
    [{ k: 7, steps: 6 }, /K must be in 1\.\.T: K is 7, T is 6/],
    [{ steps: 0 }, /steps/],
    [{ tau: 0.5 }, /tau = 0\.5 steps makes lambda = 1 - 1\/tau = -1\.00 negative/],
    [{ surrogate: "triangel" }, /triangle/],
  ])("bad input %o is refused in one line", (given, message) => {
    expect(() => resolveParameters(sltt, "quick", given)).toThrow(message)
  })

  test("images that do not fit the network are named", () => {
    const small = new SpikingNetwork(linear(5, 4, key(1)), [], linear(4, 2, key(2)))
    expect(() => lossOverTime(small, batch, settingOf(2, 1.1), "sltt")).toThrow(
      /5 inputs and 4 outputs was given f32 \[6, 12\]/,
    )
  })
})
