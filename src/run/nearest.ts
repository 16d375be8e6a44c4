/**
 * The candidate that `name` most likely meant, or undefined when none is near: a prefix, a part, or few typing slips away.
 * Case, dashes and underscores do not count.
 */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  const wanted = plain(name)
  if (wanted === "") return undefined
  let best: string | undefined
  let bestScore = Number.POSITIVE_INFINITY
  for (const candidate of candidates) {
    const other = plain(candidate)
    const contained = wanted.length >= 3 && (other.startsWith(wanted) || other.includes(wanted))
    const distance = contained ? 1 : editDistance(wanted, other)
    if (distance < bestScore && distance <= Math.max(2, Math.floor(wanted.length / 3))) {
      best = candidate
      bestScore = distance
    }
  }
  return best
}

const plain = (text: string): string => text.toLowerCase().replace(/[-_\s]/g, "")

/** Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours each cost one. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, beforeLast[j - 2]! + 1)
      row.push(cost)
    }
    beforeLast = last
    last = row
  }
  return last[b.length]!
}
