import { useEffect, useState } from "react"
import type { FigureEvent, TableEvent } from "../../src/run/index.ts"
import { formatNumber } from "../../src/view/numbers.ts"
import { draw, inPageColours } from "../run/draw.ts"
import type { PastRun } from "../run/history.ts"

interface FiguresProps {
  figures: ReadonlyMap<string, FigureEvent> | undefined
  tables: ReadonlyMap<string, TableEvent> | undefined
  /** A run that is looked at side by side. */
  other: PastRun | undefined
  isBusy: boolean
}

/** Figures and tables in the order in which the run made them; those of another run beside them. */
export function Figures({ figures, tables, other, isBusy }: FiguresProps) {
  const others = new Map(
    other?.events.flatMap((event) => (event.type === "figure" ? [[event.id, event] as const] : [])),
  )
  const ids = [...new Set([...(figures?.keys() ?? []), ...others.keys()])]
  if (ids.length === 0 && (tables?.size ?? 0) === 0)
    return <div className="blank">{isBusy ? "The first figure comes here." : "Figures come here when it runs."}</div>
  return (
    <>
      {ids.map((id) => (
        <div className={other === undefined ? "shown" : "shown compared"} key={id}>
          <Figure event={figures?.get(id)} name={`${id}-now`} label={other === undefined ? undefined : "this run"} />
          {other !== undefined && <Figure event={others.get(id)} name={`${id}-then`} label={labelOf(other)} />}
        </div>
      ))}
      {[...(tables?.values() ?? [])].map((table) => (
        <Table key={table.id} {...table} />
      ))}
    </>
  )
}

export const labelOf = ({ id, settings }: PastRun): string =>
  `${settings.preset}, seed ${settings.seed}, ${id.slice(0, 16).replace("T", " ")} UTC`

function Figure({ event, name, label }: { event: FigureEvent | undefined; name: string; label: string | undefined }) {
  const svg = usePicture(event, name)
  return (
    <figure>
      {label !== undefined && <p className="quiet small">{label}</p>}
      {/* biome-ignore lint/security/noDangerouslySetInnerHtml: SVG that a system of this page has drawn */}
      <div className="picture-box" dangerouslySetInnerHTML={{ __html: svg ?? "" }} />
      {event !== undefined && (
        <figcaption>
          <b>{event.title}</b>
          {event.caption !== undefined && <>. {event.caption}</>}
        </figcaption>
      )}
    </figure>
  )
}

/** The picture of a figure: the last one stays until the next is drawn, and what comes meanwhile is drawn once. */
function usePicture(event: FigureEvent | undefined, name: string): string | undefined {
  const [svg, setSvg] = useState<string>()
  useEffect(() => {
    if (event === undefined) return setSvg(undefined)
    if (event.svg !== undefined) return setSvg(inPageColours(event.svg))
    let isWanted = true
    draw(event.spec, name).then(
      (picture) => isWanted && setSvg(inPageColours(picture)),
      (error: Error) => isWanted && setSvg(`<text>${error.message}</text>`),
    )
    return () => {
      isWanted = false
    }
  }, [event, name])
  return svg
}

const Table = ({ title, columns, rows }: TableEvent) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be reached by the keyboard
  <section className="wide table" tabIndex={0} aria-label={title}>
    <h3>{title}</h3>
    <table>
      <thead>
        <tr>
          {columns.map((column, k) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: columns may share a name
            <th key={k} scope="col">
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows have no name
          <tr key={i}>
            {row.map((cell, k) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: as above
              <td key={k} className={typeof cell === "number" ? "number" : undefined}>
                {typeof cell === "number" ? formatNumber(cell) : cell}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  </section>
)
