/** Terms without their axes: the block diagram of names and arrows, and how many functions it could mean. */
import { elementwisePrimitives } from "../../engine/operators/elementwise.ts"
import type { CircuitEdge, CircuitNode } from "../circuit.ts"
import { type Expression, isCast, numberOfOperands, parseExpression } from "./expression.ts"
import { layersOf } from "./layers.ts"
import { symbolOf } from "./operations.ts"
import { type Box, codomainOf, domainOf, type Morphism, shapeOf } from "./terms.ts"

/** Boxes and arrows, for `drawGraph`. What is repeated stands once, with its number. */
export function erased(term: Morphism): { nodes: CircuitNode[]; edges: CircuitEdge[] } {
  const nodes: CircuitNode[] = []
  const edges: CircuitEdge[] = []
  const node = (label: string, from: readonly string[]): string => {
    const id = `n${nodes.length}`
    nodes.push({ id, label })
    for (const source of new Set(from)) edges.push({ from: source, to: id })
    return id
  }
  const walk = (m: Morphism, inputs: readonly string[], times: number): string[] => {
    let now = [...inputs]
    for (const layer of layersOf(m)) {
      let at = 0
      now = layer.flatMap((part) => {
        const own = now.slice(at, (at += domainOf(part).length))
        if (part.type === "rearrange") return part.map.map((i) => own[i])
        if (part.type === "box") {
          const label = (symbolOf(part) || "same") + (times > 1 ? ` ×${times}` : "")
          const id = node(label, own)
          return codomainOf(part).map(() => id)
        }
        const [condition, ...rest] = part.style === "choice" ? own : ["", ...own]
        const given = walk(part.body, rest, times * part.repeat * (part.loop?.axis.size ?? 1))
        if (part.style !== "choice") return given
        const half = given.length / 2
        return given.slice(0, half).map((then, i) => node("if", [condition, then, given[half + i]]))
      })
    }
    return now
  }
  const inputs = domainOf(term).map((_, i) => node(`input ${i + 1}`, []))
  for (const [i, source] of walk(term, inputs, 1).entries())
    edges.push({ from: source, to: node(codomainOf(term).length === 1 ? "output" : `output ${i + 1}`, []) })
  return { nodes, edges }
}

interface Matrix {
  readonly rows: number
  readonly columns: number
  readonly data: Float64Array
}

const matrix = (rows: number, columns: number, value: (i: number, j: number) => number): Matrix => ({
  rows,
  columns,
  data: Float64Array.from({ length: rows * columns }, (_, n) => value(Math.floor(n / columns), n % columns)),
})
const at = (m: Matrix, i: number, j: number): number => m.data[i * m.columns + j]
const turned = (m: Matrix): Matrix => matrix(m.columns, m.rows, (i, j) => at(m, j, i))

/** Sums over one axis of each, in both orders of the result; nothing where their sizes differ. */
function products(a: Matrix, b: Matrix): Matrix[] {
  return [turned(a), a].flatMap((left) =>
    [b, turned(b)].flatMap((right) => {
      if (left.columns !== right.rows) return []
      const made = matrix(left.rows, right.columns, (i, j) => {
        let sum = 0
        for (let l = 0; l < left.columns; l++) sum += at(left, i, l) * at(right, l, j)
        return sum
      })
      return [made, turned(made)]
    }),
  )
}

/** Exponentials divided by their sums along rows. */
function softmax(m: Matrix): Matrix {
  const e = matrix(m.rows, m.columns, (i, j) => Math.exp(at(m, i, j)))
  const sums = Array.from({ length: m.rows }, (_, i) =>
    e.data.subarray(i * m.columns, (i + 1) * m.columns).reduce((a, b) => a + b, 0),
  )
  return matrix(m.rows, m.columns, (i, j) => at(e, i, j) / sums[i])
}

/** An elementwise function of one array. */
function mapped(e: Expression, m: Matrix): Matrix {
  const run = (own: Expression): Float64Array => {
    if (own.kind === "operand") return m.data
    if (own.kind === "number") return m.data.map(() => own.value)
    if (isCast(own.name)) return run(own.of[0])
    const type = { dtype: "f64" as const, shape: [m.data.length] }
    const inputs = own.of.map((x) => ({ ...type, data: run(x) }))
    return elementwisePrimitives.get(own.name)!.evaluate(inputs, {}, [type])[0].data as Float64Array
  }
  return { ...m, data: run(e) }
}

/** All that a box may do when only its name is known; undefined where that cannot be listed. */
function optionsOf(box: Box): ((inputs: readonly Matrix[]) => Matrix[]) | undefined {
  const isPlain = box.parameters.length === 0 && box.outputs.length === 1
  if (!isPlain || ![...box.inputs, ...box.outputs].every((w) => w.array.axes.length === 2)) return undefined
  if (box.op === "einsum" && box.inputs.length === 2) return ([a, b]) => products(a, b)
  if (box.op === "softmax") return ([x]) => [softmax(x), turned(softmax(turned(x)))]
  const e = box.op === "map" ? parseExpression(String(box.attributes.f)) : undefined
  return e !== undefined && box.inputs.length === 1 && numberOfOperands(e) <= 1 ? ([x]) => [mapped(e, x)] : undefined
}

export interface Readings {
  /** Choices of axes and orders that fit the sizes. */
  readonly readings: number
  /** How many of them give different results. */
  readonly functions: number
}

/** Choices that are gone through. */
const mostReadings = 4096

/**
 * What a term may mean when its axes are erased: every choice of the summed axes, of the orders of results and of the axes of softmaxes that
 * fits the sizes of what goes in and comes out.
 * @param random numbers from -1 to 1
 * @returns undefined for terms of other boxes than products of two matrices, softmaxes and functions of one array, and of too many choices
 */
export function readingsOfTerm(term: Morphism, random: () => number): Readings | undefined {
  if ([...domainOf(term), ...codomainOf(term)].some((a) => a.axes.length !== 2) || codomainOf(term).length !== 1)
    return undefined
  const [rows, columns] = shapeOf(codomainOf(term)[0])
  let states: Matrix[][] = [
    domainOf(term).map((a) => {
      const [n, m] = shapeOf(a)
      return matrix(n, m, random)
    }),
  ]
  for (const layer of layersOf(term)) {
    let from = 0
    let next: Matrix[][] = states.map(() => [])
    let kept = states
    for (const part of layer) {
      const to = from + domainOf(part).length
      const options = part.type === "rearrange" ? undefined : part.type === "box" ? optionsOf(part) : undefined
      if (part.type !== "rearrange" && options === undefined) return undefined
      const pairs = kept.flatMap((state, s) => {
        const own = state.slice(from, to)
        const made = part.type === "rearrange" ? [part.map.map((i) => own[i])] : options!(own).map((m) => [m])
        return made.map((m) => ({ state, done: [...next[s], ...m] }))
      })
      if (pairs.length > mostReadings) return undefined
      kept = pairs.map((p) => p.state)
      next = pairs.map((p) => p.done)
      from = to
    }
    states = next
  }
  const results = states.map(([m]) => m).filter((m) => m.rows === rows && m.columns === columns)
  const different: Matrix[] = []
  for (const one of results) {
    const isKnown = different.some((other) => other.data.every((v, i) => Math.abs(v - one.data[i]) <= 1e-8))
    if (!isKnown) different.push(one)
  }
  return { readings: results.length, functions: different.length }
}
