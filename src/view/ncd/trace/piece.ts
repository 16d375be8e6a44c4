import type { Block, Box } from "../terms.ts"
import type { Base, Group } from "./values.ts"

/** A part of a diagram and the arrays that it takes and gives. */
export interface Piece {
  readonly part: Box | Block
  readonly inputs: readonly Base[]
  readonly outputs: readonly Base[]
  readonly group: Group | undefined
}

/** Arrays that pieces take and that none of them makes. */
export function freeIn(pieces: readonly Piece[], outputs: readonly Base[], inside: readonly Base[]): Base[] {
  const made = new Set<Base>([...inside, ...pieces.flatMap((p) => p.outputs)])
  return [...new Set([...pieces.flatMap((p) => p.inputs), ...outputs])].filter((base) => !made.has(base))
}
