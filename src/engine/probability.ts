/**
 * Exact probabilities of drawing, on the host, in double precision. Factorials are taken apart into Stirling's formula, whose
 * large terms cancel on paper, and a small rest: nothing large is ever subtracted, so the relative error stays near 1e-13
 * for probabilities as small as double precision holds.
 * @source Loader: Fast and accurate computation of binomial probabilities (2000)
 */
import { CajalError } from "./errors.ts"

/** Draws without replacement: `drawn` of `population` things, of which `marked` are marked. */
export interface Urn {
  readonly population: number
  readonly marked: number
  readonly drawn: number
}

/**
 * The probability that at least `from` marked things are among those drawn (the tail of the hypergeometric distribution).
 * @throws CajalError when a number is not whole, or more is marked or drawn than there is
 */
export function hypergeometricTail(from: number, urn: Urn): number {
  const { population, marked, drawn } = urn
  for (const [what, count] of Object.entries(urn))
    if (!Number.isSafeInteger(count) || count < 0) throw new CajalError(`${what} must be a count, not ${count}`)
  if (marked > population) throw new CajalError(`cannot mark ${marked} of ${population}`)
  if (drawn > population) throw new CajalError(`cannot draw ${drawn} of ${population}`)
  if (from <= Math.max(0, marked + drawn - population)) return 1
  return tail(from, Math.min(marked, drawn), (hits) => logHypergeometric(hits, urn))
}

/**
 * The probability of at least `from` successes in `trials` independent ones of probability `p` each.
 * @throws CajalError when `trials` is not a count, or `p` not a probability
 */
export function binomialTail(from: number, trials: number, p: number): number {
  if (!Number.isSafeInteger(trials) || trials < 0) throw new CajalError(`trials must be a count, not ${trials}`)
  if (!(p >= 0 && p <= 1)) throw new CajalError(`${p} is not a probability`)
  if (from <= 0) return 1
  return tail(from, trials, (hits) => logBinomial(hits, trials, p, 1 - p))
}

/** The probability that at least one of `count` independent events of probability `p` happens. */
export const anyOf = (count: number, p: number): number => -Math.expm1(count * Math.log1p(-p))

/** ln P(exactly `hits` marked): a quotient of three binomial probabilities, in which p is free; drawn/population keeps all three near their peaks. */
function logHypergeometric(hits: number, { population, marked, drawn }: Urn): number {
  const p = drawn / population
  const q = (population - drawn) / population
  return (
    logBinomial(hits, marked, p, q) +
    logBinomial(drawn - hits, population - marked, p, q) -
    logBinomial(drawn, population, p, q)
  )
}

/** ln (C(n, k) p^k q^(n-k)), with q = 1 - p given apart so that neither is rounded away. */
function logBinomial(k: number, n: number, p: number, q: number): number {
  if (k < 0 || k > n) return Number.NEGATIVE_INFINITY
  if (k === 0) return n === 0 ? 0 : n * (p < q ? Math.log1p(-p) : Math.log(q))
  if (k === n) return n * (q < p ? Math.log1p(-q) : Math.log(p))
  const rest = stirlingError(n) - stirlingError(k) - stirlingError(n - k)
  const peak = Math.log(n / (2 * Math.PI * k * (n - k))) / 2
  return peak + rest - deviance(k, n * p) - deviance(n - k, n * q)
}

/** ln k! - ((k + 1/2) ln k - k + ln(2 pi) / 2), for k >= 1. */
function stirlingError(k: number): number {
  if (k < 16) return smallErrors[k]
  const r = 1 / (k * k)
  return (1 / 12 - r * (1 / 360 - r * (1 / 1260 - r * (1 / 1680 - r / 1188)))) / k
}

// Up to 15 the series is not exact enough, but the factorials are.
const smallErrors = Array.from({ length: 16 }, (_, k) => {
  let factorial = 1
  for (let i = 2; i <= k; i++) factorial *= i
  return Math.log(factorial) - ((k + 0.5) * Math.log(k) - k + Math.log(2 * Math.PI) / 2)
})

/** x ln(x/m) + m - x. Near x = m the terms cancel: with v = (x-m)/(x+m), ln(x/m) is 2 (v + v^3/3 + v^5/5 + ...). */
function deviance(x: number, m: number): number {
  if (m === 0) return Number.POSITIVE_INFINITY
  const v = (x - m) / (x + m)
  if (Math.abs(v) > 0.1) return x * Math.log(x / m) + m - x
  let sum = (x - m) * v
  let power = 2 * x * v
  for (let j = 3; j < 40; j += 2) {
    power *= v * v
    const next = sum + power / j
    if (next === sum) break
    sum = next
  }
  return sum
}

/** Σ exp(log(k)) over k = from..to, the largest term taken out. */
function tail(from: number, to: number, log: (k: number) => number): number {
  const logs = Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => log(from + i))
  const largest = Math.max(...logs)
  if (largest === Number.NEGATIVE_INFINITY) return 0
  // From the smallest up; rounding must not make a certainty more than certain.
  const sum = logs.map((x) => Math.exp(x - largest)).sort((x, y) => x - y)
  return Math.min(1, Math.exp(largest) * sum.reduce((total, x) => total + x, 0))
}
