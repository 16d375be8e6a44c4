/** The runs of the server, as the page asks for them. */
import type { KeptEvent, ResultEvent } from "../../src/run/index.ts"
import type { RunRecord } from "../../src/server/history.ts"
import { addressOf, ask } from "../api.ts"
import type { PastRun } from "../run/history.ts"
import { settingsOfRun } from "./session.ts"

/** The latest first. */
export const runsOf = async (slug: string): Promise<readonly RunRecord[]> =>
  (await ask<{ runs: RunRecord[] }>(`runs?${new URLSearchParams({ system: slug })}`)).runs

/** A finished run as those that this browser keeps. */
export async function pastRun(run: RunRecord): Promise<PastRun> {
  const [result, metrics, events] = await Promise.all([
    ask<ResultEvent>(`runs/${run.id}/result`),
    linesOf(`runs/${run.id}/metrics`),
    linesOf(`runs/${run.id}/events`),
  ])
  return { id: run.askedAt, slug: run.system, settings: settingsOfRun(run), result, events: [...metrics, ...events] }
}

async function linesOf(path: string): Promise<KeptEvent[]> {
  const text = await (await fetch(addressOf(path))).text()
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as KeptEvent)
}
