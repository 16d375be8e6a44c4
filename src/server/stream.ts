import { Feed, type Position } from "./feed.ts"
import type { RunRecord } from "./history.ts"
import type { RunQueue } from "./queue.ts"
import { Refusal } from "./refusal.ts"

/** A sign of life is sent so often, which also finds out whether the client is still there. */
const heartbeatMs = 15_000
/** What comes within this time is sent together. */
const pauseMs = 40
const mostStreams = 256

/**
 * A run as server-sent events: all it has kept, then what comes, until it is no longer under way. The run's folder is what is read, at
 * the client's pace: nothing waits in memory for a client that is slow.
 *
 * - `run`: the run's record, and its place in the queue, whenever its state changes;
 * - `events`: an array of kept events; its id is the place to go on from after a lost connection;
 * - `again`: what was sent so far is void, the run is told from its beginning;
 * - `progress`: the latest progress;
 * - `end`: the record, with the result where there is one. The client closes the connection then.
 */
export class RunStreams {
  readonly #queue: RunQueue
  readonly #open = new Set<RunStream>()

  constructor(queue: RunQueue) {
    this.#queue = queue
  }

  get count(): number {
    return this.#open.size
  }

  /** @param lastId the id of the last `events` that the client has; @throws Refusal when too many are open */
  open(run: RunRecord, lastId: string | undefined): Response {
    if (this.#open.size >= mostStreams)
      throw new Refusal(503, "too many runs are being watched", { retryAfterSeconds: 10 })
    const stream = new RunStream(this.#queue, run.id, lastId, () => this.#open.delete(stream))
    this.#open.add(stream)
    const encoder = new TextEncoder()
    const body = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          const message = await stream.next()
          if (message !== undefined) return controller.enqueue(encoder.encode(message))
          stream.close()
          controller.close()
        },
        cancel: () => stream.close(),
      },
      { highWaterMark: 0 },
    )
    return new Response(body, {
      headers: { "Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no" },
    })
  }

  /** Ends all streams. */
  close(): void {
    for (const stream of [...this.#open]) stream.close()
  }
}

class RunStream {
  readonly #queue: RunQueue
  readonly #id: string
  readonly #closed: () => void
  readonly #stopListening: () => void
  #feed: Feed | undefined
  #from: { readonly attempt: number; readonly position: Position } | undefined
  #attempt = -1
  #said = ""
  #progress: unknown
  #phase: "open" | "ended" | "closed" = "open"
  #wake: () => void = () => undefined
  #isNew = true

  constructor(queue: RunQueue, id: string, lastId: string | undefined, closed: () => void) {
    this.#queue = queue
    this.#id = id
    this.#closed = closed
    this.#from = parsePlace(lastId)
    this.#stopListening = queue.listen(id, () => {
      this.#isNew = true
      this.#wake()
    })
  }

  close(): void {
    if (this.#phase === "closed") return
    this.#phase = "closed"
    this.#stopListening()
    this.#isNew = true
    this.#wake()
    this.#closed()
  }

  /** The next message; undefined when there will be none. */
  async next(): Promise<string | undefined> {
    while (this.#phase === "open") {
      this.#isNew = false
      const run = this.#queue.history.get(this.#id)
      if (run === undefined) return undefined
      const live = this.#queue.live?.id === this.#id ? this.#queue.live : undefined
      const state = { ...run, ahead: this.#ahead(run), isStopping: live?.isStopping ?? false }
      const said = JSON.stringify(state)
      if (said !== this.#said) {
        this.#said = said
        return message("run", said)
      }
      const isOver = run.state !== "waiting" && run.state !== "running"
      if (isOver || live?.isOpen === true) {
        const words = await this.#events(run)
        if (words !== undefined) return words
        if (live?.progress !== undefined && live.progress !== this.#progress) {
          this.#progress = live.progress
          return message("progress", JSON.stringify(live.progress))
        }
      }
      if (isOver && !this.#isNew) {
        this.#phase = "ended"
        return message("end", JSON.stringify({ ...state, result: this.#queue.resultOf(this.#id) }))
      }
      if (!this.#isNew && !(await this.#somethingNew())) return ": here\n\n"
    }
    return undefined
  }

  /** What the run has kept since the last time. */
  async #events(run: RunRecord): Promise<string | undefined> {
    if (this.#feed === undefined || run.attempt !== this.#attempt) {
      const isSame = this.#from?.attempt === run.attempt
      const again = this.#feed !== undefined || (this.#from !== undefined && !isSame)
      this.#feed = new Feed(this.#queue.folderOf(this.#id), isSame ? this.#from?.position : undefined)
      this.#attempt = run.attempt
      this.#from = undefined
      if (again) return message("again", "{}")
    }
    const lines = await this.#feed.next()
    if (lines.length === 0) return undefined
    return message("events", `[${lines.join(",")}]`, `${run.attempt}.${this.#feed.position.join(".")}`)
  }

  /** How many runs are before this one. */
  #ahead(run: RunRecord): number {
    if (run.state !== "waiting") return 0
    return this.#queue.waiting().indexOf(this.#id) + (this.#queue.live === undefined ? 0 : 1)
  }

  /** Waits until there is something new; false when nothing came for a while. */
  async #somethingNew(): Promise<boolean> {
    const isNew = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), heartbeatMs)
      this.#wake = () => {
        clearTimeout(timer)
        resolve(true)
      }
    })
    if (isNew && this.#phase === "open") await new Promise((resolve) => setTimeout(resolve, pauseMs))
    return isNew
  }
}

const message = (event: string, data: string, id?: string): string =>
  `event: ${event}\n${id === undefined ? "" : `id: ${id}\n`}data: ${data}\n\n`

function parsePlace(id: string | undefined): { attempt: number; position: Position } | undefined {
  const match = /^(\d{1,15})\.(\d{1,15})\.(\d{1,15})$/.exec(id ?? "")
  if (match === null) return undefined
  const [attempt, metrics, events] = match.slice(1).map(Number) as [number, number, number]
  return { attempt, position: [metrics, events] }
}
