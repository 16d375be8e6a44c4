/** What the page and the worker that runs a system say to each other. */
import type {
  CheckpointState,
  KeptEvent,
  ModelEvent,
  PresetName,
  ProgressEvent,
  Restored,
  ResultEvent,
} from "../../src/run/index.ts"

export interface Settings {
  readonly slug: string
  readonly preset: PresetName
  readonly seed: number
  /** Values that differ from the preset's. */
  readonly parameters: Readonly<Record<string, unknown>>
}

export type ToWorker =
  | {
      readonly type: "start"
      readonly settings: Settings
      /** Where datasets are served. */
      readonly dataUrl: string
      /** What an earlier run left, to go on from. */
      readonly restored: Restored | undefined
      /** Whether the system is put under the reader's hands, instead of run. */
      readonly isTouched: boolean
    }
  /** What the reader does, for a system that is touched. */
  | { readonly type: "input"; readonly name: string; readonly value: unknown }
  | { readonly type: "stop" }

export type SeenEvent = KeptEvent | ProgressEvent

export type FromWorker =
  | { readonly type: "device"; readonly name: string; readonly threads: number }
  | { readonly type: "events"; readonly events: readonly SeenEvent[] }
  | { readonly type: "checkpoint"; readonly state: CheckpointState; readonly elapsedMs: number }
  | ModelEvent
  | { readonly type: "result"; readonly result: ResultEvent }
  | { readonly type: "stopped" }
  | { readonly type: "failed"; readonly message: string; readonly hint?: string; readonly where?: string }
