import {
  CajalError,
  type EventLists,
  eventLists,
  type HostRandom,
  hostRandom,
  type Tensor,
  tensor,
} from "../../engine/index.ts"
import { draw } from "./drawn.ts"
import { type Network, sizesOf } from "./network.ts"
import { type Projection, rangeOf } from "./projection.ts"
import type { Receptor } from "./receptor.ts"

/** Neurons of a population, from `from` to `to`. */
export interface Range {
  readonly name: string
  readonly from: number
  readonly to: number
}

/** What arrives at a population for one receptor: one state for each neuron, however many projections share it. */
export interface Target {
  readonly population: string
  readonly size: number
  readonly receptor: Receptor
  /** Steps of the ring buffer in which spikes wait. */
  readonly steps: number
}

/** Spikes that are scattered over the ring buffer of a target, each connection with its delay. */
export interface Scatter {
  readonly from: Range
  /** Which target. */
  readonly target: number
  readonly lists: EventLists
  /** `[connections]` in the order of the lists, or one for all. */
  readonly weights: Tensor
}

/** A network ready to be stepped: connections drawn, projections of one receptor merged. */
export interface Plan {
  readonly network: Network
  readonly dtMs: number
  readonly targets: readonly Target[]
  readonly scatters: readonly Scatter[]
  /** Connections in all. */
  readonly connections: number
}

/** Draws what a network leaves to chance. @param seed the same seed draws the same connections, weights and delays */
export function planNetwork(network: Network, dtMs: number, seed: number): Plan {
  const sizes = sizesOf(network.populations)
  const random = hostRandom(seed)
  const drawn = network.projections.map((projection) => drawProjection(projection, sizes, dtMs, random.split()))
  const targets: { population: string; size: number; receptor: Receptor; steps: number }[] = []
  const targetOf = (population: string, receptor: Receptor, most: number): number => {
    const found = targets.findIndex((t) => t.population === population && t.receptor === receptor)
    if (found >= 0) {
      targets[found].steps = Math.max(targets[found].steps, most + 1)
      return found
    }
    return targets.push({ population, size: sizes.get(population) as number, receptor, steps: most + 1 }) - 1
  }
  const aimed = drawn.map((d) => ({ ...d, target: targetOf(d.to.name, d.receptor, d.longest) }))
  for (const { to, receptor } of network.poisson) targetOf(rangeOf(to, sizes).name, receptor, 0)
  const scatters = aimed.map(({ from, to, pre, post, delays, weights, target }): Scatter => {
    const { size, steps } = targets[target]
    const places = Int32Array.from(
      post,
      (j, e) => (typeof delays === "number" ? delays : delays[e]) * size + j + to.from,
    )
    const { lists, order } = eventLists(from.to - from.from, steps * size, pre, places, { width: size })
    const sorted =
      typeof weights === "number" ? tensor(weights) : tensor(Float32Array.from(order, (pair) => weights[pair]))
    return { from, target, lists, weights: sorted }
  })
  const connections = drawn.reduce((sum, { pre }) => sum + pre.length, 0)
  return { network, dtMs, targets, scatters, connections }
}

function drawProjection(projection: Projection, sizes: ReadonlyMap<string, number>, dtMs: number, random: HostRandom) {
  const { wiring, receptor, weight = 1, delayMs = dtMs } = projection
  const [from, to] = [rangeOf(projection.from, sizes), rangeOf(projection.to, sizes)]
  const title = `projection from ${from.name} to ${to.name}`
  if (!receptor.linear)
    throw new CajalError(
      `${title}: ${receptor.model} is not linear: one state of the postsynaptic neuron cannot stand for many synapses`,
    )
  const isSame = from.name === to.name && from.from === to.from && from.to === to.to
  const { pre, post } = wiring.connect({ pre: from.to - from.from, post: to.to - to.from, isSame }, random)
  const weights = draw(weight, pre.length, random, `weight of the ${title}`)
  const delays = inSteps(draw(delayMs, pre.length, random, `delay of the ${title}`), dtMs, title)
  const longest = typeof delays === "number" ? delays : delays.reduce((a, b) => Math.max(a, b), 1)
  return { from, to, receptor, pre, post, weights, delays, longest }
}

/** Delays in whole steps. @throws CajalError where one is shorter than half a step */
function inSteps(ms: number | Float64Array, dtMs: number, title: string): number | Int32Array {
  const rounded = (delay: number): number => {
    const steps = Math.round(delay / dtMs)
    if (steps >= 1) return steps
    throw new CajalError(`${title}: a delay of ${delay} ms is shorter than the time step of ${dtMs} ms`, {
      hint: "spikes take at least one step: give a longer delay, or take shorter steps",
    })
  }
  return typeof ms === "number" ? rounded(ms) : Int32Array.from(ms, rounded)
}
