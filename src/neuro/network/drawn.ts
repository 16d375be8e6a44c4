import { CajalError, type HostRandom } from "../../engine/index.ts"

/** A number for each of many: the same one, given ones, or drawn from a normal or a uniform distribution. */
export type Drawn =
  | number
  | ArrayLike<number>
  | {
      readonly mean: number
      readonly deviation: number
      /** Values outside are drawn again. */
      readonly atLeast?: number
      readonly atMost?: number
    }
  | { readonly from: number; readonly to: number }

/** Attempts before a distribution is given up that hardly ever falls within its limits. */
const mostAttempts = 10_000

/** The numbers, or the one number that all are. @param what names them in errors */
export function draw(drawn: Drawn, count: number, random: HostRandom, what: string): number | Float64Array {
  if (typeof drawn === "number") return drawn
  if ("length" in drawn) {
    if (drawn.length !== count) throw new CajalError(`${what}: ${drawn.length} values for ${count}`)
    return Float64Array.from(drawn)
  }
  if ("from" in drawn) {
    if (!(drawn.from <= drawn.to)) throw new CajalError(`${what}: nothing lies between ${drawn.from} and ${drawn.to}`)
    return Float64Array.from({ length: count }, () => drawn.from + (drawn.to - drawn.from) * random.uniform())
  }
  const { mean, deviation, atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = drawn
  if (!(deviation >= 0)) throw new CajalError(`${what}: a deviation is at least 0, not ${deviation}`)
  return Float64Array.from({ length: count }, () => {
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      const value = mean + deviation * random.normal()
      if (value >= atLeast && value <= atMost) return value
    }
    throw new CajalError(`${what}: N(${mean}, ${deviation}²) hardly ever lies between ${atLeast} and ${atMost}`)
  })
}
