/**
 * The mechanism. Presynaptic activity A is a set of `a` active cells among n; a dendritic segment D is a set of synapses; the
 * segment fires when A . D >= theta. A segment stores a pattern by growing `s` synapses to cells drawn from it.
 */
import { CajalError, type HostRandom, SubsetSampler } from "../../src/engine/index.ts"

export interface Setting {
  /** Presynaptic cells. */
  readonly n: number
  /** Active cells of a pattern. */
  readonly a: number
  /** Synapses that a segment grows to a pattern. */
  readonly s: number
  /** Active synapses that make a segment fire. */
  readonly theta: number
}

export interface NoisySetting extends Setting {
  /** Share of the active cells that noise swaps for inactive ones. */
  readonly noise: number
  /** Stored patterns, M. */
  readonly patterns: number
}

/** Refuses what no segment can be. @throws CajalError that names the two numbers */
export function checkSetting({ n, a, s, theta }: Setting): void {
  if (a > n) throw new CajalError(`cannot have a = ${a} active cells among n = ${n}`, { where: "parameters a and n" })
  if (s > a)
    throw new CajalError(`cannot sample s = ${s} synapses from a = ${a} active cells`, { where: "parameters s and a" })
  if (theta > s)
    throw new CajalError(`a threshold theta = ${theta} above s = ${s} synapses can never be reached`, {
      where: "parameters theta and s",
    })
  if (theta < 1)
    throw new CajalError(`a segment with theta = ${theta} always fires: the least threshold is 1`, {
      where: "parameter theta",
    })
}

/** @throws CajalError that names the two numbers */
export function checkNoisySetting(setting: NoisySetting): void {
  checkSetting(setting)
  const { n, a, noise, patterns } = setting
  if (!(noise >= 0 && noise <= 1)) throw new CajalError(`noise is a share from 0 to 1, not ${noise}`)
  if (swappedBits(noise, a) > n - a)
    throw new CajalError(`noise ${noise} swaps ${swappedBits(noise, a)} cells, but only ${n - a} are inactive`, {
      where: "parameters noise, n and a",
    })
  if (!(patterns >= 1)) throw new CajalError(`a neuron stores at least 1 pattern, not ${patterns}`)
}

/** How many active cells noise swaps for inactive ones, v. */
export const swappedBits = (noise: number, a: number): number => Math.round(noise * a)

/** Segments that are matched at once, each counting in 8 bits of one word. */
export const lanes = 4

/**
 * Four segments side by side: a cell's word holds one bit for each segment that has a synapse to it, 8 bits apart, so that the sum
 * of the words of the active cells is four overlaps. An overlap must stay below 256.
 */
export class Segments {
  readonly words: Int32Array

  /** @param n presynaptic cells */
  constructor(n: number) {
    this.words = new Int32Array(n)
  }

  /** Grows synapses from the first `count` of `cells`. Two on one cell are one (the union property). */
  grow(lane: number, cells: Int32Array, count: number): void {
    for (let i = 0; i < count; i++) this.words[cells[i]] |= 1 << (8 * lane)
  }

  /** A . D for each segment, 8 bits apart; the active cells are `cells[from..to)`. */
  match(cells: Int32Array, from: number, to: number): number {
    const { words } = this
    let sum = 0
    for (let i = from; i < to; i++) sum = (sum + words[cells[i]]) | 0
    return sum
  }

  synapses(lane: number): number {
    return this.words.reduce((count, word) => count + ((word >>> (8 * lane)) & 1), 0)
  }
}

/** The overlap of one segment in what {@link Segments.match} gave. */
export const overlapOf = (lane: number, overlaps: number): number => (overlaps >>> (8 * lane)) & 255

/** A pattern as its active cells, and the cells that are not: what noise chooses from. */
export class Pattern {
  readonly active: SubsetSampler
  readonly inactive: SubsetSampler

  /** The pattern whose active cells are the first `a` of a permutation of all cells. */
  constructor(cells: Int32Array, a: number) {
    this.active = new SubsetSampler(cells.slice(0, a))
    this.inactive = new SubsetSampler(cells.slice(a))
  }

  /** s cells of the pattern: the first of `active.items`, until the next draw. */
  sample(s: number, random: HostRandom): Int32Array {
    this.active.draw(s, random)
    return this.active.items
  }

  /**
   * Swaps exactly v active cells for v inactive ones: the activity then is `active.items[v..a)` and `inactive.items[0..v)`.
   */
  corrupt(v: number, random: HostRandom): void {
    this.active.draw(v, random)
    this.inactive.draw(v, random)
  }
}
