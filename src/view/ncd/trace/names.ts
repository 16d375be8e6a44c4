/** Names of axes: what is known of where they come from, then letters in a fixed order. */
import type { Axis } from "../terms.ts"
import { type Dim, find } from "./dims.ts"

const order = [
  "c",
  "y",
  "x",
  "k",
  "h",
  "m",
  "n",
  "i",
  "j",
  "p",
  "q",
  "r",
  "s",
  "u",
  "v",
  "w",
  "a",
  "d",
  "e",
  "f",
  "g",
  "l",
  "o",
  "z",
]

export class Names {
  private readonly axes = new Map<Dim, Axis>()
  private readonly taken = new Set<string>()
  private next = 0

  /** The axis of an undivided dimension. */
  axisOf(d: Dim): Axis {
    const root = find(d)
    const known = this.axes.get(root)
    if (known !== undefined) return known
    const axis = { name: this.free(root.hint), size: root.size }
    this.axes.set(root, axis)
    return axis
  }

  private free(hint: string | undefined): string {
    if (hint !== undefined) {
      if (!this.taken.has(hint)) return this.take(hint)
      const base = hint.replace(/[\d']+$/, "") || hint
      for (let i = 1; ; i++) if (!this.taken.has(`${base}${i}`)) return this.take(`${base}${i}`)
    }
    for (;;) {
      const turn = Math.floor(this.next / order.length)
      const name = order[this.next++ % order.length] + (turn === 0 ? "" : turn)
      if (!this.taken.has(name)) return this.take(name)
    }
  }

  private take(name: string): string {
    this.taken.add(name)
    return name
  }
}
