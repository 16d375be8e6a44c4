/** Where along an axis a pass of an operation reads: `2 x' + w - 1`. */
import { CajalError } from "../../engine/errors.ts"
import type { Axis } from "./terms.ts"

export interface Affine {
  readonly offset: number
  readonly terms: readonly { readonly axis: Axis; readonly by: number }[]
}

/** The place is the index itself. */
export const at = (axis: Axis): Affine => ({ offset: 0, terms: [{ axis, by: 1 }] })
export const affine = (terms: readonly (readonly [Axis, number])[], offset = 0): Affine => ({
  offset,
  terms: terms.map(([axis, by]) => ({ axis, by })),
})

/** True where the place is one index and nothing else. */
export const isPlain = ({ offset, terms }: Affine): boolean => offset === 0 && terms.length === 1 && terms[0].by === 1
/** True where the place is the index of the axis itself. */
export const isOwn = (a: Affine, axis: Axis): boolean => isPlain(a) && a.terms[0].axis.name === axis.name

/** The lowest and highest place that it reaches. */
export function rangeOf({ offset, terms }: Affine): [number, number] {
  let [low, high] = [offset, offset]
  for (const { axis, by } of terms) {
    const end = by * (axis.size - 1)
    if (end < 0) low += end
    else high += end
  }
  return [low, high]
}

/** As a person writes it: `2x'+w-1`. */
export function formatAffine({ offset, terms }: Affine): string {
  const parts = terms.map(({ axis, by }) => ({
    minus: by < 0,
    text: `${Math.abs(by) === 1 ? "" : Math.abs(by)}${axis.name}`,
  }))
  if (offset !== 0 || parts.length === 0) parts.push({ minus: offset < 0, text: `${Math.abs(offset)}` })
  return parts.map(({ minus, text }, i) => (minus ? "-" : i > 0 ? "+" : "") + text).join("")
}

/** Names of axes: a letter, then letters, digits, underscores; primes at the end. */
export const axisName = /[\p{L}_][\p{L}\d_.]*'*/u

/**
 * Reads what `formatAffine` writes.
 * @param axisOf the axis of a name, an error where there is none
 */
export function parseAffine(text: string, axisOf: (name: string) => Axis): Affine {
  const compact = text.replaceAll(/\s/g, "")
  const part = /([+-]?)(\d*)([\p{L}_][\p{L}\d_.]*'*)?/uy
  const terms: { axis: Axis; by: number }[] = []
  let offset = 0
  let from = 0
  while (from < compact.length) {
    part.lastIndex = from
    const [whole, sign, digits, name] = part.exec(compact) ?? [""]
    if (whole === "" || (digits === "" && name === undefined) || (from > 0 && sign === ""))
      throw new CajalError(`"${text}" is no place along an axis`, { hint: "write it as 2x'+w-1" })
    const by = (sign === "-" ? -1 : 1) * (digits === "" ? 1 : Number(digits))
    if (name === undefined) offset += by
    else terms.push({ axis: axisOf(name), by })
    from += whole.length
  }
  return { offset, terms }
}
