import { formatDuration } from "../../src/view/numbers.ts"
import type { PastRun } from "../run/history.ts"

interface EarlierRunsProps {
  runs: readonly PastRun[]
  compared: PastRun | undefined
  onCompare: (run: PastRun | undefined) => void
  onOpen: (run: PastRun) => void
}

/** Runs that this browser has finished before. */
export function EarlierRuns({ runs, compared, onCompare, onOpen }: EarlierRunsProps) {
  if (runs.length === 0) return null
  return (
    <section className="earlier">
      <h2>Earlier runs in this browser</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be reached by the keyboard */}
      <section className="wide" tabIndex={0} aria-label="earlier runs">
        <table>
          <thead>
            <tr>
              <th scope="col">when</th>
              <th scope="col">preset</th>
              <th scope="col">seed</th>
              <th scope="col">changed</th>
              <th scope="col">claims met</th>
              <th scope="col">time</th>
              <th scope="col">
                <span className="unseen">actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {runs.map((run) => (
              <tr key={run.id}>
                <td className="number">{run.id.slice(0, 16).replace("T", " ")}</td>
                <td>{run.settings.preset}</td>
                <td className="number">{run.settings.seed}</td>
                <td>
                  {Object.entries(run.settings.parameters)
                    .map(([name, value]) => `${name} ${value}`)
                    .join(", ")}
                </td>
                <td className="number">
                  {run.result.claims.filter((claim) => claim.met === true).length}/{run.result.claims.length}
                </td>
                <td className="number">{formatDuration(run.result.wallMs)}</td>
                <td>
                  <button type="button" className="plain" onClick={() => onOpen(run)}>
                    its settings
                  </button>{" "}
                  <button type="button" className="plain" onClick={() => onCompare(compared === run ? undefined : run)}>
                    {compared === run ? "put away" : "compare"}
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </section>
  )
}
