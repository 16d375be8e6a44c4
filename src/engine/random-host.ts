/**
 * Random numbers on the host, from a counter-based generator: threefry2x32 with 20 rounds.
 * Block `i` of a stream is a pure function of the key and of `i`, so a stream can be split into independent ones, a
 * place in it saved and restored, and the same seed gives the same numbers everywhere.
 * @source Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3 (SC 2011)
 */
import { CajalError } from "./errors.ts"

const parity = 0x1bd11bda // Skein's key schedule parity, 32 bits
const turns = [13, 15, 26, 6, 17, 29, 16, 24] as const

/** One threefry2x32-20 block: two random words of a counter under a key. Words are unsigned 32-bit integers. */
export function threefry2x32(
  key0: number,
  key1: number,
  counter0: number,
  counter1: number,
): [word0: number, word1: number] {
  const keys = [key0 | 0, key1 | 0, parity ^ key0 ^ key1]
  let x = (counter0 + key0) | 0
  let y = (counter1 + key1) | 0
  for (let round = 0; round < 20; round++) {
    const turn = turns[round % 8]
    x = (x + y) | 0
    y = ((y << turn) | (y >>> (32 - turn))) ^ x
    if (round % 4 === 3) {
      const turnOfKey = (round + 1) / 4
      x = (x + keys[turnOfKey % 3]) | 0
      y = (y + keys[(turnOfKey + 1) % 3] + turnOfKey) | 0
    }
  }
  return [x >>> 0, y >>> 0]
}

/** Where a stream stands: JSON-safe, for checkpoints. */
export interface HostRandomState {
  key: [number, number]
  /** How many 32-bit words were drawn. */
  drawn: number
  /** How many children were split off. */
  splits: number
}

// Words are made a buffer at a time: the loop over blocks stays in registers and is most of the generator's speed.
const blocksInBuffer = 128
const wordsInBuffer = 2 * blocksInBuffer
// Children take their keys from counters that the stream of words itself never reaches.
const childCounter = 0x80000000

/** A stream of random numbers. Made by {@link hostRandom}, or split off another. */
export class HostRandom {
  readonly #key0: number
  readonly #key1: number
  readonly #buffer = new Uint32Array(wordsInBuffer)
  #next = wordsInBuffer
  #filled = 0 // blocks made so far
  #splits = 0

  constructor(key0: number, key1: number) {
    this.#key0 = key0 >>> 0
    this.#key1 = key1 >>> 0
  }

  /** The next 32 random bits, as an integer in 0..2^32-1. */
  nextU32(): number {
    if (this.#next === wordsInBuffer) this.#fill()
    return this.#buffer[this.#next++]
  }

  /** Uniform in [0, 1), with 53 random bits. */
  uniform(): number {
    const high = this.nextU32() >>> 5
    const low = this.nextU32() >>> 6
    return (high * 67108864 + low) / 9007199254740992
  }

  /** A uniform integer in 0..n-1, without bias. `n` is an integer in 1..2^32. */
  integer(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > 4294967296) {
      throw new CajalError(`a random integer below ${n} is not possible: the bound must be an integer in 1..2^32`)
    }
    const limit = 4294967296 - (4294967296 % n)
    for (;;) {
      const word = this.nextU32()
      if (word < limit) return word % n
    }
  }

  /** Normal with mean 0 and standard deviation 1 (Box and Muller, one number a call). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()))
    return radius * Math.cos(2 * Math.PI * this.uniform())
  }

  /** The integers 0..n-1 in random order (Fisher and Yates). */
  permutation(n: number): Int32Array {
    const order = new Int32Array(n)
    for (let i = 0; i < n; i++) order[i] = i
    return this.shuffle(order)
  }

  /** Puts `items` in random order, in place, and returns them. */
  shuffle<T extends Int32Array | unknown[]>(items: T): T {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.integer(i + 1)
      const item = items[i]
      items[i] = items[j]
      items[j] = item
    }
    return items
  }

  /** A new stream, independent of this one and of all others split off before or after. */
  split(): HostRandom {
    return this.#child(this.#splits++, childCounter)
  }

  /**
   * The stream that belongs to `index` (an integer in 0..2^32-1): always the same one, whatever was drawn or split
   * before, and independent of this stream and of every `split()`.
   */
  fold(index: number): HostRandom {
    return this.#child(index, childCounter + 1)
  }

  /** Where this stream stands. */
  get state(): HostRandomState {
    const drawn = this.#filled * 2 - (wordsInBuffer - this.#next)
    return { key: [this.#key0, this.#key1], drawn, splits: this.#splits }
  }

  /** A stream that goes on where `state` was taken. */
  static from(state: HostRandomState): HostRandom {
    const random = new HostRandom(state.key[0], state.key[1])
    random.#splits = state.splits
    random.#filled = Math.floor(state.drawn / wordsInBuffer) * blocksInBuffer
    if (state.drawn % wordsInBuffer > 0) {
      random.#fill()
      random.#next = state.drawn % wordsInBuffer
    }
    return random
  }

  #child(index: number, purpose: number): HostRandom {
    const [key0, key1] = threefry2x32(this.#key0, this.#key1, index, purpose)
    return new HostRandom(key0, key1)
  }

  // The same rounds as threefry2x32 above, unrolled; the tests hold the two together.
  #fill(): void {
    const k0 = this.#key0 | 0
    const k1 = this.#key1 | 0
    const k2 = parity ^ k0 ^ k1
    const buffer = this.#buffer
    for (let i = 0; i < blocksInBuffer; i++) {
      const block = this.#filled + i
      let x = ((block | 0) + k0) | 0
      let y = (Math.floor(block / 4294967296) + k1) | 0
      x = (x + y) | 0
      y = ((y << 13) | (y >>> 19)) ^ x
      x = (x + y) | 0
      y = ((y << 15) | (y >>> 17)) ^ x
      x = (x + y) | 0
      y = ((y << 26) | (y >>> 6)) ^ x
      x = (x + y) | 0
      y = ((y << 6) | (y >>> 26)) ^ x
      x = (x + k1) | 0
      y = (y + k2 + 1) | 0
      x = (x + y) | 0
      y = ((y << 17) | (y >>> 15)) ^ x
      x = (x + y) | 0
      y = ((y << 29) | (y >>> 3)) ^ x
      x = (x + y) | 0
      y = ((y << 16) | (y >>> 16)) ^ x
      x = (x + y) | 0
      y = ((y << 24) | (y >>> 8)) ^ x
      x = (x + k2) | 0
      y = (y + k0 + 2) | 0
      x = (x + y) | 0
      y = ((y << 13) | (y >>> 19)) ^ x
      x = (x + y) | 0
      y = ((y << 15) | (y >>> 17)) ^ x
      x = (x + y) | 0
      y = ((y << 26) | (y >>> 6)) ^ x
      x = (x + y) | 0
      y = ((y << 6) | (y >>> 26)) ^ x
      x = (x + k0) | 0
      y = (y + k1 + 3) | 0
      x = (x + y) | 0
      y = ((y << 17) | (y >>> 15)) ^ x
      x = (x + y) | 0
      y = ((y << 29) | (y >>> 3)) ^ x
      x = (x + y) | 0
      y = ((y << 16) | (y >>> 16)) ^ x
      x = (x + y) | 0
      y = ((y << 24) | (y >>> 8)) ^ x
      x = (x + k1) | 0
      y = (y + k2 + 4) | 0
      x = (x + y) | 0
      y = ((y << 13) | (y >>> 19)) ^ x
      x = (x + y) | 0
      y = ((y << 15) | (y >>> 17)) ^ x
      x = (x + y) | 0
      y = ((y << 26) | (y >>> 6)) ^ x
      x = (x + y) | 0
      y = ((y << 6) | (y >>> 26)) ^ x
      buffer[2 * i] = x + k2
      buffer[2 * i + 1] = y + k0 + 5
    }
    this.#filled += blocksInBuffer
    this.#next = 0
  }
}

/**
 * A stream of random numbers from a seed.
 * @param seed an integer in 0..2^53-1
 * @throws CajalError when the seed is not such an integer
 */
export function hostRandom(seed: number): HostRandom {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new CajalError(`${seed} is not a seed: a seed is an integer from 0 to ${Number.MAX_SAFE_INTEGER}`)
  }
  return new HostRandom(seed % 4294967296, Math.floor(seed / 4294967296))
}
