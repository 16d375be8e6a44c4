import { setOrigin } from "../graph.ts"
import type { KernelReport } from "./device.ts"

/** A kind of kernel in a profiled run: everything that did the same for the same line of the program. */
export interface KernelProfile {
  /** The kernel, in the device's terms: `matmul`, `fewRows`, `mul_add`. */
  readonly name: string
  /** What it computed: operators and the shape of the result. */
  readonly work: string
  /**
   * The line of the program that asked for it, where it is known: of a gradient the line that asked for the gradient, of an operator outside
   * compiled functions the first that used it.
   */
  readonly where: string | undefined
  readonly calls: number
  readonly ms: number
  /** Floating point operations of all calls; undefined where their number depends on values (events). */
  readonly operations: number | undefined
  /** Bytes of all operands and results of all calls. */
  readonly bytes: number
}

/** A program that looks at the clock after every kernel. */
export interface WatchedProgram {
  readonly kernels: readonly KernelReport[]
  /** Milliseconds of each kernel, of all runs so far. */
  readonly times: readonly number[]
  readonly runs: number
}

/** What the programs that were compiled while it was active have taken, kernel by kernel. */
export class Profile {
  readonly #programs: WatchedProgram[] = []

  watch(program: WatchedProgram): void {
    this.#programs.push(program)
  }

  /** The kernels of all programs, longest first. */
  kernels(): KernelProfile[] {
    const found = new Map<string, KernelProfile>()
    for (const { kernels, times, runs } of this.#programs)
      kernels.forEach(({ name, calls, note }, i) => {
        if (runs === 0) return
        const { work = "", where, operations = 0, bytes = 0 } = note ?? {}
        const key = `${name} ${work} ${where}`
        const before = found.get(key)
        const known = before === undefined || before.operations !== undefined
        found.set(key, {
          name,
          work,
          where,
          calls: (before?.calls ?? 0) + calls * runs,
          ms: (before?.ms ?? 0) + times[i],
          operations: known && operations !== "unknown" ? (before?.operations ?? 0) + operations * runs : undefined,
          bytes: (before?.bytes ?? 0) + bytes * runs,
        })
      })
    return [...found.values()].sort((a, b) => b.ms - a.ms)
  }

  /** Programs that were compiled, and how often they ran. */
  get programs(): { readonly compiled: number; readonly runs: number } {
    return { compiled: this.#programs.length, runs: this.#programs.reduce((n, { runs }) => n + runs, 0) }
  }
}

let active: Profile | undefined

export const activeProfile = (): Profile | undefined => active

/**
 * From here on every program that is compiled is profiled: it runs on one thread and looks at the clock after every kernel. Programs that were
 * compiled before stay as they are.
 * @param profile undefined ends it
 */
export const useProfile = (profile: Profile | undefined): void => {
  active = profile
  setOrigin(undefined)
}
