export interface Column {
  readonly title: string
  /** The share of the free width that the column gets when the table must be narrowed; 0: it is never narrowed. */
  readonly share?: number
}

/** A table as lines of text, at most `width` wide; long cells go over several lines. */
export function textTable(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): string {
  const natural = columns.map(({ title }, i) => Math.max(title.length, ...rows.map((row) => longestLine(row[i] ?? ""))))
  const widths = narrow(columns, natural, width - 2 * (columns.length - 1))
  const line = (cells: readonly string[]) => drawRow(cells, widths)
  const rule = widths.map((size) => "-".repeat(size)).join("  ")
  const several = rows.some((row) => row.some((cell, i) => wrap(cell, widths[i]!).length > 1))
  const body = rows.map(line).join(several ? "\n\n" : "\n")
  return [line(columns.map(({ title }) => title)), rule, body].join("\n")
}

const longestLine = (text: string): number => Math.max(...text.split("\n").map((line) => line.length))

function narrow(columns: readonly Column[], natural: readonly number[], available: number): number[] {
  const total = natural.reduce((sum, size) => sum + size, 0)
  if (total <= available) return [...natural]
  const fixed = natural.reduce((sum, size, i) => sum + (columns[i]?.share ? 0 : size), 0)
  const shares = columns.reduce((sum, column) => sum + (column.share ?? 0), 0)
  return natural.map((size, i) => {
    const { share = 0, title } = columns[i]!
    if (share === 0) return size
    return Math.max(title.length, 10, Math.floor(((available - fixed) * share) / shares))
  })
}

function drawRow(cells: readonly string[], widths: readonly number[]): string {
  const wrapped = widths.map((size, i) => wrap(cells[i] ?? "", size))
  const height = Math.max(...wrapped.map((lines) => lines.length))
  const lines = Array.from({ length: height }, (_, row) =>
    wrapped
      .map((column, i) => (column[row] ?? "").padEnd(widths[i]!))
      .join("  ")
      .trimEnd(),
  )
  return lines.join("\n")
}

/** Breaks text into lines of at most `width` characters, between words where it can. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const paragraph of text.split("\n")) {
    let line = ""
    for (const word of paragraph.split(" ").flatMap((one) => pieces(one, width))) {
      if (line === "") line = word
      else if (line.length + 1 + word.length <= width) line += ` ${word}`
      else {
        lines.push(line)
        line = word
      }
    }
    lines.push(line)
  }
  return lines
}

const pieces = (word: string, width: number): string[] =>
  word.length <= width ? [word] : (word.match(new RegExp(`.{1,${width}}`, "g")) ?? [])
