import fs from "node:fs"
import os from "node:os"
import path from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { openDatabase } from "./database.ts"
import { migrations } from "./migrations.ts"
import { Votes } from "./votes.ts"

let folder: string
let file: string
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "cajal-database-"))
  file = path.join(folder, "index.sqlite")
})
afterEach(() => fs.rmSync(folder, { recursive: true }))

const later = { number: migrations.length + 1, sql: "ALTER TABLE votes ADD COLUMN why TEXT" }

test("is brought up to date once, step by step, and keeps what it holds", () => {
  const old = openDatabase(file)
  new Votes(old).give("me", "sltt")
  old.close()
  const present = openDatabase(file, [...migrations, later])
  expect(present.prepare("SELECT browser, slug, why FROM votes").all()).toEqual([
    { browser: "me", slug: "sltt", why: null },
  ])
  expect(present.prepare("SELECT number FROM version ORDER BY number").all()).toHaveLength(later.number)
  present.close()
  openDatabase(file, [...migrations, later]).close()
  expect(() => openDatabase(file)).toThrow(/has version \d+, this cajal knows up to \d+/)
})

test("a step that fails leaves nothing of itself", () => {
  const broken = { number: later.number, sql: "CREATE TABLE half (a INTEGER) STRICT; SELECT nothing FROM nowhere" }
  expect(() => openDatabase(file, [...migrations, broken])).toThrow("cannot open the index of runs")
  const db = openDatabase(file)
  expect(db.prepare("SELECT name FROM sqlite_master WHERE name = 'half'").all()).toEqual([])
  db.close()
})

test("a vote is worth 1 at first and 1/e after a week; so is a run, which is no vote", () => {
  const db = openDatabase(file)
  const votes = new Votes(db)
  votes.give("me", "sltt")
  votes.give("me", "sltt")
  votes.give("you", "sltt")
  const now = Date.now()
  db.prepare(
    `INSERT INTO runs (id, system, preset, seed, changed, device, threads, state, asked_at, queued_at, attempt)
     VALUES ('a', 'brainpy', 'smoke', 7, '{}', 'wasm', 1, 'done', ?, 0, 1)`,
  ).run(now)
  const week = 7 * 24 * 3600 * 1000
  expect(votes.interest("me", now).sltt).toMatchObject({ votes: 2, voted: true })
  expect(votes.interest("me", now).sltt!.trending).toBeCloseTo(2, 3)
  expect(votes.interest("other", now + week).sltt!.trending).toBeCloseTo(2 / Math.E, 3)
  expect(votes.interest(undefined, now + week).brainpy).toEqual({ votes: 0, voted: false, trending: 0.367879 })
  db.close()
})
