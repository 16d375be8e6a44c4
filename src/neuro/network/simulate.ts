import { CajalError, hostRandom, jit, key, scan, type Tensor, tensor } from "../../engine/index.ts"
import type { Network, Signals } from "./network.ts"
import { planNetwork } from "./plan.ts"
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
  /** Values of signals in time, asked for at the start of each step. */
  readonly signals?: Readonly<Record<string, (tMs: number) => number | ArrayLike<number>>>
  /** Told how far the simulation is, after every stretch. */
  readonly onProgress?: (doneMs: number, durationMs: number) => void
  /** Ends the simulation after the present stretch; what was recorded so far is returned. */
  readonly signal?: AbortSignal
  /** Where an earlier simulation of the same network, step and seed ended. */
  readonly from?: SimulationState
  /** Model time between looks at progress, signal and errors. Default: as long as a fair amount of memory holds what is recorded. */
  readonly stretchMs?: number
}

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

/** Numbers that are recorded in a stretch, at most: they lie in memory until it ends. */
const mostRecorded = 2 ** 22
const mostSteps = 1000

/**
 * Runs a network in time.
 * @throws CajalError for a potential that is no number, with the model, the population, a neuron and the time
 */
export async function simulate(network: Network, options: SimulationOptions): Promise<Simulation> {
  const { durationMs, dtMs = 0.1, seed = 0, signals = {}, onProgress, signal, from } = options
  checkTimes(options)
  const plan = planNetwork(network, dtMs, seed)
  const recorder = new Recorder(network, options.record ?? { spikes: true }, dtMs)
  const steps = Math.round(durationMs / dtMs)
  const stretch = stretchOf(options, recorder.numbersPerStep, dtMs)
  const names = Object.keys(signals)
  const run = jit(
    (start: NetworkState, inputs: Tensor[], length: number) =>
      scan(
        (now: NetworkState, values: Tensor[]) => {
          const given: Signals = Object.fromEntries(names.map((name, i) => [name, values[i]]))
          const [next, view] = stepNetwork(plan, now, given, key(seed))
          return [next, recorder.observe(next, view)]
        },
        start,
        inputs,
        { length },
      ),
    { donate: [0] },
  )
  let state = from?.state ?? startState(plan, hostRandom(seed).split())
  const first = from?.steps ?? 0
  let done = 0
  while (done < steps && signal?.aborted !== true) {
    const length = Math.min(stretch, steps - done)
    const [next, seen] = run(state, signalTensors(signals, first + done, length, dtMs), length)
    state = next
    recorder.keep(seen, first + done)
    for (const x of seen) x.dispose()
    checkPotentials(network, state, (first + done) * dtMs, (first + done + length) * dtMs)
    done += length
    onProgress?.(done * dtMs, durationMs)
    await new Promise((resolve) => setTimeout(resolve, 0))
  }
  const end = { dtMs, seed, steps: first + done, state }
  return { ...recorder.result(), end, connections: plan.connections }
}

function checkTimes({ durationMs, dtMs = 0.1, seed = 0, from }: SimulationOptions): void {
  if (!(dtMs > 0)) throw new CajalError(`simulate: the time step must be above 0 ms, not ${dtMs} ms`)
  if (!(durationMs >= 0)) throw new CajalError(`simulate: the duration must be at least 0 ms, not ${durationMs} ms`)
  if (from !== undefined && (from.dtMs !== dtMs || from.seed !== seed))
    throw new CajalError(
      `simulate: a simulation with steps of ${from.dtMs} ms and seed ${from.seed} cannot go on with ${dtMs} ms and seed ${seed}`,
    )
}

/** Steps of a stretch. */
function stretchOf({ stretchMs }: SimulationOptions, perStep: number, dtMs: number): number {
  if (stretchMs === undefined) return Math.max(1, Math.min(mostSteps, Math.floor(mostRecorded / Math.max(1, perStep))))
  if (!(stretchMs > 0)) throw new CajalError(`simulate: a stretch must be above 0 ms, not ${stretchMs} ms`)
  return Math.max(1, Math.round(stretchMs / dtMs))
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
