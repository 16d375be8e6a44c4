/** What neurons have become: their constants, and how one of them moves. */
import { jit, scan, type Tensor } from "../../src/engine/index.ts"
import { metaLimit } from "../../src/neuro/index.ts"
import type { PlaneSide } from "./figures.ts"
import { type Batch, LifNeurons, MetaNeurons, type MetaStart, type Network } from "./model.ts"
import { batchOf, type Examples } from "./tasks.ts"

export type Learned = {
  /** By name: the start, and what each neuron has learned. */
  readonly constants: Record<string, { start: number; values: number[] }>
  /** One meta neuron before and after. */
  readonly planes: PlaneSide[]
  /** Share of steps in which V of a meta neuron stands at its limit. */
  readonly atLimit: number
}

/** A network as it began and as it ended. */
export interface Shown {
  readonly before: Network
  readonly after: Network
}

const valuesOf = (neurons: Network["neurons"]): Record<string, number[]> => {
  const tensors: Record<string, Tensor> =
    neurons instanceof LifNeurons ? { beta: neurons.beta.value(), theta: neurons.theta } : { ...neurons }
  return Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, [...x.array()]]))
}

export function constantsOf({ before, after }: Shown): Learned["constants"] {
  const start = valuesOf(before.neurons)
  return Object.fromEntries(
    Object.entries(valuesOf(after.neurons)).map(([name, values]) => [name, { start: start[name][0], values }]),
  )
}

/** V and U of all neurons at each step, and the currents that reach them: each `[steps, batch, neurons]`. */
const traced = jit(({ synapses, neurons }: Network, { trains }: Batch): [v: Tensor, u: Tensor, current: Tensor] => {
  if (!(neurons instanceof MetaNeurons)) throw new Error("only meta neurons have a V and a U")
  const currents = synapses.input.apply(trains)
  const [, [v, u]] = scan(
    (state: ReturnType<MetaNeurons["atRest"]>, current: Tensor) => {
      const [next] = neurons.step(state, current)
      return [next, [next.v, next.u]] as [typeof next, [Tensor, Tensor]]
    },
    neurons.atRest(trains.shape[1]),
    currents,
  )
  return [v, u, currents]
})

const firstExamples = (examples: Examples, count: number): Batch =>
  batchOf(
    examples,
    Int32Array.from({ length: Math.min(count, examples.labels.length) }, (_, i) => i),
  )

/** The neuron whose constants have changed most, in its plane, on the second example (with a memory). */
export function planesOf({ before, after }: Shown, examples: Examples): PlaneSide[] {
  const [old, now] = [valuesOf(before.neurons), valuesOf(after.neurons)]
  const changes = now.a.map((_, i) =>
    Object.keys(now).reduce((sum, name) => sum + Math.abs(now[name][i] - old[name][i]), 0),
  )
  const neuron = changes.indexOf(Math.max(...changes))
  const batch = firstExamples(examples, 2)
  return Object.entries({ before, after }).map(([title, net]) => {
    const [v, u, current] = traced(net, batch).map((x) =>
      x
        .slice(1, 1, 2)
        .slice(2, neuron, neuron + 1)
        .array(),
    )
    const own = valuesOf(net.neurons)
    const constants = Object.fromEntries(Object.entries(own).map(([name, list]) => [name, list[neuron]])) as MetaStart
    return {
      title: `${title}, neuron ${neuron + 1}`,
      constants,
      current: [...current].reduce((a, b) => a + b, 0) / current.length,
      path: Array.from(v, (x: number, t) => ({ x, y: u[t] as number })),
    }
  })
}

export function shareAtLimit(net: Network, examples: Examples): number {
  const [v] = traced(net, firstExamples(examples, 100))
  return v.abs().ge(metaLimit).cast("f32").mean().item()
}
