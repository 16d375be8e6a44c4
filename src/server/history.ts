import type { DatabaseSync, SQLOutputValue, StatementSync } from "node:sqlite"
import type { ParameterValue, PresetName, ResultEvent } from "../run/index.ts"
import type { RunSettings } from "../run/store.ts"

/** `stopped` and `failed` runs can go on from their last checkpoint. */
export type RunState = "waiting" | "running" | "stopped" | "failed" | "done"

/** What went wrong, in words for a reader. */
export interface Problem {
  readonly message: string
  readonly hint?: string
}

/** A run as the index knows it; its measurements lie in the run's folder. */
export interface RunRecord {
  /** The name of its folder. */
  readonly id: string
  readonly system: string
  readonly preset: PresetName
  readonly seed: number
  /** Values that differ from the preset's. */
  readonly changed: Readonly<Record<string, ParameterValue>>
  readonly device: string
  readonly threads: number
  readonly state: RunState
  /** ISO 8601. */
  readonly askedAt: string
  /** How often it was started: once, and once more each time it went on. */
  readonly attempt: number
  readonly wallMs?: number
  /** Claims that were met, of how many. */
  readonly met?: number
  readonly claims?: number
  readonly problem?: Problem
}

/** All runs of a server, in its database. */
export class History {
  readonly #db: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  constructor(db: DatabaseSync) {
    this.#db = db
  }

  add(id: string, settings: RunSettings, changed: RunRecord["changed"], state: RunState): void {
    const { system, preset, seed, device, threads, startedAt } = settings
    const at = Date.parse(startedAt)
    this.#prepare(
      `INSERT INTO runs (id, system, preset, seed, changed, device, threads, state, asked_at, queued_at, attempt)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)`,
    ).run(id, system, preset, seed, JSON.stringify(changed), device, threads, state, at, at)
  }

  get(id: string): RunRecord | undefined {
    const row = this.#prepare("SELECT * FROM runs WHERE id = ?").get(id)
    return row === undefined ? undefined : recordOf(row)
  }

  /** The latest first. @param before only runs that were asked for before this time, ms */
  list({ system, before, limit }: { system?: string; before: number; limit: number }): RunRecord[] {
    const one = system === undefined ? "" : "system = :system AND"
    const rows = this.#prepare(
      `SELECT * FROM runs WHERE ${one} asked_at < :before ORDER BY asked_at DESC, id DESC LIMIT :limit`,
    ).all({ before, limit, ...(system === undefined ? {} : { system }) })
    return rows.map(recordOf)
  }

  /** Ids of the runs in a state, those that came first into the queue first. */
  idsIn(state: RunState): string[] {
    const rows = this.#prepare("SELECT id FROM runs WHERE state = ? ORDER BY queued_at, id").all(state)
    return rows.map(({ id }) => id as string)
  }

  /** Puts a run that can go on into the queue again. */
  queue(id: string): void {
    this.#prepare("UPDATE runs SET state = 'waiting', queued_at = ?, problem = NULL WHERE id = ?").run(Date.now(), id)
  }

  start(id: string): void {
    this.#prepare("UPDATE runs SET state = 'running', attempt = attempt + 1 WHERE id = ?").run(id)
  }

  stop(id: string): void {
    this.#prepare("UPDATE runs SET state = 'stopped' WHERE id = ?").run(id)
  }

  fail(id: string, problem: Problem): void {
    this.#prepare("UPDATE runs SET state = 'failed', problem = ? WHERE id = ?").run(JSON.stringify(problem), id)
  }

  finish(id: string, { wallMs, claims }: ResultEvent): void {
    const met = claims.filter((claim) => claim.met === true).length
    this.#prepare("UPDATE runs SET state = 'done', wall_ms = ?, met = ?, claims = ?, problem = NULL WHERE id = ?").run(
      wallMs,
      met,
      claims.length,
      id,
    )
  }

  /** Statements are compiled once. */
  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql) ?? this.#db.prepare(sql)
    this.#statements.set(sql, known)
    return known
  }
}

type Row = Record<string, SQLOutputValue>

const recordOf = (row: Row): RunRecord => ({
  id: row.id as string,
  system: row.system as string,
  preset: row.preset as PresetName,
  seed: row.seed as number,
  changed: JSON.parse(row.changed as string) as RunRecord["changed"],
  device: row.device as string,
  threads: row.threads as number,
  state: row.state as RunState,
  askedAt: new Date(row.asked_at as number).toISOString(),
  attempt: row.attempt as number,
  ...(row.wall_ms === null ? {} : { wallMs: row.wall_ms as number }),
  ...(row.claims === null ? {} : { met: row.met as number, claims: row.claims as number }),
  ...(row.problem === null ? {} : { problem: JSON.parse(row.problem as string) as Problem }),
})
