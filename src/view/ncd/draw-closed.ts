/** Terms of very many boxes at the level of their blocks: what is inside is left out of the drawing. */
import { layersOf, type Part } from "./layers.ts"
import {
  type ArrayType,
  type Box,
  boxesOf,
  codomainOf,
  compose,
  domainOf,
  identityOn,
  isIdentity,
  type Morphism,
  product,
  type Weave,
} from "./terms.ts"

/** Boxes that a drawing shows one by one. */
export const mostBoxes = 5000

export const countOf = (m: Morphism): number => [...boxesOf(m)].length

/** The term with its blocks closed; where that leaves too many boxes, neighbouring columns become one box each. */
export function closed(term: Morphism, most = mostBoxes): Morphism {
  const columns = layersOf(term).map((layer) =>
    layer.map((part) => (part.type === "block" ? shut(part.title, part) : part)),
  )
  const boxes = columns.map((column) => column.filter((part) => part.type === "box").length)
  const total = boxes.reduce((a, b) => a + b, 0)
  const whole = (list: readonly (readonly Part[])[]): Morphism => compose(...list.map((column) => product(...column)))
  if (columns.length === 0) return identityOn(domainOf(term))
  if (total <= most) return whole(columns)
  const size = Math.ceil(columns.length / Math.max(1, Math.floor(most / 20)))
  const groups = Array.from({ length: Math.ceil(columns.length / size) }, (_, i) =>
    columns.slice(i * size, (i + 1) * size),
  )
  return compose(
    ...groups.map((group, i) => shut(`columns ${i * size + 1} to ${i * size + group.length}`, whole(group))),
  )
}

/** A part of which only the outside is shown. */
function shut(title: string, m: Morphism): Part {
  if (isIdentity(m)) return identityOn(domainOf(m))
  const side = (arrays: readonly ArrayType[]): Weave[] =>
    arrays.map((array) => ({ array, slots: array.axes.map(() => "target") }))
  const n = countOf(m)
  const box: Box = {
    type: "box",
    op: `${title} (${n} ${n === 1 ? "box" : "boxes"})`,
    attributes: {},
    inputs: side(domainOf(m)),
    parameters: [],
    outputs: side(codomainOf(m)),
  }
  return box
}
