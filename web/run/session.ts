/** One run in this browser, or one system under the reader's hands, as the page follows it: a worker, and what it has told so far. */
import { Followed, type Resumable, type Seen } from "./followed.ts"
import type { FromWorker, Settings, ToWorker } from "./protocol.ts"

export type { Phase, Seen } from "./followed.ts"

interface SessionOptions {
  /** What an earlier run left, to go on from. */
  readonly restored?: Resumable | undefined
  readonly isTouched?: boolean
}

/** A run that does not hear within this time is ended; what its last checkpoint holds is kept. */
const patienceMs = 3000

export class Session extends Followed {
  readonly #worker: Worker
  /** Events and models up to the last checkpoint, and its state. */
  #restored: Resumable | undefined

  constructor(settings: Settings, dataUrl: string, { restored, isTouched = false }: SessionOptions = {}) {
    super(settings)
    this.#restored = restored
    this.take(restored?.events ?? [])
    this.change({ models: new Map(restored?.models) })
    this.#worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" })
    this.#worker.addEventListener("message", ({ data }: MessageEvent<FromWorker>) => this.#hear(data))
    this.#worker.addEventListener("error", (event) => {
      this.#end({ phase: "failed", error: { message: event.message || "the worker that runs the system ended" } })
    })
    this.#say({ type: "start", settings, dataUrl, restored, isTouched })
  }

  /** Gives something to a system that is touched. */
  give(name: string, value: unknown): void {
    if (this.isAlive) this.#say({ type: "input", name, value })
  }

  /** Undefined before its first checkpoint. */
  get restored(): Resumable | undefined {
    return this.#restored
  }

  stop(): void {
    if (!this.isAlive) return
    this.change({ phase: "stopping" })
    this.#say({ type: "stop" })
    setTimeout(() => {
      if (this.isAlive) this.#end({ phase: "stopped" })
    }, patienceMs)
  }

  /** A run ends with its page. */
  leave(): void {
    this.stop()
  }

  #say(message: ToWorker): void {
    this.#worker.postMessage(message)
  }

  #hear(message: FromWorker): void {
    if (!this.isAlive) return
    switch (message.type) {
      case "device": {
        const { phase } = this.seen()
        return this.change({ device: message, phase: phase === "starting" ? "running" : phase })
      }
      case "events":
        return this.take(message.events)
      case "checkpoint": {
        const { state, elapsedMs } = message
        const { events, models } = this.seen()
        this.#restored = { state, elapsedMs, events: [...events], models }
        return
      }
      case "model":
        return this.change({ models: new Map(this.seen().models).set(message.name, message.tensors) })
      case "result":
        return this.#end({ phase: "done", result: message.result, metrics: message.result.metrics })
      case "stopped":
        return this.#end({ phase: "stopped" })
      case "failed":
        return this.#end({ phase: "failed", error: message })
    }
  }

  #end(change: Partial<Seen>): void {
    this.#worker.terminate()
    this.change({ ...change, leftMs: undefined })
  }
}
