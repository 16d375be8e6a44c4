/** Linear operations rearranged: neighbours that are sums of products become one, so that nothing is stored between them. */
import { type Affine, at } from "./affine.ts"
import { layersOf, type Part } from "./layers.ts"
import {
  type Axis,
  type Box,
  codomainOf,
  compose,
  domainOf,
  identityOn,
  innerOf,
  isIdentity,
  type Morphism,
  product,
  type Slot,
  type Weave,
} from "./terms.ts"

export interface Step {
  readonly term: Morphism
  /** The operations that became one. */
  readonly fused: readonly Box[]
}

/** Contractions without parameters: inner and outer products, diagonals, transposes, repetition. */
const isPure = (part: Part): part is Box =>
  part.type === "box" && part.op === "einsum" && part.parameters.length === 0 && part.outputs.length === 1

/** An affine place with each index replaced by a place of its own. */
export function substituted({ offset, terms }: Affine, by: ReadonlyMap<string, Affine>): Affine {
  const sums = new Map<string, { axis: Axis; by: number }>()
  let start = offset
  for (const { axis, by: factor } of terms) {
    const place = by.get(axis.name) ?? at(axis)
    start += factor * place.offset
    for (const t of place.terms)
      sums.set(t.axis.name, { axis: t.axis, by: (sums.get(t.axis.name)?.by ?? 0) + factor * t.by })
  }
  return { offset: start, terms: [...sums.values()].filter((t) => t.by !== 0) }
}

/** What an operand is where a contraction makes it: the operands of that one, read at the places at which its result is read. */
function unfolded(weave: Weave, maker: Part, taken: Set<string>): Weave[] {
  if (!isPure(maker)) return [weave]
  const [out] = maker.outputs
  const places = new Map<string, Affine>()
  out.array.axes.forEach((axis, i) => places.set(axis.name, weave.slots[i] as Affine))
  for (const axis of innerOf(maker)) {
    let name = axis.name
    while (taken.has(name)) name += "'"
    taken.add(name)
    places.set(axis.name, at({ name, size: axis.size }))
  }
  return maker.inputs.map((w) => ({
    array: w.array,
    slots: w.slots.map((s): Slot => (s === "target" ? s : substituted(s, places))),
  }))
}

/** The first two columns of which a contraction and what makes its operands become one; undefined where there are none. */
export function fuseOnce(term: Morphism): Step | undefined {
  const layers = layersOf(term)
  for (let l = 1; l < layers.length; l++) {
    const before = spread(layers[l - 1])
    let from = 0
    for (const [p, part] of layers[l].entries()) {
      const count = domainOf(part).length
      const makers = before.filter((m) => m.from >= from && m.from + m.count <= from + count)
      const covered = makers.reduce((n, m) => n + m.count, 0) === count
      const pure = makers.map((m) => m.part).filter(isPure)
      if (isPure(part) && covered && pure.length > 0 && makers.every((m) => isPure(m.part) || isIdentity(m.part))) {
        const taken = new Set(
          [...part.inputs, ...part.outputs, ...pure.flatMap((b) => b.inputs)].flatMap((w) =>
            w.array.axes.map((a) => a.name),
          ),
        )
        let next = 0
        const inputs = makers.flatMap((m) => {
          const own = part.inputs.slice(next, next + m.count)
          next += m.count
          return own.flatMap((w) => unfolded(w, m.part, taken))
        })
        const one: Box = { ...part, inputs }
        const first = before.flatMap((m): Part[] => (m === makers[0] ? [one] : makers.includes(m) ? [] : [m.part]))
        const second = layers[l].map((q, i): Part => (i === p ? identityOn(codomainOf(one)) : q))
        const columns = [...layers.slice(0, l - 1), first, second, ...layers.slice(l + 1)].filter(
          (c) => !c.every(isIdentity),
        )
        return {
          term: columns.length === 0 ? identityOn(domainOf(term)) : compose(...columns.map((c) => product(...c))),
          fused: [...pure, part],
        }
      }
      from += count
    }
  }
  return undefined
}

/** Parts with the places of what they give, identities one by one. */
function spread(layer: readonly Part[]): { part: Part; from: number; count: number }[] {
  let from = 0
  return layer.flatMap((part) => {
    const list = isIdentity(part) ? domainOf(part).map((a): Part => identityOn([a])) : [part]
    return list.map((one) => {
      const count = codomainOf(one).length
      from += count
      return { part: one, from: from - count, count }
    })
  })
}

/** All steps until nothing is left to fuse. */
export function* fusions(term: Morphism): Generator<Step> {
  for (let step = fuseOnce(term); step !== undefined; step = fuseOnce(step.term)) yield step
}
