/** The broadcast law, box by box and axis by axis; and what comes out where an axis is wrongly taken for tiled. */
import { key, useDevice } from "../../src/engine/index.ts"
import * as ncd from "../../src/view/ncd/index.ts"

export interface Laws {
  readonly boxes: number
  /** Boxes of which every tiled axis keeps the law. */
  readonly kept: number
  readonly worst: number
  /** Axes of softmaxes, contractions and reductions that were declared tiled, and how many were found out. */
  readonly mutants: number
  readonly caught: number
}

const tolerance = 1e-6
const detection = 1e-3
const mutable = new Set(["softmax", "einsum", "linear", "convolution", "sum", "max", "min"])
/** Axes are probed at no more indices than this. */
const mostNumbers = 2e6

const sizeOf = (box: ncd.Box): number =>
  [...box.inputs, ...box.parameters, ...box.outputs].reduce(
    (n, w) => n + w.array.axes.reduce((m, a) => m * a.size, 1),
    0,
  ) + ncd.timeOf(box).multiplyAdds.value()

/** Checks all boxes of terms, equal ones once. */
export function* lawsOf(terms: readonly ncd.Morphism[]): Generator<number, Laws, void> {
  const boxes = new Map<string, ncd.Box>()
  for (const term of terms)
    for (const { box } of ncd.boxesOf(term)) {
      if (sizeOf(box) > mostNumbers || ncd.isOpaque(box)) continue
      boxes.set(
        JSON.stringify([box.op, box.attributes, box.inputs, box.outputs, box.parameters.map((p) => p.slots)]),
        box,
      )
    }
  const all = [...boxes.values()]
  let [kept, worst, mutants, caught] = [0, 0, 0, 0]
  for (const [i, box] of all.entries()) {
    const { differences, found } = useDevice("reference", () => {
      const inputs = box.inputs.map((w, n) => ncd.randomArray(w.array, key(3 * n + 1)))
      const parameters = box.parameters.map((w, n) => ncd.randomArray(w.array, key(3 * n + 2)))
      const own = mutable.has(box.op) ? ncd.ownAxes(box).filter((a) => a.size > 1) : []
      return {
        differences: ncd.tiledAxes(box).map((axis) => ncd.lawDifference(box, inputs, parameters, probed(axis))),
        found: own.map((axis) => ncd.lawDifference(box, inputs, parameters, probed(axis))),
      }
    })
    const most = Math.max(0, ...differences)
    worst = Math.max(worst, most)
    if (most <= tolerance) kept++
    mutants += found.length
    caught += found.filter((d) => d > detection).length
    yield (i + 1) / all.length
  }
  return { boxes: all.length, kept, worst, mutants, caught }
}

/** The first few indices of a long axis stand for all. */
const probed = (axis: ncd.Axis): ncd.Axis => ({ ...axis, size: Math.min(axis.size, 3) })
