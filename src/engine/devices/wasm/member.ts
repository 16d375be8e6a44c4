import { hostMath } from "./host-math.ts"
import { control } from "./team.ts"

/** What a thread is told when it starts. */
export interface Enlistment {
  readonly memory: WebAssembly.Memory
  readonly controlAddress: number
  /** Its number, from 1; the thread that made the device is 0. */
  readonly thread: number
  readonly threads: number
}

/** A program for a thread to keep, or one to forget. */
export type Mail =
  | { readonly id: number; readonly module: WebAssembly.Module }
  | { readonly id: number; readonly module?: undefined }

/** Looks at the job counter this often before it sleeps: programs that follow one another find their threads awake. */
const looks = 20_000

/** A thread's side of the device: programs come by message, jobs through the control block. */
export class Member {
  readonly #programs = new Map<number, (table: number) => void>()
  readonly #enlistment: Enlistment
  readonly #control: Int32Array
  readonly #later: (next: () => void) => void
  /** Jobs done, and mail read. */
  #done = 0
  #read = 0

  constructor(enlistment: Enlistment, later: (next: () => void) => void) {
    this.#enlistment = enlistment
    this.#control = new Int32Array(enlistment.memory.buffer, enlistment.controlAddress, control.bytes / 4)
    this.#later = later
    Atomics.add(this.#control, control.present / 4, 1)
  }

  receive({ id, module }: Mail): void {
    this.#read++
    if (module === undefined) {
      this.#programs.delete(id)
      return
    }
    const { memory, thread, threads } = this.#enlistment
    const { exports } = new WebAssembly.Instance(module, { env: { memory }, math: hostMath })
    ;(exports.enter as (thread: number, threads: number) => void)(thread, threads)
    this.#programs.set(id, exports.run as (table: number) => void)
  }

  /** Runs jobs as they come; goes back to the event loop whenever there is mail. */
  attend(): void {
    const words = this.#control
    for (;;) {
      if (Atomics.load(words, control.mail / 4) !== this.#read) break
      if (Atomics.load(words, control.job / 4) === this.#done) {
        if (!this.#look()) Atomics.wait(words, control.job / 4, this.#done, 1000)
        continue
      }
      const run = this.#programs.get(Atomics.load(words, control.program / 4))
      if (run === undefined) break
      this.#done++
      try {
        run(Atomics.load(words, control.table / 4))
      } catch {
        this.#fail()
      }
    }
    this.#later(() => this.attend())
  }

  #look(): boolean {
    for (let i = 0; i < looks; i++) if (Atomics.load(this.#control, control.job / 4) !== this.#done) return true
    return false
  }

  /** Lets every thread that waits at a barrier know that it waits in vain. */
  #fail(): void {
    Atomics.store(this.#control, control.failed / 4, 1)
    Atomics.add(this.#control, control.round / 4, 1)
    Atomics.notify(this.#control, control.round / 4)
  }
}
