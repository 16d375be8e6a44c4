import fs from "node:fs"
import os from "node:os"
import path from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { Feed } from "./feed.ts"

let folder: string
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "cajal-feed-"))
})
afterEach(() => fs.rmSync(folder, { recursive: true }))
const add = (name: string, text: string): void => fs.appendFileSync(path.join(folder, name), text)

test("gives whole lines only, as they come, and goes on from a place", async () => {
  const feed = new Feed(folder)
  expect(await feed.next()).toEqual([])
  add("metrics.jsonl", '{"a":1}\n{"b":')
  add("events.jsonl", '"é"\n')
  expect(await feed.next()).toEqual(['{"a":1}', '"é"'])
  expect(await feed.next()).toEqual([])
  expect(feed.position).toEqual([8, 5])
  add("metrics.jsonl", "2}\n")
  expect(await feed.next()).toEqual(['{"b":2}'])
  expect(await new Feed(folder, [8, 5]).next()).toEqual(['{"b":2}'])
})

test("reads much in pieces, and a line longer than a piece whole", async () => {
  const short = Array.from({ length: 50_000 }, (_, i) => `{"i":${i}}`)
  const long = `"${"x".repeat(300_000)}"`
  add("metrics.jsonl", `${short.join("\n")}\n${long}\n`)
  const feed = new Feed(folder)
  const read: string[] = []
  for (let lines = await feed.next(); lines.length > 0; lines = await feed.next()) {
    const bytes = lines.join("\n").length
    expect(lines.length === 1 || bytes <= 64 * 1024).toBe(true)
    read.push(...lines)
  }
  expect(read).toEqual([...short, long])
})
