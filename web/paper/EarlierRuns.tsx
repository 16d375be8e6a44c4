import type { PastRun } from "../run/history.ts"
import { RunTable } from "./RunTable.tsx"

interface EarlierRunsProps {
  runs: readonly PastRun[]
  compared: PastRun | undefined
  onCompare: (run: PastRun | undefined) => void
  onOpen: (run: PastRun) => void
}

/** Runs that this browser has finished before. */
export function EarlierRuns({ runs, compared, onCompare, onOpen }: EarlierRunsProps) {
  if (runs.length === 0) return null
  const rowOf = (run: PastRun) => {
    const { id, settings, result } = run
    const met = result.claims.filter((claim) => claim.met === true).length
    const actions = (
      <>
        <button type="button" className="plain" onClick={() => onOpen(run)}>
          its settings
        </button>{" "}
        <button type="button" className="plain" onClick={() => onCompare(compared === run ? undefined : run)}>
          {compared === run ? "put away" : "compare"}
        </button>
      </>
    )
    return { key: id, at: id, settings, ended: `${met}/${result.claims.length}`, wallMs: result.wallMs, actions }
  }
  return (
    <section className="earlier">
      <h2>Earlier runs in this browser</h2>
      <RunTable title="earlier runs" runs={runs.map(rowOf)} />
    </section>
  )
}
