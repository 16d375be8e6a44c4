import fs from "node:fs"
import os from "node:os"
import path from "node:path"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import walk from "../../test/fixtures/walk.ts"
import { DataSource, readSafetensors } from "../data/index.ts"
import type { ResultEvent, RunEvent } from "./events.ts"
import { execute, type RunStore } from "./runner.ts"
import { createRun, type DiskStore, resumableRuns, resumeRun } from "./store.ts"

let root: string
beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), "cajal-store-"))
})
afterEach(() => fs.rmSync(root, { recursive: true }))

const nowhere = new DataSource({
  locate: async () => undefined,
  read: () => Promise.reject(new Error("no data here")),
})
const device = { name: "reference", threads: 1 }
const settings = { system: "walk", preset: "quick", seed: 3, parameters: {}, device: "none", threads: 1 } as const
const newRun = (startedAt = "2025-11-06T09:08:07.123Z") => createRun(root, { ...settings, startedAt })

const run = (store: RunStore, signal?: AbortSignal) =>
  execute(walk, { seed: 3, data: nowhere, device, store, ...(signal === undefined ? {} : { signal }) })

/** Takes `count` events of a run, then leaves it as a killed process would: without any farewell to the store. */
async function take(store: RunStore, count: number): Promise<number> {
  let taken = 0
  for await (const _ of run(store)) if (++taken >= count) break
  return taken
}

async function finish(store: DiskStore): Promise<{ result: ResultEvent; metrics: string[] }> {
  let result: RunEvent | ResultEvent | undefined
  for await (const event of run(store)) result = event
  store.close()
  const lines = fs.readFileSync(path.join(store.folder, "metrics.jsonl"), "utf8").trim().split("\n")
  return { result: result as ResultEvent, metrics: lines.filter((line) => !line.includes('"timing":true')) }
}

const reproducible = ({ metrics: { pace: _, ...metrics }, claims }: ResultEvent) => ({ metrics, claims })

describe("the run store", () => {
  test("keeps models in files of their own", () => {
    const store = newRun()
    const weight = { dtype: "f32", shape: [2], data: Float32Array.of(1, 2) } as const
    store.model({ type: "model", name: "a model, 1", tensors: { weight } })
    store.close()
    const file = path.join(store.folder, "models", "a-model-1.safetensors")
    expect(readSafetensors(fs.readFileSync(file), file).tensors.weight.data).toEqual(weight.data)
    expect(store.events()).toEqual([])
  })

  test("keeps settings, metrics, other events and the result", async () => {
    const store = newRun()
    const { result, metrics } = await finish(store)
    expect(store.id).toBe("walk-quick-20251106-090807")
    expect(fs.readdirSync(store.folder).sort()).toEqual([
      "events.jsonl",
      "metrics.jsonl",
      "result.json",
      "settings.json",
    ])
    expect(JSON.parse(fs.readFileSync(path.join(store.folder, "result.json"), "utf8"))).toEqual(result)
    expect(metrics).toHaveLength(2 * 40 + 2)
    expect(store.events().some((event) => event.type === "figure")).toBe(true)
    expect(result.metrics.standing).toBe(0)
  })

  test("gives runs of the same second different folders", () => {
    const [a, b] = [newRun(), newRun()]
    expect([a.id, b.id]).toEqual(["walk-quick-20251106-090807", "walk-quick-20251106-090807-2"])
    a.close()
    b.close()
  })

  test("a run left anywhere goes on to the very same metrics", async () => {
    const undisturbed = await finish(newRun())
    for (const stops of [[1], [3], [29], [30], [31], [120], [33, 60, 2, 41]]) {
      const { id, ...first } = newRun()
      await take({ ...first, id } as RunStore, stops[0]!)
      first.close()
      for (const stop of stops.slice(1)) {
        const again = resumeRun(root, id, "walk")
        await take(again, stop)
        again.close()
      }
      const resumed = await finish(resumeRun(root, id, "walk"))
      expect(reproducible(resumed.result)).toEqual(reproducible(undisturbed.result))
      expect(resumed.metrics).toEqual(undisturbed.metrics)
    }
  })

  test("counts the time of all processes", async () => {
    const store = newRun()
    await take(store, 60)
    store.close()
    const again = resumeRun(root, store.id, "walk")
    const { elapsedMs } = again.restored!
    expect(elapsedMs).toBeGreaterThan(0)
    const { result } = await finish(again)
    expect(result.wallMs).toBeGreaterThanOrEqual(Math.round(elapsedMs))
  })

  test("stops when the signal aborts", async () => {
    const controller = new AbortController()
    const store = newRun()
    let events = 0
    const running = async () => {
      for await (const _ of run(store, controller.signal)) if (++events === 10) controller.abort(new Error("enough"))
    }
    await expect(running()).rejects.toThrow("enough")
    store.close()
    expect(events).toBe(10)
    expect(resumableRuns(root, "walk")).toEqual([store.id])
  })

  test("lists what can be resumed, the newest first, and nothing else", async () => {
    const early = newRun("2025-11-06T09:00:00.000Z")
    const late = newRun("2025-11-06T10:00:00.000Z")
    const done = newRun("2025-11-06T11:00:00.000Z")
    const open = newRun("2025-11-06T12:00:00.000Z")
    fs.mkdirSync(path.join(root, "something-else"))
    await finish(done)
    early.close()
    late.close()
    expect(resumableRuns(root, "walk")).toEqual([late.id, early.id])
    expect(resumableRuns(root, "sltt")).toEqual([])
    expect(resumableRuns(path.join(root, "none"), "walk")).toEqual([])
    open.close()
  })

  test("refuses a second writer, and takes over from a dead one", () => {
    const store = newRun()
    expect(() => resumeRun(root, store.id, "walk")).toThrow(`is being written by process ${process.pid}`)
    fs.writeFileSync(path.join(store.folder, "lock"), `${process.pid} 12345\n`)
    if (fs.existsSync("/proc/self/stat")) resumeRun(root, store.id, "walk").close()
    fs.writeFileSync(path.join(store.folder, "lock"), "4194304999 1\n")
    resumeRun(root, store.id, "walk").close()
    store.close()
  })
})

describe("damage", () => {
  const broken = async (spoil: (file: string) => void) => {
    const store = newRun()
    await take(store, 60)
    store.close()
    spoil(path.join(store.folder, "checkpoint.safetensors"))
    return () => resumeRun(root, store.id, "walk").close()
  }

  test("a checkpoint cut short", async () => {
    for (const size of [0, 7, 100]) {
      expect(await broken((file) => fs.truncateSync(file, size))).toThrow("not a valid safetensors file")
    }
    expect(await broken((file) => fs.truncateSync(file, fs.statSync(file).size - 3))).toThrow(
      "not a valid safetensors file",
    )
  })

  test("a checkpoint with a changed bit", async () => {
    const flip = (file: string) => {
      const bytes = fs.readFileSync(file)
      bytes[bytes.length - 2]! ^= 1
      fs.writeFileSync(file, bytes)
    }
    expect(await broken(flip)).toThrow("the checkpoint is damaged")
  })

  test("a file that is no checkpoint", async () => {
    expect(await broken((file) => fs.writeFileSync(file, "not at all a checkpoint"))).toThrow(
      "not a valid safetensors file",
    )
  })

  test("a checkpoint of another system", async () => {
    const other = createRun(root, { ...settings, system: "sltt", startedAt: "2025-11-06T09:08:07.123Z" })
    other.checkpoint({ json: { epoch: 3 } }, 10)
    other.close()
    const resume = await broken((file) => fs.copyFileSync(path.join(other.folder, "checkpoint.safetensors"), file))
    expect(resume).toThrow("this is a checkpoint of sltt, not of walk")
    expect(() => resumeRun(root, other.id, "walk")).toThrow("is a run of sltt, not of walk")
  })

  test("metrics that are shorter than the checkpoint counts on", async () => {
    const resume = await broken((file) => fs.truncateSync(path.join(path.dirname(file), "metrics.jsonl"), 10))
    expect(resume).toThrow("the file has 10 bytes")
  })

  test("a run that is not there, or has ended", async () => {
    const store = newRun()
    await finish(store)
    expect(() => resumeRun(root, store.id, "walk")).toThrow("has ended")
    expect(() => resumeRun(root, "walk-quik", "walk")).toThrow('there is no run "walk-quik"')
  })
})

test("what a system must not emit", async () => {
  const emit = async (event: RunEvent) => {
    const bad = { ...walk, async *run() { yield event } } // biome-ignore format: one line
    for await (const _ of execute(bad, { data: nowhere, device }));
  }
  await expect(emit({ type: "metric", name: "loss", value: Number.NaN, step: 4 })).rejects.toThrow(
    "walk: loss is not a finite number at step 4: NaN",
  )
  const state = { json: { weights: new Float32Array(3) as never } }
  await expect(emit({ type: "checkpoint", state })).rejects.toThrow(
    "Float32Array has no form in JSON; arrays belong in its tensors",
  )
})

test("a folder that cannot be made is refused, and leftovers of a killed process go", () => {
  const settings = {
    system: "walk",
    preset: "smoke",
    seed: 1,
    parameters: {},
    device: "reference",
    threads: 1,
    startedAt: "2025-01-01T00:00:00.000Z",
  } as const
  const file = path.join(root, "a-file")
  fs.writeFileSync(file, "")
  expect(() => createRun(path.join(file, "runs"), settings)).toThrow(/cannot make the folder/)
  expect(() => createRun(file, settings)).toThrow(/cannot make the folder/)
  const store = createRun(path.join(root, "deep", "runs"), settings)
  store.close()
  fs.writeFileSync(path.join(store.folder, "checkpoint.safetensors.1.part"), "half")
  resumeRun(path.join(root, "deep", "runs"), store.id, "walk").close()
  expect(fs.readdirSync(store.folder).filter((name) => name.endsWith(".part"))).toEqual([])
})
