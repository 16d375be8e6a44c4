import fs from "node:fs"
import path from "node:path"
import type { ProgressEvent, ResultEvent } from "../run/index.ts"
import { lockOwner } from "../run/lock.ts"
import { createRun, type RunSettings } from "../run/store.ts"
import type { Asked } from "./asking.ts"
import type { History, RunRecord } from "./history.ts"
import { Refusal } from "./refusal.ts"
import { type RunProcess, startRun } from "./run-process.ts"

/** What is known of the running run besides what it keeps. */
export interface Live {
  readonly id: string
  /** Whether it has said anything yet: before that, what lies in its folder may be cut back to its checkpoint. */
  readonly isOpen: boolean
  readonly isStopping: boolean
  readonly progress: ProgressEvent | undefined
}

/** Runs one after the other, each in a process of its own. All that must survive a restart lies in the history and in the runs' folders. */
export class RunQueue {
  readonly root: string
  readonly history: History
  readonly #mostWaiting: number
  readonly #listeners = new Map<string, Set<() => void>>()
  #live: Live | undefined
  #process: RunProcess | undefined
  #following: Promise<void> | undefined
  #isClosed = false

  constructor(root: string, history: History, mostWaiting: number) {
    this.root = root
    this.history = history
    this.#mostWaiting = mostWaiting
  }

  get live(): Live | undefined {
    return this.#live
  }

  /** Ids of the runs that wait, in the order in which they will start. */
  waiting(): string[] {
    return this.history.idsIn("waiting")
  }

  /** @throws Refusal when too many wait */
  ask({ settings, changed }: Asked): RunRecord {
    this.#checkRoom()
    const store = createRun(this.root, settings)
    store.close()
    this.history.add(store.id, settings, changed, "waiting")
    this.startNext()
    return this.history.get(store.id)!
  }

  /** Lets a run that did not end go on. @throws Refusal when it waits, runs or has ended, or too many wait */
  resume(run: RunRecord): void {
    if (run.state === "waiting" || run.state === "running") throw new Refusal(409, `the run ${run.id} is under way`)
    if (run.state === "done") throw new Refusal(409, `the run ${run.id} has ended; there is nothing to resume`)
    if (lockOwner(this.folderOf(run.id)) !== undefined)
      throw new Refusal(409, `another process still writes the run ${run.id}`, { retryAfterSeconds: 2 })
    this.#checkRoom()
    this.history.queue(run.id)
    this.startNext()
  }

  /** Stops a run that waits or runs; another is left as it is. */
  stop(id: string): void {
    if (this.#live?.id === id) {
      this.#update({ isStopping: true })
      this.#process?.stop()
    } else if (this.history.get(id)?.state === "waiting") {
      this.history.stop(id)
      this.#tell(id)
    }
  }

  /** Calls `changed` whenever there is something new of a run. @returns ends that */
  listen(id: string, changed: () => void): () => void {
    const own = this.#listeners.get(id) ?? new Set()
    this.#listeners.set(id, own.add(changed))
    return () => {
      own.delete(changed)
      if (own.size === 0 && this.#listeners.get(id) === own) this.#listeners.delete(id)
    }
  }

  folderOf(id: string): string {
    return path.join(this.root, id)
  }

  /** The settings with which a run was started. */
  settingsOf(id: string): RunSettings {
    return JSON.parse(fs.readFileSync(path.join(this.folderOf(id), "settings.json"), "utf8")) as RunSettings
  }

  /** What a run ended with; undefined where it did not end. */
  resultOf(id: string): ResultEvent | undefined {
    const file = path.join(this.folderOf(id), "result.json")
    return fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, "utf8")) as ResultEvent) : undefined
  }

  /** Starts the run that waits longest, unless one runs. */
  startNext(): void {
    if (this.#isClosed || this.#live !== undefined) return
    const [id] = this.waiting()
    if (id === undefined) return
    this.history.start(id)
    this.#live = { id, isOpen: false, isStopping: false, progress: undefined }
    this.#following = this.#follow(id)
    for (const other of [id, ...this.waiting()]) this.#tell(other)
  }

  /** Stops the run under way; those that wait go on waiting for the next start of the server. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#process?.stop()
    await this.#following
  }

  async #follow(id: string): Promise<void> {
    const { system } = this.history.get(id)!
    this.#process = startRun(this.root, id, system, (progress) =>
      this.#update({ isOpen: true, ...(progress === undefined ? {} : { progress }) }),
    )
    const ending = await this.#process.ended
    const result = this.resultOf(id)
    if (result !== undefined) this.history.finish(id, result)
    else if (ending.type === "stopped") this.history.stop(id)
    else if (ending.type === "failed") this.history.fail(id, { message: ending.message, ...hintOf(ending) })
    else this.history.fail(id, { message: "the run ended without a result" })
    this.#live = undefined
    this.#process = undefined
    this.#tell(id)
    this.startNext()
  }

  #checkRoom(): void {
    if (this.waiting().length < this.#mostWaiting) return
    throw new Refusal(429, `${this.#mostWaiting} runs wait already`, { hint: "try again later", retryAfterSeconds: 30 })
  }

  #update(change: Partial<Live>): void {
    if (this.#live === undefined) return
    this.#live = { ...this.#live, ...change }
    this.#tell(this.#live.id)
  }

  #tell(id: string): void {
    for (const changed of this.#listeners.get(id) ?? []) changed()
  }
}

const hintOf = ({ hint }: { hint?: string }): { hint?: string } => (hint === undefined ? {} : { hint })
