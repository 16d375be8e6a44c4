import type { FigureEvent, TableEvent } from "../../src/run/index.ts"
import { formatNumber } from "../../src/view/numbers.ts"
import type { PastRun } from "../run/history.ts"
import { Figure } from "./Figure.tsx"

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
