/** The normal form of a term, which is also the form of a drawing: columns of parts beside one another. */
import {
  type ArrayType,
  asJson,
  type Block,
  type Box,
  checkSequence,
  codomainOf,
  domainOf,
  identityOn,
  isIdentity,
  type Morphism,
  type Rearrange,
} from "./terms.ts"

export type Part = Box | Block | Rearrange
/** Parts from top to bottom; identities are what passes by. */
export type Layer = readonly Part[]

/** A term as columns; blocks stay whole. @throws CajalError where parts do not fit together */
export function layersOf(m: Morphism): Layer[] {
  switch (m.type) {
    case "box":
    case "block":
      return [[m]]
    case "rearrange":
      return isIdentity(m) ? [] : [[m]]
    case "compose": {
      checkSequence(m.parts)
      return m.parts.flatMap(layersOf)
    }
    case "product": {
      const columns = m.parts.map(layersOf)
      const length = Math.max(0, ...columns.map((c) => c.length))
      return Array.from({ length }, (_, i) => m.parts.flatMap((part, k) => columns[k][i] ?? passing(codomainOf(part))))
    }
  }
}

const passing = (arrays: readonly ArrayType[]): Part[] => (arrays.length === 0 ? [] : [identityOn(arrays)])

/** Neighbouring identities as one. */
function merged(layer: Layer): Part[] {
  const parts: Part[] = []
  for (const part of layer) {
    const last = parts[parts.length - 1]
    if (isIdentity(part) && domainOf(part).length === 0) continue
    if (last !== undefined && isIdentity(part) && isIdentity(last))
      parts[parts.length - 1] = identityOn([...domainOf(last), ...domainOf(part)])
    else parts.push(part)
  }
  return parts
}

const normalPart = (part: Part): Part => {
  if (part.type === "block") {
    const { source: _, ...rest } = part as Block & { source?: string }
    return { ...rest, body: normalise(part.body) }
  }
  if (part.type === "rearrange") return part
  const { source: _, ...rest } = part
  return rest
}

/** The same term in its normal form, without lines of a program: equal terms have equal normal forms. */
export function normalise(m: Morphism): Morphism {
  const layers = layersOf(m)
  if (layers.length === 0) return identityOn(domainOf(m))
  const parts = layers.map((layer) => {
    const list = merged(layer).map(normalPart)
    return list.length === 1 ? list[0] : ({ type: "product", parts: list } as Morphism)
  })
  return parts.length === 1 ? parts[0] : { type: "compose", parts }
}

/** True where two terms are the same up to how they are put together. */
export const sameTerm = (a: Morphism, b: Morphism): boolean =>
  JSON.stringify(asJson(normalise(a))) === JSON.stringify(asJson(normalise(b)))
