/** An array under the reader's hands: it sorts itself while cells are broken and mended. */
import { type HostRandom, hostRandom } from "../../src/engine/random-host.ts"
import { figure, level, pick, press, pressAddress, type RunEvent, touch, turns } from "../../src/run/index.ts"
import { dataColours, drawStrip } from "../../src/view/index.ts"
import { pairs, type parameters } from "./conditions.ts"
import { startOf } from "./experiment.ts"
import { errorsOf } from "./measures.ts"
import { type Algotype, algotypes, type DamageMode, SelfSortingArray } from "./model.ts"

/** More bars than these are too narrow to be pressed. */
const mostCells = 100
const turnMs = 40
const kinds = [...algotypes, ...pairs.map((pair) => pair.join(" and "))]

export const sortingTouch = touch<typeof parameters, ReturnType<typeof inputsFor>>({
  about: "Press a bar to break its cell, and again to mend it. A broken cell never acts by itself.",
  inputs: ({ cells }) => inputsFor(Math.min(cells, mostCells)),
  async *run({ parameters: { cells, damage }, seed, signal, inputs }) {
    const random = hostRandom(seed)
    const shuffled = (kind: string, time: number): SelfSortingArray =>
      arrayOf(kind, { cells: Math.min(cells, mostCells), damage, random: random.fold(time) })
    let kind = inputs.value("kind")
    let shuffles = 0
    let array = shuffled(kind, shuffles)
    let schedule = random.split()
    yield pictureOf(array)
    for await (const _ of turns(turnMs, signal)) {
      const pressed = inputs.take("cell")
      for (const place of pressed) array.freeze(place, array.frozen[array.cellAt[place]] === 0)
      const wanted = inputs.value("kind")
      if (wanted !== kind) {
        kind = wanted
        array = shuffled(kind, ++shuffles)
        schedule = schedule.split()
      } else if (!array.settled()) for (let tick = inputs.value("pace"); tick > 0; tick--) array.tick(schedule)
      else if (pressed.length === 0) continue
      yield pictureOf(array)
    }
  },
})

const inputsFor = (cells: number) => ({
  kind: pick("cells", { options: kinds, help: "another kind starts from a new shuffle" }),
  pace: level("pace", { from: 1, to: 200, start: 20, unit: "ticks" }),
  cell: press("break or mend a cell", { below: cells }),
})

interface Start {
  readonly cells: number
  readonly damage: DamageMode
  readonly random: HostRandom
}

function arrayOf(kind: string, { cells, damage, random }: Start): SelfSortingArray {
  const types = kind.split(" and ") as Algotype[]
  const half = Math.floor(cells / types.length)
  const counts = Object.fromEntries(types.map((type, i) => [type, i === 0 ? half : cells - half]))
  const start = startOf({ id: kind, cells, repeats: 1, distinct: cells, counts, tickLimit: 0 }, random, 0)
  return new SelfSortingArray({ ...start, damage })
}

function pictureOf(array: SelfSortingArray): RunEvent {
  const bars = Array.from(array.cellAt, (cell, place) => {
    const [type, isBroken] = [array.type[cell], array.frozen[cell] === 1]
    const what = `${algotypes[type]} cell with value ${array.value[cell]} at place ${place + 1}`
    return {
      height: (array.value[cell] + 1) / array.n,
      fill: dataColours[type],
      hollow: isBroken,
      label: isBroken ? `${what}, broken` : what,
      href: pressAddress("cell", place),
    }
  })
  const [broken, errors] = [array.frozen.filter((x) => x === 1).length, errorsOf(array.values)]
  const legend = [...new Set(array.type)].sort().map((type) => ({ fill: dataColours[type], label: algotypes[type] }))
  const state = array.settled() ? "No cell wants to move" : "Cells are moving"
  const caption = `${state}: ${array.ticks} ticks, ${array.swaps} swaps, ${errors} of ${array.n} out of order, ${broken} broken.`
  return figure("array", "An array that sorts itself", drawStrip(bars, { label: "cells", legend }), { caption })
}
