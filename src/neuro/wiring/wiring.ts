import { CajalError, type DrawnLists, type HostRandom } from "../../engine/index.ts"
import { Growing } from "../growing.ts"

/** Two populations that are wired, or one with itself. */
export interface Ends {
  /** Neurons on each side. */
  readonly pre: number
  readonly post: number
  /** Whether both sides are the same neurons. */
  readonly isSame: boolean
}

/** Who reaches whom: entry by entry, in order of the presynaptic neurons. A pair may come more than once. */
export interface Connections {
  readonly pre: Int32Array
  readonly post: Int32Array
}

/** How neurons reach neurons: draws the connections of two populations. */
export interface Wiring {
  /** For errors and tables. */
  readonly kind: string
  connect(ends: Ends, random: HostRandom): Connections
  /** There where all reach all: what arrives is a sum, and no connections are kept. */
  readonly everyone?: { readonly self: boolean }
  /** There where connections are drawn anew whenever they are needed, instead of kept. */
  readonly drawn?: (ends: Ends, random: HostRandom) => DrawnLists
}

export interface SelfOption {
  /** Whether a neuron may reach itself. Default true. */
  readonly self?: boolean
}

/** A list of connections that grows. */
export class ConnectionList {
  readonly #pre: Growing<Int32Array>
  readonly #post: Growing<Int32Array>

  /** @param expected how many there will be, about */
  constructor(expected = 1000) {
    const room = Math.ceil(expected * 1.02) + 24
    this.#pre = new Growing(new Int32Array(room))
    this.#post = new Growing(new Int32Array(room))
  }

  push(pre: number, post: number): void {
    this.#pre.push(pre)
    this.#post.push(post)
  }

  done(): Connections {
    return { pre: this.#pre.done(), post: this.#post.done() }
  }
}

/** @throws CajalError unless 0 <= probability <= 1 */
export function checkProbability(kind: string, probability: number): void {
  if (!(probability >= 0 && probability <= 1))
    throw new CajalError(`${kind}: a probability is between 0 and 1, not ${probability}`)
}

/** @throws CajalError unless the count is a whole number of at least 0 */
export function checkCount(kind: string, what: string, count: number): void {
  if (!Number.isInteger(count) || count < 0)
    throw new CajalError(`${kind}: ${what} must be a whole number of at least 0, not ${count}`)
}
