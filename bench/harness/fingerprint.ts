/**
 * A few numbers that say whether two sides computed the same array: the logarithm of its root mean square, and four of its elements in units
 * of it. The peers' protocols hold the same lines in their languages.
 */
export function fingerprint(x: ArrayLike<number>): number[] {
  let squares = 0
  for (let i = 0; i < x.length; i++) squares += x[i] * x[i]
  const size = Math.sqrt(squares / x.length) + 1e-30
  const at = (share: number): number => x[Math.floor(share * (x.length - 1))] / size
  return [Math.log(size), at(0), at(1 / 3), at(2 / 3), at(1)]
}

/** The largest difference between two fingerprints (or lists of them). */
export function difference(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY
  // NaN counts as a difference, which Math.max alone would hide from no one but a later comparison.
  return a.reduce(
    (most, x, i) => Math.max(most, Number.isNaN(x - b[i]) ? Number.POSITIVE_INFINITY : Math.abs(x - b[i])),
    0,
  )
}
