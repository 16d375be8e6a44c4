import { CajalError, type Tensor, take, tensor } from "../../engine/index.ts"
import { Growing } from "../growing.ts"
import { type Network, sizesOf } from "./network.ts"
import { type Part, rangeOf } from "./projection.ts"
import type { NetworkState, StepView } from "./step.ts"

/** What a simulation keeps. */
export interface Wanted {
  /** Spikes of all populations, or of these parts. */
  readonly spikes?: true | readonly Part[]
  /** Variables of some neurons in time: `{ population: "E", variable: "v", neurons: [0, 1, 2] }`. */
  readonly traces?: readonly Trace[]
  /** Mean potential of these populations in every step. */
  readonly meanPotentials?: readonly string[]
}

export interface Trace {
  readonly population: string
  /** A variable of the model. */
  readonly variable: string
  readonly neurons: readonly number[]
}

/** Spikes in the order in which they happened. */
export interface Spikes {
  readonly timesMs: Float64Array
  /** Numbers of the neurons in their population. */
  readonly neurons: Int32Array
}

/** One row for each step. */
export interface Traces {
  readonly timesMs: Float64Array
  /** `[steps][neurons]`, row-major. */
  readonly values: Float32Array
  readonly neurons: readonly number[]
}

export interface Recording {
  /** By population. */
  readonly spikes: Readonly<Record<string, Spikes>>
  /** In the order in which they were asked for. */
  readonly traces: readonly Traces[]
  readonly meanPotentials: Readonly<Record<string, Float32Array>>
}

/** Takes what a simulation shows step by step, and keeps it outside of the program that runs. */
export class Recorder {
  readonly #parts: readonly ReturnType<typeof rangeOf>[]
  readonly #traces: readonly Trace[]
  readonly #means: readonly string[]
  readonly #dtMs: number
  /** Numbers that one step brings. */
  readonly numbersPerStep: number
  readonly #spikes = new Map<string, { timesMs: Growing<Float64Array>; neurons: Growing<Int32Array> }>()
  readonly #values: { timesMs: Growing<Float64Array>; values: Growing<Float32Array> }[]
  readonly #potentials: Growing<Float32Array>[]

  constructor(network: Network, { spikes, traces = [], meanPotentials = [] }: Wanted, dtMs: number) {
    const sizes = sizesOf(network.populations)
    const parts = spikes === true ? [...sizes.keys()] : (spikes ?? [])
    this.#parts = parts.map((part) => rangeOf(part, sizes))
    for (const { population, neurons } of traces) {
      const { to } = rangeOf(population, sizes)
      const wrong = neurons.find((i) => !(Number.isInteger(i) && i >= 0 && i < to))
      if (wrong !== undefined) throw new CajalError(`trace of neuron ${wrong} of "${population}", which has ${to}`)
    }
    for (const name of meanPotentials) rangeOf(name, sizes)
    this.#traces = traces
    this.#means = meanPotentials
    this.#dtMs = dtMs
    this.numbersPerStep =
      this.#parts.reduce((n, { from, to }) => n + (to - from) / 4, 0) +
      traces.reduce((n, { neurons }) => n + neurons.length, 0) +
      meanPotentials.length
    for (const { name } of this.#parts)
      this.#spikes.set(name, {
        timesMs: new Growing(new Float64Array(1024)),
        neurons: new Growing(new Int32Array(1024)),
      })
    this.#values = traces.map(() => ({
      timesMs: new Growing(new Float64Array(1024)),
      values: new Growing(new Float32Array(1024)),
    }))
    this.#potentials = meanPotentials.map(() => new Growing(new Float32Array(1024)))
  }

  /** What the program hands out in a step. */
  observe(state: NetworkState, view: StepView): Tensor[] {
    const spikes = this.#parts.map(({ name, from, to }) => view.spikes[name].slice(0, from, to).gt(0))
    const traces = this.#traces.map(({ population, variable, neurons }) => {
      const value = state.populations[population][variable] as Tensor | undefined
      if (value === undefined)
        throw new CajalError(`trace: "${population}" has no variable "${variable}"`, {
          hint: `variables: ${Object.keys(state.populations[population]).join(", ")}`,
        })
      return take(value.cast("f32"), tensor([...neurons], { dtype: "i32" }))
    })
    const means = this.#means.map((name) => state.populations[name].v.mean())
    return [...spikes, ...traces, ...means]
  }

  /** Keeps what a stretch of steps has handed out. @param first number of its first step */
  keep(seen: readonly Tensor[], first: number): void {
    let next = 0
    for (const { name, from, to } of this.#parts) {
      const fired = seen[next++].array() as Uint8Array
      const own = this.#spikes.get(name)
      if (own === undefined) continue
      const width = to - from
      for (let i = 0; i < fired.length; i++)
        if (fired[i] !== 0) {
          own.timesMs.push((first + Math.floor(i / width)) * this.#dtMs)
          own.neurons.push(from + (i % width))
        }
    }
    this.#traces.forEach(({ neurons }, k) => {
      const values = seen[next++].array() as Float32Array
      for (const x of values) this.#values[k].values.push(x)
      for (let step = 0; step * neurons.length < values.length; step++)
        this.#values[k].timesMs.push((first + step + 1) * this.#dtMs)
    })
    for (const list of this.#potentials) for (const x of seen[next++].array() as Float32Array) list.push(x)
  }

  result(): Recording {
    return {
      spikes: Object.fromEntries(
        [...this.#spikes].map(([name, { timesMs, neurons }]) => [
          name,
          { timesMs: timesMs.done(), neurons: neurons.done() },
        ]),
      ),
      traces: this.#values.map(({ timesMs, values }, k) => ({
        timesMs: timesMs.done(),
        values: values.done(),
        neurons: this.#traces[k].neurons,
      })),
      meanPotentials: Object.fromEntries(this.#means.map((name, k) => [name, this.#potentials[k].done()])),
    }
  }
}
