/** One run on the server as the page follows it: server-sent events, from its beginning. */
import { CajalError } from "../../src/engine/errors.ts"
import type { KeptEvent, ProgressEvent, ResultEvent } from "../../src/run/index.ts"
import type { RunRecord } from "../../src/server/history.ts"
import { addressOf, ask } from "../api.ts"
import { Followed, type Seen } from "../run/followed.ts"
import type { Settings } from "../run/protocol.ts"

/** A run's record as its stream tells it. */
interface Told extends RunRecord {
  /** Runs that come before it in the queue. */
  readonly ahead: number
  readonly isStopping: boolean
}

/** The settings of a run of the server, as the page has them. */
export const settingsOfRun = ({ system, preset, seed, changed }: RunRecord): Settings => ({
  slug: system,
  preset,
  seed,
  parameters: changed,
})

export class ServerSession extends Followed {
  #id: string | undefined
  #source: EventSource | undefined
  #isLeft = false

  /** @param run the run to watch; without it, a new one is started */
  constructor(settings: Settings, run?: RunRecord) {
    super(settings)
    if (run === undefined) void this.#start(settings)
    else this.#watch(run)
  }

  /** The server keeps where it can go on from. */
  get restored(): undefined {
    return undefined
  }

  stop(): void {
    if (!this.isAlive || this.#id === undefined) return
    this.change({ phase: "stopping" })
    ask(`runs/${this.#id}/stop`, "POST").catch((error: CajalError) => this.#fail(error))
  }

  /** A run on the server goes on without the page. */
  leave(): void {
    this.#isLeft = true
    this.#source?.close()
  }

  async #start({ slug: system, preset, seed, parameters }: Settings): Promise<void> {
    try {
      const run = await ask<RunRecord>("runs", "POST", { system, preset, seed, parameters })
      if (!this.#isLeft) this.#watch(run)
    } catch (error) {
      this.#fail(error as CajalError)
    }
  }

  #watch({ id }: RunRecord): void {
    this.#id = id
    const source = new EventSource(addressOf(`runs/${id}/stream`))
    this.#source = source
    const on = <T>(name: string, hear: (data: T) => void): void =>
      source.addEventListener(name, ({ data }) => hear(JSON.parse(data) as T))
    on<Told>("run", (run) => this.#hear(run))
    on<KeptEvent[]>("events", (events) => this.take(events))
    on<ProgressEvent>("progress", (progress) => this.take([progress]))
    on("again", () => this.forget())
    on<Told & { result?: ResultEvent }>("end", (run) => this.#end(run))
    source.addEventListener("error", () => {
      // The browser tries again by itself, unless the server refused.
      if (source.readyState === EventSource.CLOSED) this.#fail(new CajalError("the server no longer shows this run"))
      else this.#say("The server does not answer; trying again")
    })
  }

  #hear({ state, ahead, askedAt, device, threads, isStopping }: Told): void {
    const where = { device: { name: `${device} on the server`, threads }, startedAt: askedAt }
    if (state === "waiting") this.#say(`Waiting for ${ahead === 1 ? "1 run" : `${ahead} runs`} before it on the server`)
    this.change({ ...where, phase: isStopping ? "stopping" : "running" })
  }

  #end({ id, state, result, problem }: Told & { result?: ResultEvent }): void {
    this.#source?.close()
    if (result !== undefined) {
      this.change({ phase: "done", result, metrics: result.metrics, leftMs: undefined })
      modelsOf(id).then(
        (models) => this.change({ models }),
        (error: CajalError) => this.#say(error.message),
      )
    } else if (state === "failed") this.change({ phase: "failed", leftMs: undefined, error: problem })
    else this.change({ phase: "stopped", leftMs: undefined })
  }

  #fail({ message, hint }: CajalError): void {
    this.#source?.close()
    this.change({ phase: "failed", leftMs: undefined, error: { message, ...(hint === undefined ? {} : { hint }) } })
  }

  /** A sentence in the place of the progress. */
  #say(label: string): void {
    this.take([{ type: "progress", label, done: 0, total: 0 }])
  }
}

/** The models that a run has left, by name. */
async function modelsOf(id: string): Promise<Seen["models"]> {
  const { models } = await ask<{ models: string[] }>(`runs/${id}/models`)
  return new Map(
    models.map((file) => [
      file.replace(/\.safetensors$/, ""),
      new URL(addressOf(`runs/${id}/models/${encodeURIComponent(file)}`)),
    ]),
  )
}
