/** The dashed lines between the arrays of a tuple. */
import type { Lane } from "./draw-region.ts"
import type { Layer } from "./layers.ts"
import type { Point } from "./measure.ts"
import { codomainOf, domainOf } from "./terms.ts"

/** Where the dashed line between two arrays runs: in the middle, or near the upper one where they are far apart. */
export const between = (above: number, below: number): number => (below - above > 40 ? above + 12 : (above + below) / 2)

/** Dashed lines across a column between its parts. */
export function passingTuples(
  layer: Layer,
  before: readonly Lane[],
  after: readonly Lane[],
  left: number,
  right: number,
  into: Point[][],
): void {
  const edge = (lanes: readonly Lane[], i: number): number | undefined =>
    i === 0 || i >= lanes.length ? undefined : between(lanes[i - 1].ys[lanes[i - 1].ys.length - 1], lanes[i].ys[0])
  let [taken, given] = [0, 0]
  for (const part of layer) {
    const [from, to] = [edge(before, taken), edge(after, given)]
    const joined =
      from !== undefined && to !== undefined && before[taken - 1] === after[given - 1] && before[taken] === after[given]
    if (from !== undefined && to !== undefined && !joined && Math.abs(from - to) < 30)
      into.push([
        [left, from],
        [right, to],
      ])
    const count = domainOf(part).length
    taken += count
    given += codomainOf(part).length
  }
}
