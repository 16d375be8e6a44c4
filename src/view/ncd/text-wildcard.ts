/** `*` in the text of a box: the axes of what comes in that are not written out. It is tiled over them, whatever it does. */

import { type ArrayType, type Axis, formatArray } from "./terms.ts"
import type { Reader } from "./text-read.ts"

const wordsOf = (axes: readonly Axis[]): string => axes.map((a) => a.name).join(" ")

export class Wildcard {
  axes: readonly Axis[] | undefined
  private readonly reader: Reader
  private given: readonly ArrayType[] | undefined

  /** @param given the arrays that come in, where they are known */
  constructor(reader: Reader, given: readonly ArrayType[] | undefined) {
    this.reader = reader
    this.given = given
  }

  /** From here on arrays are results: stars take their axes from what was read. */
  results(): void {
    this.given = undefined
  }

  /**
   * The axes of a star that was just read.
   * @param place where it stands
   * @param before the axes to the left of it in its array
   * @param operand which of the arrays that come in it is in; undefined in parameters and results
   * @throws CajalError where nothing says what it stands for, or two arrays say different things
   */
  at(place: number, before: readonly Axis[], operand?: number): readonly Axis[] {
    const array = operand === undefined ? undefined : this.given?.[operand]
    if (array === undefined) {
      if (this.axes !== undefined) return this.axes
      throw this.reader.error(
        "it is not known what * stands for",
        place,
        "it takes its axes from the column before: write out those of the first",
      )
    }
    const after = this.behind()
    const end = array.axes.length - after.length
    const own = array.axes.slice(before.length, end)
    const written = [wordsOf(before), "*", ...after].filter((word) => word !== "").join(" ")
    const rest = [array.axes.slice(0, before.length), array.axes.slice(Math.max(end, before.length))].map(wordsOf)
    if (rest[0] !== wordsOf(before) || rest[1] !== after.join(" "))
      throw this.reader.error(`the tuples differ\n  gives  ${formatArray(array)}\n  takes  ${written}`, place)
    if (this.axes !== undefined && wordsOf(this.axes) !== wordsOf(own))
      throw this.reader.error(
        `* stands for different axes\n  before  ${wordsOf(this.axes) || "none"}\n  here    ${wordsOf(own) || "none"}`,
        place,
      )
    this.axes = own
    return own
  }

  /** Names of axes up to the end of the array, without what stands in brackets. */
  private behind(): string[] {
    const names: string[] = []
    for (let i = 0, depth = 0; ; i++) {
      const word = this.reader.peek(i) ?? ""
      if (word === "[") depth++
      else if (word === "]") depth--
      else if (depth > 0) continue
      else if (!/^[\p{L}_\d]/u.test(word)) return names
      else names.push(word.replace(/!$/, ""))
    }
  }
}
