import { describe, expect, test } from "vitest"
import { hostRandom, key, leafNames, mapTree, scan, type Tensor, tensor } from "../../engine/index.ts"
import { checkGradient } from "../../engine/testing.ts"
import { drawnLines } from "../wiring/branches.ts"
import { ElmNeuron, type ElmOptions, type ElmState, elmNeuron, logSpaced } from "./elm.ts"

/** One line, one branch, one memory unit, one hidden unit; all weights and biases given. */
const tiny = (options: Partial<ElmOptions> = {}): ElmNeuron => {
  const made = elmNeuron({ inputs: 1, memory: 1, hidden: 1, tauMinMs: 10, dtMs: 2, ...options }, key(1))
  return new ElmNeuron({
    ...made,
    fromBranches: tensor([[0.8]]),
    fromMemory: tensor([[0.4]]),
    hiddenBias: tensor([0.1]),
    toMemory: tensor([[0.5]]),
    memoryBias: tensor([-0.05]),
  })
}

const run = (neuron: ElmNeuron, xs: Tensor): Tensor =>
  scan(
    (state: ElmState, x: Tensor) => {
      const next = neuron.step(state, x)
      return [next, next.memory]
    },
    neuron.atRest(xs.shape[1]),
    xs,
  )[1]

const trains = (steps: number, batch: number, lines: number): Tensor =>
  tensor(
    Float32Array.from({ length: steps * batch * lines }, (_, i) => ((i * 7919) % 5 === 0 ? 1 : 0)),
    { shape: [steps, batch, lines] },
  )

describe("a step", () => {
  test("by hand: the network inside sees the memory after its decay", () => {
    const neuron = tiny()
    const [ks, km] = [Math.exp(-2 / 5), Math.exp(-2 / 10)]
    let [s, m] = [0, 0]
    let state = neuron.atRest(1)
    for (const x of [1, 0, 1]) {
      s = ks * s + 0.5 * x
      const u = 0.5 * Math.max(0, 0.8 * s + 0.4 * km * m + 0.1) - 0.05
      m = km * m + 5 * (1 - km) * 1.7159 * Math.tanh((2 / 3) * u)
      state = neuron.step(state, tensor([[x]]))
      expect(state.traces.item()).toBeCloseTo(s, 5)
      expect(state.memory.item()).toBeCloseTo(m, 5)
    }
  })

  test("efficacies are rectified: a synapse below 0 passes nothing", () => {
    const silent = new ElmNeuron({ ...tiny(), synapses: tensor([-0.3]) })
    expect(silent.step(silent.atRest(1), tensor([[1]])).traces.item()).toBe(0)
  })

  test("a linear network inside is one", () => {
    const at = (x: number, activation: "identity" | "relu"): number => {
      const neuron = new ElmNeuron({ ...tiny({ activation }), hiddenBias: tensor([-3]) })
      return neuron.step(neuron.atRest(1), tensor([[x]])).memory.item()
    }
    expect(at(1, "identity")).not.toBeCloseTo(at(0, "identity"), 5)
    expect(at(1, "relu")).toBeCloseTo(at(0, "relu"), 6) // the hidden unit stays below 0
  })

  test("of v2: branches leak as their synapses would, and memory is written by 1 - exp(-dt λ / τ)", () => {
    const options = { inputs: 6, branches: 2, memory: 3, dtMs: 2, tauMaxMs: 40 } as const
    const v1 = elmNeuron(options, key(4))
    const xs = trains(20, 2, 6)
    const v2 = new ElmNeuron({ ...v1, settings: { ...v1.settings, variant: "v2" } })
    let [a, b] = [v1.atRest(2), v2.atRest(2)]
    expect([a.traces.shape, b.traces.shape]).toEqual([
      [2, 6],
      [2, 2],
    ])
    for (let t = 0; t < 20; t++) [a, b] = [v1.step(a, xs.at(t)), v2.step(b, xs.at(t))]
    const sums = a.traces.reshape([2, 2, 3]).sum(2).array()
    b.traces.array().forEach((x, i) => {
      expect(x).toBeCloseTo(sums[i], 5)
    })
    const one = tiny({ variant: "v2", lambda: 3 })
    const u = 0.5 * Math.max(0, 0.8 * 0.5 + 0.1) - 0.05
    expect(one.step(one.atRest(1), tensor([[1]])).memory.item()).toBeCloseTo(
      (1 - Math.exp((-2 * 3) / 10)) * 1.7159 * Math.tanh((2 / 3) * u),
      5,
    )
  })

  test("inputs of another shape are refused", () => {
    const neuron = elmNeuron({ inputs: 4, memory: 2 }, key(1))
    expect(() => neuron.step(neuron.atRest(1), tensor([[1, 0]]))).toThrow(
      /4 input lines: a step takes \[batch, 4\], not f32 \[1, 2\]/,
    )
  })
})

describe("a neuron", () => {
  test("has the parameters that the paper's formula counts", () => {
    const count = (options: ElmOptions): number => {
      let sum = 0
      mapTree(
        (x: Tensor) => {
          sum += x.size
          return x
        },
        elmNeuron(options, key(1)),
      )
      return sum
    }
    // nSyn + H (nBranch + dm) + H + dm H + dm, without the read-out
    const formula = (synapses: number, branches: number, dm: number): number =>
      synapses + 2 * dm * (branches + dm) + 2 * dm + 2 * dm * dm + dm
    expect(count({ inputs: 128, branches: 8, memory: 20 })).toBe(formula(128, 8, 20))
    const routing = drawnLines(1278, 4500, hostRandom(1))
    expect(count({ inputs: 1278, branches: 45, memory: 15, routing })).toBe(formula(4500, 45, 15))
    expect(count({ inputs: 14, memory: 5, trainsTau: true })).toBe(formula(14, 14, 5) + 5)
  })

  test("time constants lie in equal ratios between their ends; one unit has the first", () => {
    expect(logSpaced(3, 1, 100)).toEqual([1, expect.closeTo(10, 10), expect.closeTo(100, 10)])
    expect(logSpaced(1, 1, 100)).toEqual([1])
    const taus = elmNeuron({ inputs: 2, memory: 4, tauMinMs: 2, tauMaxMs: 250, trainsTau: true }, key(1))
      .tauMs()
      .array()
    logSpaced(4, 2, 250).forEach((tau, i) => {
      expect(taus[i] / tau).toBeCloseTo(1, 3)
    })
  })

  test("first weights are uniform within 1 / √fanIn", () => {
    const { fromBranches, fromMemory, toMemory } = elmNeuron({ inputs: 60, memory: 40 }, key(3))
    for (const [x, fanIn] of [
      [fromBranches, 100],
      [fromMemory, 100],
      [toMemory, 80],
    ] as const) {
      const bound = 1 / Math.sqrt(fanIn)
      expect(Math.max(...x.array().map(Math.abs))).toBeLessThanOrEqual(bound)
      expect(Math.sqrt(x.variance().item())).toBeCloseTo(bound / Math.sqrt(3), 2)
    }
  })

  test("all that it is made of gets a gradient that agrees with differences, time constants too", () => {
    const made = mapTree(
      (x: Tensor) => x.cast("f64"),
      elmNeuron({ inputs: 3, memory: 2, tauMaxMs: 30, activation: "silu", trainsTau: true }, key(7)),
    )
    expect(leafNames(made)).toContain("tau.free")
    const xs = trains(6, 2, 3).cast("f64")
    const tau = made.tau as NonNullable<ElmNeuron["tau"]>
    checkGradient(
      (synapses: Tensor, fromBranches: Tensor, fromMemory: Tensor, memoryBias: Tensor, free: Tensor) => {
        const own = { ...tau, free, value: () => free.sigmoid().mul(29).add(1) }
        return run(new ElmNeuron({ ...made, synapses, fromBranches, fromMemory, memoryBias, tau: own }), xs)
          .square()
          .sum()
      },
      [made.synapses, made.fromBranches, made.fromMemory, made.memoryBias, tau.free],
      { relative: 1e-5, absolute: 1e-7 },
    )
  })

  test("times and branches that make no neuron are refused", () => {
    expect(() => elmNeuron({ inputs: 2, memory: 1, tauMinMs: 0 }, key(1))).toThrow(/from 0 ms to 150 ms/)
    expect(() => elmNeuron({ inputs: 2, memory: 1, tauMinMs: 200 }, key(1))).toThrow(/from 200 ms to 150 ms/)
    expect(() => elmNeuron({ inputs: 2, memory: 1, dtMs: 0 }, key(1))).toThrow(/step must be above 0 ms/)
    expect(() => elmNeuron({ inputs: 10, memory: 1, branches: 4 }, key(1))).toThrow(
      /10 input lines .* 4 branches of 2.50 synapses/,
    )
    const routing = drawnLines(10, 7, hostRandom(1))
    expect(() => elmNeuron({ inputs: 10, memory: 1, branches: 2, routing }, key(1))).toThrow(
      /7 synapses do not divide into 2 branches/,
    )
  })
})
