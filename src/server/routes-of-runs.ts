import { type Context, Hono } from "hono"
import { checkAsked, checkPaper } from "./asking.ts"
import { jsonBody } from "./guards.ts"
import type { RunRecord } from "./history.ts"
import type { RunQueue } from "./queue.ts"
import { Refusal } from "./refusal.ts"
import { fileAnswer, filesIn, partAnswer, reportAnswer, runFiles, runFolders } from "./run-files.ts"
import type { RunStreams } from "./stream.ts"

const mostListed = 100

/**
 * Under `/api/runs`:
 *
 * | request | answer |
 * |---|---|
 * | `GET /?system=&before=&limit=` | `{runs}`, the latest first, those asked for before a time (ISO 8601) |
 * | `POST /` with `{system, preset?, seed?, parameters?}` | 201 and the run, which waits or runs |
 * | `GET /:id` | the run |
 * | `GET /:id/stream` | the run as server-sent events: see `RunStreams` |
 * | `POST /:id/stop`, `POST /:id/resume` | 202 and the run |
 * | `GET /:id/result`, `/metrics`, `/events`, `/report` | what it left: JSON, JSON lines twice, HTML |
 * | `GET /:id/figures`, `/:id/figures/:name` | the names of its figures; one of them |
 * | `GET /:id/models`, `/:id/models/:name` | the same of the models that it trained, as safetensors |
 */
export function routesOfRuns(queue: RunQueue, streams: RunStreams): Hono {
  const { history } = queue
  const app = new Hono()
  const runOf = (c: Context): RunRecord => {
    const id = c.req.param("id") ?? ""
    const run = history.get(id)
    if (run === undefined) throw new Refusal(404, `there is no run ${JSON.stringify(id)}`)
    return run
  }
  const folderOf = (c: Context): string => queue.folderOf(runOf(c).id)

  app.get("/", (c) => {
    const system = c.req.query("system")
    if (system !== undefined) checkPaper(system)
    const before = momentOf(c.req.query("before"))
    const limit = limitOf(c.req.query("limit"))
    return c.json({ runs: history.list({ before, limit, ...(system === undefined ? {} : { system }) }) })
  })
  app.post("/", async (c) => {
    const run = queue.ask(await checkAsked(await jsonBody(c)))
    return c.json(run, 201, { Location: `api/runs/${run.id}` })
  })
  app.get("/:id", (c) => c.json(runOf(c)))
  app.get("/:id/stream", (c) => streams.open(runOf(c), c.req.header("last-event-id")))
  app.post("/:id/stop", (c) => {
    queue.stop(runOf(c).id)
    return c.json(runOf(c), 202)
  })
  app.post("/:id/resume", (c) => {
    queue.resume(runOf(c))
    return c.json(runOf(c), 202)
  })
  for (const name of Object.keys(runFiles) as (keyof typeof runFiles)[])
    app.get(`/:id/${name}`, (c) => fileAnswer(c, folderOf(c), name))
  app.get("/:id/report", (c) => reportAnswer(c, folderOf(c)))
  for (const kind of runFolders) {
    app.get(`/:id/${kind}`, async (c) => c.json({ [kind]: await filesIn(folderOf(c), kind) }))
    app.get(`/:id/${kind}/:name`, (c) => partAnswer(c, folderOf(c), kind, c.req.param("name") ?? ""))
  }
  return app
}

function momentOf(text: string | undefined): number {
  if (text === undefined) return Number.MAX_SAFE_INTEGER
  const moment = Date.parse(text)
  if (Number.isNaN(moment)) throw new Refusal(400, "before must be a time, as in 2025-11-06T09:08:07Z")
  return moment
}

function limitOf(text = "20"): number {
  const limit = Number(text)
  if (!/^\d+$/.test(text) || limit < 1 || limit > mostListed)
    throw new Refusal(400, `limit must be a whole number in 1..${mostListed}`)
  return limit
}
