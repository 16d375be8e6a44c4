import { CajalError, type Tensor, take, tensor } from "../../engine/index.ts"
import { Growing } from "../growing.ts"
import { type Network, sizesOf } from "./network.ts"
import type { Probe } from "./probes.ts"
import { type Part, type Range, rangeOf, widthOf } from "./projection.ts"
import type { NetworkState, StepView } from "./step.ts"

/** What a simulation keeps. */
export interface Wanted {
  /** Spikes of all populations, or of these parts, one of a population. */
  readonly spikes?: true | readonly Part[]
  /** Variables of some neurons in time: `{ population: "E", variable: "v", neurons: [0, 1, 2] }`. */
  readonly traces?: readonly Trace[]
  /** Numbers that are taken from every step, by name: `{ rate: rate("E"), field: fieldPotential("E") }`. */
  readonly probes?: Readonly<Record<string, Probe>>
  /** Traces are looked at, and probes averaged, over so long. Default: every step. */
  readonly everyMs?: number
  /** Only what happened in this last while is kept, so that memory stays bounded. Default: everything. */
  readonly lastMs?: number
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

/** Rows of numbers, one for each time. */
export interface Series {
  /** Ends of the steps, or of the whiles that were averaged over. */
  readonly timesMs: Float64Array
  /** `[times][width]`, row-major. */
  readonly values: Float32Array
  readonly width: number
}

export interface Traces extends Series {
  readonly neurons: readonly number[]
}

export interface Recording {
  /** By population. */
  readonly spikes: Readonly<Record<string, Spikes>>
  /** In the order in which they were asked for. */
  readonly traces: readonly Traces[]
  /** By name. */
  readonly probes: Readonly<Record<string, Series>>
}

/** Takes what a simulation shows step by step, and keeps it outside of the program that runs. */
export class Recorder {
  readonly #parts: readonly Range[]
  readonly #wanted: Wanted
  readonly #dtMs: number
  readonly #spikes = new Map<string, SpikeList>()
  readonly #traces: readonly SeriesList[]
  readonly #probes: readonly SeriesList[]

  constructor(network: Network, wanted: Wanted, dtMs: number) {
    const { spikes, traces = [], probes = {}, everyMs = dtMs, lastMs } = wanted
    const sizes = sizesOf(network.populations)
    const parts = spikes === true ? [...sizes.keys()] : (spikes ?? [])
    this.#parts = parts.map((part) => rangeOf(part, sizes))
    const twice = this.#parts.find(({ name }, i) => this.#parts.findIndex((part) => part.name === name) < i)
    if (twice !== undefined)
      throw new CajalError(`recording: the spikes of "${twice.name}" are asked for twice`, {
        hint: "take its neurons from the first to the last that are wanted",
      })
    for (const { population, neurons } of traces) {
      const { to } = rangeOf(population, sizes)
      const wrong = neurons.find((i) => !(Number.isInteger(i) && i >= 0 && i < to))
      if (wrong !== undefined) throw new CajalError(`trace of neuron ${wrong} of "${population}", which has ${to}`)
    }
    const every = Math.round(everyMs / dtMs)
    if (!(every >= 1)) throw new CajalError(`recording: every ${everyMs} ms is less than a step of ${dtMs} ms`)
    if (lastMs !== undefined && !(lastMs > 0)) throw new CajalError(`recording: the last ${lastMs} ms are nothing`)
    this.#wanted = wanted
    this.#dtMs = dtMs
    this.#traces = traces.map(() => new SeriesList("last", every, dtMs))
    this.#probes = Object.keys(probes).map(() => new SeriesList("mean", every, dtMs))
    for (const { name } of this.#parts) this.#spikes.set(name, new SpikeList())
  }

  /** Numbers that one step brings, about. */
  get numbersPerStep(): number {
    const { traces = [], probes = {} } = this.#wanted
    return (
      this.#parts.reduce((n, part) => n + widthOf(part) / 4, 0) +
      traces.reduce((n, { neurons }) => n + neurons.length, 0) +
      Object.keys(probes).length
    )
  }

  /** What the program hands out in a step. */
  observe(state: NetworkState, view: StepView): Tensor[] {
    const { traces = [], probes = {} } = this.#wanted
    const spikes = this.#parts.map(({ name, from, to }) => view.spikes[name].slice(0, from, to).gt(0))
    const values = traces.map(({ population, variable, neurons }) => {
      const value = state.populations[population][variable] as Tensor | undefined
      if (value === undefined)
        throw new CajalError(`trace: "${population}" has no variable "${variable}"`, {
          hint: `variables: ${Object.keys(state.populations[population]).join(", ")}`,
        })
      return take(value.cast("f32"), tensor([...neurons], { dtype: "i32" }))
    })
    return [...spikes, ...values, ...Object.values(probes).map((probe) => probe(view, state).reshape([-1]))]
  }

  /** Keeps what a stretch of steps has handed out. @param first number of its first step */
  keep(seen: readonly Tensor[], first: number): void {
    let next = 0
    for (const part of this.#parts)
      this.#spikes.get(part.name)?.add(seen[next++].array() as Uint8Array, part, first, this.#dtMs)
    for (const series of [...this.#traces, ...this.#probes]) {
      const x = seen[next++]
      series.add(x.array() as Float32Array, x.shape[1], first)
    }
    const { lastMs } = this.#wanted
    if (lastMs === undefined || seen.length === 0) return
    const end = (first + seen[0].shape[0]) * this.#dtMs
    for (const list of [...this.#spikes.values(), ...this.#traces, ...this.#probes]) list.forget(end - lastMs)
  }

  result(): Recording {
    const { traces = [], probes = {} } = this.#wanted
    return {
      spikes: Object.fromEntries([...this.#spikes].map(([name, list]) => [name, list.done()])),
      traces: this.#traces.map((series, k) => ({
        ...series.done(traces[k].neurons.length),
        neurons: traces[k].neurons,
      })),
      probes: Object.fromEntries(Object.keys(probes).map((name, k) => [name, this.#probes[k].done()])),
    }
  }
}

/** Lets go of the times before one; gives how many they were. */
function dropBefore(times: Growing<Float64Array>, ms: number): number {
  let old = 0
  while (old < times.length && times.at(old) < ms) old++
  times.drop(old)
  return old
}

class SpikeList {
  readonly #times = new Growing(new Float64Array(1024))
  readonly #neurons = new Growing(new Int32Array(1024))

  /** @param fired 1 for each spike, `[steps][neurons of the part]` */
  add(fired: Uint8Array, part: Range, first: number, dtMs: number): void {
    const width = widthOf(part)
    const visit = (i: number): void => {
      this.#times.push((first + Math.floor(i / width)) * dtMs)
      this.#neurons.push(part.from + (i % width))
    }
    // Spikes are rare: eight neurons are looked at together.
    const words = fired.byteOffset % 8 === 0 ? new Float64Array(fired.buffer, fired.byteOffset, fired.length >> 3) : []
    for (let w = 0; w < words.length; w++)
      if (words[w] !== 0) for (let i = 8 * w; i < 8 * w + 8; i++) if (fired[i] !== 0) visit(i)
    for (let i = 8 * words.length; i < fired.length; i++) if (fired[i] !== 0) visit(i)
  }

  forget(beforeMs: number): void {
    this.#neurons.drop(dropBefore(this.#times, beforeMs))
  }

  done(): Spikes {
    return { timesMs: this.#times.done(), neurons: this.#neurons.done() }
  }
}

class SeriesList {
  readonly #times = new Growing(new Float64Array(1024))
  readonly #values = new Growing(new Float32Array(1024))
  readonly #kind: "last" | "mean"
  readonly #every: number
  readonly #dtMs: number
  /** Sums over the while that has begun. */
  #sums = new Float64Array(0)
  #width = 0

  constructor(kind: "last" | "mean", every: number, dtMs: number) {
    this.#kind = kind
    this.#every = every
    this.#dtMs = dtMs
  }

  /** @param values `[steps][width]` */
  add(values: Float32Array, width: number, first: number): void {
    this.#width = width
    if (this.#sums.length !== width) this.#sums = new Float64Array(width)
    for (let step = 0; step * width < values.length; step++) {
      const isEnd = (first + step + 1) % this.#every === 0
      for (let k = 0; k < width; k++) this.#sums[k] += values[step * width + k]
      if (!isEnd) continue
      this.#times.push((first + step + 1) * this.#dtMs)
      for (let k = 0; k < width; k++)
        this.#values.push(this.#kind === "last" ? values[step * width + k] : this.#sums[k] / this.#every)
      this.#sums.fill(0)
    }
  }

  forget(beforeMs: number): void {
    this.#values.drop(dropBefore(this.#times, beforeMs) * this.#width)
  }

  done(width = this.#width): Series {
    return { timesMs: this.#times.done(), values: this.#values.done(), width }
  }
}
