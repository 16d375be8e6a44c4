/** One run as the page follows it: a worker, and what it has told so far. */
import type { FigureEvent, KeptEvent, ProgressEvent, Restored, ResultEvent, TableEvent } from "../../src/run/index.ts"
import type { FromWorker, Settings, ToWorker } from "./protocol.ts"

export type Phase = "starting" | "running" | "stopping" | "stopped" | "done" | "failed"

/** What is known of a run; a new object whenever something is new. */
export interface Seen {
  readonly settings: Settings
  readonly startedAt: string
  readonly phase: Phase
  readonly device: { readonly name: string; readonly threads: number } | undefined
  readonly progress: ProgressEvent | undefined
  /** Time left by the pace so far, ms. */
  readonly leftMs: number | undefined
  readonly metrics: Readonly<Record<string, number>>
  readonly figures: ReadonlyMap<string, FigureEvent>
  readonly tables: ReadonlyMap<string, TableEvent>
  readonly curves: ReadonlyMap<string, readonly (readonly [step: number, value: number])[]>
  readonly notes: readonly string[]
  readonly log: readonly string[]
  readonly result: ResultEvent | undefined
  readonly error: { readonly message: string; readonly hint?: string; readonly where?: string } | undefined
  /** Everything but progress, in order; it grows as the run goes on. */
  readonly events: readonly KeptEvent[]
}

/** A run that does not hear within this time is ended; what its last checkpoint holds is kept. */
const patienceMs = 3000

export class Session {
  #seen: Seen
  readonly #worker: Worker
  readonly #changed = new Set<() => void>()
  /** Events up to the last checkpoint, and its state. */
  #restored: Restored | undefined
  readonly #events: KeptEvent[] = []
  readonly #curves = new Map<string, (readonly [number, number])[]>()
  #pace = { label: "", since: 0, from: 0 }

  constructor(settings: Settings, dataUrl: string, restored?: Restored) {
    this.#seen = { ...nothing, settings, startedAt: new Date().toISOString(), events: this.#events }
    this.#restored = restored
    for (const event of restored?.events ?? []) this.#take(event)
    this.#worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" })
    this.#worker.addEventListener("message", ({ data }: MessageEvent<FromWorker>) => this.#hear(data))
    this.#worker.addEventListener("error", (event) => {
      this.#end({ phase: "failed", error: { message: event.message || "the worker that runs the system ended" } })
    })
    this.#say({ type: "start", settings, dataUrl, restored })
  }

  /** Where the run can go on from; undefined before its first checkpoint. */
  get restored(): Restored | undefined {
    return this.#restored
  }

  readonly subscribe = (changed: () => void): (() => void) => {
    this.#changed.add(changed)
    return () => this.#changed.delete(changed)
  }

  readonly seen = (): Seen => this.#seen

  stop(): void {
    if (!this.#isAlive) return
    this.#change({ phase: "stopping" })
    this.#say({ type: "stop" })
    setTimeout(() => {
      if (this.#isAlive) this.#end({ phase: "stopped" })
    }, patienceMs)
  }

  get #isAlive(): boolean {
    return ["starting", "running", "stopping"].includes(this.#seen.phase)
  }

  #say(message: ToWorker): void {
    this.#worker.postMessage(message)
  }

  #hear(message: FromWorker): void {
    if (!this.#isAlive) return
    switch (message.type) {
      case "device":
        return this.#change({
          device: message,
          phase: this.#seen.phase === "starting" ? "running" : this.#seen.phase,
        })
      case "events":
        for (const event of message.events) this.#take(event)
        return this.#tell()
      case "checkpoint": {
        const { state, elapsedMs } = message
        this.#restored = { state, elapsedMs, events: [...this.#seen.events] }
        return
      }
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
    this.#change({ ...change, leftMs: undefined })
  }

  #change(change: Partial<Seen>): void {
    this.#seen = { ...this.#seen, ...change }
    this.#tell()
  }

  #tell(): void {
    for (const changed of this.#changed) changed()
  }

  #take(event: KeptEvent | ProgressEvent): void {
    const seen = this.#seen
    if (event.type === "progress") {
      this.#seen = { ...seen, progress: event, leftMs: this.#left(event) }
      return
    }
    this.#events.push(event)
    const next = { ...seen }
    if (event.type === "metric") {
      next.metrics = { ...seen.metrics, [event.name]: event.value }
      if (event.step !== undefined) next.curves = this.#withPoint(event.name, event.step, event.value)
    }
    if (event.type === "figure") next.figures = new Map(seen.figures).set(event.id, event)
    if (event.type === "table") next.tables = new Map(seen.tables).set(event.id, event)
    if (event.type === "note" && !seen.notes.includes(event.text)) next.notes = [...seen.notes, event.text]
    if (event.type === "log") next.log = [...seen.log, event.text]
    this.#seen = next
  }

  #withPoint(name: string, step: number, value: number): Seen["curves"] {
    const curve = this.#curves.get(name) ?? []
    curve.push([step, value])
    this.#curves.set(name, curve)
    return new Map(this.#curves)
  }

  #left({ label, done, total }: ProgressEvent): number | undefined {
    const now = performance.now()
    if (label !== this.#pace.label || done < this.#pace.from) this.#pace = { label, since: now, from: done }
    const made = done - this.#pace.from
    if (made <= 0 || total <= 0) return undefined
    return ((now - this.#pace.since) / made) * (total - done)
  }
}

const nothing: Omit<Seen, "settings" | "startedAt"> = {
  phase: "starting",
  device: undefined,
  progress: undefined,
  leftMs: undefined,
  metrics: {},
  figures: new Map(),
  tables: new Map(),
  curves: new Map(),
  notes: [],
  log: [],
  result: undefined,
  error: undefined,
  events: [],
}
