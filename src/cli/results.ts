import { execFileSync } from "node:child_process"
import fs from "node:fs"
import path from "node:path"
import { CajalError } from "../engine/errors.ts"
import type { KeptEvent, ResultEvent, System } from "../run/index.ts"
import { writeWhole } from "../run/store.ts"
import { toSvg } from "../view/svg.ts"
import { packageRoot } from "./package-info.ts"

/** A result worth keeping: when it was measured, and by which state of the source. */
export interface RecordedResult extends Omit<ResultEvent, "type"> {
  /** `YYYY-MM-DD` */
  readonly date: string
  /** The commit of the source, with "+" when it had changes; null outside of a checkout. */
  readonly commit: string | null
}

const folder = path.join(packageRoot, "results")

/** Keeps a run's result as `results/<slug>.json`, in place of an earlier one. */
export function recordResult({ type: _, ...result }: ResultEvent): void {
  fs.mkdirSync(folder, { recursive: true })
  const recorded: RecordedResult = { ...result, date: new Date().toISOString().slice(0, 10), commit: currentCommit() }
  writeWhole(path.join(folder, `${result.system}.json`), `${JSON.stringify(recorded, null, 2)}\n`)
}

/** The largest picture that is kept: they are many, and shown small. */
const largestPicture = 150_000

/** Keeps the picture of a run that stands for the system in lists, as `results/pictures/<slug>.svg`; none where all are too large. */
export async function recordPicture({ slug, cover }: System, events: readonly KeptEvent[]): Promise<void> {
  const figures = events.filter((event) => event.type === "figure")
  const wanted = [...figures.filter(({ id }) => id === cover), ...figures]
  for (const { spec, svg } of wanted) {
    const picture = svg ?? (await toSvg(spec, slug))
    if (picture.length > largestPicture) continue
    fs.mkdirSync(path.join(folder, "pictures"), { recursive: true })
    writeWhole(path.join(folder, "pictures", `${slug}.svg`), picture)
    return
  }
}

/** All results that were kept, by slug. */
export function recordedResults(): Map<string, RecordedResult> {
  if (!fs.existsSync(folder)) return new Map()
  const files = fs.readdirSync(folder).filter((name) => name.endsWith(".json"))
  return new Map(files.map((name) => [name.slice(0, -5), readRecorded(path.join(folder, name))]))
}

function readRecorded(file: string): RecordedResult {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8")) as RecordedResult
  } catch (error) {
    throw new CajalError(`not a recorded result: ${(error as Error).message}`, { where: file })
  }
}

/** The commit that runs, with "+" where files were changed since; results of other systems that were just recorded change no other's. */
function currentCommit(): string | null {
  const git = (...args: string[]) =>
    execFileSync("git", args, { cwd: packageRoot, encoding: "utf8", stdio: "pipe" }).trim()
  try {
    const changed = git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!results")
    return git("rev-parse", "--short", "HEAD") + (changed === "" ? "" : "+")
  } catch {
    return null
  }
}
