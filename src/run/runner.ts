import type { DataSource } from "../data/index.ts"
import { CajalError } from "../engine/errors.ts"
import { weigh } from "./claims.ts"
import type {
  CheckpointEvent,
  CheckpointState,
  MetricEvent,
  ModelEvent,
  ProgressEvent,
  ResultEvent,
  RunEvent,
} from "./events.ts"
import { jsonProblem } from "./json.ts"
import { metered } from "./operations.ts"
import { type PresetName, resolveParameters, type System, type Systems } from "./system.ts"

/** What a run leaves behind: everything but progress, which is only for who watches, and arrays, which have files of their own. */
export type KeptEvent = Exclude<RunEvent, ProgressEvent | CheckpointEvent | ModelEvent>

/** What an earlier process left of a run that is now resumed. */
export interface Restored {
  readonly state: CheckpointState
  /** Everything that was emitted up to the checkpoint. */
  readonly events: readonly KeptEvent[]
  /** How long the run had taken up to the checkpoint. */
  readonly elapsedMs: number
}

/** Where a run is kept while it goes on. `cajal/run/store` keeps it on disk. */
export interface RunStore {
  /** Present when the run goes on from a checkpoint. */
  readonly restored: Restored | undefined
  append(event: KeptEvent): void
  /** Keeps `state` together with everything appended so far, in one step. */
  checkpoint(state: CheckpointState, elapsedMs: number): void
  /** Keeps a trained model. */
  model(event: ModelEvent): void
  finish(result: ResultEvent): void | Promise<void>
}

export interface ExecuteOptions {
  preset?: PresetName
  /** Values that override the preset's; checked. */
  parameters?: Readonly<Record<string, unknown>>
  seed?: number
  signal?: AbortSignal
  data: DataSource
  device: { readonly name: string; readonly threads: number }
  store?: RunStore
  systems?: Systems
  /** Counts what compiled functions do, as metrics `operations/...` at the end: takes a little longer. Default false. */
  count?: boolean
}

export const defaultSeed = 7
/** The longest that a run may keep timers, signals and the screen waiting between two events. */
const breathMs = 20

/**
 * Runs a system: its events as they come, then the result.
 * @throws CajalError on a parameter that is not allowed; the signal's reason when it aborts; Error when the system breaks the contract
 */
export async function* execute(
  system: System,
  options: ExecuteOptions,
): AsyncGenerator<RunEvent | ResultEvent, void, void> {
  const { preset = "quick", seed = defaultSeed, store, data, device, systems } = options
  const signal = options.signal ?? new AbortController().signal
  const parameters = resolveParameters(system, preset, options.parameters ?? {})
  const restored = store?.restored
  const before = restored?.elapsedMs ?? 0
  const started = performance.now()
  const metrics: Record<string, number> = {}
  for (const event of restored?.events ?? []) if (event.type === "metric") metrics[event.name] = event.value

  const source = data.with({ signal, standIn: system.standIn ?? false })
  const context = {
    parameters,
    preset,
    seed,
    signal,
    data: source,
    resumed: restored?.state,
    device,
    ...(systems === undefined ? {} : { systems }),
  }
  let breathed = performance.now()
  const events = system.run(context)
  for await (const event of options.count === true ? metered(events) : events) {
    signal.throwIfAborted()
    checkEvent(system.slug, event)
    if (event.type === "metric") metrics[event.name] = event.value
    if (event.type === "checkpoint") store?.checkpoint(event.state, before + performance.now() - started)
    else if (event.type === "model") store?.model(event)
    else if (event.type !== "progress") store?.append(event)
    yield event
    if (performance.now() - breathed > breathMs) {
      await breathe()
      breathed = performance.now()
      signal.throwIfAborted()
    }
  }
  signal.throwIfAborted()

  const result: ResultEvent = {
    type: "result",
    system: system.slug,
    preset,
    seed,
    device: device.name,
    threads: device.threads,
    parameters,
    metrics,
    claims: weigh(system.claims, metrics),
    wallMs: Math.round(before + performance.now() - started),
  }
  await store?.finish(result)
  yield result
}

/** Lets timers, signals and the screen have their turn. */
const breathe = (): Promise<void> =>
  new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve)
    else setTimeout(resolve, 0)
  })

function checkEvent(slug: string, event: RunEvent): void {
  if (event.type === "metric") checkMetric(slug, event)
  if (event.type === "checkpoint") {
    const problem = jsonProblem(event.state.json, "checkpoint")
    if (problem !== undefined) throw new Error(`${slug}: ${problem}; arrays belong in its tensors`)
  }
}

function checkMetric(slug: string, { name, value, step }: MetricEvent): void {
  if (Number.isFinite(value)) return
  const when = step === undefined ? "" : ` at step ${step}`
  throw new CajalError(`${slug}: ${name} is not a finite number${when}: ${value}`, {
    hint: "the computation diverged; a lower learning rate or a milder setting may help",
  })
}
