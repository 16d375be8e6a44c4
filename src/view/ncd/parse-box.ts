/** One operation of a drawing: its slots from the paths inside it. */
import { CajalError } from "../../engine/errors.ts"
import { at, parseAffine } from "./affine.ts"
import { isContraction } from "./operations.ts"
import type { BoxMarks } from "./parse-marks.ts"
import type { Lane } from "./parse-svg.ts"
import { keyOf } from "./svg-read.ts"
import type { Attributes, Axis, Box, Kind, Parameter, Rearrange, Slot, Weave } from "./terms.ts"

interface Axes {
  readonly sizes: Map<string, number>
  axis(name: string): Axis
  readonly marks: { readonly places: ReadonlyMap<string, string> }
}

export function readRearrange(item: BoxMarks, taken: readonly Lane[], out: readonly Lane[]): Rearrange {
  const owner = new Map(taken.flatMap((lane, i) => lane.wires.map((w) => [w.end[1], i])))
  const map = out.map(({ wires }) => {
    const { start } = wires[0]
    const path = item.inner.find(({ end }) => end[0] === start[0] && end[1] === start[1])
    const from = path === undefined ? undefined : owner.get(path.start[1])
    if (from === undefined) throw new CajalError(`nothing leads to the port at (${start[0]}, ${start[1]})`)
    return from
  })
  return { type: "rearrange", from: taken.map((l) => l.array), map }
}

/** @returns the names of wires that come out where they have no label, and the box once its outputs are known */
export function readBox(item: BoxMarks, taken: readonly Lane[], axes: Axes) {
  const { $parameters = [], $axes = {}, ...attributes } = item.attributes as Record<string, never>
  for (const [name, size] of Object.entries($axes as Record<string, number>)) axes.sizes.set(name, size)
  for (const [, , list] of $parameters as [string, string, [string, number][]][])
    for (const [name, size] of list) axes.sizes.set(name, size)
  const contracts = isContraction(item.op)
  const symbols = new Set(item.symbols.map(([x, y]) => keyOf(x, y)))
  const endsAtSymbol = (y: number): boolean =>
    item.inner.some(({ start, end }) => start[0] === item.left && start[1] === y && symbols.has(keyOf(...end)))
  const nameIn = new Map<number, string>()
  const pending: (() => Weave)[] = taken.map(({ array, wires }) => {
    wires.forEach((w, i) => {
      if (array.axes[i] !== undefined) nameIn.set(w.end[1], array.axes[i].name)
    })
    return () => ({
      array,
      slots: array.axes.map((axis, i): Slot => {
        const y = wires[i].end[1]
        const place = axes.marks.places.get(keyOf(item.left, y))
        if (place !== undefined) return parseAffine(place, (name) => axes.axis(name))
        return endsAtSymbol(y) && !contracts ? "target" : at(axis)
      }),
    })
  })
  return {
    nameAt(y: number): string | undefined {
      for (const { start, end } of item.inner)
        if (
          end[0] === item.right &&
          end[1] === y &&
          start[0] === item.left &&
          !axes.marks.places.has(keyOf(item.left, start[1]))
        )
          return nameIn.get(start[1])
      return undefined
    },
    finish(out: readonly Lane[]): Box {
      const outputs = out.map(
        ({ array, wires }): Weave => ({
          array,
          slots: array.axes.map((axis, i): Slot => {
            const [x, y] = wires[i].start
            const fromSymbol = item.inner.some(
              ({ start, end }) => end[0] === x && end[1] === y && symbols.has(keyOf(...start)),
            )
            return fromSymbol && !contracts && item.op !== "map" ? "target" : at(axis)
          }),
        }),
      )
      const parameters = ($parameters as [string, Kind, [string, number, string?][]][]).map(
        ([name, kind, list]): Parameter => {
          const own = list.map(([axis, size]): Axis => ({ name: axis, size }))
          const slots = list.map(
            ([, , place], i): Slot =>
              place === "!" ? "target" : place === undefined ? at(own[i]) : parseAffine(place, (n) => axes.axis(n)),
          )
          return { name, array: { kind, axes: own }, slots }
        },
      )
      return {
        type: "box",
        op: item.op,
        attributes: attributes as Attributes,
        inputs: pending.map((make) => make()),
        parameters,
        outputs,
      }
    },
  }
}
