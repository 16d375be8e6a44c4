/** Brings an operand of a box to the order of its indices: first what it is tiled over, then what belongs to the operation. */
import { concat, einsum, full, reshape, type Tensor, take, tensor, transpose } from "../../engine/index.ts"
import { type Affine, isPlain } from "./affine.ts"
import type { Axis, Weave } from "./terms.ts"

export interface Gathered {
  readonly tensor: Tensor
  /** Index variables of the first axes of the tensor; the targets follow in the order of the array. */
  readonly variables: readonly Axis[]
}

export const sizes = (axes: readonly Axis[]): number[] => axes.map((a) => a.size)
export const product = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1)

/**
 * @param x a tensor of the sizes of the weave's axes
 * @param padding what is read outside the array
 */
export function gathered(x: Tensor, { array: { axes }, slots }: Weave, padding?: number): Gathered {
  const places = slots.map((slot) => (slot === "target" ? undefined : slot))
  const uses = new Map<string, number>()
  for (const place of places)
    for (const { axis } of place?.terms ?? []) uses.set(axis.name, (uses.get(axis.name) ?? 0) + 1)
  const isSimple = (place: Affine, { size }: Axis): boolean =>
    isPlain(place) && place.terms[0].axis.size === size && uses.get(place.terms[0].axis.name) === 1
  const complex: number[] = []
  const simple: number[] = []
  const targets: number[] = []
  places.forEach((place, i) => (place === undefined ? targets : isSimple(place, axes[i]) ? simple : complex).push(i))
  const ordered = transpose(x, [...complex, ...simple, ...targets])
  const plain = simple.map((i) => (places[i] as Affine).terms[0].axis)
  if (complex.length === 0) return { tensor: ordered, variables: plain }
  const own = complex.map((i) => ({ size: axes[i].size, place: places[i] as Affine }))
  const variables = [...new Map(own.flatMap(({ place }) => place.terms.map((t) => [t.axis.name, t.axis]))).values()]
  const rows = product(own.map((o) => o.size))
  const rest = [...simple, ...targets].map((i) => axes[i].size)
  const flat = reshape(ordered, [rows, ...rest])
  const { indices, leaves } = placesOf(own, variables, rows)
  const source = leaves ? concat([flat, full([1, ...rest], padding ?? 0, x.dtype)], 0) : flat
  const shape = sizes(variables)
  return {
    tensor: reshape(take(source, tensor(indices, { shape: [indices.length] })), [...shape, ...rest]),
    variables: [...variables, ...plain],
  }
}

/** For every index of the variables the row that is read; the row after the last one where a place lies outside. */
export function placesOf(
  own: readonly { size: number; place: Affine }[],
  variables: readonly Axis[],
  rows: number,
): { indices: Int32Array; leaves: boolean } {
  const indices = new Int32Array(product(sizes(variables)))
  const index = new Map(variables.map((v) => [v.name, 0]))
  let leaves = false
  for (let n = 0; n < indices.length; n++) {
    let rest = n
    for (let v = variables.length - 1; v >= 0; v--) {
      index.set(variables[v].name, rest % variables[v].size)
      rest = Math.floor(rest / variables[v].size)
    }
    let row = 0
    for (const { size, place } of own) {
      const at = place.terms.reduce((sum, { axis, by }) => sum + by * (index.get(axis.name) as number), place.offset)
      row = at < 0 || at >= size || row < 0 ? -1 : row * size + at
    }
    leaves ||= row < 0
    indices[n] = row < 0 ? rows : row
  }
  return { indices, leaves }
}

/** Axes in the order of `variables`, those that the operand lacks of size 1. */
export function spread({ tensor: x, variables: own }: Gathered, variables: readonly Axis[]): Tensor {
  const present = variables.flatMap((v) => {
    const i = own.findIndex((o) => o.name === v.name)
    return i < 0 ? [] : [i]
  })
  const targets = x.shape.slice(own.length)
  const ordered = transpose(x, [...present, ...targets.map((_, i) => own.length + i)])
  const shape = variables.map((v) => (own.some((o) => o.name === v.name) ? v.size : 1))
  return reshape(ordered, [...shape, ...targets])
}

/** Products of operands without targets, summed over all variables but those of `out`; what none has is repeated (or counted). */
export function contracted(operands: readonly Gathered[], out: readonly Axis[], inner: readonly Axis[]): Tensor {
  const letters = new Map(
    [...out, ...inner].map((axis, i) => [axis.name, String.fromCharCode(i < 26 ? 97 + i : 39 + i)]),
  )
  const word = (axes: readonly Axis[]): string => axes.map((a) => letters.get(a.name)).join("")
  const [first, ...rest] = operands
  let now: Gathered = first
  rest.forEach((next, i) => {
    const later = new Set([...out, ...rest.slice(i + 1).flatMap((o) => o.variables)].map((a) => a.name))
    const both = new Map([...now.variables, ...next.variables].map((a) => [a.name, a]))
    const variables = [...both.values()].filter((a) => later.has(a.name))
    now = {
      tensor: einsum(`${word(now.variables)},${word(next.variables)}->${word(variables)}`, now.tensor, next.tensor),
      variables,
    }
  })
  const kept = out.filter((a) => now.variables.some((v) => v.name === a.name))
  const known = new Set(operands.flatMap((o) => o.variables.map((v) => v.name)))
  const counted = product(sizes(inner.filter((a) => !known.has(a.name))))
  const summed = einsum(`${word(now.variables)}->${word(kept)}`, now.tensor)
  const wide = spread({ tensor: summed, variables: kept }, out).broadcastTo(sizes(out))
  return counted === 1 ? wide : wide.mul(counted)
}
