import fc from "fast-check"
import { expect, test } from "vitest"
import { jit, scan, type Tensor, tensor, zeros } from "../../engine/index.ts"
import { checkGradient } from "../../engine/testing.ts"
import { type DeferredStdpParameters, deferredStdp, deferredStdpState, stdp, stdpState } from "./index.ts"

type Trains = readonly (readonly boolean[])[]
const p = { tauPreMs: 3, tauPostMs: 4, potentiation: 2.5, depression: 2, minimum: 0, maximum: 6 }
const dtMs = 1

/** The weights after every step, `[steps][pre][post]`. */
function learn(pre: Trains, post: Trains, given: Partial<DeferredStdpParameters> & { delayMs: number }): number[][][] {
  const parameters = { ...p, ...given }
  const rows = (trains: Trains): Tensor =>
    tensor(
      trains[0].map((_, t) => trains.map((train) => Number(train[t]))),
      { dtype: "f64" },
    )
  const run = jit((spikes: { pre: Tensor; post: Tensor }) =>
    scan(
      ([state, w]: [ReturnType<typeof deferredStdpState>, Tensor], s: { pre: Tensor; post: Tensor }) => {
        const after = deferredStdp(state, w, s.pre, s.post, parameters, dtMs)
        return [after, after[1]]
      },
      [deferredStdpState(pre.length, post.length, parameters, dtMs, "f64"), zeros([pre.length, post.length], "f64")],
      spikes,
    ),
  )
  return run({ pre: rows(pre), post: rows(post) })[1].toList() as number[][][]
}

/** The same with a history of every postsynaptic neuron that is never forgotten, event by event, the weight limited after each. */
function learnFromHistory(pre: Trains, post: Trains, d: number): number[][][] {
  const w = pre.map(() => post.map(() => 0))
  const history = post.map((): { t: number; trace: number }[] => [])
  const last = pre.map(() => ({ t: 0, trace: 0 }))
  return pre[0].map((_, t) => {
    post.forEach((train, j) => {
      const before = history[j].at(-1)
      const trace = 1 + (before === undefined ? 0 : before.trace * Math.exp(-(t - before.t) / p.tauPostMs))
      if (train[t]) history[j].push({ t, trace })
    })
    pre.forEach((train, i) => {
      if (!train[t]) return
      const { t: before, trace } = last[i]
      post.forEach((_, j) => {
        for (const event of history[j])
          if (event.t > before - d && event.t <= t - d)
            w[i][j] = Math.min(
              w[i][j] + p.potentiation * trace * Math.exp(-(event.t + d - before) / p.tauPreMs),
              p.maximum,
            )
        const latest = history[j].filter((event) => event.t <= t - d).at(-1)
        if (latest !== undefined)
          w[i][j] = Math.max(
            w[i][j] - p.depression * latest.trace * Math.exp(-(t - latest.t - d) / p.tauPostMs),
            p.minimum,
          )
      })
      last[i] = { t, trace: 1 + trace * Math.exp(-(t - before) / p.tauPreMs) }
    })
    return w.map((row) => [...row])
  })
}

test("the weights of every step are those of a history that is never forgotten", () => {
  const trains = (neurons: number) =>
    fc.array(fc.array(fc.boolean(), { minLength: 30, maxLength: 30 }), { minLength: neurons, maxLength: neurons })
  fc.assert(
    fc.property(trains(3), trains(2), fc.integer({ min: 0, max: 4 }), (pre, post, delayMs) => {
      const ours = learn(pre, post, { delayMs }).flat(2)
      const theirs = learnFromHistory(pre, post, delayMs).flat(2)
      ours.forEach((w, i) => {
        expect(w).toBeCloseTo(theirs[i], 9)
      })
    }),
    { numRuns: 30, seed: 5 },
  )
})

const at = (...times: number[]): boolean[] => Array.from({ length: 24 }, (_, t) => times.includes(t))

test("a spike that returns in the very step depresses and does not potentiate", () => {
  const [together] = learn([at(5, 9)], [at(8)], { delayMs: 1 }).at(-1)!
  // It returns at 9: after the first presynaptic spike by 4, with the second by 0.
  expect(together[0]).toBe(0)
  const [free] = learn([at(5, 9)], [at(8)], { delayMs: 1, minimum: -9 }).at(-1)!
  expect(free[0]).toBeCloseTo(2.5 * Math.exp(-4 / 3) - 2, 12)
  // The one that comes with the first presynaptic spike depresses it at once, and the second a little more.
  const [first] = learn([at(9, 10)], [at(8)], { delayMs: 1, minimum: -9 }).at(-1)!
  expect(first[0]).toBeCloseTo(-2 - 2 * Math.exp(-1 / 4), 12)
})

test("weights wait for their presynaptic neuron, and limits hold in between", () => {
  const steps = learn([at(2, 20)], [at(3, 4, 5, 6, 7, 8, 9)], { delayMs: 1, potentiation: 6 }).map((w) => w[0][0])
  expect(steps.slice(0, 20).every((w) => w === 0)).toBe(true)
  const y = [3, 4, 5, 6, 7, 8, 9].reduce((sum, t) => sum + Math.exp(-(19 - t) / 4), 0)
  // Seven potentiations reach the maximum; the depression starts from there, not from their sum.
  expect(steps[20]).toBeCloseTo(6 - 2 * y, 12)
})

test("where there is no connection the weight stays; batches have synapses of their own", () => {
  const connected = tensor([[0, 1]], { dtype: "f64" })
  expect(learn([at(2, 6)], [at(3), at(3)], { delayMs: 1, connected, depression: 0 }).at(-1)![0][0]).toBe(0)
  const state = { ...stdpState(1, 1), pre: tensor([[1], [0]]), post: zeros([2, 1]), returning: zeros([0, 2, 1]) }
  const ones = tensor([[1], [1]])
  const [, w] = deferredStdp(
    { ...state, pending: zeros([2, 1, 1]) },
    zeros([2, 1, 1]),
    ones,
    ones,
    { ...p, depression: 0 },
    1,
  )
  expect(w.flatten().toList()).toEqual([2.5 * Math.exp(-1 / 3), 0].map((x) => expect.closeTo(x, 5)))
})

test("when every step delivers, it is the rule that changes weights at once, but for spikes of one step", () => {
  const always = Array.from({ length: 24 }, () => true)
  const [post] = [at(3, 9, 10)]
  const ours = learn([always], [post], { delayMs: 0, depression: 0, maximum: 1e3 }).map((w) => w[0][0])
  const [[, theirs]] = scan(
    ([state, w]: [ReturnType<typeof stdpState>, Tensor], s: Tensor) => [
      stdp(state, w, tensor([1], { dtype: "f64" }), s, { ...p, depression: 0, maximum: 1e3 }, 1),
      undefined,
    ],
    [stdpState(1, 1, "f64"), zeros([1, 1], "f64")],
    tensor(
      post.map((s) => [Number(s)]),
      { dtype: "f64" },
    ),
  )
  expect(ours.at(-1)).toBeCloseTo(theirs.item(), 10)
})

test("changes can be differentiated", () => {
  const one = tensor([1, 0], { dtype: "f64" })
  const state = deferredStdpState(2, 2, {}, 1, "f64")
  checkGradient(
    (w, pre, potentiation) => deferredStdp({ ...state, pre }, w, one, one, { ...p, minimum: -9, potentiation }, 1)[1],
    [zeros([2, 2], "f64"), tensor([0.4, 0.9], { dtype: "f64" }), tensor([0.3, 0.5], { dtype: "f64" })],
  )
})

test("what cannot be is refused", () => {
  const none = tensor([0])
  const step = (given: Partial<DeferredStdpParameters>, state = deferredStdpState(1, 1, { delayMs: 1 }, 1)) =>
    deferredStdp(state, zeros([1, 1]), none, none, { ...p, delayMs: 1, ...given }, 1)
  expect(() => step({})).not.toThrow()
  expect(() => step({ tauPreMs: 0 })).toThrow(/deferredStdp: tauPreMs must be above 0, not 0/)
  expect(() => step({ depression: -1 })).toThrow(/depression must be at least 0, not -1/)
  expect(() => step({ delayMs: 0.5 })).toThrow(/a delay of 0.5 ms is not a whole number of steps of 1 ms/)
  expect(() => step({ delayMs: -1 })).toThrow(/a delay of -1 ms/)
  expect(() => step({ delayMs: 2 })).toThrow(/made for a delay of 1 steps, not 2/)
})
