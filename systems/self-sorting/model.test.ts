import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { CajalError } from "../../src/engine/index.ts"
import { hostRandom } from "../../src/engine/random-host.ts"
import {
  type Algotype,
  type ArrayOptions,
  algotypes,
  damageModes,
  SelfSortingArray,
  settle,
  withoutPause,
} from "./model.ts"
import { sortTraditionally } from "./traditional.ts"

/** An array of one algotype. */
const arrayOf = (type: Algotype, values: number[], options: Partial<ArrayOptions> = {}) =>
  new SelfSortingArray({ values, types: values.map(() => type), ...options })

/** What the array looks like after the cell at `position` acted once. */
function activated(array: SelfSortingArray, position: number, rightwards = true): number[] {
  array.activate(position, rightwards)
  return array.values
}

describe("bubble", () => {
  test("asks one neighbour and swaps if they are out of order", () => {
    expect(activated(arrayOf("bubble", [2, 1, 3]), 0, true)).toEqual([1, 2, 3])
    expect(activated(arrayOf("bubble", [2, 1, 3]), 1, false)).toEqual([1, 2, 3])
    expect(activated(arrayOf("bubble", [2, 1, 3]), 1, true)).toEqual([2, 1, 3])
    expect(activated(arrayOf("bubble", [2, 1, 3]), 0, false)).toEqual([2, 1, 3])
    expect(activated(arrayOf("bubble", [1, 1]), 0, true)).toEqual([1, 1])
  })

  test("downwards mirrors the comparison", () => {
    const options = { descending: ["bubble"] as const }
    expect(activated(arrayOf("bubble", [1, 2], options), 0, true)).toEqual([2, 1])
    expect(activated(arrayOf("bubble", [2, 1], options), 1, false)).toEqual([2, 1])
  })

  test("a step counts when either neighbour gives reason to move, even if the other was asked", () => {
    const array = arrayOf("bubble", [2, 1, 3])
    array.activate(1, true)
    expect([array.ticks, array.steps, array.swaps]).toEqual([1, 1, 0])
    array.activate(2, false)
    expect([array.ticks, array.steps, array.swaps]).toEqual([2, 1, 0])
  })
})

describe("insertion", () => {
  test("moves left only behind an ordered beginning", () => {
    expect(activated(arrayOf("insertion", [1, 3, 2]), 2)).toEqual([1, 2, 3])
    expect(activated(arrayOf("insertion", [3, 1, 2, 0]), 3)).toEqual([3, 1, 2, 0])
    expect(activated(arrayOf("insertion", [3, 1, 2, 0]), 1)).toEqual([1, 3, 2, 0])
    expect(activated(arrayOf("insertion", [1, 3, 2]), 0)).toEqual([1, 3, 2])
  })

  test("a frozen cell in the beginning restarts the check of order", () => {
    // 5, then frozen 9, then 1: without the restart 1 after 5 would be out of order.
    expect(activated(arrayOf("insertion", [5, 9, 1, 0], { frozen: [1] }), 3)).toEqual([5, 9, 0, 1])
    expect(activated(arrayOf("insertion", [5, 1, 9, 0], { frozen: [2] }), 3)).toEqual([5, 1, 9, 0])
  })

  test("downwards wants a descending beginning", () => {
    const options = { descending: ["insertion"] as const }
    expect(activated(arrayOf("insertion", [3, 1, 2], options), 2)).toEqual([3, 2, 1])
    expect(activated(arrayOf("insertion", [1, 3, 4], options), 2)).toEqual([1, 3, 4])
  })
})

describe("selection", () => {
  test("swaps over any distance with the cell at its ideal place, or looks one place on", () => {
    const array = arrayOf("selection", [2, 3, 1])
    expect(activated(array, 2)).toEqual([1, 3, 2])
    expect(activated(array, 1)).toEqual([1, 3, 2]) // 3 against 1: looks one place on
    expect(array.ideal[1]).toBe(1)
    expect(array.shouldMove(1)).toBe(false) // it stands where it wants to stand
    expect(activated(array, 2)).toEqual([1, 3, 2]) // 2 against 1: its ideal was still 0
    expect(activated(array, 2)).toEqual([1, 2, 3]) // 2 against 3
  })

  test("a frozen cell at the ideal place: looks one place on, and swaps only where damage is movable", () => {
    const movable = arrayOf("selection", [2, 1], { frozen: [0] })
    expect(activated(movable, 1)).toEqual([1, 2])
    expect(movable.ideal[1]).toBe(1)
    const immovable = arrayOf("selection", [2, 1], { frozen: [0], damage: "immovable" })
    expect(activated(immovable, 1)).toEqual([2, 1])
    expect(immovable.ideal[1]).toBe(1)
  })

  test("downwards starts from the right end, smaller values wanting to stand there", () => {
    const array = arrayOf("selection", [1, 2, 3], { descending: ["selection"] })
    expect([...array.ideal]).toEqual([2, 2, 2])
    expect(activated(array, 0)).toEqual([3, 2, 1])
  })
})

describe("damage", () => {
  test("a frozen cell never acts; movable it is moved, immovable it is not", () => {
    expect(activated(arrayOf("bubble", [2, 1], { frozen: [0] }), 0, true)).toEqual([2, 1])
    expect(activated(arrayOf("bubble", [2, 1], { frozen: [0] }), 1, false)).toEqual([1, 2])
    expect(activated(arrayOf("bubble", [2, 1], { frozen: [0], damage: "immovable" }), 1, false)).toEqual([2, 1])
    expect(activated(arrayOf("insertion", [2, 1], { frozen: [0] }), 1)).toEqual([1, 2])
    expect(activated(arrayOf("insertion", [2, 1], { frozen: [0], damage: "immovable" }), 1)).toEqual([2, 1])
  })
})

test("every algotype sorts any array, upwards and downwards", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 2, maxLength: 14 }),
      fc.constantFrom(...algotypes),
      fc.boolean(),
      fc.nat(),
      (values, type, down, seed) => {
        const array = arrayOf(type, values, { descending: down ? [type] : [] })
        withoutPause(settle(array, hostRandom(seed)))
        expect(array.values).toEqual([...values].sort((a, b) => (down ? b - a : a - b)))
      },
    ),
    { numRuns: 60 },
  )
})

test("the remembered beginning agrees with a scan, in mixed arrays with frozen cells and both directions", () => {
  // What the rule says, looked up anew each time.
  const mayMove = (array: SelfSortingArray, position: number): boolean => {
    const cell = array.cellAt[position]
    const down = array.down[cell] === 1
    if (position === 0 || array.frozen[cell]) return false
    let previous = down ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
    for (const other of array.cellAt.subarray(0, position)) {
      const value = array.value[other]
      if (array.frozen[other]) {
        previous = down ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
        continue
      }
      if (down ? value > previous : value < previous) return false
      previous = value
    }
    const left = array.cellAt[position - 1]
    if (array.immovable && array.frozen[left]) return false
    return down ? array.value[cell] > array.value[left] : array.value[cell] < array.value[left]
  }
  let differing = 0
  for (const damage of damageModes) {
    for (let seed = 0; seed < 6; seed++) {
      const random = hostRandom(seed)
      const types = Array.from({ length: 16 }, (_, i) => algotypes[i % 3])
      const descending: Algotype[] = seed % 2 === 0 ? [] : ["insertion"]
      const values = random.permutation(16).map((value) => value >> (seed % 3))
      const frozen = random.permutation(16).subarray(0, seed)
      const array = new SelfSortingArray({ values, types, frozen, damage, descending })
      for (let tick = 0; tick < 3000; tick++) {
        array.tick(random)
        for (let p = 0; p < 16; p++) {
          if (array.type[array.cellAt[p]] === 1 && array.shouldMove(p) !== mayMove(array, p)) differing++
        }
      }
    }
  }
  expect(differing).toBe(0)
})

test("insertion cells and the textbook do the same swaps in the same order", () => {
  const values = [...hostRandom(4).permutation(30)]
  const cells: string[] = []
  const textbook: string[] = []
  const array = arrayOf("insertion", values, { onSwap: (a, b) => cells.push(`${Math.min(a, b)}`) })
  withoutPause(settle(array, hostRandom(5)))
  sortTraditionally("insertion", { values, onSwap: (a, b) => textbook.push(`${Math.min(a, b)}`) })
  expect(cells).toEqual(textbook)
})

test("arrays that may never settle, or do not, are refused", () => {
  const opposite = new SelfSortingArray({ values: [1, 2], types: ["bubble", "selection"], descending: ["bubble"] })
  expect(() => withoutPause(settle(opposite, hostRandom(0)))).toThrow(/opposite goals/)
  const slow = arrayOf("insertion", [...hostRandom(1).permutation(100)])
  expect(() => withoutPause(settle(slow, hostRandom(0), 1000))).toThrow("did not settle within 1000 ticks")
})

test.each<[string, ArrayOptions, RegExp]>([
  ["one cell", { values: [1], types: ["bubble"] }, /2 to 5,000/],
  ["too many cells", { values: new Float64Array(5001), types: [] }, /5001 cells/],
  ["types missing", { values: [1, 2], types: ["bubble"] }, /2 values need 2 algotypes/],
  ["a value that is not finite", { values: [1, Number.NaN], types: ["bubble", "bubble"] }, /position 1 is NaN/],
  ["an unknown algotype", { values: [1, 2], types: ["bubble", "quick" as Algotype] }, /no algotype "quick"/],
  ["too many frozen", { values: [1, 2], types: ["bubble", "bubble"], frozen: [0, 1, 0] }, /freeze 3 of 2/],
  ["one frozen twice", { values: [1, 2], types: ["bubble", "bubble"], frozen: [1, 1] }, /frozen twice/],
  ["one frozen outside", { values: [1, 2], types: ["bubble", "bubble"], frozen: [2] }, /positions are 0..1/],
])("refuses %s", (_, options, message) => {
  expect(() => new SelfSortingArray(options)).toThrow(CajalError)
  expect(() => new SelfSortingArray(options)).toThrow(message)
})

describe("the textbook", () => {
  test.each(algotypes)("%s sorts", (type) => {
    const values = [...hostRandom(8).permutation(40)]
    expect(sortTraditionally(type, { values }).values).toEqual([...values].sort((a, b) => a - b))
  })

  test("counts comparisons and swaps", () => {
    expect(sortTraditionally("bubble", { values: [3, 2, 1] })).toMatchObject({ comparisons: 3, swaps: 3, steps: 6 })
    // 2 against 3, swapped; 1 against 3, swapped; 1 against 2, swapped
    expect(sortTraditionally("insertion", { values: [3, 2, 1] })).toMatchObject({ comparisons: 3, swaps: 3 })
    expect(sortTraditionally("insertion", { values: [1, 2, 3] })).toMatchObject({ comparisons: 2, swaps: 0 })
    expect(sortTraditionally("selection", { values: [3, 2, 1] })).toMatchObject({ comparisons: 3, swaps: 1 })
  })

  test("a damaged initiator fails in both modes, a damaged partner only where it is immovable", () => {
    const bubble = (frozen: number[], damage: "movable" | "immovable") =>
      sortTraditionally("bubble", { values: [2, 1], frozen, damage }).values
    expect(bubble([0], "movable")).toEqual([2, 1]) // the left one initiates
    expect(bubble([1], "movable")).toEqual([1, 2])
    expect(bubble([1], "immovable")).toEqual([2, 1])
    const insertion = (frozen: number[]) => sortTraditionally("insertion", { values: [2, 1], frozen }).values
    expect(insertion([1])).toEqual([2, 1]) // the one moving left initiates
    expect(insertion([0])).toEqual([1, 2])
    const selection = (frozen: number[]) => sortTraditionally("selection", { values: [2, 1], frozen }).values
    expect(selection([1])).toEqual([2, 1]) // the minimum initiates
    expect(selection([0])).toEqual([1, 2])
  })

  test("a failed insertion ends that walk only", () => {
    // 0 cannot pass the immovable 3; what comes behind is still sorted.
    const sorted = sortTraditionally("insertion", { values: [3, 0, 5, 4], frozen: [0], damage: "immovable" })
    expect(sorted.values).toEqual([3, 0, 4, 5])
  })
})
