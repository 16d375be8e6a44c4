/**
 * The controls: the textbook algorithms, top down, on the same start with the same damaged cells. They do not know of
 * damage: a swap that a damaged cell prevents silently does not happen, and the algorithm goes on.
 */
import type { Algotype, DamageMode } from "./model.ts"

export interface TraditionalOptions {
  values: ArrayLike<number>
  /** Starting positions of the damaged cells. */
  frozen?: ArrayLike<number>
  damage?: DamageMode
  /** Told of every swap, after it happened. */
  onSwap?: (position: number, other: number) => void
}

export interface Sorted {
  values: number[]
  comparisons: number
  swaps: number
  /** The paper's accounting: comparisons and swaps. */
  steps: number
}

/** Sorts upwards by the textbook algorithm of that name. */
export function sortTraditionally(type: Algotype, options: TraditionalOptions): Sorted {
  const array = new PassiveArray(options)
  sorts[type](array)
  const { values, comparisons, swaps } = array
  return { values, comparisons, swaps, steps: comparisons + swaps }
}

/** Numbers that are moved, some of them damaged. Damage travels with its number. */
class PassiveArray {
  readonly values: number[]
  readonly frozen: boolean[]
  readonly immovable: boolean
  comparisons = 0
  swaps = 0
  readonly #onSwap: (position: number, other: number) => void

  constructor({ values, frozen = [], damage = "movable", onSwap = () => {} }: TraditionalOptions) {
    this.values = Array.from(values)
    this.frozen = this.values.map(() => false)
    for (let i = 0; i < frozen.length; i++) this.frozen[frozen[i]] = true
    this.immovable = damage === "immovable"
    this.#onSwap = onSwap
  }

  /** Compares the numbers at two positions. */
  less(position: number, other: number): boolean {
    this.comparisons++
    return this.values[position] < this.values[other]
  }

  /**
   * Swaps two numbers, if damage allows.
   * @param initiator the position whose number is to move by itself: damaged, it cannot
   * @param other damaged, it prevents the swap only where damaged cells are immovable
   */
  swap(initiator: number, other: number): boolean {
    const { values, frozen } = this
    if (frozen[initiator] || (this.immovable && frozen[other])) return false
    ;[values[initiator], values[other]] = [values[other], values[initiator]]
    ;[frozen[initiator], frozen[other]] = [frozen[other], frozen[initiator]]
    this.swaps++
    this.#onSwap(initiator, other)
    return true
  }
}

const sorts: Record<Algotype, (array: PassiveArray) => void> = {
  bubble(array) {
    for (let last = array.values.length - 1; last > 0; last--) {
      for (let i = 0; i < last; i++) if (array.less(i + 1, i)) array.swap(i, i + 1)
    }
  },
  insertion(array) {
    for (let start = 1; start < array.values.length; start++) {
      for (let i = start; i > 0 && array.less(i, i - 1); i--) if (!array.swap(i, i - 1)) break
    }
  },
  selection(array) {
    for (let i = 0; i < array.values.length - 1; i++) {
      let smallest = i
      for (let j = i + 1; j < array.values.length; j++) if (array.less(j, smallest)) smallest = j
      if (smallest !== i) array.swap(smallest, i)
    }
  },
}
