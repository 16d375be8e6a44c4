import type { Morphism } from "../terms.ts"
import type { Base, Group } from "./values.ts"

/** A part of a diagram and the arrays that it takes and gives, each known by what stands for it. */
export interface Piece<B = Base> {
  readonly part: Morphism
  readonly inputs: readonly B[]
  readonly outputs: readonly B[]
  readonly group: Group | undefined
}

/** Arrays that pieces take and that none of them makes. */
export function freeIn<B>(pieces: readonly Piece<B>[], outputs: readonly B[], inside: readonly B[]): B[] {
  const made = new Set<B>([...inside, ...pieces.flatMap((p) => p.outputs)])
  return [...new Set([...pieces.flatMap((p) => p.inputs), ...outputs])].filter((base) => !made.has(base))
}
