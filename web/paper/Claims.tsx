import { type Claim, type ClaimResult, type ResultEvent, verdict } from "../../src/run/index.ts"
import { formatNumber } from "../../src/view/numbers.ts"
import type { RecordedResult } from "./recorded.ts"

interface ClaimsProps {
  claims: readonly Claim[]
  /** Weighed against what the present run has measured so far. */
  live: readonly ClaimResult[] | undefined
  run: ResultEvent | undefined
  recorded: RecordedResult | undefined
}

/** Each claim of the paper beside its number here, the control that must lose, and the verdict. */
export function Claims({ claims, live, run, recorded }: ClaimsProps) {
  const results = live ?? recorded?.claims
  const source = run ?? (live === undefined ? recorded : undefined)
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be reached by the keyboard */}
      <section className="wide" tabIndex={0} aria-label="claims">
        <table className="claims">
          <thead>
            <tr>
              <th scope="col">claim</th>
              <th scope="col">paper</th>
              <th scope="col">here</th>
              <th scope="col">control</th>
              <th scope="col">verdict</th>
            </tr>
          </thead>
          <tbody>
            {claims.map((claim) => (
              <Row key={claim.id} claim={claim} result={results?.find(({ id }) => id === claim.id)} source={source} />
            ))}
          </tbody>
        </table>
      </section>
      <p className="quiet small">{originOf(live !== undefined, run, recorded)}</p>
    </>
  )
}

interface RowProps {
  claim: Claim
  result: ClaimResult | undefined
  source: ResultEvent | RecordedResult | undefined
}

function Row({ claim, result, source }: RowProps) {
  const said = result === undefined ? "not run" : verdict(result)
  const about = [
    `value ${formatNumber(result?.value ?? null)}, needed ${claim.threshold}`,
    claim.control === undefined
      ? "no control"
      : `control ${formatNumber(result?.control ?? null)}, ${claim.controlText}`,
    source === undefined ? "" : `seed ${source.seed}, ${source.device}, ${threadsOf(source.threads)}`,
    source !== undefined && "date" in source ? `${source.date}, commit ${source.commit ?? "unknown"}` : "",
  ]
  return (
    <tr>
      <td>{claim.text}</td>
      <td className="quiet" data-label="paper">
        {claim.paper}
      </td>
      <td data-label="here">
        <span className="number">{withUnit(result?.value ?? null, claim.unit)}</span>
        <br />
        <span className="quiet small">{claim.threshold}</span>
      </td>
      <td className="quiet" data-label="control">
        {claim.control === undefined ? (
          "none"
        ) : (
          <>
            <span className="number">{withUnit(result?.control ?? null, claim.unit)}</span>
            <br />
            <span className="small">{claim.controlText}</span>
          </>
        )}
      </td>
      <td className="verdict" data-label="verdict" title={about.filter(Boolean).join("\n")}>
        {said}
      </td>
    </tr>
  )
}

const withUnit = (value: number | null, unit: string | undefined): string =>
  value === null ? "–" : unit === undefined ? formatNumber(value) : `${formatNumber(value)} ${unit}`

export const threadsOf = (threads: number): string => (threads === 1 ? "1 thread" : `${threads} threads`)

function originOf(isLive: boolean, run: ResultEvent | undefined, recorded: RecordedResult | undefined): string {
  if (run !== undefined) return `From the run on this page: ${run.preset}, seed ${run.seed}, ${threadsOf(run.threads)}.`
  if (isLive) return "From what the present run has measured so far."
  if (recorded === undefined) return "No full run has been recorded yet."
  return `From the full run of ${recorded.date}, seed ${recorded.seed}, ${threadsOf(recorded.threads)}${recorded.commit === null ? "" : `, commit ${recorded.commit}`}.`
}
