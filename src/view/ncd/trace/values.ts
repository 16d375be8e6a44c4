/** What stands for the values of a traced graph while a diagram is made of it. */

import type { DType } from "../../../engine/dtype.ts"
import { isFloat } from "../../../engine/dtype.ts"
import type { TensorType } from "../../../engine/primitive.ts"
import type { Expression } from "../expression.ts"
import type { Kind } from "../terms.ts"
import { Dim, own } from "./dims.ts"
import type { Rule } from "./rules.ts"

/** An array that is there: one that wires carry, one that belongs to the program, or one number. */
export interface Base {
  readonly id: number
  readonly dims: readonly Dim[]
  readonly kind: Kind
  readonly dtype: DType
  readonly parameter?: string
  readonly number?: number
}

/** A value as an operator sees it: an array, perhaps with its axes in another order, cut, merged or repeated. */
export interface Info {
  readonly base: Base
  readonly dims: readonly Dim[]
}

/** A named part of the program. */
export interface Group {
  readonly name: string
  readonly style: "fence" | "custom"
  readonly parent: Group | undefined
}

interface Placed {
  readonly group: Group | undefined
  readonly source: string | undefined
}

export interface BoxItem extends Placed {
  readonly type: "box"
  readonly rule: Rule
  /** Of elementwise operators. */
  readonly expression?: Expression
  readonly operands: readonly Info[]
  readonly outputs: readonly Base[]
  /** Which of the operator's results they are. */
  readonly keep: readonly number[]
  readonly results: number
  /** The rule where the first one cannot be drawn. */
  readonly otherwise?: Rule
}

export interface LoopItem extends Placed {
  readonly type: "loop"
  readonly body: readonly Item[]
  readonly axis: Dim
  readonly reverse: boolean
  readonly init: readonly Info[]
  readonly carried: readonly Base[]
  readonly over: readonly Info[]
  readonly slices: readonly Base[]
  readonly next: readonly Info[]
  readonly results: readonly Base[]
}

export interface ChoiceItem extends Placed {
  readonly type: "choice"
  readonly condition: Info
  readonly body: readonly Item[]
  /** What the one branch gives, then what the other gives. */
  readonly given: readonly Info[]
  readonly results: readonly Base[]
}

export type Item = BoxItem | LoopItem | ChoiceItem

export const kindOf = ({ dtype, events }: TensorType): Kind =>
  events === true ? "spike" : isFloat(dtype) || dtype === "f16" ? "real" : dtype === "bool" ? "bool" : "natural"

let nextId = 0

/** A new array with dimensions of its own (or given ones). */
export function newBase(
  type: TensorType,
  more: { parameter?: string; number?: number; dims?: readonly Dim[] } = {},
): Base {
  const id = nextId++
  const dims = more.dims ?? type.shape.map((n) => new Dim(n))
  own(id, dims)
  return { id, kind: kindOf(type), dtype: type.dtype, ...more, dims }
}

export const whole = (base: Base): Info => ({ base, dims: base.dims })

/** An array seen with other dimensions. */
export function seenAs(base: Base, dims: readonly Dim[]): Info {
  own(nextId++, dims)
  return { base, dims }
}
