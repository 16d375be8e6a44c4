/** Costs read from diagrams against costs that the engine counts; and what is saved when linear operations become one. */
import { countWith, key, normal } from "../../src/engine/index.ts"
import { diagramWith } from "../../src/view/index.ts"
import * as ncd from "../../src/view/ncd/index.ts"
import { type Exhibit, exhibitsOf, paperSizes } from "./gallery.ts"
import { attend } from "./layers.ts"

/** Multiply-adds of an exhibit: from its diagram, and counted by the engine in the program as it was written. */
export function multiplyAdds(exhibit: Exhibit, seed: number): { diagram: number; engine: number } {
  const { model, inputs, run } = exhibit.make(key(seed))
  const { term } = diagramWith({ parameters: [0], axes: exhibit.axes }, run, model, ...inputs)
  return {
    diagram: ncd.timeOfTerm(term).multiplyAdds.value(),
    engine: countWith({ simplified: false }, run, model, ...inputs).multiplyAdds,
  }
}

export const multiHead = (): Exhibit => exhibitsOf(paperSizes).find((e) => e.name === "multi-head") as Exhibit

/** The core of the paper's multi-head attention, `y k h, x k h, x k h -> y k h`. */
export function core(): { multiplyAdds: number; widest: number; during: number; formula: string } {
  const { y, x, k, h } = paperSizes
  const [q, keys, values] = [y, x, x].map((n, i) => normal(key(i), [n, h, k]))
  const { term } = diagramWith({ axes: ["y h k", "x h k", "x h k"] }, attend, q, keys, values)
  const space = ncd.spaceOfTerm(term)
  const time = ncd.timeOfTerm(term).multiplyAdds
  return {
    multiplyAdds: time.value(),
    formula: `${time}`,
    widest: Math.max(...space.sections.map((p) => p.value())),
    during: space.columns[0].value(),
  }
}

/** A product of two arrays in small steps: turned, all products, the equal indices of k, their sum. */
export const inSteps = `let y=5 x=3 k=4 h=2 k'=4
einsum : y k h -> h y k | einsum : x k[k'] h -> h x k' ;
einsum : h y k, h x k' -> h y k x k' ;
einsum : h y k x k'[k] -> h y x k ;
einsum : h y x k -> y x h`

export interface Fusion {
  /** The largest array between the ends, at every step of the rewriting. */
  readonly largest: readonly number[]
  readonly terms: readonly ncd.Morphism[]
  readonly difference: number
}

export function fusion(): Fusion {
  const start = ncd.parseTerm(inSteps)
  const terms = [start, ...[...ncd.fusions(start)].map((step) => step.term)]
  const { inputs } = ncd.randomValues(start, 1)
  const results = terms.map((term) => ncd.compileTerm(term)(...inputs)[0])
  // Numbers that are made: in every section but the first.
  const largest = terms.map((term) =>
    Math.max(
      ...ncd
        .spaceOfTerm(term)
        .sections.slice(1)
        .map((p) => p.value()),
    ),
  )
  return { largest, terms, difference: Math.max(...results.map((y) => ncd.difference(results[0], y))) }
}
