import { describe, expect, test } from "vitest"
import { scan, type Tensor, tensor, zeros } from "../../engine/index.ts"
import { checkGradient } from "../../engine/testing.ts"
import { spikeTrains } from "../stimuli.ts"
import {
  rewardState,
  rewardStdp,
  type StdpParameters,
  spikeTrace,
  stdp,
  stdpState,
  type TripletParameters,
  tripletState,
  tripletStdp,
  visualCortexTriplets,
} from "./index.ts"

const dtMs = 0.5
const free = { minimum: -1e3, maximum: 1e3 }

/** The weights after spike trains given as times. */
function learn(pre: number[][], post: number[][], p: StdpParameters, durationMs = 400): Tensor {
  const [[, weight]] = scan(
    ([state, w]: [ReturnType<typeof stdpState>, Tensor], s: { pre: Tensor; post: Tensor }) => [
      stdp(state, w, s.pre, s.post, p, dtMs),
      undefined,
    ],
    [stdpState(pre.length, post.length), zeros([pre.length, post.length])],
    { pre: spikeTrains(pre, durationMs, dtMs), post: spikeTrains(post, durationMs, dtMs) },
  )
  return weight
}

function learnTriplets(pre: number[], post: number[], p: TripletParameters, durationMs: number): number {
  const f64 = (times: number[]) => spikeTrains([times], durationMs, dtMs).cast("f64")
  const [[, weight]] = scan(
    ([state, w]: [ReturnType<typeof tripletState>, Tensor], s: { pre: Tensor; post: Tensor }) => [
      tripletStdp(state, w, s.pre, s.post, { ...free, ...p }, dtMs),
      undefined,
    ],
    [tripletState(1, 1, "f64"), zeros([1, 1], "f64")],
    { pre: f64(pre), post: f64(post) },
  )
  return weight.item()
}

test("traces: all spikes add up, or only the last counts", () => {
  const d = Math.exp(-dtMs / 10)
  const after = (pairing: "all" | "nearest") =>
    spikeTrace(tensor([0.5, 0.5]), tensor([1, 0]), 10, dtMs, pairing).toList()
  expect(after("all")).toEqual([0.5 * d + 1, 0.5 * d].map((x) => expect.closeTo(x, 6)))
  expect(after("nearest")).toEqual([1, 0.5 * d].map((x) => expect.closeTo(x, 6)))
})

describe("pairs", () => {
  test("the window is the two exponentials, and nothing at 0", () => {
    const delays = [-80, -33.5, -10, -1, -0.5, 0, 0.5, 1, 10, 33.5, 80]
    const w = learn(
      [[200]],
      delays.map((d) => [200 + d]),
      free,
    )
      .flatten()
      .toList() as number[]
    expect(w).toEqual(
      delays.map((d) => {
        const exact = d > 0 ? 0.96 * Math.exp(-d / 16.8) : d < 0 ? -0.53 * Math.exp(d / 33.7) : 0
        return expect.closeTo(exact, 5)
      }),
    )
  })

  test("all pairs count, or each spike with the last of the other side", () => {
    const [pre, post] = [
      [100, 103, 120, 130],
      [110, 112, 119, 150],
    ]
    const window = (d: number): number => (d > 0 ? 0.96 * Math.exp(-d / 16.8) : -0.53 * Math.exp(d / 33.7))
    let all = 0
    for (const i of pre) for (const j of post) all += window(j - i)
    let nearest = 0
    for (const j of post) nearest += window(j - Math.max(...pre.filter((i) => i < j)))
    for (const i of pre.slice(2)) nearest += window(Math.max(...post.filter((j) => j < i)) - i)
    expect(learn([pre], [post], free).item()).toBeCloseTo(all, 4)
    expect(learn([pre], [post], { ...free, pairing: "nearest" }).item()).toBeCloseTo(nearest, 4)
  })

  test("weights stay within their limits at every step, and where there is no connection they stay", () => {
    const up = Array.from({ length: 20 }, (_, k) => 10 + 10 * k)
    const later = up.map((t) => t + 2)
    expect(learn([up], [later], { maximum: 0.3, depression: 0 }).item()).toBeCloseTo(0.3, 6)
    expect(learn([later], [up], { minimum: -0.2, potentiation: 0 }).item()).toBeCloseTo(-0.2, 6)
    const connected = tensor([
      [1, 0],
      [0, 1],
    ])
    const w = learn([up, up], [later, later], { ...free, connected }).toList() as number[][]
    expect(w[0][1]).toBe(0)
    expect(w[1][0]).toBe(0)
    expect(w[0][0]).toBe(w[1][1])
    expect(w[0][0]).toBeGreaterThan(1)
  })

  test("batches have traces and weights of their own", () => {
    const state = { pre: tensor([[1], [0]]), post: zeros([2, 2]) }
    const [, w] = stdp(
      state,
      zeros([2, 1, 2]),
      zeros([2, 1]),
      tensor([
        [1, 0],
        [1, 0],
      ]),
      free,
      1,
    )
    expect(w.shape).toEqual([2, 1, 2])
    expect(w.flatten().toList()).toEqual([0.96 * Math.exp(-1 / 16.8), 0, 0, 0].map((x) => expect.closeTo(x, 5)))
  })

  test("changes can be differentiated", () => {
    checkGradient(
      (w, pre, potentiation) =>
        stdp(
          { pre, post: pre.mul(2) },
          w,
          tensor([1, 0], { dtype: "f64" }),
          tensor([0, 1], { dtype: "f64" }),
          { ...free, potentiation },
          1,
        )[1],
      [zeros([2, 2], "f64"), tensor([0.4, 0.9], { dtype: "f64" }), tensor([0.3, 0.5], { dtype: "f64" })],
    )
  })
})

describe("triplets", () => {
  /** Eqs. 3 and 4 as sums over all spikes before. */
  const exact = (
    pre: number[],
    post: number[],
    a: Required<Pick<TripletParameters, "a2Plus" | "a3Plus" | "a2Minus" | "a3Minus" | "tauXMs" | "tauYMs">>,
  ): number => {
    const trace = (times: number[], t: number, tau: number): number =>
      times.reduce((sum, s) => (s < t ? sum + Math.exp((s - t) / tau) : sum), 0)
    let w = 0
    for (const t of post)
      w += trace(pre, t, 16.8) * (Number(a.a2Plus) + Number(a.a3Plus) * trace(post, t, Number(a.tauYMs)))
    for (const t of pre)
      w -= trace(post, t, 33.7) * (Number(a.a2Minus) + Number(a.a3Minus) * trace(pre, t, Number(a.tauXMs)))
    return w
  }
  const hippocampus = { a2Plus: 6.1e-3, a3Plus: 6.7e-3, a2Minus: 1.6e-3, a3Minus: 1.4e-3, tauXMs: 946, tauYMs: 27 }

  test("any trains: the sums of the paper's equations", () => {
    const [pre, post] = [
      [5, 20, 90, 93, 160, 230],
      [8, 15, 22, 95, 150, 152, 240],
    ]
    expect(learnTriplets(pre, post, {}, 300)).toBeCloseTo(exact(pre, post, hippocampus), 10)
  })

  test("in the visual cortex pre before post depresses when pairs are rare and potentiates when they are frequent", () => {
    const protocol = (rateHz: number, delayMs: number): number => {
      const pre = Array.from({ length: 60 }, (_, k) => 20 + Math.round((k * 1000) / rateHz))
      const post = pre.map((t) => t + delayMs)
      const w = learnTriplets(pre, post, visualCortexTriplets, 100 + 60_000 / rateHz)
      expect(w).toBeCloseTo(exact(pre, post, { ...hippocampus, ...visualCortexTriplets }), 9)
      return w
    }
    expect(protocol(40, 10)).toBeGreaterThan(0.3)
    expect(Math.abs(protocol(5, 10))).toBeLessThan(0.2)
    expect(protocol(5, -10)).toBeLessThan(-0.2)
    expect(protocol(50, -10)).toBeGreaterThan(0.2)
  })
})

describe("reward", () => {
  const p = { ...free, tauEligibilityMs: 1000, tauDopamineMs: 200 }
  function train(pre: number[], post: number[], rewardsMs: number[], durationMs = 6000): number {
    const rewards = spikeTrains([rewardsMs], durationMs, 1).cast("f64")
    const f64 = (times: number[]) => spikeTrains([times], durationMs, 1).cast("f64")
    const [[, weight]] = scan(
      ([state, w]: [ReturnType<typeof rewardState>, Tensor], s: { pre: Tensor; post: Tensor; reward: Tensor }) => [
        rewardStdp(state, w, s.pre, s.post, s.reward.mul(0.5).reshape([]), p, 1),
        undefined,
      ],
      [rewardState(1, 1, "f64"), zeros([1, 1], "f64")],
      { pre: f64(pre), post: f64(post), reward: rewards },
    )
    return weight.item()
  }

  test("a reward that comes late reaches the weights by their eligibility, the less the later", () => {
    const together = 1 / 1000 + 1 / 200
    for (const late of [100, 1000, 3000]) {
      const c = 0.96 * Math.exp(-10 / 16.8) * Math.exp(-late / 1000)
      const exact = ((c * 0.5) / together) * (1 - Math.exp(-(6000 - 510 - late) * together))
      expect(train([500], [510], [510 + late])).toBeCloseTo(exact, 3)
    }
  })

  test("without reward nothing is learnt; a pair the other way round is weakened", () => {
    expect(train([500], [510], [])).toBe(0)
    expect(train([500], [490], [700])).toBeLessThan(-1)
  })
})

test("what cannot be is refused", () => {
  const none = tensor([0])
  const step =
    (p: StdpParameters, dt = 1) =>
    () =>
      stdp(stdpState(1, 1), zeros([1, 1]), none, none, p, dt)
  expect(step({ tauPreMs: 0 })).toThrow(/stdp: tauPreMs must be above 0, not 0/)
  expect(step({ tauPostMs: 5 }, 6)).toThrow(/time step of 6 ms is longer than the time constant tauPostMs of 5 ms/)
  expect(step({ minimum: 2, maximum: 1 })).toThrow(/least weight 2 is above the greatest, 1/)
  expect(() => tripletStdp(tripletState(1, 1), zeros([1, 1]), none, none, { tauYMs: -1 }, 1)).toThrow(
    /tauYMs must be above 0/,
  )
  expect(() => rewardStdp(rewardState(1, 1), zeros([1, 1]), none, none, 0, { tauDopamineMs: 0 }, 1)).toThrow(
    /tauDopamineMs/,
  )
})
