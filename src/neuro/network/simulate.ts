import { CajalError, hostRandom, jit, key, mapTree, scan, type Tensor, tensor } from "../../engine/index.ts"
import type { Network, Signals } from "./network.ts"
import { planNetwork } from "./planning.ts"
import { Recorder, type Recording, type Wanted } from "./recording.ts"
import { type NetworkState, startState, stepNetwork } from "./step.ts"

export interface SimulatorOptions {
  /** Default 0.1. */
  readonly dtMs?: number
  /** Connections, weights, delays, starting potentials and noise are drawn from it. Default 0. */
  readonly seed?: number
  /** What is kept. Default: the spikes of all populations. */
  readonly record?: Wanted
  /** Values of signals in time, asked for at the start of each step. */
  readonly signals?: Readonly<Record<string, (tMs: number) => number | ArrayLike<number>>>
}

export interface RunOptions {
  readonly durationMs: number
  /** Told how far the simulation is, after every stretch. */
  readonly onProgress?: (doneMs: number, durationMs: number) => void
  /** Ends the simulation after the present stretch; what was recorded so far is returned. */
  readonly signal?: AbortSignal
  /** Where an earlier simulation of the same network, step and seed ended. */
  readonly from?: SimulationState
  /** Model time between looks at progress, signal and errors, at most. Default: as long as a fair amount of memory holds what is recorded. */
  readonly stretchMs?: number
}

export interface SimulationOptions extends SimulatorOptions, RunOptions {}

/** Where a simulation stands: with the same network, step and seed it goes on as if it had not stopped. */
export interface SimulationState {
  readonly dtMs: number
  readonly seed: number
  /** Steps since the start. */
  readonly steps: number
  readonly state: NetworkState
}

export interface Simulation extends Recording {
  readonly end: SimulationState
  /** Connections of the network. */
  readonly connections: number
}

/** A network that has been built: connections drawn, its program compiled when it first runs. */
export interface Simulator {
  /** Connections of the network. */
  readonly connections: number
  /** Runs from the start, or from where another run ended. */
  run(options: RunOptions): Promise<Simulation>
}

/** Numbers that are recorded in a stretch, at most: they lie in memory until it ends. */
const mostRecorded = 2 ** 22
const mostSteps = 1000

/** Runs a network in time: `simulator(network, options).run(options)`, for a network that runs once. */
export const simulate = async (network: Network, options: SimulationOptions): Promise<Simulation> =>
  simulator(network, options).run(options)

/**
 * Builds a network that runs more than once.
 * @throws CajalError for what a network cannot have; a run throws for a potential that is no number, with the model, the population, a neuron and the time
 */
export function simulator(network: Network, options: SimulatorOptions = {}): Simulator {
  const { dtMs = 0.1, seed = 0, signals = {}, record = { spikes: true } } = options
  if (!(dtMs > 0)) throw new CajalError(`simulate: the time step must be above 0 ms, not ${dtMs} ms`)
  const plan = planNetwork(network, dtMs, seed)
  const names = Object.keys(signals)
  const watch = new Recorder(network, record, dtMs)
  const steps = jit(
    (start: NetworkState, inputs: Tensor[], length: number) =>
      scan(
        (now: NetworkState, values: Tensor[]) => {
          const given: Signals = Object.fromEntries(names.map((name, i) => [name, values[i]]))
          const [next, view] = stepNetwork(plan, now, given, key(seed))
          return [next, watch.observe(next, view)]
        },
        start,
        inputs,
        { length },
      ),
    { donate: [0] },
  )
  return {
    connections: plan.connections,
    async run(run) {
      const { durationMs, onProgress, signal, from } = run
      checkRun(run, dtMs, seed)
      const recorder = new Recorder(network, record, dtMs)
      // A run uses its state up: where another one ended stays as it is.
      let state = from === undefined ? startState(plan, hostRandom(seed).split()) : copyOf(from.state)
      const first = from?.steps ?? 0
      const end = first + Math.round(durationMs / dtMs)
      const stretch = stretchOf(end - first, run.stretchMs, recorder.numbersPerStep, dtMs)
      let now = first
      while (now < end && signal?.aborted !== true) {
        const length = Math.min(stretch, end - now)
        const [next, seen] = steps(state, signalTensors(signals, now, length, dtMs), length)
        state = next
        recorder.keep(seen, now)
        for (const x of seen) x.dispose()
        checkPotentials(network, state, now * dtMs, (now + length) * dtMs)
        now += length
        onProgress?.((now - first) * dtMs, durationMs)
        await new Promise((resolve) => setTimeout(resolve, 0))
      }
      return { ...recorder.result(), end: { dtMs, seed, steps: now, state }, connections: plan.connections }
    },
  }
}

/** The program of a network, for its diagram and the counts of its operations: its start, and the state after some steps. */
export function networkProgram(
  network: Network,
  { dtMs = 0.1, seed = 0, steps = 1 }: { dtMs?: number; seed?: number; steps?: number } = {},
): { start: NetworkState; run: (state: NetworkState) => NetworkState } {
  const plan = planNetwork(network, dtMs, seed)
  return {
    start: startState(plan, hostRandom(seed).split()),
    run: (state) =>
      scan((now: NetworkState) => [stepNetwork(plan, now, {}, key(seed))[0], []], state, undefined, {
        length: steps,
      })[0],
  }
}

const copyOf = (state: NetworkState): NetworkState =>
  mapTree((x) => tensor(x.array().slice(), { shape: x.shape, dtype: x.dtype }), state)

function checkRun({ durationMs, from, stretchMs }: RunOptions, dtMs: number, seed: number): void {
  if (!(durationMs >= 0)) throw new CajalError(`simulate: the duration must be at least 0 ms, not ${durationMs} ms`)
  if (stretchMs !== undefined && !(stretchMs > 0))
    throw new CajalError(`simulate: a stretch must be above 0 ms, not ${stretchMs} ms`)
  if (from !== undefined && (from.dtMs !== dtMs || from.seed !== seed))
    throw new CajalError(
      `simulate: a simulation with steps of ${from.dtMs} ms and seed ${from.seed} cannot go on with ${dtMs} ms and seed ${seed}`,
    )
}

/** Steps of a stretch. All but the last are of one length, and so of one program; that one is nearly as long. */
function stretchOf(steps: number, stretchMs: number | undefined, perStep: number, dtMs: number): number {
  if (stretchMs !== undefined) return Math.max(1, Math.round(stretchMs / dtMs))
  const most = Math.max(1, Math.min(mostSteps, Math.floor(mostRecorded / Math.max(1, perStep))))
  return Math.max(1, Math.ceil(steps / Math.ceil(steps / most)))
}

/** Values of the signals over a stretch, `[steps]` or `[steps, neurons]`. */
function signalTensors(
  signals: NonNullable<SimulationOptions["signals"]>,
  first: number,
  length: number,
  dtMs: number,
): Tensor[] {
  return Object.entries(signals).map(([name, at]) => {
    const rows = Array.from({ length }, (_, i) => at((first + i) * dtMs))
    const [row] = rows
    if (typeof row === "number") return tensor(Float32Array.from(rows as number[]))
    const data = new Float32Array(length * row.length)
    rows.forEach((values, i) => {
      if (typeof values === "number" || values.length !== row.length)
        throw new CajalError(`signal "${name}": ${row.length} values at first, others at ${(first + i) * dtMs} ms`)
      data.set(values, i * row.length)
    })
    return tensor(data, { shape: [length, row.length] })
  })
}

/** @throws CajalError where a potential is no number */
function checkPotentials({ populations }: Network, state: NetworkState, fromMs: number, toMs: number): void {
  for (const [name, { v }] of Object.entries(state.populations)) {
    if (!Number.isNaN(v.sum().item())) continue
    const neuron = (v.array() as Float32Array).findIndex((x) => !Number.isFinite(x))
    throw new CajalError(
      `${populations[name].model}: the potential of neuron ${neuron} of "${name}" is no number, between ${fromMs.toFixed(1)} and ${toMs.toFixed(1)} ms`,
      { hint: "the usual cause is a time step that is too long for the equations" },
    )
  }
}
