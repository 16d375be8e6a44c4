/** For the tests of the neurons: runs of our models, and a reference in plain numbers. */
import { jit, scan, type Tensor } from "../engine/index.ts"
import type { Membrane } from "./neurons/firing.ts"
import type { Current, Neuron, NeuronOptions } from "./neurons/neuron.ts"

export interface Recording {
  /** Potential after each step, mV. */
  readonly v: number[]
  /** When the neuron fired, ms: the end of the step. */
  readonly timesMs: number[]
}

/** A run of one neuron, compiled; f64 unless told. */
export function record<S extends Membrane, P extends object>(
  model: Neuron<S, P>,
  current: Current,
  parameters: Partial<P> & NeuronOptions,
  { durationMs = 200, dtMs = 0.01, dtype = "f64" as "f32" | "f64", vMV = undefined as number | undefined } = {},
): Recording {
  const run = jit((first: S) =>
    scan(
      (state: S) => {
        const [next, spikes] = model(state, current, parameters, dtMs)
        return [next as S, [next.v, spikes]]
      },
      first,
      undefined,
      { length: Math.round(durationMs / dtMs) },
    ),
  )
  const [v, spikes] = run(model.state([1], parameters, { dtype, vMV }) as S)[1] as [Tensor, Tensor]
  return {
    v: [...v.array()],
    timesMs: [...spikes.array()].flatMap((s, i) => (s === 1 ? [(i + 1) * dtMs] : [])),
  }
}

/** Intervals between spikes, ms. */
export const intervals = (timesMs: readonly number[]): number[] => timesMs.slice(1).map((t, i) => t - timesMs[i])

/** One classical Runge-Kutta step in plain numbers. */
export function rungeKutta(f: (y: readonly number[]) => number[], y: readonly number[], dt: number): number[] {
  const at = (k: readonly number[], by: number): number[] => y.map((x, i) => x + by * k[i])
  const k1 = f(y)
  const k2 = f(at(k1, dt / 2))
  const k3 = f(at(k2, dt / 2))
  const k4 = f(at(k3, dt))
  return y.map((x, i) => x + (dt / 6) * (k1[i] + 2 * k2[i] + 2 * k3[i] + k4[i]))
}
