import { fork } from "node:child_process"
import path from "node:path"
import { CajalError } from "../engine/errors.ts"
import { wholeNumber } from "./commander.ts"
import { exitCodes } from "./exit-codes.ts"

interface ServeFlags {
  port: string
  host: string
  out: string
  waiting: string
  page?: string
}

type Said = { type: "listening"; address: string } | { type: "refused"; message: string; hint?: string; where?: string }

/**
 * `cajal serve`: the page, with runs on this machine. The server is a door of its own and a process of its own; it ends with this one,
 * and this one with it. Gives the exit code.
 */
export function serveCommand({ port, host, out, waiting, page }: ServeFlags): Promise<number> {
  const options = {
    port: wholeNumber("port", port, 0, 65_535),
    host,
    runs: path.resolve(out),
    mostWaiting: wholeNumber("waiting", waiting, 0, 1000),
    ...(page === undefined ? {} : { page: path.resolve(page) }),
  }
  // From the source tree or from the compiled one.
  const file = path.join(import.meta.dirname, "..", "server", `main${path.extname(import.meta.filename)}`)
  // In a group of its own: Ctrl-C on a terminal reaches it once, by way of this process, as every signal does.
  const child = fork(file, [JSON.stringify(options)], { detached: true })
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void child.kill(signal))
  return new Promise((resolve, reject) => {
    child.on("message", (said: Said) => {
      if (said.type === "listening") console.log(`the page is at ${said.address}`)
      else reject(new CajalError(said.message, said))
    })
    child.on("error", reject)
    child.on("exit", (code) => resolve(code ?? exitCodes.failed))
  })
}
