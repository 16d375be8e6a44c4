/** What a result was measured on. */
import { spawnSync } from "node:child_process"
import os from "node:os"
import path from "node:path"

export interface Machine {
  readonly processor: string
  /** Processors that this process may use. */
  readonly cores: number
  readonly memoryGB: number
  readonly system: string
  readonly node: string
}

export const thisMachine = (): Machine => ({
  processor: os.cpus()[0]?.model.trim() ?? "unknown",
  cores: os.availableParallelism(),
  memoryGB: Math.round(os.totalmem() / 2 ** 30),
  system: `${os.type()} ${os.release()} ${os.arch()}`,
  node: process.versions.node,
})

/** Our own version: the commit, and whether files differ from it. */
export function ourVersion(): string {
  const git = (...args: string[]): string =>
    spawnSync("git", args, { cwd: path.join(import.meta.dirname, ".."), encoding: "utf8" }).stdout?.trim() ?? ""
  const commit = git("rev-parse", "--short", "HEAD")
  return commit === ""
    ? "unknown"
    : `${commit}${git("status", "--porcelain", "--", "../src") === "" ? "" : " with changes"}`
}
