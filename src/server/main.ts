/**
 * The server as a process of its own, which `cajal serve` starts: its options are one argument, as JSON. It tells that it listens, or why
 * it cannot, over the channel to who started it, and ends with it.
 */
import { CajalError } from "../engine/errors.ts"
import { type RunningServer, type ServerOptions, startServer } from "./index.ts"

/** What the server's process says to the command's. */
export type Said =
  | { readonly type: "listening"; readonly address: string }
  | { readonly type: "refused"; readonly message: string; readonly hint?: string; readonly where?: string }

const say = (said: Said, heard = (): void => undefined): void => void process.send?.(said, heard)

let server: RunningServer | undefined
let isEnding = false

/** The first request to end stops the run under way and closes everything, the second ends at once. */
async function end(): Promise<void> {
  if (isEnding) process.exit(1)
  isEnding = true
  await server?.close()
  process.exit(0)
}

for (const signal of ["SIGINT", "SIGTERM", "disconnect"] as const) process.on(signal, () => void end())

try {
  server = await startServer(JSON.parse(process.argv[2] ?? "{}") as ServerOptions)
  say({ type: "listening", address: server.address })
} catch (error) {
  if (!(error instanceof CajalError)) throw error
  const { message, hint, where } = error
  const why = { ...(hint === undefined ? {} : { hint }), ...(where === undefined ? {} : { where }) }
  say({ type: "refused", message, ...why }, () => process.exit(2))
}
