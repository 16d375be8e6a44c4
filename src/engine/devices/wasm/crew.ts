import { CajalError } from "../../errors.ts"
import type { Enlistment, Mail } from "./member.ts"
import { control } from "./team.ts"

/** What both kinds of worker have in common. */
interface Thread {
  postMessage(message: unknown): void
}

/**
 * The other threads of a device, as the thread that made it sees them. All run every program side by side; this one is number 0.
 * They start on their own time: until all have come, programs run on this thread alone.
 */
export class Crew {
  readonly #threads: Thread[] = []
  readonly #words: Int32Array
  readonly #size: number
  #lost = false

  constructor(memory: WebAssembly.Memory, controlAddress: number, size: number) {
    this.#size = size
    this.#words = new Int32Array(memory.buffer, controlAddress, control.bytes / 4)
    for (let thread = 1; thread < size; thread++)
      this.#threads.push(start({ memory, controlAddress, thread, threads: size }, (why) => this.#lose(why)))
  }

  /** True once every thread has come, and none has gone. */
  get isComplete(): boolean {
    return !this.#lost && Atomics.load(this.#words, control.present / 4) === this.#size - 1
  }

  /** Settles when the crew is complete, or has lost a thread. */
  async ready(): Promise<void> {
    while (!this.isComplete && !this.#lost) await new Promise((resolve) => setTimeout(resolve, 1))
  }

  /** Gives every thread a program to keep, or tells it to forget one. */
  send(mail: Mail): void {
    if (this.#lost) return
    for (const thread of this.#threads) thread.postMessage(mail)
    Atomics.add(this.#words, control.mail / 4, 1)
    // A sleeping thread looks up when the word that it sleeps on is notified.
    Atomics.notify(this.#words, control.job / 4)
  }

  /**
   * Runs a program on all threads: `own` is this thread's part of it, the program's last barrier its end.
   * @throws CajalError when a thread failed; from then on programs run on this thread alone
   */
  run(program: number, table: number, own: () => void): void {
    Atomics.store(this.#words, control.program / 4, program)
    Atomics.store(this.#words, control.table / 4, table)
    Atomics.add(this.#words, control.job / 4, 1)
    Atomics.notify(this.#words, control.job / 4)
    try {
      own()
    } catch (cause) {
      this.#lose(cause)
      throw new CajalError("a thread failed while a program ran", {
        hint: "the result is lost; what is run from now on runs on one thread. Less memory or fewer threads (CAJAL_THREADS) may help",
        cause,
      })
    }
  }

  #lose(_why: unknown): void {
    this.#lost = true
    Atomics.store(this.#words, control.failed / 4, 1)
    Atomics.add(this.#words, control.round / 4, 1)
    Atomics.notify(this.#words, control.round / 4)
  }
}

/** Starts a thread, in Node or in the browser. It never keeps a process alive. */
function start(enlistment: Enlistment, lost: (why: unknown) => void): Thread {
  if (typeof process !== "undefined" && process.getBuiltinModule !== undefined) {
    const { Worker: NodeWorker } = process.getBuiltinModule("node:worker_threads")
    // Not written as bundlers look for it: to them the file would be one more asset.
    const here = import.meta.url
    const worker = new NodeWorker(new URL("./worker.ts", here), { workerData: enlistment, execArgv: [] })
    worker.on("error", lost)
    worker.on("exit", lost)
    worker.unref()
    return worker
  }
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" })
  worker.addEventListener("error", lost)
  worker.postMessage(enlistment)
  return worker
}

/** How many threads a device has when nobody says: as many as the machine has cores, where memory can be shared. */
export function defaultThreads(): number {
  const isNode = typeof process !== "undefined" && process.getBuiltinModule !== undefined
  const wanted = isNode ? process.env.CAJAL_THREADS : undefined
  if (wanted !== undefined && wanted !== "") return checkThreads(Number(wanted), "CAJAL_THREADS")
  if (!isNode && !(globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated) return 1
  // A page's own thread must not wait for others: only its workers have threads.
  if (!isNode && "document" in globalThis) return 1
  const cores = isNode ? process.getBuiltinModule("node:os").availableParallelism() : navigator.hardwareConcurrency
  return Math.max(1, Math.min(8, cores))
}

/** @throws CajalError where it is not a number of threads */
export function checkThreads(threads: number, where = "threads"): number {
  if (Number.isInteger(threads) && threads >= 1 && threads <= 64) return threads
  throw new CajalError(`${where} must be a whole number from 1 to 64, not ${threads}`)
}
