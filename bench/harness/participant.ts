/** One side of the measurements: a long-lived process that answers one line of JSON with another. */
import { type ChildProcess, spawn } from "node:child_process"
import fs from "node:fs"
import { createInterface, type Interface } from "node:readline"

export type Request =
  | { do: "introduce" }
  /** Makes a case ready and runs it once, so that whatever it compiles is compiled. */
  | { do: "prepare"; work: string; title: string; parameters: Readonly<Record<string, number>>; inputs: string }
  /** From the start, so many runs; the fingerprints of all that they return. */
  | { do: "compare"; runs: number }
  /** From the start, `warm` runs that are not timed and `runs` that are; the mean of one. */
  | { do: "measure"; runs: number; warm: number }
  /** Makes a network ready for its first step: drawn, compiled. The times are those of what it will be asked to simulate. */
  | { do: "build"; network: string; parameters: Readonly<Record<string, number>>; settleMs: number; durationMs: number }
  /** Goes on for `settleMs` of model time, then for `durationMs` by the clock. */
  | { do: "simulate"; settleMs: number; durationMs: number }

export interface ProgramSummary {
  readonly kernels: number
  readonly calls: number
  readonly temporaryBytes: number
  /** Arguments, temporaries and results. */
  readonly peakBytes: number
  readonly codeBytes: number
  readonly compileMs: number
}

export interface Answer {
  readonly versions?: Readonly<Record<string, string>>
  /** How many threads it really uses. */
  readonly threads?: number
  /** Why it cannot do a case. */
  readonly absent?: string
  /** The first run of a case, with whatever is compiled in it. */
  readonly firstMs?: number
  /** Whether the first run compiles the case, so that its time is a compile time. */
  readonly compiles?: boolean
  /** Why its numbers cannot be ours though the work is the same. */
  readonly differs?: string | null
  readonly program?: ProgramSummary
  readonly numbers?: readonly number[]
  readonly ms?: number
  /** What building a network took; a side that learns it only as it simulates says so then. */
  readonly buildMs?: number
  /** Spikes of each population in `durationMs`. */
  readonly spikes?: Readonly<Record<string, number>>
  /** Most memory that was in use, where another process than the one that answers simulates. */
  readonly peakMB?: number
  /** What went wrong, which is a fault of the case or of the side. */
  readonly error?: string
}

export interface Command {
  readonly name: string
  readonly file: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

export class Participant {
  readonly name: string
  readonly #child: ChildProcess
  readonly #lines: Interface
  readonly #waiting: ((answer: Answer) => void)[] = []
  #complaints = ""

  constructor({ name, file, args, env }: Command) {
    this.name = name
    this.#child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] })
    this.#lines = createInterface({ input: this.#child.stdout! })
    this.#lines.on("line", (line) => {
      // Some libraries greet on standard output.
      if (line.startsWith("{")) this.#waiting.shift()?.(JSON.parse(line) as Answer)
    })
    this.#child.stderr!.on("data", (text: Buffer) => {
      this.#complaints = (this.#complaints + text).slice(-2000)
    })
    const gone = (why: string): void => {
      for (const answer of this.#waiting.splice(0)) answer({ error: `${why}: ${this.#complaints.trim()}` })
    }
    this.#child.on("error", (error) => gone(error.message))
    this.#child.on("close", (code, signal) => gone(`the process of ${name} ended (${signal ?? code})`))
    this.#child.stdin!.on("error", () => {})
  }

  /** Whether it can be asked no more. */
  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  /** Most memory that it has ever held, in units of 10^6 bytes, where the system tells. */
  peakMB(): number | undefined {
    try {
      const status = fs.readFileSync(`/proc/${this.#child.pid}/status`, "utf8")
      const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? []
      return kilobytes === undefined ? undefined : (Number(kilobytes) * 1024) / 1e6
    } catch {
      return undefined
    }
  }

  /** Asks and waits; a side that takes longer than `limitMs` is ended and answers with an error. */
  ask(request: Request, limitMs = 120_000): Promise<Answer> {
    if (this.ended)
      return Promise.resolve({ error: `the process of ${this.name} has ended: ${this.#complaints.trim()}` })
    return new Promise((resolve) => {
      const limit = setTimeout(() => {
        this.#complaints += ` no answer within ${limitMs / 1000} s`
        this.#child.kill("SIGKILL")
      }, limitMs)
      this.#waiting.push((answer) => {
        clearTimeout(limit)
        this.#hold()
        resolve(answer)
      })
      this.#child.kill("SIGCONT")
      this.#child.stdin!.write(`${JSON.stringify(request)}\n`)
    })
  }

  /** Between questions a side stands still: what its threads or its garbage collector would do then, others would pay for. */
  #hold(): void {
    if (process.platform !== "win32" && !this.ended) this.#child.kill("SIGSTOP")
  }

  end(): void {
    this.#lines.close()
    this.#child.kill("SIGCONT")
    this.#child.kill()
  }
}
