import type { KernelProfile } from "../engine/index.ts"
import type { FlameNode } from "../view/index.ts"
import { textTable } from "./text-table.ts"

const mostRows = 30

const sum = (kernels: readonly KernelProfile[]): number => kernels.reduce((total, { ms }) => total + ms, 0)
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
const milliseconds = (ms: number): string => ms.toFixed(ms < 10 ? 3 : 1)
const rate = (count: number | undefined, ms: number): string =>
  count === undefined || count === 0 || ms === 0 ? "" : (count / ms / 1e6).toFixed(1)

/** The kernels that took longest, one a line, as a table for the terminal. */
export function tableOf(kernels: readonly KernelProfile[], width: number): string {
  const total = sum(kernels)
  const rows = kernels
    .slice(0, mostRows)
    .map(({ name, work, where = "", calls, ms, operations, bytes }) => [
      name,
      work,
      where,
      String(calls),
      milliseconds(ms),
      percent(total === 0 ? 0 : ms / total),
      rate(operations, ms),
      rate(bytes, ms),
    ])
  const rest = kernels.slice(mostRows)
  if (rest.length > 0)
    rows.push([`${rest.length} more`, "", "", "", milliseconds(sum(rest)), percent(sum(rest) / total), "", ""])
  const columns = [
    { title: "kernel", share: 2 },
    { title: "computes", share: 3 },
    { title: "for", share: 2 },
    { title: "calls" },
    { title: "ms" },
    { title: "share" },
    { title: "GFLOP/s" },
    { title: "GB/s" },
  ]
  return textTable(columns, rows, Math.max(width, 100))
}

/** Kernels of one name together, longest first. */
const families = (kernels: readonly KernelProfile[]): { name: string; ms: number; members: KernelProfile[] }[] =>
  [...Map.groupBy(kernels, ({ name }) => name)]
    .map(([name, members]) => ({ name, ms: sum(members), members }))
    .sort((a, b) => b.ms - a.ms)

/** A bar for each family of kernels. */
export function barsOf(kernels: readonly KernelProfile[], width: number): string {
  const total = sum(kernels)
  const all = families(kernels).slice(0, 12)
  const longest = Math.min(32, Math.max(0, ...all.map(({ name }) => name.length)))
  const room = Math.max(10, width - longest - 12)
  return all
    .map(({ name, ms }) => {
      const share = total === 0 ? 0 : ms / total
      const label = name.length > longest ? `${name.slice(0, longest - 1)}…` : name.padEnd(longest)
      return `${label}  ${percent(share).padStart(7)}  ${"█".repeat(Math.round(share * room))}`.trimEnd()
    })
    .join("\n")
}

/** The same as a figure: all, families, and what each member computed for whom. */
export const flameOf = (label: string, kernels: readonly KernelProfile[]): FlameNode => {
  const total = sum(kernels)
  const titled = (name: string, ms: number): string =>
    `${name}: ${milliseconds(ms)} ms, ${percent(total === 0 ? 0 : ms / total)}`
  return {
    label,
    value: total,
    title: titled(label, total),
    children: families(kernels).map(({ name, ms, members }) => ({
      label: name,
      value: ms,
      title: titled(name, ms),
      children: [...Map.groupBy(members, ({ where = "" }) => where)]
        .map(([where, own]) => ({ where, own, ms: sum(own) }))
        .sort((a, b) => b.ms - a.ms)
        .map(({ where, own, ms: part }) => ({
          label: where === "" ? name : where,
          value: part,
          title: titled(where === "" ? name : where, part),
          children: own.map((kernel) => ({
            label: kernel.work === "" ? name : kernel.work,
            value: kernel.ms,
            title: titled(`${kernel.work} ${where}, ${kernel.calls} calls`, kernel.ms),
          })),
        })),
    })),
  }
}
