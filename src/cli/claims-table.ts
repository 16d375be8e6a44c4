import { type Claim, type ClaimResult, verdict } from "../run/index.ts"
import { formatNumber } from "../view/index.ts"
import { textTable } from "./text-table.ts"

/** The claims of a run as text: claim, the paper's words, our number, the control's, the verdict. */
export function claimsTable(results: readonly ClaimResult[], claims: readonly Claim[], width: number): string {
  const columns = [
    { title: "claim", share: 4 },
    { title: "paper", share: 3 },
    { title: "here", share: 2 },
    { title: "control", share: 2 },
    { title: "verdict" },
  ]
  const rows = results.map((result) => {
    const claim = claims.find((one) => one.id === result.id)
    const control = claim?.control === undefined ? "none" : numberAnd(result.control, claim.unit, claim.controlText)
    return [result.text, result.paper, numberAnd(result.value, claim?.unit, claim?.threshold), control, verdict(result)]
  })
  return textTable(columns, rows, width)
}

/** The number on a line of its own, then what is asked of it. */
const numberAnd = (value: number | null, unit = "", condition = ""): string =>
  [value === null ? formatNumber(null) : `${formatNumber(value)} ${unit}`.trimEnd(), condition]
    .filter(Boolean)
    .join("\n")
