export interface Patience {
  /** The measure of `validate` that should fall. */
  readonly measure: string
  /** Epochs without a better value after which a training ends. 0: never. */
  readonly epochs: number
  /** What counts as better: at least so much lower than the lowest before. Default 0. */
  readonly gain?: number
}

/** Whether a training has come to its end, from what was validated after each of its epochs. */
export function outOfPatience(
  history: readonly Readonly<Record<string, number>>[],
  { measure, epochs, gain = 0 }: Patience,
): boolean {
  if (epochs === 0) return false
  let best = Number.POSITIVE_INFINITY
  let since = 0
  for (const values of history) {
    since++
    if (values[measure] < best - gain) {
      best = values[measure]
      since = 0
    }
  }
  return since >= epochs
}
