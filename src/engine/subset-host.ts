import { CajalError } from "./errors.ts"
import type { HostRandom } from "./random-host.ts"

/**
 * Draws without replacement: subsets of given items, every subset of a size equally likely. It is Fisher and Yates's shuffle,
 * stopped when enough items are drawn; since any order of the items is as good a start, nothing is put back between subsets, and
 * a subset costs what it holds.
 */
export class SubsetSampler {
  /** All items. Those of the last subset stand first, in random order. */
  readonly items: Int32Array
  // How many draws one random word decides: their numbers of outcomes multiply to less than 2^31.
  readonly #together: number

  /** @param items what is drawn from; kept, and put in another order. A number n stands for 0..n-1. */
  constructor(items: Int32Array | number) {
    this.items = typeof items === "number" ? Int32Array.from({ length: items }, (_, i) => i) : items
    const { length } = this.items
    if (length > 2 ** 21) throw new CajalError(`cannot draw from ${length} items: at most ${2 ** 21}`)
    this.#together = Math.max(1, Math.floor(31 / Math.log2(Math.max(2, length))))
  }

  /**
   * Draws `count` items: afterwards they are the first of `items`.
   * One word decides several draws, exactly: word * r / 2^32 is the first, what is left below the point serves the next in the same
   * way, and words that would favour some outcomes are drawn again.
   * @source Brackett-Rozinsky, Lemire: Batched ranged random integer generation (2024)
   * @throws CajalError when there are not so many items
   */
  draw(count: number, random: HostRandom): void {
    const { items } = this
    const n = items.length
    const together = this.#together
    if (!Number.isInteger(count) || count < 0 || count > n) throw new CajalError(`cannot draw ${count} of ${n} items`)
    for (let i = 0; i < count; ) {
      const end = Math.min(i + together, count)
      let outcomes = n - i
      for (let k = i + 1; k < end; k++) outcomes = Math.imul(outcomes, n - k)
      let word = random.nextU32()
      for (;;) {
        const below = Math.imul(word, outcomes) >>> 0
        if (below >= outcomes || below >= (-outcomes >>> 0) % outcomes) break
        word = random.nextU32()
      }
      for (; i < end; i++) {
        const other = i + (((word * (n - i)) / 4294967296) | 0)
        word = Math.imul(word, n - i) >>> 0
        const item = items[i]
        items[i] = items[other]
        items[other] = item
      }
    }
  }
}
