import { type KeyboardEvent, useDeferredValue, useEffect, useMemo, useRef } from "react"
import { families } from "../../src/run/catalogue.ts"
import { formatAddress, go } from "../address.ts"
import { trendingOf, useServer } from "../api.ts"
import { papers } from "../papers.ts"
import { useTitle } from "../shell/title.ts"
import "./list.css"
import { groupsOf, orders, queryOf, searchOf, type Wanted, wantedOf } from "./listing.ts"
import { Row } from "./Row.tsx"

const search = searchOf(papers)
const kinds = [...new Set(papers.map((paper) => paper.kind))].sort()

/** All papers, searched, filtered and sorted; what is shown stands in the address. */
export function ListPage({ query }: { query: URLSearchParams }) {
  useTitle("Cajal: papers that run")
  const wanted = wantedOf(query)
  const server = useServer()
  const found = useMemo(() => search(wantedOf(query), trendingOf(server)), [query, server])
  const shown = useDeferredValue(found)
  const field = useRef<HTMLInputElement>(null)
  const rows = useRef<HTMLDivElement>(null)
  const want = (change: Partial<Wanted>): void =>
    go(formatAddress("", queryOf({ ...wanted, ...change })), { replace: true })

  useEffect(() => {
    const toField = (event: globalThis.KeyboardEvent): void => {
      const { tagName } = event.target as HTMLElement
      if (event.key !== "/" || ["INPUT", "TEXTAREA", "SELECT"].includes(tagName)) return
      event.preventDefault()
      field.current?.focus()
    }
    addEventListener("keydown", toField)
    return () => removeEventListener("keydown", toField)
  }, [])

  /** The arrow keys move from the field to the rows, and among them. */
  const move = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step === undefined || (event.target as HTMLElement).tagName === "SELECT") return
    const links = [...(rows.current?.querySelectorAll("a") ?? [])]
    const now = links.indexOf(document.activeElement as HTMLAnchorElement)
    const next = now + step
    event.preventDefault()
    if (next < 0) field.current?.focus()
    else links[Math.min(next, links.length - 1)]?.focus()
  }

  return (
    <main className="page list" onKeyDown={move}>
      <h1 className="unseen">Papers</h1>
      <div className="filters">
        <input
          ref={field}
          type="search"
          aria-label="search the papers"
          placeholder="search"
          value={wanted.words}
          onChange={(event) => want({ words: event.target.value })}
        />
        <Choice label="family" value={wanted.family} options={families} onChange={(family) => want({ family })} />
        <Choice label="kind" value={wanted.kind} options={kinds} onChange={(kind) => want({ kind })} />
        <label className="check">
          <input type="checkbox" checked={wanted.running} onChange={(e) => want({ running: e.target.checked })} />
          runs here
        </label>
        <fieldset className="orders">
          <legend className="unseen">order</legend>
          {orders.map((order) => (
            <button
              key={order}
              type="button"
              className="plain"
              aria-pressed={order === wanted.order}
              onClick={() => want({ order })}
            >
              {order}
            </button>
          ))}
        </fieldset>
      </div>
      <p className="small quiet count">
        <span role="status">
          {shown.length === papers.length ? `${papers.length} papers` : `${shown.length} of ${papers.length} papers`}
        </span>
        <a href="feed.xml" type="application/atom+xml">
          subscribe
        </a>
      </p>
      {shown.length === 0 ? (
        <p className="empty">
          Nothing matches.{" "}
          <button type="button" className="plain" onClick={() => go("#/")}>
            Show all papers
          </button>
        </p>
      ) : (
        <div ref={rows}>
          {groupsOf(shown, wanted).map(({ title, found }) => (
            <section key={title} aria-label={title === "" ? "papers" : title}>
              {title !== "" && <h2 className="month small quiet">{title}</h2>}
              <ol className="rows">
                {found.map(({ paper, matched }) => (
                  <Row key={paper.slug} paper={paper} matched={matched} />
                ))}
              </ol>
            </section>
          ))}
        </div>
      )}
    </main>
  )
}

interface ChoiceProps {
  label: string
  value: string
  options: readonly string[]
  onChange: (value: string) => void
}

const Choice = ({ label, value, options, onChange }: ChoiceProps) => (
  <select aria-label={label} value={value} onChange={(event) => onChange(event.target.value)}>
    <option value="">{`any ${label}`}</option>
    {options.map((option) => (
      <option key={option}>{option}</option>
    ))}
  </select>
)
