/** Where the state of synapses may lie: merged on neurons, against one state for every synapse. */
import {
  asEvents,
  CajalError,
  flatten,
  hostRandom,
  jit,
  key,
  scan,
  type Tensor,
  type Tree,
  zeros,
} from "../../src/engine/index.ts"
import {
  type Connections,
  coba as conductance,
  exponentialSynapse,
  fixedProbability,
  leakyIntegrator,
  magnesiumBlock,
  type Network,
  network,
  nmdaSynapse,
  type Population,
  planNetwork,
  poisson,
  population,
  projection,
  type Receptor,
  receptor,
  spikeTrains,
  startState,
  stepKey,
  stepNetwork,
  type Wiring,
} from "../../src/neuro/index.ts"
import { progress, type RunEvent } from "../../src/run/index.ts"

const dtMs = 0.1
const forcedMs = 100
const steps = forcedMs / dtMs
/** Conductances are compared every millisecond. */
const every = 10

export type MergingResult = {
  readonly neurons: number
  readonly synapses: number
  /** Largest distance of a conductance from the oracle's, over the largest conductance: state on post-, or on presynaptic neurons. */
  readonly error: { readonly post: number; readonly pre: number }
  /** Bytes of the state of all synapses. */
  readonly bytes: { readonly post: number; readonly pre: number; readonly oracle: number }
}

/** COBA's two kinds of synapses. */
const kinds = [
  { name: "E", tauMs: 5, reversalMV: 0, weight: 0.6, share: 0.8 },
  { name: "I", tauMs: 10, reversalMV: -80, weight: 6.7, share: 0.2 },
] as const

/** Neurons whose spikes are given instead of made: what comes as their current. */
const forced = (size: number): Population => ({
  size,
  model: "forced",
  current: 0,
  start: () => ({ v: zeros([size]) }),
  step: (state, current) => [state, asEvents(current as Tensor)],
})

/** The same connections, whoever asks. */
const given = (connections: Connections): Wiring => ({ kind: "given", connect: () => connections })

/** The state of synapses in a network: everything that receptors remember of spikes that have arrived. */
const synapseBytes = (state: { readonly receptors: readonly Tree[]; readonly presynaptic: readonly Tree[] }) =>
  flatten([state.receptors, state.presynaptic]).leaves.reduce((sum, x) => sum + 4 * x.size, 0)

/** Conductances every millisecond of a network whose populations are forced, and the bytes of its synapses. */
function forcedRun(
  net: Network,
  spikes: Tensor,
  parts: readonly { readonly name: string; readonly from: number; readonly size: number }[],
): { g: Float32Array[]; bytes: number } {
  const plan = planNetwork(net, dtMs, 0)
  const signals = (row: Tensor) =>
    Object.fromEntries(parts.map(({ name, from, size }) => [name, row.slice(0, from, from + size)]))
  const run = jit((start: ReturnType<typeof startState>, trains: Tensor) =>
    scan(
      (state: typeof start, rows: Tensor) => {
        const [last] = scan(
          (now: typeof start, row: Tensor) => {
            const [next] = stepNetwork(plan, now, signals(row), key(0))
            return [next, []]
          },
          state,
          rows.slice(0, 0, every - 1),
        )
        const row = rows.slice(0, every - 1, every).reshape([rows.shape[1]])
        const [next, view] = stepNetwork(plan, last, signals(row), key(0))
        return [next, [...view.conductances]]
      },
      start,
      trains,
    ),
  )
  const start = startState(plan, hostRandom(0))
  const bytes = synapseBytes(start)
  const neurons = spikes.shape[1]
  const [, seen] = run(start, spikes.reshape([steps / every, every, neurons]))
  return { g: seen.map((x) => Float32Array.from(x.array())), bytes }
}

/**
 * COBA's synapses on forced spikes of 20 Hz: one state for each synapse (the oracle, plain loops), for each postsynaptic, and for each
 * presynaptic neuron.
 * @param scale of COBA, with the probability of 0.02 kept
 */
export async function* compareMerging(scale: number, seed: number): AsyncGenerator<RunEvent, MergingResult, void> {
  const random = hostRandom(seed)
  const neurons = 4000 * scale
  const parts = kinds.map(({ name, share }, i) => ({
    name,
    size: Math.round(share * neurons),
    from: Math.round(i === 0 ? 0 : kinds[0].share * neurons),
  }))
  const times = Array.from({ length: neurons }, () => {
    const own: number[] = []
    for (let t = 0; ; ) {
      t -= 50 * Math.log(1 - random.uniform())
      if (t >= forcedMs) return own
      own.push(t)
    }
  })
  const spikes = spikeTrains(times, forcedMs, dtMs)
  const connections = parts.map(({ size }) =>
    fixedProbability(0.02).connect({ pre: size, post: neurons, isSame: false }, random.split()),
  )
  const build = (isMerged: boolean): Network =>
    network({
      populations: {
        ...Object.fromEntries(parts.map(({ name, size }) => [name, forced(size)])),
        cells: population(neurons, leakyIntegrator, { parameters: { restMV: -60 } }),
      },
      projections: kinds.map(({ name, tauMs, reversalMV, weight }, i) => {
        const own = receptor(exponentialSynapse, { tauMs }, (g, v) => conductance(g, v, reversalMV))
        return projection(name, "cells", {
          wiring: given(connections[i]),
          receptor: isMerged ? own : { ...own, linear: false },
          weight,
        })
      }),
      currents: parts.map(({ name }) => ({ to: name, signal: name })),
    })
  yield progress("merging", 0, 3)
  const post = forcedRun(build(true), spikes, parts)
  yield progress("merging", 1, 3)
  const pre = forcedRun(build(false), spikes, parts)
  yield progress("merging", 2, 3)
  const rows = spikes.array()
  const error = { post: 0, pre: 0 }
  let bytes = 0
  for (const [k, { tauMs, weight }] of kinds.entries()) {
    const { size, from } = parts[k]
    const fired = (step: number, i: number): boolean => rows[step * neurons + from + i] === 1
    const oracle = everySynapse(connections[k], size, neurons, tauMs, weight, fired)
    bytes += 4 * connections[k].pre.length
    const largest = oracle.reduce((a, b) => Math.max(a, b), 0)
    for (const [name, { g }] of [["post", post] as const, ["pre", pre] as const])
      oracle.forEach((x, i) => {
        error[name] = Math.max(error[name], Math.abs(g[k][i] - x) / largest)
      })
    yield progress("merging", 2 + (k + 1) / kinds.length, 3)
  }
  return {
    neurons,
    synapses: connections.reduce((sum, c) => sum + c.pre.length, 0),
    error,
    bytes: { post: post.bytes, pre: pre.bytes, oracle: bytes },
  }
}

/** One conductance for every synapse: decays in each step, and grows when its own neuron fired in the step before. Their sums, every millisecond. */
function everySynapse(
  { pre, post }: Connections,
  rows: number,
  neurons: number,
  tauMs: number,
  weight: number,
  fired: (step: number, neuron: number) => boolean,
): Float64Array {
  const first = new Int32Array(rows + 1)
  for (const i of pre) first[i + 1]++
  for (let i = 0; i < rows; i++) first[i + 1] += first[i]
  const state = new Float32Array(pre.length)
  const left = Math.exp(-dtMs / tauMs)
  const sums = new Float64Array((steps / every) * neurons)
  for (let step = 0; step < steps; step++) {
    decayAll(state, left)
    for (let i = 0; step > 0 && i < rows; i++)
      if (fired(step - 1, i)) for (let e = first[i]; e < first[i + 1]; e++) state[e] += weight
    if (step % every === every - 1) {
      const row = ((step + 1) / every - 1) * neurons
      for (let e = 0; e < state.length; e++) sums[row + post[e]] += state[e]
    }
  }
  return sums
}

const decayAll = (state: Float32Array, left: number): void => {
  for (let e = 0; e < state.length; e++) state[e] *= left
}

// ---- A synapse that must not be merged ----

export type Nonlinear = {
  /** Whether a network refuses to give NMDA receptors a state on the postsynaptic neuron. */
  readonly isRefused: boolean
  /** By how much the conductance is off where it is forced to, in the mean, of the right one. */
  readonly error: number
  /** The same where weights are scaled so that all inputs together weigh 1: the mildest case. */
  readonly scaledError: number
}

const inputs = 100
const inputHz = 50
const wMean = 0.165

/** NMDA receptors at 100 inputs of 50 Hz, with their states where they belong, and merged by force. */
export function mergeNonlinear(seed: number): Nonlinear {
  const nmda = receptor(nmdaSynapse, {}, (g, v) => magnesiumBlock(g, v))
  const meanConductance = (own: Receptor, weight: number): number => {
    const projected = projection("sources", "cell", {
      wiring: given({
        pre: Int32Array.from({ length: inputs }, (_, i) => i),
        post: new Int32Array(inputs),
      }),
      receptor: own,
      weight,
    })
    const net = network({
      populations: {
        sources: forced(inputs),
        cell: population(1, leakyIntegrator, { parameters: { restMV: -60 } }),
      },
      projections: [projected],
      currents: [{ to: "sources", signal: "spikes" }],
    })
    const plan = planNetwork(net, dtMs, 0)
    const run = jit((start: ReturnType<typeof startState>) =>
      scan(
        (state: typeof start) => {
          const row = poisson(stepKey(key(seed), state.step), zeros([inputs]).add(inputHz), dtMs)
          const [next, view] = stepNetwork(plan, state, { spikes: row }, key(0))
          return [next, view.conductances[0].sum()]
        },
        start,
        undefined,
        { length: 10_000 },
      ),
    )
    const [, g] = run(startState(plan, hostRandom(0)))
    const late = [...g.array()].slice(3000)
    return late.reduce((a, b) => a + b, 0) / late.length
  }
  const errorAt = (weight: number): number => {
    const right = meanConductance(nmda, weight)
    return Math.abs(meanConductance({ ...nmda, linear: true }, weight) / right - 1)
  }
  return { isRefused: isRefused(nmda), error: errorAt(wMean), scaledError: errorAt(1 / inputs) }
}

function isRefused(nonlinear: Receptor): boolean {
  try {
    network({
      populations: { cell: population(1, leakyIntegrator) },
      poisson: [{ to: "cell", receptor: nonlinear, rateHz: inputHz }],
    })
    return false
  } catch (error) {
    if (error instanceof CajalError) return true
    throw error
  }
}
