/** Drawn, read back from the picture, run: what comes back must be what went in. */
import { flatten, key, normal, type Tensor, useDevice } from "../../src/engine/index.ts"
import type { Diagram } from "../../src/view/index.ts"
import * as ncd from "../../src/view/ncd/index.ts"

export interface RoundTrip {
  /** The term that was read from the picture is the one that was drawn. */
  readonly same: boolean
  /** Largest difference between what the picture and what the program compute, relative. */
  readonly difference: number
  readonly drawMs: number
  readonly svg: string
}

/** Draws a term, reads it back and runs what was read. */
export function roundTrip(
  term: ncd.Morphism,
  parameters: ncd.ParameterValues,
  inputs: readonly Tensor[],
  expected: readonly Tensor[],
  title?: string,
): RoundTrip {
  const started = performance.now()
  const svg = ncd.drawTerm(term, title === undefined ? {} : { title })
  const drawMs = performance.now() - started
  const read = ncd.parseSvg(svg)
  const results = ncd.compileTerm(read, parameters)(...inputs)
  const difference = Math.max(0, ...expected.map((y, i) => ncd.difference(y, results[i])))
  return { same: ncd.sameTerm(read, term), difference, drawMs, svg }
}

/** A diagram against its program. */
export const traced = ({ term, parameters, inputs, result }: Diagram, title: string): RoundTrip =>
  roundTrip(term, parameters, inputs, flatten(result()).leaves, title)

export interface Drawn {
  readonly term: ncd.Morphism
  readonly inputs: readonly Tensor[]
  readonly parameters: ncd.ParameterValues
}

/** A random term with values for what it takes. */
export function drawn(seed: number): Drawn {
  const term = ncd.randomTerm(seed)
  const inputs = ncd.domainOf(term).map((a, i) =>
    normal(
      key(seed * 16 + i),
      a.axes.map((x) => x.size),
    ),
  )
  const parameters = Object.fromEntries(
    [...ncd.parametersIn(term)].map(([name, shape], i) => [name, normal(key(seed * 16 + 8 + i), shape)]),
  )
  return { term, inputs, parameters }
}

/** A random term there and back, computed on the device that is its definition. */
export const randomTrip = (seed: number): RoundTrip =>
  useDevice("reference", () => {
    const { term, inputs, parameters } = drawn(seed)
    return roundTrip(term, parameters, inputs, ncd.compileTerm(term, parameters)(...inputs))
  })
