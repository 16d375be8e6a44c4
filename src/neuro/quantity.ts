import { CajalError, type DType, full, sub, type Tensor } from "../engine/index.ts"

/** A parameter: one number for all neurons, or a tensor `[neurons]` of one for each. */
export type Quantity = number | Tensor

/** Parameters with defaults where they are not given, or undefined. */
export const filled = <P extends object, Q extends object>(defaults: P, given: Q): P & Q => ({
  ...defaults,
  ...(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Q),
})

/** a - b, still a number where both are. */
export const minus = (a: Quantity, b: Quantity): Quantity =>
  typeof a === "number" && typeof b === "number" ? a - b : sub(a, b)

/** exp(-dt / tau), still a number where tau is. */
export const decayOf = (tauMs: Quantity, dtMs: number): Quantity =>
  typeof tauMs === "number" ? Math.exp(-dtMs / tauMs) : tauMs.reciprocal().mul(-dtMs).exp()

/** A quantity as a tensor, a scalar where it is a number. */
export const toTensor = (x: Quantity, dtype: DType): Tensor =>
  typeof x === "number" ? full([], x, dtype) : x.cast(dtype)

const smallest = new WeakMap<Tensor, number>()

/** The smallest value of a quantity; undefined while it is not known, in a function that is being traced. */
export function leastOf(x: Quantity): number | undefined {
  if (typeof x === "number") return x
  if (x.value !== undefined) return undefined
  const known = smallest.get(x)
  if (known !== undefined) return known
  // Not Math.min(...): there may be millions. NaN stays, and so is refused.
  const least = (x.array() as Float64Array).reduce((a: number, b: number) => Math.min(a, b), Number.POSITIVE_INFINITY)
  smallest.set(x, least)
  return least
}

export function checkStep(model: string, dtMs: number): void {
  if (!(dtMs > 0 && Number.isFinite(dtMs)))
    throw new CajalError(`${model}: the time step must be above 0 ms, not ${dtMs} ms`)
}

/** Throws unless every value is above 0 (or at least 0, where `zero` is allowed). */
export function checkPositive<P extends object>(
  model: string,
  p: P,
  names: readonly (keyof P & string)[],
  zero = false,
) {
  for (const name of names) {
    const least = leastOf(p[name] as Quantity)
    if (least !== undefined && !(zero ? least >= 0 : least > 0))
      throw new CajalError(`${model}: ${name} must be ${zero ? "at least" : "above"} 0, not ${least}`)
  }
}

/** Throws unless the step and the time constants of these names are above 0 and no time constant is shorter than the step. */
export function checkTimes<P extends object>(model: string, p: P, names: readonly (keyof P & string)[], dtMs: number) {
  checkStep(model, dtMs)
  checkPositive(model, p, names)
  for (const name of names) {
    const least = leastOf(p[name] as Quantity)
    if (least !== undefined && dtMs > least)
      throw new CajalError(
        `${model}: the time step of ${dtMs} ms is longer than the time constant ${name} of ${least} ms`,
        {
          hint: `take a time step of at most ${least} ms, better a tenth of it`,
        },
      )
  }
}
