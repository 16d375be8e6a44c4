/** The law that everything rests on: an index taken before an operation is the same as that index taken after it. */
import type { Tensor } from "../../engine/index.ts"
import { runBox } from "./run-box.ts"
import { type Axis, type Box, degreeOf, innerOf, targetsOf, type Weave } from "./terms.ts"

interface Fixed {
  readonly weave: Weave
  readonly tensor: Tensor
}

/** An operand with one index fixed: cut there where nothing else is read along the axis. */
function fixed(weave: Weave, tensor: Tensor, axis: Axis, index: number): Fixed {
  const axes: Axis[] = []
  const slots: Weave["slots"][number][] = []
  let now = tensor
  weave.array.axes.forEach((own, i) => {
    const slot = weave.slots[i]
    if (slot === "target") {
      if (own.name === axis.name) now = now.at(index, axes.length)
      else {
        axes.push(own)
        slots.push(slot)
      }
      return
    }
    const rest = slot.terms.filter((t) => t.axis.name !== axis.name)
    const offset = slot.terms.reduce((sum, t) => (t.axis.name === axis.name ? sum + t.by * index : sum), slot.offset)
    if (rest.length === 0 && rest.length < slot.terms.length && offset >= 0 && offset < own.size) {
      now = now.at(offset, axes.length)
      return
    }
    axes.push(own)
    slots.push({ offset, terms: rest })
  })
  return { weave: { array: { kind: weave.array.kind, axes }, slots }, tensor: now }
}

/** What a box would give at one index of an axis if it were tiled over it: the index taken before. */
export function indexBefore(
  box: Box,
  inputs: readonly Tensor[],
  parameters: readonly Tensor[],
  axis: Axis,
  index: number,
): Tensor[] {
  const own = box.inputs.map((w, i) => fixed(w, inputs[i], axis, index))
  const learned = box.parameters.map((w, i) => ({ ...fixed(w, parameters[i], axis, index), name: w.name }))
  const outputs = box.outputs.map(({ array, slots }): Weave => {
    const keep = array.axes.map((a) => a.name !== axis.name)
    return {
      array: { kind: array.kind, axes: array.axes.filter((_, i) => keep[i]) },
      slots: slots.filter((_, i) => keep[i]),
    }
  })
  const one: Box = {
    ...box,
    inputs: own.map((o) => o.weave),
    parameters: learned.map((o) => ({ name: o.name, ...o.weave })),
    outputs,
  }
  return runBox(
    one,
    own.map((o) => o.tensor),
    learned.map((o) => o.tensor),
  )
}

/** The largest difference between an index taken before and after the box, over all its places, relative to the largest number. */
export function lawDifference(box: Box, inputs: readonly Tensor[], parameters: readonly Tensor[], axis: Axis): number {
  const whole = runBox(box, inputs, parameters)
  let worst = 0
  for (let index = 0; index < axis.size; index++) {
    const before = indexBefore(box, inputs, parameters, axis, index)
    whole.forEach((y, o) => {
      const place = box.outputs[o].array.axes.findIndex((a) => a.name === axis.name)
      worst = Math.max(worst, difference(place < 0 ? y : y.at(index, place), before[o]))
    })
  }
  return worst
}

/** The largest difference of two tensors, relative to the largest number in the first (or 1, if that is larger). */
export function difference(a: Tensor, b: Tensor): number {
  const [x, y] = [a.array(), b.array()]
  let [most, scale] = [0, 1]
  for (let i = 0; i < x.length; i++) {
    const d = Math.abs(Number(x[i]) - Number(y[i]))
    most = Number.isNaN(d) ? (Object.is(x[i], y[i]) ? most : Number.POSITIVE_INFINITY) : Math.max(most, d)
    scale = Math.max(scale, Math.abs(Number(x[i])))
  }
  return most / scale
}

/** Axes that a box is tiled over, and axes that are its own (of a contraction: summed over) and could wrongly be taken for tiled. */
export const tiledAxes = degreeOf
export function ownAxes(box: Box): Axis[] {
  return [...new Map([...box.inputs.flatMap(targetsOf), ...innerOf(box)].map((a) => [a.name, a])).values()]
}
