/** What a diagram costs, read from its boxes and sections: in the sizes of its axes, and as numbers. */
import { operationsOf } from "./expression.ts"
import { layersOf } from "./layers.ts"
import { isContraction, operations } from "./operations.ts"
import { Polynomial } from "./polynomial.ts"
import {
  type ArrayType,
  type Axis,
  type Box,
  codomainOf,
  degreeOf,
  domainOf,
  innerOf,
  type Morphism,
  targetsOf,
} from "./terms.ts"

export interface Costs {
  /** Multiplications whose results are added up. */
  readonly multiplyAdds: Polynomial
  /** All other arithmetic. */
  readonly other: Polynomial
}

const none: Costs = { multiplyAdds: new Polynomial(), other: new Polynomial() }
const both = (a: Costs, b: Costs): Costs => ({
  multiplyAdds: a.multiplyAdds.plus(b.multiplyAdds),
  other: a.other.plus(b.other),
})

/** Axes of the first operand that belong to the operation. */
const ownAxes = ({ inputs: [first], outputs: [out] }: Box): Axis[] => targetsOf(first ?? out)

/** Operations of one box: one for each index of its degree, times what it does with its targets. */
export function timeOf(box: Box): Costs {
  const degree = degreeOf(box)
  if (box.op === "map") return { ...none, other: Polynomial.of(degree, operationsOf(String(box.attributes.f))) }
  if (isContraction(box.op)) {
    const bias = box.attributes.bias === true ? 1 : 0
    const factors = box.inputs.length + box.parameters.length - bias
    const inner = innerOf(box)
    const products = Polynomial.of([...degree, ...inner], Math.max(0, factors - 1))
    const sums = factors === 1 && inner.length > 0 ? Polynomial.of([...degree, ...inner]) : new Polynomial()
    return { multiplyAdds: products, other: sums.plus(Polynomial.of(degree, bias)) }
  }
  if (box.op === "attention") {
    const [q, k, v] = box.inputs.map(targetsOf)
    const pairs = [...degree, ...q.slice(0, -1), ...k.slice(0, -1)]
    const width = v.slice(k.length - 1)
    return {
      multiplyAdds: Polynomial.of([...pairs, ...q.slice(-1)]).plus(Polynomial.of([...pairs, ...width])),
      other: Polynomial.of(pairs, 4),
    }
  }
  if (box.op === "conv2dInputGradient") {
    const axes = [...box.inputs, ...box.parameters].slice(0, 2).flatMap((w) => w.array.axes)
    return { ...none, multiplyAdds: Polynomial.of([...new Map(axes.map((a) => [a.name, a])).values()]) }
  }
  if (operations[box.op]?.moves === true) return none
  const each = box.op === "softmax" || box.op === "logSoftmax" ? 4 : box.op === "normalise" ? 8 : 1
  return { ...none, other: Polynomial.of([...degree, ...ownAxes(box)], each) }
}

/** Operations of a whole term: repetitions and steps of scans multiplied, of a choice the sum of both. */
export function timeOfTerm(m: Morphism): Costs {
  if (m.type === "box") return timeOf(m)
  if (m.type === "rearrange") return none
  if (m.type !== "block") return m.parts.map(timeOfTerm).reduce(both, none)
  const inner = timeOfTerm(m.body)
  const axes = m.loop === undefined ? [] : [m.loop.axis]
  return { multiplyAdds: inner.multiplyAdds.times(axes, m.repeat), other: inner.other.times(axes, m.repeat) }
}

/** Numbers that a tuple holds. */
export const spaceOf = (tuple: readonly ArrayType[]): Polynomial =>
  tuple.reduce((sum, a) => sum.plus(Polynomial.of(a.axes)), new Polynomial())

export interface Space {
  /** Numbers in each section of the diagram, from left to right. */
  readonly sections: readonly Polynomial[]
  /** Numbers that are there while each column runs: what was there and what it makes. */
  readonly columns: readonly Polynomial[]
}

/** The numbers that are alive along a diagram; a block counts as one column, see `peakOf`. */
export function spaceOfTerm(m: Morphism): Space {
  const layers = layersOf(m)
  let now = domainOf(m)
  const sections = [spaceOf(now)]
  const columns = layers.map((layer) => {
    const made = layer.flatMap((part) => (part.type === "rearrange" ? [] : codomainOf(part)))
    const during = spaceOf(now).plus(spaceOf(made))
    now = layer.flatMap(codomainOf)
    sections.push(spaceOf(now))
    return during
  })
  return { sections, columns }
}

/** The most numbers that are alive at any moment, inside blocks too. */
export function peakOf(m: Morphism, sizes: Readonly<Record<string, number>> = {}): number {
  const { sections, columns } = spaceOfTerm(m)
  let most = Math.max(...[...sections, ...columns].map((p) => p.value(sizes)))
  layersOf(m).forEach((layer, l) => {
    for (const part of layer)
      if (part.type === "block") {
        const beside = sections[l].value(sizes) - spaceOf(domainOf(part)).value(sizes)
        most = Math.max(most, beside + peakOf(part.body, sizes))
      }
  })
  return most
}
