import { CajalError } from "../../engine/index.ts"
import { ConnectionList, checkProbability, type SelfOption, type Wiring } from "./wiring.ts"

/** Where neurons are, in any unit of length: one row of coordinates for each. */
export type Positions = readonly (readonly number[])[]

export interface DistanceOptions extends SelfOption {
  /** Edge lengths of a space that closes on itself (a torus), in the unit of the positions. */
  readonly period?: readonly number[]
}

/** Distance of two places; on a torus the shortest one. */
export const distance = (a: readonly number[], b: readonly number[], period?: readonly number[]): number =>
  Math.hypot(
    ...a.map((x, axis) => {
      const apart = Math.abs(x - b[axis])
      return period === undefined ? apart : Math.min(apart, period[axis] - apart)
    }),
  )

/** Positions on a grid `[rows, columns]`, one unit apart, row by row. */
export const gridPositions = (rows: number, columns: number): Positions =>
  Array.from({ length: rows * columns }, (_, i) => [Math.floor(i / columns), i % columns])

/**
 * A pair is connected with a probability that depends on its distance.
 * @param probability at a distance, 0..1: `(d) => 0.3 * Math.exp(-d * d / (2 * sigma * sigma))`
 */
export const distanceDependent = (
  pre: Positions,
  post: Positions,
  probability: (distance: number) => number,
  { self = true, period }: DistanceOptions = {},
): Wiring => ({
  kind: "distanceDependent",
  connect(ends, random) {
    if (pre.length !== ends.pre || post.length !== ends.post)
      throw new CajalError(
        `distanceDependent: ${pre.length} and ${post.length} positions for ${ends.pre} and ${ends.post} neurons`,
      )
    const list = new ConnectionList()
    pre.forEach((from, i) => {
      post.forEach((to, j) => {
        if (!self && ends.isSame && i === j) return
        const p = probability(distance(from, to, period))
        checkProbability("distanceDependent", p)
        if (random.uniform() < p) list.push(i, j)
      })
    })
    return list.done()
  },
})
