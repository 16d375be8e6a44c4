/** Drawn, read back from the picture, run: what comes back must be what went in. */
import { CajalError, flatten, grad, jit, key, type Tensor, useDevice } from "../../src/engine/index.ts"
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
  return { term, ...ncd.randomValues(term, seed) }
}

/**
 * The backward pass of a term against the gradients of the engine.
 * @returns the largest difference, relative; undefined where a box has no gradient
 */
export function backwardDifference({ term, inputs, parameters }: Drawn, seed: number): number | undefined {
  const run = ncd.compileTerm(term, parameters)
  const results = ncd.codomainOf(term)
  let backward: ncd.Morphism
  try {
    backward = ncd.backwardOf(term)
  } catch (error) {
    if (error instanceof CajalError) return undefined
    throw error
  }
  const wanted = ncd.domainOf(term).flatMap((a, i) => (a.kind === "real" ? [i] : []))
  const real = results.flatMap((a, i) => (a.kind === "real" ? [i] : []))
  const seeds = real.map((o, i) => ncd.randomArray(results[o], key(seed * 16 + i)))
  const weighed = (own: Tensor[]): Tensor => {
    const ys = run(...inputs.map((x, i) => (wanted.includes(i) ? own[wanted.indexOf(i)] : x)))
    return real.map((o, i) => ys[o].mul(seeds[i]).sum()).reduce((a, b) => a.add(b))
  }
  const expected = jit(grad(weighed))(wanted.map((i) => inputs[i]))
  const given = jit(ncd.compileTerm(backward, parameters))(...inputs, ...seeds)
  return Math.max(0, ...expected.map((g, i) => ncd.difference(g, given[i])))
}

/** A random term there and back, computed on the device that is its definition. */
export const randomTrip = (seed: number): RoundTrip =>
  useDevice("reference", () => {
    const { term, inputs, parameters } = drawn(seed)
    return roundTrip(term, parameters, inputs, ncd.compileTerm(term, parameters)(...inputs))
  })

/** The backward pass of a random term, all of whose boxes have a gradient. */
export const randomBackward = (seed: number): number =>
  useDevice("reference", () => backwardDifference(drawn(seed), seed) ?? Number.POSITIVE_INFINITY)
