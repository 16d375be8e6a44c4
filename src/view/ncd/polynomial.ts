/** Sums of products of sizes, as they are counted from a diagram: `y x k h + y x h`. */
import type { Axis } from "./terms.ts"

export class Polynomial {
  /** Factors by product, the names of its axes in order. */
  private readonly terms: ReadonlyMap<string, { readonly factor: number; readonly axes: readonly Axis[] }>

  constructor(terms: ReadonlyMap<string, { readonly factor: number; readonly axes: readonly Axis[] }> = new Map()) {
    this.terms = terms
  }

  static of(axes: readonly Axis[], factor = 1): Polynomial {
    const sorted = [...axes].sort((a, b) => (a.name < b.name ? -1 : 1))
    return factor === 0
      ? new Polynomial()
      : new Polynomial(new Map([[sorted.map((a) => a.name).join(" "), { factor, axes: sorted }]]))
  }

  plus(other: Polynomial): Polynomial {
    const terms = new Map(this.terms)
    for (const [key, { factor, axes }] of other.terms)
      terms.set(key, { factor: (terms.get(key)?.factor ?? 0) + factor, axes })
    return new Polynomial(terms)
  }

  times(axes: readonly Axis[], by: number): Polynomial {
    return [...this.terms.values()].reduce(
      (sum, t) => sum.plus(Polynomial.of([...t.axes, ...axes], t.factor * by)),
      new Polynomial(),
    )
  }

  /** The number, with the sizes of the axes or others in their place. */
  value(sizes: Readonly<Record<string, number>> = {}): number {
    let sum = 0
    for (const { factor, axes } of this.terms.values())
      sum += axes.reduce((n, a) => n * (sizes[a.name] ?? a.size), factor)
    return sum
  }

  toString(): string {
    const words = [...this.terms]
      .filter(([, t]) => t.factor !== 0)
      .map(([key, { factor }]) => (key === "" ? `${factor}` : factor === 1 ? key : `${factor} ${key}`))
    return words.join(" + ") || "0"
  }
}
