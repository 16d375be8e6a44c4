/**
 * Cells that sort themselves. Every number of an array is a cell with a sorting policy of its own (its algotype); it sees
 * what its policy lets it see and can only ask for a swap. There is no controller.
 * @source Zhang, Goldstein, Levin: Classical Sorting Algorithms as a Model of Morphogenesis (2023, arXiv 2401.05375);
 * the rules as in the authors' cell_research repository
 */
import { CajalError } from "../../src/engine/index.ts"
import type { HostRandom } from "../../src/engine/random-host.ts"

export const algotypes = ["bubble", "insertion", "selection"] as const
export type Algotype = (typeof algotypes)[number]

/** What damage does to a cell: it never acts, but others may still swap it (movable), or they may not (immovable). */
export const damageModes = ["movable", "immovable"] as const
export type DamageMode = (typeof damageModes)[number]

export interface ArrayOptions {
  /** The number each cell holds, by starting position. Finite. */
  values: ArrayLike<number>
  /** The policy of each cell, by starting position. */
  types: readonly Algotype[]
  /** Algotypes whose cells sort downwards; the others sort upwards. */
  descending?: readonly Algotype[]
  /** Starting positions of the damaged cells. */
  frozen?: ArrayLike<number>
  damage?: DamageMode
  /** Told of every swap, after it happened. */
  onSwap?: (position: number, other: number) => void
}

export interface Settling {
  /** Every activation of a cell: one a tick. */
  ticks: number
  /** The paper's accounting: activations in which the cell had reason to move. The swap is included in it. */
  steps: number
  swaps: number
}

const bubble = 0
const insertion = 1

/** An array of cells. Cells keep their number, policy and state; what changes is which cell stands where. */
export class SelfSortingArray implements Settling {
  /** How many cells. */
  readonly n: number
  /** The cell at each position. What follows is indexed by cell. */
  readonly cellAt: Int32Array
  readonly value: Float64Array
  readonly type: Uint8Array
  readonly frozen: Uint8Array
  /** 1 where the cell sorts downwards. */
  readonly down: Uint8Array
  /** Where a selection cell wants to stand. It starts at the end where its values go, and only ever moves away from it. */
  readonly ideal: Int32Array
  readonly immovable: boolean
  ticks = 0
  steps = 0
  swaps = 0
  readonly #onSwap: (position: number, other: number) => void
  // For upward and for downward cells: positions 0..goodPrefix-1 are known to be in order. Kept instead of a scan a tick.
  readonly #goodPrefix = [1, 1]

  /** @throws CajalError on fewer than 2 or more than 5,000 cells, unknown algotypes, values that are not finite, bad frozen positions */
  constructor(options: ArrayOptions) {
    const { values, types, descending = [], frozen = [], damage = "movable", onSwap = () => {} } = options
    this.n = checkOptions(values, types, frozen)
    this.cellAt = Int32Array.from({ length: this.n }, (_, position) => position)
    this.value = Float64Array.from(values)
    this.type = Uint8Array.from(types, (type) => algotypes.indexOf(type))
    this.down = Uint8Array.from(types, (type) => (descending.includes(type) ? 1 : 0))
    this.frozen = new Uint8Array(this.n)
    for (let i = 0; i < frozen.length; i++) this.frozen[frozen[i]] = 1
    this.ideal = Int32Array.from(this.down, (down) => (down ? this.n - 1 : 0))
    this.immovable = damage === "immovable"
    this.#onSwap = onSwap
  }

  /** The numbers in the order in which they stand now. */
  get values(): number[] {
    return Array.from(this.cellAt, (cell) => this.value[cell])
  }

  /** Breaks the cell at `position`, or mends it. */
  freeze(position: number, isFrozen: boolean): void {
    this.frozen[this.cellAt[position]] = isFrozen ? 1 : 0
    this.#goodPrefix.fill(1)
  }

  /** One tick: a cell chosen uniformly at random, frozen ones too, acts once. */
  tick(random: HostRandom): void {
    // The whole part of a uniform number in 0..n is the position, the fraction the side a bubble cell looks to.
    const draw = random.nextU32() * (this.n / 4294967296)
    const position = draw | 0
    this.activate(position, draw - position < 0.5)
  }

  /** Lets the cell at `position` act. @param rightwards the side a bubble cell asks */
  activate(position: number, rightwards: boolean): void {
    this.ticks++
    if (!this.shouldMove(position)) return
    this.steps++
    const cell = this.cellAt[position]
    if (this.type[cell] === bubble) this.#bubble(cell, position, rightwards ? position + 1 : position - 1)
    else if (this.type[cell] === insertion) this.#swap(position - 1, position)
    else this.#select(cell, position)
  }

  /** Whether the cell at `position` has reason to move. A frozen cell never has. */
  shouldMove(position: number): boolean {
    const cell = this.cellAt[position]
    if (this.frozen[cell]) return false
    switch (this.type[cell]) {
      case bubble:
        return this.#wants(cell, position, position + 1) || this.#wants(cell, position, position - 1)
      case insertion:
        return this.#inOrderBefore(position, this.down[cell]) && this.#wants(cell, position, position - 1)
      default: {
        // selection
        const ideal = this.ideal[cell]
        return ideal !== position && ideal >= 0 && ideal < this.n
      }
    }
  }

  /** Whether no cell has reason to move. */
  settled(): boolean {
    for (let position = 0; position < this.n; position++) if (this.shouldMove(position)) return false
    return true
  }

  /** bubble: asks one neighbour, and swaps if the two are out of order. */
  #bubble(cell: number, position: number, asked: number): void {
    if (this.#wants(cell, position, asked)) this.#swap(position, asked)
  }

  /**
   * selection: asks the cell that stands where it wants to stand. Downward cells start from the other end; the comparison
   * stays, the smaller of the two stands there: mirrored as well, it would sort upwards again.
   */
  #select(cell: number, position: number): void {
    const ideal = this.ideal[cell]
    const other = this.cellAt[ideal]
    const belongsThere = this.value[cell] < this.value[other]
    const step = this.down[cell] ? -1 : 1
    if (this.frozen[other]) {
      this.ideal[cell] += step
      if (belongsThere && !this.immovable) this.#swap(position, ideal)
    } else if (belongsThere) this.#swap(position, ideal)
    else this.ideal[cell] += step
  }

  /** Whether `cell` and its neighbour at `asked` are out of order, in the eyes of `cell`, and may be swapped. */
  #wants(cell: number, position: number, asked: number): boolean {
    if (asked < 0 || asked >= this.n) return false
    const other = this.cellAt[asked]
    if (this.immovable && this.frozen[other]) return false
    return asked < position ? this.#before(cell, other) : this.#before(other, cell, this.down[cell])
  }

  /** Whether `a` belongs nearer to the start than `b`; equal values belong nowhere in particular. */
  #before(a: number, b: number, down = this.down[a]): boolean {
    return down ? this.value[a] > this.value[b] : this.value[a] < this.value[b]
  }

  /**
   * Whether positions 0..position-1 are in order for a cell of that direction. A frozen cell in the way is skipped and the
   * check starts anew behind it, so what counts is every pair of neighbours of which none is frozen.
   */
  #inOrderBefore(position: number, down: number): boolean {
    let good = this.#goodPrefix[down]
    while (good < position && this.#pairInOrder(good, down)) good++
    this.#goodPrefix[down] = good
    return good >= position
  }

  #pairInOrder(right: number, down: number): boolean {
    const a = this.cellAt[right - 1]
    const b = this.cellAt[right]
    return this.frozen[a] === 1 || this.frozen[b] === 1 || !this.#before(b, a, down)
  }

  #swap(position: number, other: number): void {
    const cell = this.cellAt[position]
    this.cellAt[position] = this.cellAt[other]
    this.cellAt[other] = cell
    // The first pair that the swap touched is no longer known to be in order.
    const touched = Math.max(1, Math.min(position, other))
    if (touched < this.#goodPrefix[0]) this.#goodPrefix[0] = touched
    if (touched < this.#goodPrefix[1]) this.#goodPrefix[1] = touched
    this.swaps++
    this.#onSwap(position, other)
  }
}

/** Whether an array settles is looked at every so many ticks. */
const checkEvery = 200
/** How many ticks are run between two pauses: a few milliseconds. */
const ticksBetweenPauses = 100_000

/**
 * Lets the cells act until none has reason to move, pausing now and then so that whoever runs it can do other things.
 * @throws CajalError when that does not happen within `tickLimit` ticks, or may never happen because goals are opposite
 */
export function* settle(
  array: SelfSortingArray,
  random: HostRandom,
  tickLimit = 4_000_000,
): Generator<void, void, void> {
  if (array.down.includes(0) && array.down.includes(1)) {
    throw new CajalError("cells with opposite goals may never settle", {
      hint: "give the number of ticks to run instead",
    })
  }
  while (!array.settled()) {
    if (array.ticks >= tickLimit) {
      throw new CajalError(`the array did not settle within ${tickLimit} ticks`, {
        hint: "allow more ticks, or fewer cells",
      })
    }
    for (let i = 0; i < checkEvery; i++) array.tick(random)
    if (array.ticks % ticksBetweenPauses === 0) yield
  }
}

/** Lets the cells act for `ticks` ticks, pausing now and then. */
export function* runFor(array: SelfSortingArray, random: HostRandom, ticks: number): Generator<void, void, void> {
  for (let i = 1; i <= ticks; i++) {
    array.tick(random)
    if (i % ticksBetweenPauses === 0) yield
  }
}

/** Runs something that pauses, without pausing. */
export function withoutPause<T>(work: Generator<void, T, void>): T {
  for (;;) {
    const step = work.next()
    if (step.done) return step.value
  }
}

function checkOptions(values: ArrayLike<number>, types: readonly string[], frozen: ArrayLike<number>): number {
  const n = values.length
  if (n < 2 || n > 5000) throw new CajalError(`an array of ${n} cells is not possible: it has 2 to 5,000`)
  if (types.length !== n) throw new CajalError(`${n} values need ${n} algotypes, not ${types.length}`)
  for (let i = 0; i < n; i++) {
    if (!Number.isFinite(values[i]))
      throw new CajalError(`the value at position ${i} is ${values[i]}: values are finite`)
    checkAlgotype(types[i])
  }
  checkFrozen(frozen, n)
  return n
}

/** @throws CajalError listing the three when `name` is none of them */
export function checkAlgotype(name: string): Algotype {
  if ((algotypes as readonly string[]).includes(name)) return name as Algotype
  throw new CajalError(`there is no algotype "${name}"`, { hint: `algotypes: ${algotypes.join(", ")}` })
}

/** @throws CajalError on more frozen cells than cells, a position outside the array, or one given twice */
export function checkFrozen(frozen: ArrayLike<number>, n: number): void {
  if (frozen.length > n) throw new CajalError(`cannot freeze ${frozen.length} of ${n} cells`)
  const seen = new Set<number>()
  for (let i = 0; i < frozen.length; i++) {
    const position = frozen[i]
    if (!Number.isInteger(position) || position < 0 || position >= n) {
      throw new CajalError(`cannot freeze the cell at ${position}: positions are 0..${n - 1}`)
    }
    if (seen.has(position)) throw new CajalError(`the cell at ${position} is frozen twice in the list`)
    seen.add(position)
  }
}
