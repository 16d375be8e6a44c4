import { spawn } from "node:child_process"
import path from "node:path"
import { createInterface } from "node:readline"
import type { ProgressEvent } from "../run/index.ts"
import type { Problem } from "./history.ts"
import { packageRoot } from "./package-root.ts"

/** How a run's process ended, apart from what it left in its folder. */
export type Ending = { readonly type: "ended" } | { readonly type: "stopped" } | ({ readonly type: "failed" } & Problem)

export interface RunProcess {
  /** Asks the run to stop; it is ended when it does not within a while. */
  stop(): void
  readonly ended: Promise<Ending>
}

/** A run that does not stop within this time is killed; what its last checkpoint holds is kept. */
const patienceMs = 10_000

/**
 * Runs what lies in `root/id` by `cajal run --resume`, in a process of its own: a folder that holds only settings starts at its
 * beginning. When this process goes, however it goes, the run stops as well.
 * @param heard called whenever the run has kept something new; with its progress where that is what is new
 */
export function startRun(
  root: string,
  id: string,
  system: string,
  heard: (progress?: ProgressEvent) => void,
): RunProcess {
  const launcher = path.join(packageRoot, "bin", "cajal.cjs")
  const { npm_command: _, ...inherited } = process.env
  const child = spawn(process.execPath, [launcher, "run", system, "--resume", id, "--json", "--out", root], {
    // The command stops when the channel of who started it closes.
    env: { ...inherited, CAJAL_RESTARTED: "1" },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  })
  let errors = ""
  child.stderr!.setEncoding("utf8").on("data", (part: string) => {
    errors = (errors + part).slice(-errorLength)
  })
  createInterface({ input: child.stdout! }).on("line", (line) => heard(progressOf(line)))
  let isStopping = false
  let patience: NodeJS.Timeout | undefined
  const ended = new Promise<Ending>((resolve) => {
    child.on("error", (error) => resolve({ type: "failed", message: `the run could not be started: ${error.message}` }))
    child.on("close", (code) => {
      clearTimeout(patience)
      if (code === 0) resolve({ type: "ended" })
      else if (isStopping || code === null || code === 130 || code === 143) resolve({ type: "stopped" })
      else resolve({ type: "failed", ...problemIn(errors) })
    })
  })
  return {
    ended,
    stop() {
      if (isStopping) return
      isStopping = true
      child.kill("SIGTERM")
      patience = setTimeout(() => child.kill("SIGKILL"), patienceMs)
    },
  }
}

const errorLength = 4096

/** Progress is short; what is long is read from the run's folder. */
function progressOf(line: string): ProgressEvent | undefined {
  if (line.length > 1000 || !line.includes('"progress"')) return undefined
  const event = JSON.parse(line) as { type: string }
  return event.type === "progress" ? (event as ProgressEvent) : undefined
}

/** The last error that the command printed, without places on this machine. */
export function problemIn(errors: string): Problem {
  const said = errors.split(/^cajal: /m).slice(1)
  const words = said.filter((one) => !/^(the run failed; from its last|this is a fault of cajal)/.test(one)).at(-1)
  if (words === undefined) {
    const fault = /^(?:\w*Error): (.*)$/m.exec(errors)?.[1]
    return { message: fault === undefined ? "the run failed" : `the run failed: ${fault}` }
  }
  const [message = ""] = words.split("\n")
  const hint = /^ {2}hint: (.*)$/m.exec(words)?.[1]
  return hint === undefined ? { message } : { message, hint }
}
