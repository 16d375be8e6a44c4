import fs from "node:fs"
import path from "node:path"
import { DatabaseSync } from "node:sqlite"
import { CajalError } from "../engine/errors.ts"
import { type Migration, migrations } from "./migrations.ts"

/**
 * Opens the index of runs and votes, made or brought up to date where it must be. What was written survives a process that is killed:
 * the log is written ahead.
 * @throws CajalError when the file is damaged, or of a newer version of Cajal
 */
export function openDatabase(file: string, steps: readonly Migration[] = migrations): DatabaseSync {
  fs.mkdirSync(path.dirname(file), { recursive: true })
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(file)
    db.exec("PRAGMA busy_timeout = 2000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")
    migrate(db, file, steps)
    return db
  } catch (error) {
    db?.close()
    if (error instanceof CajalError) throw error
    throw new CajalError(`cannot open the index of runs: ${(error as Error).message}`, {
      where: file,
      hint: "move the file away: the runs are found again, votes are lost",
      cause: error,
    })
  }
}

function migrate(db: DatabaseSync, file: string, steps: readonly Migration[]): void {
  db.exec("CREATE TABLE IF NOT EXISTS version (number INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT")
  const { present } = db.prepare("SELECT coalesce(max(number), 0) AS present FROM version").get() as { present: number }
  const latest = steps.at(-1)?.number ?? 0
  if (present > latest) {
    throw new CajalError(`the index of runs has version ${present}, this cajal knows up to ${latest}`, {
      where: file,
      hint: "serve this folder with the newer cajal, or another folder with --out",
    })
  }
  for (const { number, sql } of steps) if (number > present) transaction(db, () => apply(db, number, sql))
}

function apply(db: DatabaseSync, number: number, sql: string): void {
  db.exec(sql)
  db.prepare("INSERT INTO version (number, applied_at) VALUES (?, ?)").run(number, Date.now())
}

/** Does all of `work` or, when it throws, nothing. */
export function transaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec("BEGIN IMMEDIATE")
  try {
    const result = work()
    db.exec("COMMIT")
    return result
  } catch (error) {
    db.exec("ROLLBACK")
    throw error
  }
}
