import { at, CajalError, jit, key, range, scan, stack, take, type Tensor, tensor, type Tree } from "../../engine/index.ts"
import { hostRandom } from "../../engine/index.ts"
import type { Network, Signals } from "./network.ts"
import { type Plan, planNetwork } from "./plan.ts"
import { Recorder, type Recording, type Wanted } from "./recording.ts"
import { type NetworkState, startState, stepNetwork } from "./step.ts"

export interface SimulationOptions {
  readonly durationMs: number
  /** Default 0.1. */
  readonly dtMs?: number
  /** Connections, weights, delays, starting potentials and noise are drawn from it. Default 0. */
  readonly seed?: number
  /** What is kept. Default: the spikes of all populations. */
  readonly record?: Wanted
  /** Values of signals in time, called once for each step. */
  readonly signals?: Readonly<Record<string, (tMs: number) => number | ArrayLike<number>>>
  /** Told how far the simulation is, after every stretch. */
  readonly onProgress?: (doneMs: number, durationMs: number) => void
  /** Ends the simulation after the present stretch; what was recorded so far is returned. */
  readonly signal?: AbortSignal
  /** Where an earlier simulation of the same network, step and seed ended. */
  readonly from?: SimulationState
  /** Model time between looks at progress, signal and errors. The default suits the size of the network. */
  readonly stretchMs?: number
}

/** Where a simulation stands: with the same network, step and seed it goes on as if it had not stopped. */
export interface SimulationState {
  readonly dtMs: number
  readonly seed: number
  readonly tMs: number
  readonly state: NetworkState
}

export interface Simulation extends Recording {
  readonly end: SimulationState
  /** Connections of the network. */
  readonly connections: number
}

/** Numbers that a stretch may record: they lie in memory until it ends. */
const mostRecorded = 2 ** 24

/**
 * Runs a network in time.
 * @throws CajalError for a potential that is no number, with the model, the population, the neuron and the time
 */
export async function simulate(network: Network, options: SimulationOptions): Promise<Simulation> {
  const { durationMs, dtMs = 0.1, seed = 0, signals = {}, onProgress, signal, from } = options
  if (!(dtMs > 0)) throw new CajalError(`simulate: the time step must be above 0 ms, not ${dtMs} ms`)
  if (!(durationMs >= 0)) throw new CajalError(`simulate: the duration must be at least 0 ms, not ${durationMs} ms`)
  if (from !== undefined && (from.dtMs !== dtMs || from.seed !== seed))
    throw new CajalError(
      `simulate: a simulation with steps of ${from.dtMs} ms and seed ${from.seed} cannot go on with ${dtMs} ms and seed ${seed}`,
    )
  const plan = planNetwork(network, dtMs, seed)
  const recorder = new Recorder(network, options.record ?? { spikes: true }, dtMs)
  const steps = Math.round(durationMs / dtMs)
  const stretch = stretchOf(options, recorder.numbersPerStep, dtMs, steps)
  const runKey = key(seed)
  const run = jit(
    (state: NetworkState, inputs: Tensor[]) => {
      const names = Object.keys(signals)
      return scan(
        (now: NetworkState, values: Tensor[]) => {
          const given: Signals = Object.fromEntries(names.map((name, i) => [name, values[i]]))
          const [next, view] = stepNetwork(plan, now, given, runKey)
          return [next, recorder.observe(next, view)]
        },
        state,
        inputs,
        { length: inputs.length === 0 ? undefined : undefined },
      )
    },
    { donate: [0] },
  )
  let state = from?.state ?? startState(plan, hostRandom(seed).split())
  const first = from === undefined ? 0 : Math.round(from.tMs / dtMs)
  let done = 0
  while (done < steps && signal?.aborted !== true) {
    const length = Math.min(stretch, steps - done)
    const inputs = signalTensors(signals, first + done, length, dtMs)
    const [next, seen] = run(state, inputs)
    state = next
    recorder.keep(seen, first + done)
    checkPotentials(network, state, (first + done) * dtMs, length * dtMs)
    done += length
    onProgress?.(done * dtMs, durationMs)
    await new Promise((resolve) => setTimeout(resolve, 0))
  }
  const end = { dtMs, seed, tMs: (first + done) * dtMs, state }
  return { ...recorder.result(), end, connections: plan.connections }
}
