import {
  CajalError,
  type DrawnLists,
  eventLists,
  type HostRandom,
  hostRandom,
  type Tensor,
  tensor,
} from "../../engine/index.ts"
import type { Connections, Ends, Wiring } from "../wiring/wiring.ts"
import { draw } from "./drawn.ts"
import { inOrder, type Link, ringsOf, scattersOf } from "./links.ts"
import { type Network, sizesOf } from "./network.ts"
import type { DelayLine, Paths, Plan, Plastic, Presynaptic, Relay, Source, Target } from "./plan.ts"
import { type Part, type Projection, type Range, rangeOf, widthOf } from "./projection.ts"
import type { Receptor, Release } from "./receptor.ts"

/** Draws what a network leaves to chance. @param seed the same seed draws the same connections, weights and delays */
export function planNetwork(network: Network, dtMs: number, seed: number): Plan {
  const random = hostRandom(seed)
  const planner = new Planner(network, dtMs)
  for (const projection of network.projections) planner.add(projection, random.split())
  for (const { to, receptor } of network.poisson) planner.target(planner.range(to).name, receptor)
  return planner.done()
}

/** A projection whose parts have been looked up. */
interface Aimed {
  readonly projection: Projection
  readonly from: Range
  readonly to: Range
  readonly ends: Ends
  readonly title: string
  readonly random: HostRandom
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** A target while projections are still added; `steps` are those that its ring buffer needs, 0 for none. */
type OpenTarget = Writable<Omit<Target, "waiting">> & { steps: number }

/** Gathers projection by projection what a network keeps; what they share is kept once. */
class Planner {
  readonly #network: Network
  readonly #dtMs: number
  readonly #sizes: ReadonlyMap<string, number>
  readonly #sources: Source[] = []
  readonly #lines: Writable<DelayLine>[] = []
  readonly #presynaptic: Presynaptic[] = []
  readonly #targets: OpenTarget[] = []
  readonly #links: Link[] = []
  readonly #relays: Relay[] = []
  readonly #plastic: Plastic[] = []
  #connections = 0

  constructor(network: Network, dtMs: number) {
    this.#network = network
    this.#dtMs = dtMs
    this.#sizes = sizesOf(network.populations)
  }

  range(part: Part): Range {
    return rangeOf(part, this.#sizes)
  }

  /** The target of a receptor on a population. @param steps the ring buffer that it needs */
  target(population: string, receptor: Receptor, steps = 0): number {
    const size = this.#sizes.get(population) as number
    const isIt = (t: OpenTarget) => t.population === population && t.receptor === receptor
    const at = shared(this.#targets, isIt, () => ({ population, size, receptor, steps }))
    this.#targets[at].steps = Math.max(this.#targets[at].steps, steps)
    return at
  }

  add(projection: Projection, random: HostRandom): void {
    const [from, to] = [this.range(projection.from), this.range(projection.to)]
    const ends = { pre: widthOf(from), post: widthOf(to), isSame: isSame(from, to) }
    const aimed = { projection, from, to, ends, title: `projection from ${from.name} to ${to.name}`, random }
    if (projection.plasticity !== undefined) this.#addPlastic(aimed)
    else if (!projection.receptor.linear || isEveryone(projection)) this.#addRelay(aimed)
    else this.#addScatter(aimed)
  }

  #addScatter(aimed: Aimed): void {
    const { projection, from, to, ends, title, random } = aimed
    const source = this.#source(from, projection.release)
    const { wiring, receptor } = projection
    if (wiring.drawn !== undefined) {
      const [drawn, delay] = [this.#drawn(aimed, wiring.drawn), this.#oneDelay(aimed)]
      this.#links.push({ source, target: this.target(to.name, receptor, delay + 1), first: to.from, delay, drawn })
      return
    }
    const { pre, post } = this.#connect(aimed)
    const weights = this.#weights(aimed, pre.length)
    const drawnDelays = draw(projection.delayMs ?? this.#dtMs, pre.length, random, `delay of the ${title}`)
    const delays = this.#inSteps(drawnDelays, title)
    const longest = typeof delays === "number" ? delays : delays.reduce((a, b) => Math.max(a, b), 1)
    const target = this.target(to.name, receptor, longest + 1)
    this.#links.push({ source, rows: ends.pre, target, first: to.from, pre, post, weights, delays })
  }

  #addRelay(aimed: Aimed): void {
    const { from, to, projection } = aimed
    const { receptor, release } = projection
    const delay = this.#oneDelay(aimed)
    const line = this.#line(this.#source(from, release), delay)
    const target = this.target(to.name, receptor)
    const isIt = (p: Presynaptic) => p.line === line && p.delay === delay && p.receptor === receptor
    const own = receptor.linear
      ? { line, delay }
      : { presynaptic: shared(this.#presynaptic, isIt, () => ({ line, delay, receptor })) }
    this.#relays.push({ from: own, target, to, paths: this.#paths(aimed) })
  }

  #addPlastic(aimed: Aimed): void {
    const { from, to, ends, title, projection } = aimed
    const { receptor, plasticity, wiring, release } = projection
    if (!receptor.linear || wiring.drawn !== undefined || plasticity === undefined)
      throw new CajalError(`${title}: plastic connections need a linear receptor and wiring that is kept`)
    if (release !== undefined)
      throw new CajalError(`${title}: a projection has plasticity of the short term or of the long term, not both`)
    const delay = this.#oneDelay(aimed)
    const line = this.#line(this.#source(from, undefined), delay)
    const { pre, post } = this.#connect(aimed)
    const forwards = eventLists(ends.pre, ends.post, pre, post)
    const back = eventLists(
      ends.post,
      ends.pre,
      Int32Array.from(forwards.order, (e) => post[e]),
      Int32Array.from(forwards.order, (e) => pre[e]),
    )
    const weights = inOrder(this.#weights(aimed, pre.length), forwards.order).broadcastTo([pre.length])
    const order = tensor(back.order, { dtype: "i32" })
    const synapses = { byPre: forwards.lists, byPost: back.lists, order }
    this.#plastic.push({ line, delay, target: this.target(to.name, receptor), to, rule: plasticity, synapses, weights })
  }

  /** How a relay reaches its neurons. */
  #paths(aimed: Aimed): Paths {
    const { ends, projection } = aimed
    const { wiring } = projection
    if (isEveryone(projection)) {
      const self = wiring.everyone?.self !== false || !ends.isSame
      this.#connections += ends.pre * ends.post - (self ? 0 : ends.pre)
      return { kind: "everyone", weight: this.#oneWeight(aimed), self }
    }
    if (wiring.drawn !== undefined) return { kind: "lists", ...this.#drawn(aimed, wiring.drawn) }
    const { pre, post } = this.#connect(aimed)
    const { lists, order } = eventLists(ends.pre, ends.post, pre, post)
    return { kind: "lists", lists, weights: inOrder(this.#weights(aimed, pre.length), order) }
  }

  #connect({ projection, ends, random }: Aimed): Connections {
    const connections = projection.wiring.connect(ends, random)
    this.#connections += connections.pre.length
    return connections
  }

  /** Connections that are drawn again whenever they are needed. */
  #drawn(aimed: Aimed, draw: NonNullable<Wiring["drawn"]>): { lists: DrawnLists; weights: Tensor } {
    const { ends, random } = aimed
    const weight = this.#oneWeight(aimed)
    const lists = draw(ends, random)
    this.#connections += Math.round(ends.pre * ends.post * lists.spec.probability)
    return { lists, weights: tensor(weight) }
  }

  /** The weight of a projection all of whose connections have the same. */
  #oneWeight(aimed: Aimed): number {
    const { weight = 1, wiring } = aimed.projection
    if (typeof weight !== "number")
      throw new CajalError(
        `${aimed.title}: ${wiring.kind} keeps nothing, so that all its connections have one weight`,
        { hint: "give a number, or take a wiring that is kept" },
      )
    checkWeights(aimed, weight)
    return weight
  }

  #weights(aimed: Aimed, count: number): number | Float64Array {
    const { projection, random, title } = aimed
    const weights = draw(projection.weight ?? 1, count, random, `weight of the ${title}`)
    checkWeights(aimed, typeof weights === "number" ? weights : weights.reduce((a, b) => Math.min(a, b), 0))
    return weights
  }

  #source(range: Range, release: Release | undefined): number {
    return shared(
      this.#sources,
      (s) => isSame(s.range, range) && s.release === release,
      () => ({ range, release }),
    )
  }

  #line(source: number, delay: number): number {
    const at = shared(
      this.#lines,
      (line) => line.source === source,
      () => ({ source, steps: delay }),
    )
    this.#lines[at].steps = Math.max(this.#lines[at].steps, delay)
    return at
  }

  /** The delay of a projection all of whose connections have the same, in steps. */
  #oneDelay({ projection: { delayMs = this.#dtMs, receptor, wiring }, title }: Aimed): number {
    if (typeof delayMs !== "number")
      throw new CajalError(
        `${title}: its connections (${receptor.model}, ${wiring.kind}) share what they keep, so that they have one delay`,
        { hint: "give one number of milliseconds" },
      )
    return this.#inSteps(delayMs, title) as number
  }

  /** Delays in whole steps. @throws CajalError where one is shorter than half a step */
  #inSteps(ms: number | Float64Array, title: string): number | Int32Array {
    const rounded = (delay: number): number => {
      const steps = Math.round(delay / this.#dtMs)
      if (steps >= 1) return steps
      throw new CajalError(`${title}: a delay of ${delay} ms is shorter than the time step of ${this.#dtMs} ms`, {
        hint: "spikes take at least one step: give a longer delay, or take shorter steps",
      })
    }
    return typeof ms === "number" ? rounded(ms) : Int32Array.from(ms, rounded)
  }

  done(): Plan {
    const { rings, waiting } = ringsOf(this.#targets)
    return {
      network: this.#network,
      dtMs: this.#dtMs,
      sources: this.#sources,
      lines: this.#lines,
      presynaptic: this.#presynaptic,
      targets: this.#targets.map(({ steps: _, ...target }, i) => ({ ...target, waiting: waiting[i] })),
      rings,
      scatters: scattersOf(this.#links, rings, waiting),
      relays: this.#relays,
      plastic: this.#plastic,
      connections: this.#connections,
    }
  }
}

/** @throws CajalError where the least weight of a projection cannot be one of its receptor */
function checkWeights({ projection, title }: Aimed, least: number): void {
  if (projection.receptor.isConductance && least < 0)
    throw new CajalError(`weight of the ${title}: a conductance is at least 0, not ${least}`, {
      hint: "what makes a synapse inhibitory is its reversal potential",
    })
}

/** Place of what is looked for in a list, to which it is added where it is not there. */
function shared<T>(list: T[], isIt: (x: T) => boolean, make: () => T): number {
  const found = list.findIndex(isIt)
  return found >= 0 ? found : list.push(make()) - 1
}

const isSame = (a: Range, b: Range): boolean => a.name === b.name && a.from === b.from && a.to === b.to

/** Whether a projection is a sum over all its neurons. */
const isEveryone = ({ wiring, weight = 1, delayMs = 0 }: Projection): boolean =>
  wiring.everyone !== undefined && typeof weight === "number" && typeof delayMs === "number"
