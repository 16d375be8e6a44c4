/** What is checked of a box beyond its words. */
import type { CajalError } from "../../engine/errors.ts"
import { rangeOf } from "./affine.ts"
import { type Box, degreeOf } from "./terms.ts"

/** @throws what `error` makes where a place leaves its axis, or outputs differ in their degree */
export function checkPlaces(box: Box, error: (message: string) => CajalError): void {
  const padded = typeof box.attributes.padding === "number"
  for (const { array, slots } of [...box.inputs, ...box.parameters])
    slots.forEach((slot, i) => {
      if (slot === "target" || padded) return
      const [low, high] = rangeOf(slot)
      const { name, size } = array.axes[i]
      if (low < 0 || high >= size)
        throw error(`${box.op} reads index ${low < 0 ? low : high} of the axis ${name}, which has size ${size}`)
    })
  const degree = degreeOf(box)
  for (const { array, slots } of box.outputs) {
    const own = array.axes.filter((_, i) => slots[i] !== "target")
    if (own.length !== degree.length)
      throw error(`the outputs of ${box.op} are not tiled over the same axes (${degree.map((x) => x.name).join(" ")})`)
  }
}
