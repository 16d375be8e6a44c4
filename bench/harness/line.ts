/** One line of the table, as `--json` prints it and as the result files keep it. */
import type { Unit } from "./case.ts"
import type { ProgramSummary } from "./participant.ts"

/** What scripts are promised. */
export interface Line {
  readonly name: string
  readonly unit: Unit
  /** Our median, or null where our side failed. */
  readonly ours: number | null
  /** The median of each peer that took part. */
  readonly peers: Readonly<Record<string, number>>
  /** Times better than the best peer: its time (or size) over ours, our rate over its; null without a peer. */
  readonly ratio: number | null
}

/** What the result files hold besides. */
export interface DetailedLine extends Line {
  readonly threads: number
  /** Peers that did not take part, and why. */
  readonly absent: Readonly<Record<string, string>>
  /** What each round measured, in the line's unit, by side ("cajal" is ours). */
  readonly samples: Readonly<Record<string, readonly number[]>>
  /** Largest difference of a peer's results from ours, relative to their size. */
  readonly differences?: Readonly<Record<string, number>>
  /** Peers whose results differ by design, and why. */
  readonly notes?: Readonly<Record<string, string>>
  readonly program?: ProgramSummary
}

/** Rates are better when larger, everything else when smaller. */
const isRate = (unit: Unit): boolean => unit === "GFLOP/s"

export function ratioOf(unit: Unit, ours: number | null, peers: Readonly<Record<string, number>>): number | null {
  const values = Object.values(peers)
  if (ours === null || values.length === 0) return null
  return isRate(unit) ? ours / Math.max(...values) : Math.min(...values) / ours
}

/** How many times better ours is than one peer. */
export const against = (line: Line, peer: number): number | null => ratioOf(line.unit, line.ours, { peer })

export const promised = ({ name, unit, ours, peers, ratio }: Line): Line => ({ name, unit, ours, peers, ratio })
