import { type ChildProcess, spawn } from "node:child_process"
import path from "node:path"

export const repository = path.join(import.meta.dirname, "..")
export const walk = path.join(repository, "test/fixtures/walk.ts")

export interface Ended {
  /** The exit code, or the signal's name. */
  code: number | string
  out: string
  err: string
}

export interface CommandOptions {
  cwd: string
  env?: Record<string, string>
  /** Called with everything printed so far on standard output, each time there is more. */
  onOutput?: (out: string, child: ChildProcess) => void
}

/** Runs the command as a process of its own. */
export function cajal(args: readonly string[], { cwd, env = {}, onOutput }: CommandOptions): Promise<Ended> {
  return command(process.execPath, [path.join(repository, "bin/cajal.cjs"), ...args], {
    cwd,
    env,
    ...(onOutput && { onOutput }),
  })
}

export function command(
  file: string,
  args: readonly string[],
  { cwd, env = {}, onOutput }: CommandOptions,
): Promise<Ended> {
  const { npm_command: _, ...inherited } = process.env
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, env: { ...inherited, ...env }, stdio: ["ignore", "pipe", "pipe"] })
    let out = ""
    let err = ""
    child.stdout.on("data", (part) => {
      out += part
      onOutput?.(out, child)
    })
    child.stderr.on("data", (part) => {
      err += part
    })
    child.on("error", reject)
    child.on("close", (code, signal) => resolve({ code: code ?? signal ?? "", out, err }))
  })
}
