/** Runs that this browser has finished, and where stopped ones can go on from. A browser that keeps nothing has no history. */
import { type DBSchema, type IDBPDatabase, openDB } from "idb"
import type { KeptEvent, ResultEvent } from "../../src/run/index.ts"
import type { Resumable } from "./followed.ts"
import type { Settings } from "./protocol.ts"

export interface PastRun {
  /** The time at which it started. */
  readonly id: string
  readonly slug: string
  readonly settings: Settings
  readonly result: ResultEvent
  readonly events: readonly KeptEvent[]
}

interface Kept extends DBSchema {
  runs: { key: string; value: PastRun; indexes: { slug: string } }
  stopped: { key: string; value: { slug: string; settings: Settings; restored: Resumable } }
}

let opened: Promise<IDBPDatabase<Kept> | undefined> | undefined

const database = (): Promise<IDBPDatabase<Kept> | undefined> => {
  opened ??= openDB<Kept>("cajal", 1, {
    upgrade(db) {
      db.createObjectStore("runs", { keyPath: "id" }).createIndex("slug", "slug")
      db.createObjectStore("stopped", { keyPath: "slug" })
    },
  }).catch(() => undefined)
  return opened
}

/** Runs of a paper that are kept, at most: the oldest go first. */
const mostRuns = 20

export async function keepRun(run: PastRun): Promise<void> {
  const db = await database()
  if (db === undefined) return
  await db.put("runs", run)
  const keys = await db.getAllKeysFromIndex("runs", "slug", run.slug)
  for (const key of keys.sort().slice(0, -mostRuns)) await db.delete("runs", key)
}

/** The latest first. */
export async function pastRuns(slug: string): Promise<PastRun[]> {
  const runs = (await (await database())?.getAllFromIndex("runs", "slug", slug)) ?? []
  return runs.sort((a, b) => b.id.localeCompare(a.id))
}

export const keepStopped = async (settings: Settings, restored: Resumable): Promise<void> =>
  void (await (await database())?.put("stopped", { slug: settings.slug, settings, restored }))

export const stoppedRun = async (slug: string): Promise<{ settings: Settings; restored: Resumable } | undefined> =>
  (await database())?.get("stopped", slug)

export const forgetStopped = async (slug: string): Promise<void> =>
  void (await (await database())?.delete("stopped", slug))
