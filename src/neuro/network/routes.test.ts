import { describe, expect, test } from "vitest"
import { grad, hostRandom, jit, key, scan, type Tensor, tensor, zeros } from "../../engine/index.ts"
import { cobaNetwork } from "../benchmarks/index.ts"
import { leakyIF, leakyIntegrator } from "../neurons/index.ts"
import {
  pairRule,
  rewardRule,
  rewardState,
  rewardStdp,
  tripletRule,
  tripletState,
  tripletStdp,
} from "../plasticity/index.ts"
import { spikeTrains } from "../stimuli.ts"
import { exponentialSynapse, nmdaSynapse, shortTermPlasticity } from "../synapses/index.ts"
import { coba } from "../synapses/outputs.ts"
import { allToAll, connectionPairs, fixedProbability, oneToOne, procedural } from "../wiring/index.ts"
import {
  deltaReceptor,
  fieldPotential,
  type NetworkState,
  network,
  type Plan,
  type ProjectionOptions,
  planNetwork,
  population,
  projection,
  rate,
  receptor,
  release,
  type Simulation,
  simulate,
  startState,
  stepNetwork,
} from "./index.ts"

const dtMs = 0.5
/** Neurons that fire in the step in which a current of 1e5 flows, and only then. */
const driven = { parameters: { tauMs: 10, thresholdMV: 10, resetMV: 0, restMV: 0 } }
const times = [
  [1, 2, 6],
  [2, 9.5],
  [4, 4.5, 5],
]
const kicks = (trains: number[][]) => (tMs: number) =>
  trains.map((own) => (own.some((t) => Math.abs(t - tMs) < 1e-6) ? 1e5 : 0))

/** Three driven neurons that reach neurons which only integrate. */
const toIntegrators = (size: number, options: readonly ProjectionOptions[]) =>
  network({
    populations: {
      source: population(3, leakyIF, driven),
      target: population(size, leakyIntegrator, { parameters: { tauMs: 20 } }),
    },
    projections: options.map((own) => projection("source", "target", own)),
    currents: [{ to: "source", signal: "kicks" }],
  })

/** The potentials of the neurons that integrate. */
async function potentials(size: number, options: readonly ProjectionOptions[], durationMs = 12): Promise<number[]> {
  const net = toIntegrators(size, options)
  const neurons = Array.from({ length: size }, (_, i) => i)
  const { traces } = await simulate(net, {
    durationMs,
    dtMs,
    signals: { kicks: kicks(times) },
    record: { spikes: [], traces: [{ population: "target", variable: "v", neurons }] },
  })
  return [...traces[0].values]
}

const closeTo = (expected: readonly number[], digits = 4) => expected.map((x) => expect.closeTo(x, digits))

describe("everyone", () => {
  const exponential = () => receptor(exponentialSynapse, { tauMs: 5 })
  test("a sum does what kept connections do", async () => {
    const kept = connectionPairs([0, 1, 2].flatMap((i) => [0, 1, 2, 3].map((j) => [i, j] as const)))
    const sums = await potentials(4, [{ wiring: allToAll(), receptor: exponential(), weight: 0.3, delayMs: 1.5 }])
    const lists = await potentials(4, [{ wiring: kept, receptor: exponential(), weight: 0.3, delayMs: 1.5 }])
    expect(sums).toEqual(closeTo(lists))
    expect(Math.max(...sums)).toBeGreaterThan(0.3)
  })

  test("without themselves, and counted", async () => {
    const cells = population(3, leakyIF, driven)
    const build = (wiring: ProjectionOptions["wiring"]) =>
      network({
        populations: { cells },
        projections: [projection("cells", "cells", { wiring, receptor: deltaReceptor(), weight: 1, delayMs: 1 })],
        currents: [{ to: "cells", signal: "kicks" }],
      })
    const pairs = [0, 1, 2].flatMap((i) => [0, 1, 2].filter((j) => j !== i).map((j) => [i, j] as const))
    const record = { traces: [{ population: "cells", variable: "v", neurons: [0, 1, 2] }] }
    const run = (wiring: ProjectionOptions["wiring"]) =>
      simulate(build(wiring), { durationMs: 12, dtMs, signals: { kicks: kicks(times) }, record })
    const [sums, lists] = [await run(allToAll({ self: false })), await run(connectionPairs(pairs))]
    expect(sums.connections).toBe(6)
    expect([...sums.traces[0].values]).toEqual(closeTo([...lists.traces[0].values]))
  })
})

describe("synapses that are not linear", () => {
  const make = () => receptor(nmdaSynapse, { tauRiseMs: 2, tauDecayMs: 100, aPerMs: 0.5 })
  test("have their state at the presynaptic neurons: that of one synapse each", async () => {
    const nmda = make()
    const merged = await potentials(2, [
      {
        wiring: connectionPairs([
          [0, 0],
          [1, 0],
          [2, 1],
        ]),
        receptor: nmda,
        weight: 0.4,
        delayMs: 1,
      },
    ])
    // An oracle that keeps a state for each connection.
    const p = { tauRiseMs: 2, tauDecayMs: 100, aPerMs: 0.5 }
    const v = [0, 0]
    const decay = Math.exp(-dtMs / 20)
    let state = nmdaSynapse.state([3], p)
    const expected: number[] = []
    for (let step = 0; step < 24; step++) {
      const arriving = times.map((own) => (own.some((t) => Math.abs(t + 1 - step * dtMs) < 1e-6) ? 1 : 0))
      const [next, g] = nmdaSynapse(state, tensor(arriving), p, dtMs)
      state = next
      const [a, b, c] = g.array()
      const drive = [0.4 * (a + b), 0.4 * c]
      for (let j = 0; j < 2; j++) {
        v[j] = v[j] * decay + drive[j] * (1 - decay)
        expected.push(v[j])
      }
    }
    expect(merged).toEqual(closeTo(expected))
    expect(Math.max(...merged)).toBeGreaterThan(0.01)
  })

  test("everyone and procedural wiring carry what kept connections carry", async () => {
    const options = (wiring: ProjectionOptions["wiring"]) => [{ wiring, receptor: make(), weight: 0.4, delayMs: 1 }]
    const kept = connectionPairs([0, 1, 2].flatMap((i) => [0, 1, 2, 3].map((j) => [i, j] as const)))
    const expected = await potentials(4, options(kept))
    expect(await potentials(4, options(allToAll()))).toEqual(closeTo(expected))
    expect(await potentials(4, options(procedural(1)))).toEqual(closeTo(expected))
  })
})

test("short-term plasticity: what leaves is what the synapse makes of the spikes", async () => {
  const parameters = { use: 0.4, tauFacilitationMs: 50, tauDepressionMs: 30 }
  const v = await potentials(3, [
    {
      wiring: oneToOne(),
      receptor: deltaReceptor(),
      weight: 2,
      delayMs: 1,
      release: release(shortTermPlasticity, parameters),
    },
  ])
  const expected: number[] = []
  const decay = Math.exp(-dtMs / 20)
  const now = [0, 0, 0]
  let state = shortTermPlasticity.state([3], parameters)
  const left: number[][] = []
  for (let step = 0; step < 24; step++) {
    const spikes = times.map((own) => (own.some((t) => Math.abs(t - step * dtMs) < 1e-6) ? 1 : 0))
    const [next, out] = shortTermPlasticity(state, tensor(spikes), parameters, dtMs)
    state = next
    left.push([...out.array()])
    for (let j = 0; j < 3; j++) {
      now[j] = now[j] * decay + 2 * (left[step - 2]?.[j] ?? 0)
      expected.push(now[j])
    }
  }
  expect(v).toEqual(closeTo(expected))
  expect(new Set(left.flat().filter((x) => x > 0)).size).toBeGreaterThan(4)
})

describe("plasticity of connections", () => {
  const pre = [
    [10, 40, 41, 120],
    [30, 90],
  ]
  const post = [[12, 60, 61, 118], [35, 95.5], [3]]
  const wiring = connectionPairs([
    [0, 0],
    [0, 2],
    [1, 1],
    [1, 0],
  ])

  /** The weights of the four connections, in the order of the wiring's lists, after all spikes. */
  async function learnt(plasticity: ProjectionOptions["plasticity"], signals = {}): Promise<[number[], Simulation]> {
    const net = network({
      populations: { pre: population(2, leakyIF, driven), post: population(3, leakyIF, driven) },
      projections: [
        projection("pre", "post", {
          wiring,
          receptor: receptor(exponentialSynapse, {}, (g, v) => coba(g, v, 0)),
          weight: 0.5,
          delayMs: 2,
          plasticity,
        }),
      ],
      currents: [
        { to: "pre", signal: "pre" },
        { to: "post", signal: "post" },
      ],
    })
    const run = await simulate(net, {
      durationMs: 200,
      dtMs,
      signals: { pre: kicks(pre), post: kicks(post), ...signals },
    })
    const inOrder = [...run.end.state.plastic[0].weights.array()]
    return [inOrder, run]
  }

  // Connections in order of their sources: 0 to 0, 0 to 2, 1 to 1, 1 to 0.
  const ends = [
    [0, 0],
    [0, 2],
    [1, 1],
    [1, 0],
  ]

  test("pairs: the sum of the windows of all pairs, presynaptic spikes after their delay", async () => {
    const p = { tauPreMs: 15, tauPostMs: 30, potentiation: 0.05, depression: 0.03, minimum: -10, maximum: 10 }
    const [weights] = await learnt(pairRule(p))
    const expected = ends.map(([i, j]) => {
      let w = 0.5
      for (const a of pre[i])
        for (const b of post[j]) {
          const d = b - (a + 2)
          if (d > 0) w += p.potentiation * Math.exp(-d / p.tauPreMs)
          if (d < 0) w -= p.depression * Math.exp(d / p.tauPostMs)
        }
      return w
    })
    expect(weights).toEqual(closeTo(expected, 5))
  })

  test("limits hold, and the weight that has changed is the one that acts", async () => {
    const rule = pairRule({ potentiation: 5, depression: 5, minimum: 0.1, maximum: 0.8 })
    const [weights] = await learnt(rule)
    for (const w of weights) expect(w >= 0.1 - 1e-6 && w <= 0.8 + 1e-6).toBe(true)
    expect(weights.some((w) => Math.abs(w - 0.5) > 0.1)).toBe(true)
  })

  /** The weights of the same connections by a rule of dense weights. */
  function densely<S>(start: S, step: (state: S, w: Tensor, a: Tensor, b: Tensor, i: number) => [S, Tensor]): number[] {
    const trains = (times: number[][]) => spikeTrains(times, 200, dtMs)
    const [before, after] = [trains(pre.map((own) => own.map((t) => t + 2))), trains(post)]
    let [state, w] = [start, zeros([2, 3]).add(0.5)]
    for (let i = 0; i < 400; i++)
      [state, w] = step(state, w, before.slice(0, i, i + 1).reshape([2]), after.slice(0, i, i + 1).reshape([3]), i)
    const rows = w.toList() as number[][]
    return ends.map(([i, j]) => rows[i][j])
  }

  test("triplets are those of dense weights", async () => {
    const [weights] = await learnt(tripletRule({ a2Plus: 0.06, a3Plus: 0.09, a2Minus: 0.03, a3Minus: 0.02 }))
    const p = { a2Plus: 0.06, a3Plus: 0.09, a2Minus: 0.03, a3Minus: 0.02 }
    const expected = densely(tripletState(2, 3), (state, w, a, b) => tripletStdp(state, w, a, b, p, dtMs))
    expect(weights).toEqual(closeTo(expected, 5))
    expect(weights[0]).toBeGreaterThan(0.52)
  })

  test("reward waits, as with dense weights", async () => {
    const dopamine = (t: number) => (t === 150 ? 0.01 : 0)
    const p = { potentiation: 0.5, depression: 0.3 }
    const [weights] = await learnt(rewardRule("dopamine", p), { dopamine })
    const expected = densely(rewardState(2, 3), (state, w, a, b, i) =>
      rewardStdp(state, w, a, b, dopamine(i * dtMs), p, dtMs),
    )
    expect(weights).toEqual(closeTo(expected, 5))
    expect(weights[0]).toBeGreaterThan(0.51)
    await expect(learnt(rewardRule("dopamine"))).rejects.toThrow(/rewardRule: there is no signal "dopamine"/)
  })
})

describe("procedural wiring", () => {
  const build = (kept: boolean) => {
    const net = cobaNetwork({ scale: 0.1, wiring: (p) => procedural(p, { kept }) })
    const projections = net.projections.map((own) => ({ ...own, delayMs: own.from === "I" ? 0.3 : 0.1 }))
    return network({ ...net, projections })
  }
  test("the raster of the same connections, kept", async () => {
    const probes = { rate: rate("E"), field: fieldPotential("E") }
    const record = { spikes: true, probes, everyMs: 5 } as const
    const [drawn, kept] = [
      await simulate(build(false), { durationMs: 50, record }),
      await simulate(build(true), { durationMs: 50, record }),
    ]
    expect(drawn.spikes.E.timesMs.length).toBeGreaterThan(100)
    expect([...drawn.spikes.E.neurons]).toEqual([...kept.spikes.E.neurons])
    expect([...drawn.spikes.I.timesMs]).toEqual([...kept.spikes.I.timesMs])
    expect(Math.abs(drawn.connections / kept.connections - 1)).toBeLessThan(0.03)
    // Probes over the same run: rates are spikes counted.
    const { timesMs, values } = drawn.probes.rate
    expect([...timesMs]).toEqual(closeTo([5, 10, 15, 20, 25, 30, 35, 40, 45, 50]))
    const mean = values.reduce((a, b) => a + b) / values.length
    expect(mean).toBeCloseTo(drawn.spikes.E.timesMs.length / 320 / 0.05, 1)
    expect(drawn.probes.field.values.every((x) => x > 0)).toBe(true)
  })

  test("only the last while is kept when that is asked", async () => {
    const whole = await simulate(build(true), { durationMs: 50, stretchMs: 10 })
    const end = await simulate(build(true), { durationMs: 50, stretchMs: 10, record: { spikes: true, lastMs: 20 } })
    const expected = [...whole.spikes.E.timesMs].filter((t) => t >= 30)
    expect([...end.spikes.E.timesMs]).toEqual(expected)
  })
})

test("the gradient of a simulation reaches its weights", () => {
  const steps = 30
  const net = toIntegrators(2, [
    {
      wiring: fixedProbability(1),
      receptor: receptor(exponentialSynapse, { tauMs: 5 }, (g, v) => coba(g, v, 40)),
      weight: [0.1, 0.2, 0.3, 0.1, 0.4, 0.2],
      delayMs: [1, 1.5, 2, 1, 0.5, 0.5],
    },
  ])
  const plan = planNetwork(net, dtMs, 0)
  const inputs = tensor(Array.from({ length: steps }, (_, t) => kicks(times)(t * dtMs)))
  const mean = (weights: Tensor): Tensor => {
    const own: Plan = { ...plan, scatters: plan.scatters.map((s) => ({ ...s, weights })) }
    const [, v] = scan(
      (state: NetworkState, x: Tensor) => {
        const [next] = stepNetwork(own, state, { kicks: x }, key(0))
        return [next, next.populations.target.v]
      },
      startState(own, hostRandom(0)),
      inputs,
    )
    return v.mean()
  }
  const { weights } = plan.scatters[0]
  const g = jit(grad(mean))(weights).array()
  const w = [...weights.array()]
  w.forEach((_, i) => {
    const at = (h: number) => mean(tensor(w.map((x, k) => (k === i ? x + h : x)))).item()
    expect(g[i]).toBeCloseTo((at(0.05) - at(-0.05)) / 0.1, 2)
  })
  expect(Math.min(...g)).toBeGreaterThan(0.1)
})

describe("errors", () => {
  const nmda = receptor(nmdaSynapse)
  test.each<[string, ProjectionOptions, RegExp]>([
    [
      "delays of many lengths where one state is shared",
      { wiring: oneToOne(), receptor: nmda, delayMs: { from: 1, to: 2 } },
      /projection from source to target: its connections \(nmdaSynapse, oneToOne\) share what they keep, so that they have one delay/,
    ],
    [
      "weights of connections that are not kept",
      { wiring: procedural(0.5), receptor: deltaReceptor(), weight: { from: 1, to: 2 } },
      /procedural keeps nothing, so that all its connections have one weight/,
    ],
    ["a probability", { wiring: connectionPairs([]), receptor: nmda, delayMs: 0.1 }, /a delay of 0.1 ms is shorter/],
    [
      "a negative conductance",
      { wiring: oneToOne(), receptor: receptor(exponentialSynapse, {}, (g, v) => coba(g, v, 0)), weight: -1 },
      /a conductance is at least 0, not -1/,
    ],
    [
      "plasticity of what is not kept",
      { wiring: procedural(0.5), receptor: deltaReceptor(), plasticity: pairRule() },
      /plastic connections need a linear receptor and wiring that is kept/,
    ],
  ])("%s", async (_, options, message) => {
    await expect(potentials(3, [options])).rejects.toThrow(message)
  })
  test("probability", () => {
    expect(() => procedural(1.2)).toThrow(/procedural: a probability is between 0 and 1, not 1.2/)
  })
})
