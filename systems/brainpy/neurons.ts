/** Every neuron model on its own: against a reference of small steps, over currents, and in its phase plane. */
import { jit, linspace, scan, type Tensor, tensor } from "../../src/engine/index.ts"
import {
  adaptiveExponentialIF,
  adaptiveQuadraticIF,
  exponentialIF,
  generalizedIF,
  hodgkinHuxley,
  izhikevich,
  leakyIF,
  leakyIntegrator,
  type Membrane,
  type Method,
  morrisLecar,
  type Neuron,
  quadraticIF,
  traubMiles,
  wangBuzsaki,
} from "../../src/neuro/index.ts"

// biome-ignore lint/suspicious/noExplicitAny: models of all states
export type AnyNeuron = Neuron<any, any>

export interface Case {
  readonly model: AnyNeuron
  readonly name: string
  /** Current that makes it fire, in the unit of the model. */
  readonly current: number
}

export const cases: readonly Case[] = [
  { model: leakyIntegrator, name: "leaky integrator", current: 15 },
  { model: leakyIF, name: "LIF", current: 25 },
  { model: exponentialIF, name: "ExpIF", current: 10 },
  { model: adaptiveExponentialIF, name: "AdExIF", current: 20 },
  { model: quadraticIF, name: "QuaIF", current: 10 },
  { model: adaptiveQuadraticIF, name: "AdQuaIF", current: 20 },
  { model: generalizedIF, name: "GIF", current: 1.5 },
  { model: izhikevich, name: "Izhikevich", current: 10 },
  { model: hodgkinHuxley, name: "Hodgkin-Huxley", current: 10 },
  { model: morrisLecar, name: "Morris-Lecar", current: 100 },
  { model: wangBuzsaki, name: "Wang-Buzsáki", current: 2 },
  { model: traubMiles, name: "Traub-Miles", current: 500 },
]

interface Trace {
  /** Potential after each step. */
  readonly v: ArrayLike<number>
  readonly timesMs: readonly number[]
}

interface RunOptions {
  readonly dtMs: number
  readonly durationMs: number
  readonly method?: Method
  readonly dtype?: "f32" | "f64"
}

/** A neuron from its start, with a constant current. */
function traceOf({ model, current }: Case, { dtMs, durationMs, method, dtype = "f32" }: RunOptions): Trace {
  const options = method === undefined ? {} : { method }
  const run = jit((first: Membrane) =>
    scan(
      (state: Membrane) => {
        const [next, spikes] = model(state, current, options, dtMs)
        return [next as Membrane, [next.v as Tensor, spikes] as [Tensor, Tensor]]
      },
      first,
      undefined,
      { length: Math.round(durationMs / dtMs) },
    ),
  )
  const [v, spikes] = run(model.state([1], options, { dtype }) as Membrane)[1] as [Tensor, Tensor]
  const fires = model === leakyIntegrator ? [] : spikes.array()
  const timesMs: number[] = []
  for (let i = 0; i < fires.length; i++) if (fires[i] === 1) timesMs.push((i + 1) * dtMs)
  return { v: v.array() as ArrayLike<number>, timesMs }
}

const referenceStepMs = 0.0025
const comparedMs = 200

export type Comparison = {
  readonly name: string
  readonly method: string
  readonly spikes: number
  readonly expected: number
  /** Largest distance of a spike from the reference's, ms; of the potentials, mV, for the neuron that never fires. */
  readonly worst: number
}

/** A model at the given step, with its own method, against Runge-Kutta in double precision at steps of 0.0025 ms. */
export function compare(one: Case, dtMs: number): Comparison {
  const ours = traceOf(one, { dtMs, durationMs: comparedMs })
  const reference = traceOf(one, {
    dtMs: referenceStepMs,
    durationMs: comparedMs,
    method: "rk4",
    dtype: "f64",
  })
  const every = Math.round(dtMs / referenceStepMs)
  const common = Math.min(ours.timesMs.length, reference.timesMs.length)
  let worst = 0
  if (one.model === leakyIntegrator)
    for (let i = 0; i < ours.v.length; i++)
      worst = Math.max(worst, Math.abs(ours.v[i] - reference.v[(i + 1) * every - 1]))
  else for (let i = 0; i < common; i++) worst = Math.max(worst, Math.abs(ours.timesMs[i] - reference.timesMs[i]))
  const [spikes, expected] = [ours.timesMs.length, reference.timesMs.length]
  return { name: one.name, method: one.model.method, spikes, expected, worst }
}

/** Rates over currents from 0 to twice the case's own: one neuron for each. @returns Hz */
export function currentRates({ model, current }: Case, points = 25): { current: number; rateHz: number }[] {
  const [dtMs, durationMs] = [0.1, 500]
  const run = jit((first: Membrane, drive: Tensor) =>
    scan(
      ({ state, count }: { state: Membrane; count: Tensor }) => {
        const [next, spikes] = model(state, drive, {}, dtMs)
        return [{ state: next as Membrane, count: count.add(spikes) }, []]
      },
      { state: first, count: drive.mul(0) },
      undefined,
      { length: durationMs / dtMs },
    ),
  )
  const drive = linspace(0, 2 * current, points)
  const [{ count }] = run(model.state([points]) as Membrane, drive)
  return [...count.array()].map((n, i) => ({
    current: (2 * current * i) / (points - 1),
    rateHz: n / (durationMs / 1000),
  }))
}

/** A neuron of two variables in its plane. */
export interface PhasePlane {
  readonly name: string
  /** The path of the neuron, one point every `everyMs`. */
  readonly path: readonly { readonly v: number; readonly w: number }[]
  /** Where the one or the other variable stands still. */
  readonly nullclines: readonly { readonly of: string; readonly v: number; readonly w: number }[]
}

/** The potential, and another variable that the model has. */
export function phasePlane(
  { model, name, current }: Case,
  second: string,
  { durationMs, v: [fromV, toV], w: [fromW, toW] }: PlaneOptions,
): PhasePlane {
  const dtMs = 0.05
  const run = jit((first: Membrane) =>
    scan(
      (state: Membrane) => {
        const [next] = model(state, current, {}, dtMs)
        return [next as Membrane, [next.v, (next as unknown as Record<string, Tensor>)[second]] as [Tensor, Tensor]]
      },
      first,
      undefined,
      { length: Math.round(durationMs / dtMs) },
    ),
  )
  const [v, w] = (run(model.state([1]) as Membrane)[1] as [Tensor, Tensor]).map((x) => x.array())
  const every = 10
  const path = Array.from({ length: Math.floor(v.length / every) }, (_, i) => ({ v: v[i * every], w: w[i * every] }))
  return { name, path, nullclines: nullclines(model, current, second, [fromV, toV], [fromW, toW]) }
}

export interface PlaneOptions {
  readonly durationMs: number
  readonly v: readonly [number, number]
  readonly w: readonly [number, number]
}

/** For each potential the values of the second variable at which a rate changes its sign. */
function nullclines(
  model: AnyNeuron,
  current: number,
  second: string,
  [fromV, toV]: readonly [number, number],
  [fromW, toW]: readonly [number, number],
) {
  const [columns, rows] = [120, 400]
  const vs = Array.from({ length: columns }, (_, i) => fromV + ((toV - fromV) * i) / (columns - 1))
  const ws = Array.from({ length: rows }, (_, i) => fromW + ((toW - fromW) * i) / (rows - 1))
  const grid = (pick: (i: number, j: number) => number): Tensor =>
    tensor(Float32Array.from({ length: columns * rows }, (_, k) => pick(Math.floor(k / rows), k % rows)))
  const rates = model.derivative({ v: grid((i) => vs[i]), [second]: grid((_, j) => ws[j]) }, current)
  return ["v", second].flatMap((of) => {
    const rate = (rates[of] as Tensor).array()
    return vs.flatMap((v, i) =>
      ws.slice(1).flatMap((w, j) => {
        const [a, b] = [rate[i * rows + j], rate[i * rows + j + 1]]
        return a !== b && a <= 0 !== b <= 0 ? [{ of, v, w: w - ((ws[1] - ws[0]) * b) / (b - a) }] : []
      }),
    )
  })
}
