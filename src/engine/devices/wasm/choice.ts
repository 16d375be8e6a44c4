/**
 * Whether a program is run by all threads or by this one alone, by what either took. Threads that meet at barriers pay only where the machine has a core for
 * each; on a busy one a program can be several times slower with them. The bits are the same either way.
 */
export class Choice {
  readonly #ms = { together: Number.NaN, alone: Number.NaN }
  #runs = 0

  /** Whether the next run is together. */
  next(): boolean {
    const { together, alone } = this.#ms
    const run = this.#runs++
    // The first runs see both; the very first of all compiles.
    if (run < 2 || Number.isNaN(together)) return true
    if (Number.isNaN(alone)) return false
    const isBetter = together <= alone
    const ratio = isBetter ? alone / together : together / alone
    const isLook = run % (ratio < closeRatio ? looks.close : looks.far) === 0
    return isLook !== isBetter
  }

  took(together: boolean, ms: number): void {
    if (this.#runs === 1) return
    const kind = together ? "together" : "alone"
    const before = this.#ms[kind]
    // What is quicker than before counts at once, what is slower may have been disturbed.
    this.#ms[kind] = ms > before ? (before + ms) / 2 : ms
  }
}

/** The other way is looked at again every so many runs: the machine may have become busy, or quiet. */
const looks = { close: 24, far: 120 }
const closeRatio = 1.5
