/** The files of bench/results/: one a group and day, the newest of each group drawn as one figure. */
import fs from "node:fs"
import path from "node:path"
import { writeWhole } from "../../src/run/store.ts"
import { type Group, groups } from "./case.ts"
import type { DetailedLine } from "./line.ts"
import type { Machine } from "./machine.ts"

export const resultsFolder = path.join(import.meta.dirname, "..", "results")

export interface GroupResult {
  readonly group: Group
  /** ISO 8601, UTC. */
  readonly date: string
  readonly machine: Machine
  /** Versions of everything that took part, by side. */
  readonly versions: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Threads that each side really used, where it said. */
  readonly usedThreads: Readonly<Record<string, number>>
  readonly absent: Readonly<Record<string, string>>
  readonly lines: readonly DetailedLine[]
}

/** Writes one group's result and gives the file's name. */
export function writeResult(result: GroupResult, folder = resultsFolder): string {
  const file = path.join(folder, `${result.date.slice(0, 10)}-${result.group}.json`)
  fs.mkdirSync(folder, { recursive: true })
  writeWhole(file, `${JSON.stringify(result, undefined, 2)}\n`)
  return file
}

/** The newest result of each group that has one. */
export function newestResults(folder = resultsFolder): GroupResult[] {
  const names = fs.existsSync(folder) ? fs.readdirSync(folder).sort() : []
  return groups.flatMap((group) => {
    const newest = names.findLast((name) => name.endsWith(`-${group}.json`))
    return newest === undefined ? [] : [JSON.parse(fs.readFileSync(path.join(folder, newest), "utf8")) as GroupResult]
  })
}
