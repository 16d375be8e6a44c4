import fs from "node:fs"
import os from "node:os"
import path from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { openDatabase } from "./database.ts"
import { History } from "./history.ts"
import { RunQueue } from "./queue.ts"
import { RunStreams } from "./stream.ts"

let folder: string
let db: ReturnType<typeof openDatabase>
let queue: RunQueue
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "cajal-stream-"))
  db = openDatabase(path.join(folder, ".server/index.sqlite"))
  queue = new RunQueue(folder, new History(db), 1)
  const settings = { system: "sltt", preset: "smoke", seed: 7, parameters: {}, device: "wasm", threads: 1 } as const
  queue.history.add("one", { ...settings, startedAt: new Date().toISOString() }, {}, "stopped")
  fs.mkdirSync(path.join(folder, "one"))
})
afterEach(() => {
  db.close()
  fs.rmSync(folder, { recursive: true })
})
const run = () => queue.history.get("one")!

test("what a slow client has not asked for is not read, and a client that goes leaves nothing", async () => {
  const lines = Array.from({ length: 200_000 }, (_, i) => `{"type":"metric","name":"loss","value":${i}}\n`)
  fs.writeFileSync(path.join(folder, "one/metrics.jsonl"), lines.join(""))
  const streams = new RunStreams(queue)
  const reader = streams.open(run(), undefined).body!.getReader()
  const next = async () => new TextDecoder().decode((await reader.read()).value)
  expect(await next()).toMatch(/^event: run\n/)
  const piece = await next()
  expect(piece).toMatch(/^event: events\nid: 0\.\d+\.0\n/)
  expect(piece.length).toBeLessThan(100_000)
  // Cut meanwhile: had the rest been read ahead, it would still come.
  fs.truncateSync(path.join(folder, "one/metrics.jsonl"), 0)
  expect(await next()).toMatch(/^event: end\n/)
  expect(streams.count).toBe(1)
  await reader.cancel()
  expect(streams.count).toBe(0)
})

test("there are not more streams than allowed, and a run that goes on is told anew to who saw it before", async () => {
  const streams = new RunStreams(queue)
  const opened = Array.from({ length: 256 }, () => streams.open(run(), undefined))
  expect(() => streams.open(run(), undefined)).toThrow("too many runs are being watched")
  await Promise.all(opened.map(({ body }) => body!.cancel()))
  expect(streams.count).toBe(0)
  fs.writeFileSync(path.join(folder, "one/metrics.jsonl"), '{"type":"log"}\n')
  const text = await streams.open(run(), "7.3.3").text()
  expect(text.match(/^event: .*$/gm)).toEqual(["event: run", "event: again", "event: events", "event: end"])
  expect(streams.count).toBe(0)
})
