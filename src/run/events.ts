import type { HostArray } from "../engine/dtype.ts"
import type { VegaLiteSpec } from "../view/spec.ts"
import type { ClaimResult } from "./claims.ts"
import type { JsonValue } from "./json.ts"
import type { ParameterValue } from "./parameters.ts"

/** How far a run is: `done` of `total`, in any unit; the doors compute the time left. */
export interface ProgressEvent {
  readonly type: "progress"
  readonly label: string
  readonly done: number
  readonly total: number
}

/** One measured number. The last value of a name is what claims see; values with a `step` make curves. */
export interface MetricEvent {
  readonly type: "metric"
  readonly name: string
  readonly value: number
  readonly step?: number
  readonly unit?: string
  /** Wall-clock time or memory of the machine: not part of what must reproduce from a seed. */
  readonly timing?: boolean
}

/** A picture: a Vega-Lite specification, or finished SVG. A later figure of the same id replaces the earlier one. */
export type FigureEvent = {
  readonly type: "figure"
  readonly id: string
  readonly title: string
  readonly caption?: string
} & ({ readonly spec: VegaLiteSpec; readonly svg?: undefined } | { readonly svg: string; readonly spec?: undefined })

/** A table of numbers and words. A later table of the same id replaces the earlier one. */
export interface TableEvent {
  readonly type: "table"
  readonly id: string
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | number)[])[]
}

export interface LogEvent {
  readonly type: "log"
  readonly text: string
}

/** Something every output must show, such as "data: generated stand-in, not MNIST". */
export interface NoteEvent {
  readonly type: "note"
  readonly text: string
}

/** All that a run needs to go on from here: a plain value, and named arrays. */
export interface CheckpointState {
  readonly json: JsonValue
  readonly tensors?: Readonly<Record<string, HostArray>>
}

export interface CheckpointEvent {
  readonly type: "checkpoint"
  readonly state: CheckpointState
}

/** A trained model, to be taken away. A later model of the same name replaces the earlier one. */
export interface ModelEvent {
  readonly type: "model"
  readonly name: string
  /** Its tensors by their paths, as `toArrays` of `cajal/learn` gives them. */
  readonly tensors: Readonly<Record<string, HostArray>>
}

/** What a system's run yields. */
export type RunEvent =
  | ProgressEvent
  | MetricEvent
  | FigureEvent
  | TableEvent
  | LogEvent
  | NoteEvent
  | CheckpointEvent
  | ModelEvent

/** The last event of a finished run, made by the runner. Its fields are a promise to scripts: see the CHANGELOG before changing them. */
export interface ResultEvent {
  readonly type: "result"
  readonly system: string
  readonly preset: string
  readonly seed: number
  readonly device: string
  readonly threads: number
  readonly parameters: Readonly<Record<string, ParameterValue>>
  readonly metrics: Readonly<Record<string, number>>
  readonly claims: readonly ClaimResult[]
  readonly wallMs: number
}

export const progress = (label: string, done: number, total: number): ProgressEvent => ({
  type: "progress",
  label,
  done,
  total,
})

export const metric = (
  name: string,
  value: number,
  options: { step?: number; unit?: string; timing?: boolean } = {},
): MetricEvent => ({ type: "metric", name, value, ...options })

/** @param picture a Vega-Lite specification, or SVG as text */
export const figure = (
  id: string,
  title: string,
  picture: VegaLiteSpec | string,
  options: { caption?: string } = {},
): FigureEvent =>
  typeof picture === "string"
    ? { type: "figure", id, title, ...options, svg: picture }
    : { type: "figure", id, title, ...options, spec: picture }

export const table = (
  id: string,
  title: string,
  columns: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): TableEvent => ({ type: "table", id, title, columns, rows })

export const log = (text: string): LogEvent => ({ type: "log", text })

export const note = (text: string): NoteEvent => ({ type: "note", text })

export const model = (name: string, tensors: Readonly<Record<string, HostArray>>): ModelEvent => ({
  type: "model",
  name,
  tensors,
})

export const checkpoint = (json: JsonValue, tensors?: Readonly<Record<string, HostArray>>): CheckpointEvent => ({
  type: "checkpoint",
  state: tensors === undefined ? { json } : { json, tensors },
})
