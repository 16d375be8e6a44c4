import type { ReactNode } from "react"
import { formatDuration } from "../../src/view/numbers.ts"
import type { Settings } from "../run/protocol.ts"

/** A run as a row of the table tells it. */
export interface ToldRun {
  readonly key: string
  /** ISO 8601, UTC. */
  readonly at: string
  readonly settings: Settings
  /** Claims met, as `8/10`, or the state of a run that has no result. */
  readonly ended: string
  readonly wallMs: number | undefined
  readonly actions: ReactNode
}

const titles = ["when", "preset", "seed", "changed", "claims met", "time"]

/** Runs of a paper, a row each. */
export function RunTable({ title, runs }: { title: string; runs: readonly ToldRun[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be reached by the keyboard
    <section className="wide" tabIndex={0} aria-label={title}>
      <table>
        <thead>
          <tr>
            {titles.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
            <th scope="col">
              <span className="unseen">actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {runs.map(({ key, at, settings, ended, wallMs, actions }) => (
            <tr key={key}>
              <td className="number">{at.slice(0, 16).replace("T", " ")}</td>
              <td>{settings.preset}</td>
              <td className="number">{settings.seed}</td>
              <td>
                {Object.entries(settings.parameters)
                  .map(([name, value]) => `${name} ${value}`)
                  .join(", ")}
              </td>
              <td className="number">{ended}</td>
              <td className="number">{wallMs === undefined ? "" : formatDuration(wallMs)}</td>
              <td>{actions}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
