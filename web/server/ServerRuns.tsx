import { useCallback, useEffect, useState } from "react"
import type { RunRecord } from "../../src/server/history.ts"
import { addressOf, ask, useServer } from "../api.ts"
import { RunTable } from "../paper/RunTable.tsx"
import type { PastRun } from "../run/history.ts"
import { pastRun, runsOf } from "./runs.ts"
import { settingsOfRun } from "./session.ts"

interface ServerRunsProps {
  slug: string
  /** Changes when there may be a new run, or a run has ended. */
  news: unknown
  compared: PastRun | undefined
  onCompare: (run: PastRun | undefined) => void
  onOpen: (run: RunRecord) => void
}

/** All runs of a paper on this server, also those of other readers; nothing without a server. */
export function ServerRuns({ slug, news, compared, onCompare, onOpen }: ServerRunsProps) {
  const { isHere } = useServer()
  const [runs, setRuns] = useState<readonly RunRecord[]>([])
  const [problem, setProblem] = useState<string>()
  const tell = useCallback((error: Error) => setProblem(error.message), [])
  // biome-ignore lint/correctness/useExhaustiveDependencies: news are what it is looked for again
  useEffect(() => {
    if (isHere) runsOf(slug).then(setRuns, tell)
  }, [isHere, slug, news, tell])
  if (!isHere || runs.length === 0) return null
  const resume = (run: RunRecord): void =>
    void ask<RunRecord>(`runs/${run.id}/resume`, "POST").then(() => onOpen(run), tell)
  const actionsOf = (run: RunRecord) => {
    const isCompared = compared?.id === run.askedAt
    const compare = (): void => (isCompared ? onCompare(undefined) : void pastRun(run).then(onCompare, tell))
    return (
      <>
        <button type="button" className="plain" onClick={() => onOpen(run)}>
          open
        </button>{" "}
        {run.state === "done" && (
          <>
            <button type="button" className="plain" onClick={compare}>
              {isCompared ? "put away" : "compare"}
            </button>{" "}
            <a href={addressOf(`runs/${run.id}/report`)} target="_blank" rel="noopener">
              report
            </a>
          </>
        )}
        {(run.state === "stopped" || run.state === "failed") && (
          <button type="button" className="plain" onClick={() => resume(run)}>
            resume
          </button>
        )}
      </>
    )
  }
  const rowOf = (run: RunRecord) => ({
    key: run.id,
    at: run.askedAt,
    settings: settingsOfRun(run),
    ended: run.state === "done" ? `${run.met}/${run.claims}` : run.state,
    wallMs: run.wallMs,
    actions: actionsOf(run),
  })
  return (
    <section className="earlier">
      <h2>Runs on this server</h2>
      {problem !== undefined && (
        <p role="alert" className="problem">
          {problem}
        </p>
      )}
      <RunTable title="runs on this server" runs={runs.map(rowOf)} />
    </section>
  )
}
