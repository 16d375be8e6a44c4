import fs from "node:fs"
import path from "node:path"
import { CajalError } from "../engine/errors.ts"

/**
 * Claims a run's folder for this process. A lock that a dead process left is taken over.
 * @returns gives the folder free again
 * @throws CajalError when a living process writes this run
 */
export function lockRun(folder: string): () => void {
  const file = path.join(folder, "lock")
  const claim = () => fs.writeFileSync(file, `${process.pid} ${startOf(process.pid) ?? ""}\n`, { flag: "wx" })
  try {
    claim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error
    const owner = lockOwner(folder)
    if (owner !== undefined) {
      throw new CajalError(`the run ${path.basename(folder)} is being written by process ${owner}`, {
        where: folder,
        hint: "let it finish, or stop it first",
      })
    }
    fs.rmSync(file, { force: true })
    claim()
  }
  return () => fs.rmSync(file, { force: true })
}

/** The living process that writes the run in `folder`, if any. */
export function lockOwner(folder: string): number | undefined {
  const file = path.join(folder, "lock")
  if (!fs.existsSync(file)) return undefined
  const [pid = "", started = ""] = fs.readFileSync(file, "utf8").trim().split(" ")
  const id = Number(pid)
  if (!Number.isInteger(id) || id <= 0 || !isAlive(id)) return undefined
  // A process number is used again some day: only the same start time makes it the same process.
  return started !== "" && started !== startOf(id) ? undefined : id
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"
  }
}

/** When a process started, in the kernel's ticks; undefined where the system does not tell. */
function startOf(pid: number): string | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8")
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]
  } catch {
    return undefined
  }
}
