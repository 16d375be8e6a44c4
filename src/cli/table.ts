import { catalogue, verdict } from "../run/index.ts"
import { formatNumber } from "../view/index.ts"
import { commandName } from "./package-info.ts"
import { recordedResults } from "./results.ts"
import { terminalWidth } from "./terminal.ts"
import { textTable } from "./text-table.ts"

/** `cajal table`: for every claim the paper's number and ours, from the results that were kept. */
export function tableCommand({ json = false }: { json?: boolean }): void {
  const results = recordedResults()
  const known = catalogue.flatMap(({ slug }) => results.get(slug) ?? [])
  if (json) {
    console.log(JSON.stringify(known, null, 2))
    return
  }
  if (known.length === 0) {
    console.log(`no results are kept yet; ${commandName} run <system> --record keeps one`)
    return
  }
  const rows = known.flatMap(({ system, preset, claims, date, commit }) =>
    claims.map((claim, i) => [
      i === 0 ? system : "",
      claim.text,
      claim.paper,
      formatNumber(claim.value),
      claim.control === null ? "none" : formatNumber(claim.control),
      verdict(claim),
      i === 0 ? [preset, date, commit ?? ""].join("\n") : "",
    ]),
  )
  const columns = [
    { title: "system" },
    { title: "claim", share: 4 },
    { title: "paper", share: 3 },
    { title: "here" },
    { title: "control" },
    { title: "verdict" },
    { title: "measured" },
  ]
  console.log(textTable(columns, rows, terminalWidth()))
}
