import { useCallback, useEffect, useState } from "react"
import type { RunRecord } from "../../src/server/history.ts"
import { formatDuration } from "../../src/view/numbers.ts"
import { addressOf, ask, useServer } from "../api.ts"
import type { PastRun } from "../run/history.ts"
import { pastRun, runsOf } from "./runs.ts"

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
  return (
    <section className="earlier">
      <h2>Runs on this server</h2>
      {problem !== undefined && (
        <p role="alert" className="problem">
          {problem}
        </p>
      )}
      <div className="wide">
        <table>
          <thead>
            <tr>
              {["when", "preset", "seed", "changed", "claims met", "time"].map((title) => (
                <th key={title} scope="col">
                  {title}
                </th>
              ))}
              <th scope="col">
                <span className="unseen">actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {runs.map((run) => (
              <tr key={run.id}>
                <td className="number">{run.askedAt.slice(0, 16).replace("T", " ")}</td>
                <td>{run.preset}</td>
                <td className="number">{run.seed}</td>
                <td>
                  {Object.entries(run.changed)
                    .map(([name, value]) => `${name} ${value}`)
                    .join(", ")}
                </td>
                <td className="number">{run.state === "done" ? `${run.met}/${run.claims}` : run.state}</td>
                <td className="number">{run.wallMs === undefined ? "" : formatDuration(run.wallMs)}</td>
                <td>
                  <button type="button" className="plain" onClick={() => onOpen(run)}>
                    open
                  </button>{" "}
                  {run.state === "done" && (
                    <>
                      <button
                        type="button"
                        className="plain"
                        onClick={() =>
                          compared?.id === run.askedAt ? onCompare(undefined) : void pastRun(run).then(onCompare, tell)
                        }
                      >
                        {compared?.id === run.askedAt ? "put away" : "compare"}
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
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}
