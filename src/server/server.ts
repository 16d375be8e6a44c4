import fs from "node:fs"
import http from "node:http"
import type { AddressInfo, Socket } from "node:net"
import path from "node:path"
import { getRequestListener, RequestError } from "@hono/node-server"
import { nodeFiles } from "../data/node-files.ts"
import { CajalError } from "../engine/errors.ts"
import { lockOwner, lockRun } from "../run/lock.ts"
import { answerFor, appOf } from "./app.ts"
import { builtPage } from "./build-page.ts"
import { openDatabase } from "./database.ts"
import { History } from "./history.ts"
import { readPage } from "./page.ts"
import { RunQueue } from "./queue.ts"
import { reconcile } from "./reconcile.ts"
import { Refusal } from "./refusal.ts"
import { RunStreams } from "./stream.ts"
import { Votes } from "./votes.ts"

export interface ServerOptions {
  /** 0: any that is free. */
  readonly port: number
  /** The name or address that it listens on. */
  readonly host: string
  /** The folder of the runs, the same as of `cajal run --out`. */
  readonly runs: string
  /** How many runs may wait. */
  readonly mostWaiting: number
  /** The folder of a built page; by default the package's own. */
  readonly page?: string
}

export interface RunningServer {
  readonly address: string
  /** Stops the run under way at its last checkpoint, ends every connection and closes the index. */
  close(): Promise<void>
}

/** A connection over which nothing moves for so long is ended: the client has gone, or does not read. */
const idleMs = 120_000
/** A request must have come whole within this time. */
const requestMs = 30_000

/**
 * Starts the page's server.
 * @throws CajalError when the port is taken, another server has the folder of runs, or the page or the index cannot be opened
 */
export async function startServer({ port, host, runs, mostWaiting, ...built }: ServerOptions): Promise<RunningServer> {
  const root = path.resolve(runs)
  const page = readPage(built.page ?? builtPage())
  const own = path.join(root, ".server")
  makeFolder(own)
  const unlock = lockFolder(own, root)
  try {
    const db = openDatabase(path.join(own, "index.sqlite"))
    try {
      const history = new History(db)
      const queue = new RunQueue(root, history, mostWaiting)
      await reconcile(queue, history)
      const streams = new RunStreams(queue)
      const app = appOf({ host, page, files: nodeFiles({ offline: true }), queue, streams, votes: new Votes(db) })
      const server = http.createServer({ requestTimeout: requestMs }, getRequestListener(app.fetch, { errorHandler }))
      server.setTimeout(idleMs, (socket: Socket) => socket.destroy())
      const address = await listen(server, port, host)
      queue.startNext()
      const close = async (): Promise<void> => {
        const closed = new Promise((resolve) => server.close(resolve))
        await queue.close()
        streams.close()
        server.closeIdleConnections()
        const patience = setTimeout(() => server.closeAllConnections(), 1000)
        await closed
        clearTimeout(patience)
        db.close()
        unlock()
      }
      return { address, close }
    } catch (error) {
      db.close()
      throw error
    }
  } catch (error) {
    unlock()
    throw error
  }
}

/** What cannot even be read as a request. */
const errorHandler = (error: unknown): Response =>
  answerFor(error instanceof RequestError ? new Refusal(400, "not a valid request") : error)

function makeFolder(folder: string): void {
  try {
    fs.mkdirSync(folder, { recursive: true })
  } catch (error) {
    throw new CajalError(`cannot make the folder ${folder}: ${(error as Error).message}`, {
      hint: "name a folder that can be written with --out",
      cause: error,
    })
  }
}

function lockFolder(own: string, root: string): () => void {
  const owner = lockOwner(own)
  if (owner === undefined) return lockRun(own)
  throw new CajalError(`process ${owner} serves these runs already`, {
    where: root,
    hint: "stop it first, or name another folder with --out",
  })
}

function listen(server: http.Server, port: number, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE")
        reject(new CajalError(`port ${port} of ${host} is taken`, { hint: "choose another with --port" }))
      else
        reject(
          new CajalError(`cannot listen on ${host}, port ${port}: ${error.message}`, { hint: "see --host and --port" }),
        )
    })
    server.listen(port, host, () => {
      server.removeAllListeners("error")
      const { address, port: own, family } = server.address() as AddressInfo
      resolve(`http://${family === "IPv6" ? `[${address}]` : address}:${own}/`)
    })
  })
}
