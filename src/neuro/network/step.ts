import {
  asEvents,
  type HostRandom,
  type Key,
  pad,
  replaceRow,
  scatterEvents,
  scope,
  split,
  type Tensor,
  type Tree,
  take,
  tensor,
  where,
  zeros,
} from "../../engine/index.ts"
import { poissonCounts, stepKey } from "../stimuli.ts"
import { type Network, type Signals, sizesOf } from "./network.ts"
import type { Paths, Plan } from "./plan.ts"
import type { CellState } from "./population.ts"
import { type Range, rangeOf, widthOf } from "./projection.ts"

/**
 * Rows of a ring buffer `[steps, width]`, and the one whose turn it is, i32: sums of the weights of spikes that arrive in this step, or what left a source
 * longest ago.
 */
export interface RingState {
  readonly rows: Tensor
  readonly slot: Tensor
}

/** The weights of a plastic projection, `[connections]`, and what its rule remembers. */
export interface PlasticState {
  readonly weights: Tensor
  readonly rule: Tree
}

/** The whole state of a network: what a step starts from and leaves. */
export interface NetworkState {
  /** Number of the step, i32. */
  readonly step: Tensor
  readonly populations: Readonly<Record<string, CellState>>
  /** Of linear synapses, by target. */
  readonly receptors: readonly Tree[]
  readonly rings: readonly RingState[]
  readonly lines: readonly RingState[]
  /** Of short-term plasticity, by source. */
  readonly releases: readonly Tree[]
  readonly presynaptic: readonly Tree[]
  readonly plastic: readonly PlasticState[]
  readonly [name: string]: Tree
}

/** A network before its first step. */
export function startState(
  { network, targets, rings, lines, sources, presynaptic, plastic }: Plan,
  random: HostRandom,
): NetworkState {
  const first = tensor(0, { dtype: "i32" })
  const widthOfSource = (source: number): number => widthOf(sources[source].range)
  return {
    step: first,
    populations: Object.fromEntries(
      Object.entries(network.populations).map(([name, population]) => [name, population.start(random.split())]),
    ),
    receptors: targets.map(({ size, receptor }) => (receptor.linear ? receptor.state([size]) : {})),
    rings: rings.map(({ steps, width }) => ({ rows: zeros([steps, width]), slot: first })),
    lines: lines.map(({ source, steps }) => ({ rows: zeros([steps, widthOfSource(source)]), slot: first })),
    releases: sources.map(({ release, range }) => release?.state([widthOf(range)]) ?? {}),
    presynaptic: presynaptic.map(({ line, receptor }) => receptor.state([widthOfSource(lines[line].source)])),
    plastic: plastic.map(({ rule, synapses: { byPre }, weights }) => ({
      weights,
      rule: rule.state(byPre.rows, byPre.size, weights.size),
    })),
  }
}

/** What a step shows. */
export interface StepView {
  readonly dtMs: number
  /** Spikes of each population `[neurons]`. */
  readonly spikes: Readonly<Record<string, Tensor>>
  /** Conductances (or currents) of each target. */
  readonly conductances: readonly Tensor[]
  /** Synaptic currents of a population before the step, one `[neurons]` for each of its receptors. */
  currents(population: string): Tensor[]
}

/**
 * One step of a network: what arrives now is taken from the ring buffers and delay lines, synapses and then neurons are advanced, and their spikes are
 * sent on their way.
 * @param key of the whole run: every step draws from a key of its own
 */
export function stepNetwork(plan: Plan, state: NetworkState, signals: Signals, key: Key): [NetworkState, StepView] {
  const { network, targets, rings, lines, sources, presynaptic, relays, plastic, scatters, dtMs } = plan
  const sizes = sizesOf(network.populations)
  const delayed = (line: number, delay: number): Tensor => {
    const { rows, slot } = state.lines[line]
    const row = lines[line].steps === delay ? slot : turned(slot.sub(delay), lines[line].steps)
    return asEvents(take(rows, row))
  }

  const outside = poissonInputs(network, state, signals, key, dtMs)
  const held = presynaptic.map(({ line, delay, receptor }, i) =>
    receptor.step(state.presynaptic[i], delayed(line, delay), dtMs),
  )
  const relayed = relays.map(({ from, target, to, paths }) => {
    const values = "presynaptic" in from ? held[from.presynaptic][1] : delayed(from.line, from.delay)
    return { target, values: widened(carried(values, paths, to), to, targets[target].size) }
  })
  const arrivals = plastic.map(({ line, delay, target, to, synapses }, i) => {
    const spikes = delayed(line, delay)
    const values = scatterEvents(zeros([widthOf(to)]), spikes, synapses.byPre, state.plastic[i].weights)
    return { target, spikes, values: widened(values, to, targets[target].size) }
  })

  const rows = state.rings.map(({ rows, slot }) => take(rows, slot))
  const arrived = targets.map((target, i) => {
    const { receptor, population, size, waiting } = target
    const own = [
      ...(waiting === undefined ? [] : [rows[waiting.ring].slice(0, waiting.offset, waiting.offset + size)]),
      ...outside.filter((x) => x.receptor === receptor && x.population === population).map(({ values }) => values),
      ...[...relayed, ...arrivals].filter((x) => x.target === i).map(({ values }) => values),
    ]
    const arriving = total(own) ?? zeros([size])
    const [synapse, g] = receptor.linear
      ? scope(`synapses on ${population}`, () => receptor.step(state.receptors[i], arriving, dtMs))
      : [{}, arriving]
    return { synapse, g }
  })

  const currents = (name: string, v: Tensor): Tensor[] =>
    targets.flatMap((t, i) => (t.population === name ? (t.receptor.current?.(arrived[i].g, v) ?? []) : []))
  const moved = Object.entries(network.populations).map(([name, population]) => {
    const own = targets.flatMap((target, i) => (target.population === name ? [{ target, g: arrived[i].g }] : []))
    const given = network.currents.filter(({ to }) => rangeOf(to, sizes).name === name)
    const delta = total(own.flatMap(({ target, g }) => (target.receptor.current === undefined ? [g] : [])))
    const drive = (v: Tensor): Tensor => {
      const external = given.map(({ to, signal }) => widened(signals[signal], rangeOf(to, sizes), population.size))
      return (total([...currents(name, v), ...external]) ?? zeros([population.size])).add(population.current)
    }
    const depends = own.some(({ target }) => target.receptor.current !== undefined)
    const current = depends ? drive : given.length > 0 ? drive(state.populations[name].v) : population.current
    return [name, scope(name, () => population.step(state.populations[name], current, dtMs, delta))] as const
  })
  const populations = Object.fromEntries(moved.map(([name, [cells]]) => [name, cells]))
  const spikes = Object.fromEntries(moved.map(([name, [, s]]) => [name, s]))
  const part = ({ name, from, to }: Range): Tensor => spikes[name].slice(0, from, to)

  const left = sources.map(({ range, release }, i) =>
    release === undefined ? ([{}, part(range)] as const) : release.step(state.releases[i], part(range), dtMs),
  )
  const sent = rings.map(({ width }, i) => replaceRow(state.rings[i].rows, zeros([width]), state.rings[i].slot))
  for (const { source, ring, lists, weights, offset } of scatters) {
    const shift = state.rings[ring].slot.mul(rings[ring].width).add(offset)
    sent[ring] = scatterEvents(sent[ring], left[source][1], lists, weights, shift)
  }
  const next: NetworkState = {
    step: state.step.add(1),
    populations,
    receptors: arrived.map(({ synapse }) => synapse),
    rings: rings.map(({ steps }, i) => ({ rows: sent[i], slot: turned(state.rings[i].slot.add(1), steps) })),
    lines: lines.map(({ source, steps }, i) => {
      const { rows, slot } = state.lines[i]
      return { rows: replaceRow(rows, left[source][1], slot), slot: turned(slot.add(1), steps) }
    }),
    releases: left.map(([release]) => release),
    presynaptic: held.map(([synapse]) => synapse),
    plastic: plastic.map(({ rule, synapses, to }, i) => {
      const { weights, rule: memory } = state.plastic[i]
      const pair = { pre: arrivals[i].spikes, post: part(to) }
      const [after, changed] = rule.step(memory, weights, synapses, pair, dtMs, signals)
      return { weights: changed, rule: after }
    }),
  }
  const view: StepView = {
    dtMs,
    spikes,
    conductances: arrived.map(({ g }) => g),
    currents: (name) => currents(name, state.populations[name].v),
  }
  return [next, view]
}

/** What arrives of Poisson inputs in this step. */
function poissonInputs(
  { poisson, populations }: Network,
  { step }: NetworkState,
  signals: Signals,
  key: Key,
  dtMs: number,
) {
  const sizes = sizesOf(populations)
  const keys = poisson.length > 0 ? split(stepKey(key, step), poisson.length) : []
  return poisson.map(({ to, receptor, rateHz, weight = 1 }, i) => {
    const range = rangeOf(to, sizes)
    const rate = typeof rateHz === "number" ? rateHz : signals[rateHz.signal]
    const most = typeof rateHz === "number" ? undefined : rateHz.mostHz
    const counts = poissonCounts(keys[i], rate, dtMs, [widthOf(range)], most)
    const values = widened(counts.mul(weight), range, sizes.get(range.name) as number)
    return { receptor, population: range.name, values }
  })
}

/** Values of presynaptic neurons as sums at `to`. */
function carried(values: Tensor, paths: Paths, to: Range): Tensor {
  if (paths.kind === "lists") return scatterEvents(zeros([widthOf(to)]), values, paths.lists, paths.weights)
  const sum = values.sum()
  return (paths.self ? sum : sum.sub(values)).mul(paths.weight)
}

/** A row that has been moved on, within the rows that there are. */
const turned = (row: Tensor, rows: number): Tensor =>
  where(row.ge(rows), row.sub(rows), where(row.lt(0), row.add(rows), row))

const total = (all: readonly Tensor[]): Tensor | undefined =>
  all.length === 0 ? undefined : all.reduce((a, b) => a.add(b))

/** Numbers for some neurons of a population as numbers for all, 0 elsewhere. */
function widened(x: Tensor, range: Range, size: number): Tensor {
  const own = x.broadcastTo([widthOf(range)])
  return widthOf(range) === size ? own : pad(own, [[range.from, size - range.to]])
}
