import { type DrawnLists, eventLists, type Tensor, tensor } from "../../engine/index.ts"
import type { Ring, Scatter, Target } from "./plan.ts"

/** How spikes of a source get to a target: connections that are kept, or that are drawn again. */
export type Link = {
  readonly source: number
  readonly target: number
  /** First neuron of the target's population that is reached. */
  readonly first: number
} & (
  | {
      /** Neurons of the source. */
      readonly rows: number
      readonly pre: Int32Array
      readonly post: Int32Array
      readonly weights: number | Float64Array
      /** In steps. */
      readonly delays: number | Int32Array
      readonly drawn?: undefined
    }
  | { readonly drawn: { readonly lists: DrawnLists; readonly weights: Tensor }; readonly delay: number }
)

type Kept = Extract<Link, { rows: number }>
type Waiting = readonly Target["waiting"][]

/** Ring buffers: targets with delays of about one length share one, so that a spike is sent to all of them at once. */
export function ringsOf(targets: readonly { readonly size: number; readonly steps: number }[]): {
  rings: Ring[]
  waiting: Waiting
} {
  const rings: { steps: number; width: number }[] = []
  const byLength = new Map<number, number>()
  const waiting = targets.map(({ size, steps }) => {
    if (steps === 0) return undefined
    const length = Math.ceil(Math.log2(steps))
    const ring = byLength.get(length) ?? rings.push({ steps: 0, width: 0 }) - 1
    byLength.set(length, ring)
    const own = { ring, offset: rings[ring].width }
    rings[ring].steps = Math.max(rings[ring].steps, steps)
    rings[ring].width += size
    return own
  })
  return { rings, waiting }
}

/** One scatter for all links from a source to a ring buffer; those that are drawn stay apart. */
export function scattersOf(links: readonly Link[], rings: readonly Ring[], waiting: Waiting): Scatter[] {
  const offsetOf = ({ target, first }: Link): number => (waiting[target]?.offset ?? 0) + first
  const groups = new Map<string, { readonly ring: number; readonly links: Kept[] }>()
  const scatters: Scatter[] = []
  for (const link of links) {
    const { source, target } = link
    const ring = waiting[target]?.ring as number
    if (link.drawn === undefined) {
      const key = `${source} ${ring}`
      const group = groups.get(key) ?? { ring, links: [] }
      group.links.push(link)
      groups.set(key, group)
    } else scatters.push({ source, ring, ...link.drawn, offset: link.delay * rings[ring].width + offsetOf(link) })
  }
  for (const { ring, links } of groups.values()) scatters.push({ ring, ...merged(links, rings[ring], offsetOf) })
  return scatters
}

function merged(
  links: readonly Kept[],
  { steps, width }: Ring,
  offsetOf: (link: Link) => number,
): Omit<Scatter, "ring"> {
  const [{ source, rows }] = links
  const count = links.reduce((n, { pre }) => n + pre.length, 0)
  const [pre, places] = [new Int32Array(count), new Int32Array(count)]
  let at = 0
  for (const link of links) {
    const offset = offsetOf(link)
    pre.set(link.pre, at)
    for (let e = 0; e < link.post.length; e++) {
      const delay = typeof link.delays === "number" ? link.delays : link.delays[e]
      // Delays are counted from the shortest possible one: the first row of the lists arrives in the next step.
      places[at + e] = (delay - 1) * width + offset + link.post[e]
    }
    at += link.pre.length
  }
  const { lists, order } = eventLists(rows, steps * width, pre, places, { width })
  return { source, lists, weights: inOrder(weightsOf(links, count), order), offset: width }
}

/** One weight where all connections have the same. */
function weightsOf(links: readonly Kept[], count: number): number | Float64Array {
  const [{ weights: first }] = links
  if (typeof first === "number" && links.every(({ weights }) => weights === first)) return first
  const all = new Float64Array(count)
  let at = 0
  for (const { weights, pre } of links) {
    if (typeof weights === "number") all.fill(weights, at, at + pre.length)
    else all.set(weights, at)
    at += pre.length
  }
  return all
}

/** Weights in the order of lists. */
export const inOrder = (weights: number | Float64Array, order: Int32Array): Tensor =>
  typeof weights === "number" ? tensor(weights) : tensor(Float32Array.from(order, (pair) => weights[pair]))
