import {
  type Key,
  pad,
  replaceRow,
  scatterEvents,
  split,
  type Tensor,
  type Tree,
  take,
  tensor,
  where,
  zeros,
} from "../../engine/index.ts"
import { poissonCounts, stepKey } from "../stimuli.ts"
import { type Signals, sizesOf } from "./network.ts"
import type { Plan, Range } from "./plan.ts"
import type { CellState } from "./population.ts"
import { rangeOf } from "./projection.ts"

/** What waits at a receptor and what it holds. */
export interface ReceptorState {
  /** Sums of the weights of spikes that are under way, by the step in which they arrive, `[steps, neurons]`. */
  readonly ring: Tensor
  /** Row of the ring that arrives in this step, i32. */
  readonly slot: Tensor
  readonly synapse: Tree
}

/** The whole state of a network: what a step starts from and leaves. */
export interface NetworkState {
  /** Number of the step, i32. */
  readonly step: Tensor
  readonly populations: Readonly<Record<string, CellState>>
  readonly receptors: readonly ReceptorState[]
  readonly [name: string]: Tree
}

/** A network before its first step. */
export function startState(
  { network, targets }: Plan,
  random: Parameters<Plan["network"]["populations"][string]["start"]>[0],
): NetworkState {
  return {
    step: tensor(0, { dtype: "i32" }),
    populations: Object.fromEntries(
      Object.entries(network.populations).map(([name, population]) => [name, population.start(random.split())]),
    ),
    receptors: targets.map(({ size, steps, receptor }) => ({
      ring: zeros([steps, size]),
      slot: tensor(0, { dtype: "i32" }),
      synapse: receptor.state([size]),
    })),
  }
}

/** What a step shows. */
export interface StepView {
  /** Spikes of each population `[neurons]`. */
  readonly spikes: Readonly<Record<string, Tensor>>
  /** Conductances (or currents) of each target. */
  readonly conductances: readonly Tensor[]
}

/**
 * One step of a network: what arrives now is taken from the ring buffers, synapses and then neurons are advanced, and their spikes are sent
 * on their way.
 * @param key of the whole run: every step draws from a key of its own
 */
export function stepNetwork(plan: Plan, state: NetworkState, signals: Signals, key: Key): [NetworkState, StepView] {
  const { network, targets, scatters, dtMs } = plan
  const sizes = sizesOf(network.populations)
  const keys = network.poisson.length > 0 ? split(stepKey(key, state.step), network.poisson.length) : []
  const outside = network.poisson.map(({ to, receptor, rateHz, weight = 1 }, i) => {
    const range = rangeOf(to, sizes)
    const rate = typeof rateHz === "number" ? rateHz : signals[rateHz.signal]
    const most = typeof rateHz === "number" ? undefined : rateHz.mostHz
    const counts = poissonCounts(keys[i], rate, dtMs, [range.to - range.from], most)
    return { receptor, range, arriving: widened(counts.mul(weight), range, sizes.get(range.name) as number) }
  })

  const arrived = targets.map((target, i) => {
    const { ring, slot } = state.receptors[i]
    const fromInside = take(ring, slot)
    const arriving = outside
      .filter(({ receptor, range }) => receptor === target.receptor && range.name === target.population)
      .reduce((sum, input) => sum.add(input.arriving), fromInside)
    const [synapse, g] = target.receptor.step(state.receptors[i].synapse, arriving, dtMs)
    const later = slot.add(1)
    const next = where(later.ge(target.steps), 0, later)
    return { ring: replaceRow(ring, zeros([target.size]), slot), slot, next, synapse, g }
  })

  const moved = Object.entries(network.populations).map(([name, population]) => {
    const own = targets.flatMap((target, i) => (target.population === name ? [{ target, g: arrived[i].g }] : []))
    const given = network.currents.filter(({ to }) => rangeOf(to, sizes).name === name)
    const delta = total(own.flatMap(({ target, g }) => (target.receptor.current === undefined ? [g] : [])))
    const drive = (v: Tensor): Tensor => {
      const synaptic = own.flatMap(({ target, g }) => target.receptor.current?.(g, v) ?? [])
      const external = given.map(({ to, signal }) => widened(signals[signal], rangeOf(to, sizes), population.size))
      const all = [...synaptic, ...external]
      return (total(all) ?? zeros([population.size])).add(population.current)
    }
    const depends = own.some(({ target }) => target.receptor.current !== undefined)
    const current = depends ? drive : given.length > 0 ? drive(state.populations[name].v) : population.current
    return [name, population.step(state.populations[name], current, dtMs, delta)] as const
  })
  const populations = Object.fromEntries(moved.map(([name, [cells]]) => [name, cells]))
  const spikes = Object.fromEntries(moved.map(([name, [, s]]) => [name, s]))

  const rings = arrived.map(({ ring }) => ring)
  for (const { from, target, lists, weights } of scatters) {
    const { size } = targets[target]
    const events = spikes[from.name].slice(0, from.from, from.to)
    rings[target] = scatterEvents(rings[target], events, lists, weights, arrived[target].slot.mul(size))
  }
  const receptors = arrived.map(({ synapse, next }, i) => ({ ring: rings[i], slot: next, synapse }))
  return [
    { step: state.step.add(1), populations, receptors },
    { spikes, conductances: arrived.map(({ g }) => g) },
  ]
}

const total = (all: readonly Tensor[]): Tensor | undefined =>
  all.length === 0 ? undefined : all.reduce((a, b) => a.add(b))

/** Numbers for some neurons of a population as numbers for all, 0 elsewhere. */
function widened(x: Tensor, { from, to }: Range, size: number): Tensor {
  const own = x.broadcastTo([to - from])
  return from === 0 && to === size ? own : pad(own, [[from, size - to]])
}
