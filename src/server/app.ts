import { type Context, Hono } from "hono"
import type { FileSource } from "../data/index.ts"
import { CajalError } from "../engine/errors.ts"
import { Newcomers } from "./browser-id.ts"
import { dataAnswer } from "./data-files.ts"
import { checkHost, checkOrigin, secure } from "./guards.ts"
import { version } from "./package-root.ts"
import { pageAnswer, type readPage } from "./page.ts"
import type { RunQueue } from "./queue.ts"
import { Refusal } from "./refusal.ts"
import { routesOfPapers } from "./routes-of-papers.ts"
import { routesOfRuns } from "./routes-of-runs.ts"
import type { RunStreams } from "./stream.ts"
import type { Votes } from "./votes.ts"

export interface Parts {
  /** The address or name that it listens on. */
  readonly host: string
  readonly page: ReturnType<typeof readPage>
  readonly files: FileSource
  readonly queue: RunQueue
  readonly streams: RunStreams
  readonly votes: Votes
}

/** The server as a function from requests to answers: `/api/`, `/data/`, and the page. */
export function appOf({ host, page, files, queue, streams, votes }: Parts): Hono {
  const app = new Hono()
  app.use(async (c, next) => {
    await next()
    secure(c.res.headers)
    if (c.req.path.startsWith("/api/") && !c.res.headers.has("Cache-Control")) c.header("Cache-Control", "no-store")
  })
  app.use(checkHost(host), checkOrigin)
  app.get("/api/health", (c) =>
    c.json({
      name: "cajal",
      version,
      running: queue.live?.id ?? null,
      waiting: queue.waiting().length,
      watching: streams.count,
    }),
  )
  app.route("/api/papers", routesOfPapers(votes, new Newcomers()))
  app.route("/api/runs", routesOfRuns(queue, streams))
  app.get("/data/*", (c) => dataAnswer(c, files, pathOf(c).slice("/data/".length)))
  app.get("*", (c) => {
    const path = pathOf(c)
    const file = page.get(path === "/index.html" ? "/" : path)
    if (file === undefined) throw new Refusal(404, `there is no ${JSON.stringify(path)} here`)
    return pageAnswer(c, file)
  })
  app.notFound((c) => answerFor(refusalOfMethod(app, c)))
  app.onError((error) => answerFor(error))
  return app
}

/** The path of a request as it was meant. @throws Refusal when it is not well encoded */
function pathOf(c: Context): string {
  try {
    return decodeURIComponent(new URL(c.req.url).pathname)
  } catch {
    throw new Refusal(400, "the address is not well encoded")
  }
}

/** Nothing answers to this method and path: either it is the method, or nothing is there at all. */
function refusalOfMethod(app: Hono, c: Context): Refusal {
  const methods = ["GET", "POST", "PUT", "DELETE"].filter((method) =>
    app.routes.some(
      (route) => route.method === method && route.path !== "*" && matches(route.path, new URL(c.req.url).pathname),
    ),
  )
  if (methods.length === 0) methods.push("GET")
  if (!methods.includes(c.req.method) && !(c.req.method === "HEAD" && methods.includes("GET")))
    return new Refusal(405, `${c.req.method} is not possible here`, { allow: methods })
  return new Refusal(404, "there is nothing here")
}

const matches = (route: string, path: string): boolean =>
  new RegExp(
    `^${route
      .replaceAll(/:[a-z]+/g, "[^/]+")
      .replaceAll("*", ".*")
      .replace(/\/$/, "/?")}$`,
  ).test(path)

/** A refusal as its status and one line of JSON; what is a fault of this program as 500, told to the terminal and not to the stranger. */
export function answerFor(error: unknown): Response {
  const refusal = error instanceof Refusal ? error : new Refusal(500, "the server failed to answer")
  if (refusal !== error) console.error(error instanceof CajalError ? `cajal: ${error.describe()}` : error)
  const { message, hint, status, headers } = refusal
  const answer = Response.json(hint === undefined ? { error: message } : { error: message, hint }, { status, headers })
  secure(answer.headers)
  return answer
}
