/** A run as the page follows it, wherever it runs: what has been told of it so far. */
import type {
  FigureEvent,
  KeptEvent,
  ModelEvent,
  ProgressEvent,
  Restored,
  ResultEvent,
  TableEvent,
} from "../../src/run/index.ts"
import type { Settings } from "./protocol.ts"

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
  /** Trained models by name: their arrays, or where they are. */
  readonly models: ReadonlyMap<string, ModelEvent["tensors"] | URL>
  readonly result: ResultEvent | undefined
  readonly error: { readonly message: string; readonly hint?: string; readonly where?: string } | undefined
  /** Everything but progress, in order; it grows as the run goes on. */
  readonly events: readonly KeptEvent[]
}

/** What a stopped run left in this browser, to go on from: models of the stages that were done are not trained again. */
export interface Resumable extends Restored {
  readonly models: Seen["models"]
}

export abstract class Followed {
  #seen: Seen
  readonly #changed = new Set<() => void>()
  #events: KeptEvent[] = []
  readonly #curves = new Map<string, (readonly [number, number])[]>()
  #pace = { label: "", since: 0, from: 0 }

  constructor(settings: Settings) {
    this.#seen = { ...nothing, settings, startedAt: new Date().toISOString(), events: this.#events }
  }

  /** Where the run can go on from in this browser; undefined where it cannot. */
  abstract get restored(): Resumable | undefined

  abstract stop(): void

  /** The page looks no longer. */
  abstract leave(): void

  readonly subscribe = (changed: () => void): (() => void) => {
    this.#changed.add(changed)
    return () => this.#changed.delete(changed)
  }

  readonly seen = (): Seen => this.#seen

  protected get isAlive(): boolean {
    return ["starting", "running", "stopping"].includes(this.#seen.phase)
  }

  protected change(change: Partial<Seen>): void {
    this.#seen = { ...this.#seen, ...change }
    this.#tell()
  }

  /** Takes in what the run emitted. */
  protected take(events: readonly (KeptEvent | ProgressEvent)[]): void {
    for (const event of events) this.#take(event)
    this.#tell()
  }

  /** Forgets what was told: it is told again. */
  protected forget(): void {
    const { settings, startedAt, phase, device } = this.#seen
    this.#events = []
    this.#curves.clear()
    this.change({ ...nothing, settings, startedAt, phase, device, events: this.#events })
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
  models: new Map(),
  result: undefined,
  error: undefined,
  events: [],
}
