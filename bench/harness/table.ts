/** The lines of a group as a person reads them. */
import { formatNumber } from "../../src/view/index.ts"
import type { DetailedLine } from "./line.ts"

export function tableOf(lines: readonly DetailedLine[]): string {
  const names = [...new Set(lines.flatMap((line) => Object.keys(line.peers)))]
  const rows = [
    ["", "unit", "cajal", ...names, "ratio"],
    ...lines.map((line) => [
      line.name,
      line.unit,
      line.ours === null ? "failed" : formatNumber(line.ours),
      ...names.map((name) => (line.peers[name] === undefined ? "" : formatNumber(line.peers[name]))),
      line.ratio === null ? "" : `${line.ratio.toFixed(2)}x`,
    ]),
  ]
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  const aligned = rows.map((row) =>
    row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join("  "),
  )
  const absences = lines.flatMap((line) =>
    Object.entries(line.absent).map(([peer, why]) => `  ${peer} is absent from "${line.name}": ${firstLine(why)}`),
  )
  return [...aligned, ...new Set(absences)].join("\n")
}

const firstLine = (text: string): string => text.trim().split("\n").at(-1)!.slice(0, 160)
