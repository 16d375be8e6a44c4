/** The run store on disk: one folder a run. For Node. */
import fs from "node:fs"
import path from "node:path"
import { writeSafetensors } from "../data/formats/safetensors.ts"
import { CajalError } from "../engine/errors.ts"
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from "./checkpoint-file.ts"
import type { CheckpointState, ModelEvent, ResultEvent } from "./events.ts"
import { lockOwner, lockRun } from "./lock.ts"
import { nearest } from "./nearest.ts"
import type { ParameterValue } from "./parameters.ts"
import type { KeptEvent, Restored, RunStore } from "./runner.ts"
import type { PresetName } from "./system.ts"

/** What a run was started with. */
export interface RunSettings {
  readonly system: string
  readonly preset: PresetName
  readonly seed: number
  readonly parameters: Readonly<Record<string, ParameterValue>>
  readonly device: string
  readonly threads: number
  /** ISO 8601. */
  readonly startedAt: string
}

/**
 * A run on disk, open for writing: `settings.json`, `metrics.jsonl`, `events.jsonl`, `checkpoint.safetensors`, `models/`,
 * `result.json`.
 */
export interface DiskStore extends RunStore {
  readonly id: string
  readonly folder: string
  readonly settings: RunSettings
  /** Everything kept so far, in order: metrics first. */
  events(): KeptEvent[]
  /** Closes the files; what was kept stays. */
  close(): void
}

/** Starts a new run in a folder of its own under `root`. */
export function createRun(root: string, settings: RunSettings): DiskStore {
  const folder = newFolder(root, `${settings.system}-${settings.preset}-${stamp(settings.startedAt)}`)
  writeWhole(path.join(folder, "settings.json"), `${JSON.stringify(settings, null, 2)}\n`)
  return openStore(folder, settings, undefined)
}

/**
 * Opens a run that did not end, at its last checkpoint, or at its beginning when it has none.
 * @throws CajalError when there is no such run, it has ended, another process writes it, or its files are damaged
 */
export function resumeRun(root: string, id: string, system: string): DiskStore {
  const folder = path.join(root, id)
  const settings = readSettings(root, id)
  if (settings.system !== system) {
    throw new CajalError(`the run ${id} is a run of ${settings.system}, not of ${system}`, {
      hint: `cajal run ${settings.system} --resume ${id}`,
    })
  }
  if (fs.existsSync(path.join(folder, "result.json"))) {
    throw new CajalError(`the run ${id} has ended; there is nothing to resume`, {
      hint: `its report is ${path.join(folder, "report.html")}`,
    })
  }
  const file = path.join(folder, "checkpoint.safetensors")
  if (!fs.existsSync(file)) return openStore(folder, settings, undefined)
  const checkpoint = decodeCheckpoint(fs.readFileSync(file), file)
  if (checkpoint.system !== system) {
    throw new CajalError(`this is a checkpoint of ${checkpoint.system}, not of ${system}`, { where: file })
  }
  return openStore(folder, settings, checkpoint)
}

/** The runs of `system` under `root` that did not end and that no process writes, the newest first. */
export function resumableRuns(root: string, system: string): string[] {
  if (!fs.existsSync(root)) return []
  const runs: { id: string; startedAt: string }[] = []
  for (const id of fs.readdirSync(root)) {
    const folder = path.join(root, id)
    if (!fs.existsSync(path.join(folder, "settings.json")) || fs.existsSync(path.join(folder, "result.json"))) continue
    const settings = readable(root, id)
    if (settings?.system === system && lockOwner(folder) === undefined) runs.push({ id, startedAt: settings.startedAt })
  }
  return runs.sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1)).map((run) => run.id)
}

/** The settings of a run, or undefined where they are damaged: such a run is nobody's to resume. */
function readable(root: string, id: string): RunSettings | undefined {
  try {
    return readSettings(root, id)
  } catch (error) {
    if (error instanceof CajalError) return undefined
    throw error
  }
}

/**
 * What a run was started with.
 * @throws CajalError when there is no such run, with the nearest name, or its settings are damaged
 */
export function readSettings(root: string, id: string): RunSettings {
  const file = path.join(root, id, "settings.json")
  if (!fs.existsSync(file)) {
    const near = fs.existsSync(root) ? nearest(id, fs.readdirSync(root)) : undefined
    throw new CajalError(
      `there is no run "${id}" in ${root}`,
      near === undefined ? {} : { hint: `did you mean "${near}"?` },
    )
  }
  return parse(fs.readFileSync(file, "utf8"), file)
}

function openStore(folder: string, settings: RunSettings, checkpoint: Checkpoint | undefined): DiskStore {
  const unlock = lockRun(folder)
  for (const name of fs.readdirSync(folder)) if (name.endsWith(".part")) fs.rmSync(path.join(folder, name))
  const metrics = new Lines(path.join(folder, "metrics.jsonl"))
  const others = new Lines(path.join(folder, "events.jsonl"))
  let restored: Restored | undefined
  try {
    metrics.cut(checkpoint?.metricsBytes ?? 0)
    others.cut(checkpoint?.eventsBytes ?? 0)
    const events = () => [...metrics.read(), ...others.read()] as KeptEvent[]
    if (checkpoint !== undefined) {
      const { json, tensors, elapsedMs } = checkpoint
      restored = { state: { json, tensors }, events: events(), elapsedMs }
    }
    return {
      id: path.basename(folder),
      folder,
      settings,
      restored,
      events,
      append: (event) => (event.type === "metric" ? metrics : others).append(event),
      checkpoint: (state: CheckpointState, elapsedMs: number) => {
        metrics.sync()
        others.sync()
        const { json, tensors = {} } = state
        const sizes = { metricsBytes: metrics.bytes, eventsBytes: others.bytes }
        const bytes = encodeCheckpoint({ system: settings.system, json, tensors, ...sizes, elapsedMs })
        writeWhole(path.join(folder, "checkpoint.safetensors"), bytes)
      },
      model: ({ name, tensors }: ModelEvent) => {
        fs.mkdirSync(path.join(folder, "models"), { recursive: true })
        writeWhole(path.join(folder, "models", `${fileName(name)}.safetensors`), writeSafetensors(tensors))
      },
      finish: (result: ResultEvent) => {
        metrics.sync()
        others.sync()
        writeWhole(path.join(folder, "result.json"), `${JSON.stringify(result, null, 2)}\n`)
        fs.rmSync(path.join(folder, "checkpoint.safetensors"), { force: true })
      },
      close: () => {
        metrics.close()
        others.close()
        unlock()
      },
    }
  } catch (error) {
    metrics.close()
    others.close()
    unlock()
    throw error
  }
}

/** A file of JSON lines that grows at its end. */
class Lines {
  readonly file: string
  readonly #handle: number
  bytes = 0

  constructor(file: string) {
    this.file = file
    this.#handle = fs.openSync(file, fs.constants.O_RDWR | fs.constants.O_CREAT)
  }

  /** Drops everything behind the first `bytes` bytes. */
  cut(bytes: number): void {
    const { size } = fs.fstatSync(this.#handle)
    if (size < bytes) {
      throw new CajalError(`the file has ${size} bytes, its checkpoint counts on ${bytes}`, {
        where: this.file,
        hint: "start the run anew, without --resume",
      })
    }
    fs.ftruncateSync(this.#handle, bytes)
    this.bytes = bytes
  }

  append(value: unknown): void {
    const line = Buffer.from(`${JSON.stringify(value)}\n`)
    for (let done = 0; done < line.length; )
      done += fs.writeSync(this.#handle, line, done, line.length - done, this.bytes + done)
    this.bytes += line.length
  }

  read(): unknown[] {
    const lines = fs.readFileSync(this.file, "utf8").split("\n").slice(0, -1)
    return lines.map((line, i) => parse(line, `${this.file}:${i + 1}`))
  }

  sync(): void {
    fs.fsyncSync(this.#handle)
  }

  close(): void {
    fs.closeSync(this.#handle)
  }
}

/** Writes a file whole or not at all: under another name first, then renamed. */
export function writeWhole(file: string, content: string | Uint8Array): void {
  const temporary = `${file}.${process.pid}.part`
  try {
    const handle = fs.openSync(temporary, "w")
    try {
      fs.writeFileSync(handle, content)
      fs.fsyncSync(handle)
    } finally {
      fs.closeSync(handle)
    }
    fs.renameSync(temporary, file)
  } catch (error) {
    fs.rmSync(temporary, { force: true })
    throw error
  }
}

function parse<T>(text: string, where: string): T {
  try {
    return JSON.parse(text) as T
  } catch (error) {
    throw new CajalError(`not JSON: ${(error as Error).message}`, { where })
  }
}

/** A name in words as the name of a file. */
export const fileName = (name: string): string => name.replaceAll(/[^\w.-]+/g, "-")

/** `2025-11-06T09:08:07.123Z` as `20251106-090807`. */
const stamp = (iso: string): string =>
  iso
    .replace(/\.\d+Z$/, "")
    .replaceAll(/[-:]/g, "")
    .replace("T", "-")

/** Makes the folder `root/name`, or `root/name-2` and so on when it is taken. */
function newFolder(root: string, name: string): string {
  makeFolders(root)
  for (let attempt = 1; ; attempt++) {
    const folder = path.join(root, attempt === 1 ? name : `${name}-${attempt}`)
    try {
      fs.mkdirSync(folder)
      return folder
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error
    }
  }
}

/**
 * Makes a folder and those above it. (Node's own recursive way never returns where the system does not let a folder be made, as in /proc.)
 * @throws CajalError when it cannot be made
 */
function makeFolders(folder: string): void {
  if (fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return
  if (path.dirname(folder) !== folder) makeFolders(path.dirname(folder))
  try {
    fs.mkdirSync(folder)
  } catch (error) {
    if (fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return
    throw new CajalError(`cannot make the folder ${folder}: ${(error as Error).message}`, {
      hint: "name a folder that can be written with --out",
      cause: error,
    })
  }
}
