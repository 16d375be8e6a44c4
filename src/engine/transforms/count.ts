import { inlineCalls } from "../compile/inline-calls.ts"
import { simplify } from "../compile/simplify.ts"
import { isFloat } from "../dtype.ts"
import { operationError } from "../errors.ts"
import { type Graph, type Node, reachable } from "../graph.ts"
import type { CondAttributes, ScanAttributes } from "../operators/control.ts"
import { isTable } from "../operators/fft-plan.ts"
import { formatShape, sizeOf } from "../shape.ts"
import { Tensor } from "../tensor.ts"
import { traceGraph } from "../trace.ts"
import { flatten, type Tree, unflatten } from "../tree.ts"
import { measureEvents } from "./count-events.ts"
import { costOf, makesSpikes, trafficOf } from "./count-rules.ts"

export interface OperationCounts {
  /** Multiplications whose result is added up: matrix products, convolutions. */
  readonly multiplyAdds: number
  /** Additions of a weight because of an event: products with spike tensors, at their density. */
  readonly accumulates: number
  /** All other arithmetic: elementwise operators, sums, comparisons of sorts, random numbers. */
  readonly other: number
  /** Every operand read once and every result written once, as an unfused program does. */
  readonly bytesRead: number
  readonly bytesWritten: number
  /** Spikes that are made: entries of what neurons and encoders mark as spike tensors, at their density. A gradient that makes them again counts them again. */
  readonly spikes: number
}

export interface NodeCount extends OperationCounts {
  readonly operator: string
  /** dtype and shape of its first result. */
  readonly result: string
  /** How often it runs: the lengths of the scans around it, multiplied. */
  readonly times: number
  /** Share of entries that are not zero, of the spike tensor in a product. */
  readonly density?: number
}

export interface Count extends OperationCounts {
  /** Numbers that the function learns: see `CountOptions.parameters`. */
  readonly parameters: number
  readonly nodes: readonly NodeCount[]
  /** A table, one line for each kind of node. */
  toString(): string
}

export interface CountOptions {
  /** Share of the entries of spike tensors taken as not zero. Default 1: all of them, an upper bound. */
  readonly density?: number
  /** Runs the function on the given arguments and counts the events that happened instead. Default false. */
  readonly measure?: boolean
  /** Counts the graph as the compiler leaves it (default), or as it was written. */
  readonly simplified?: boolean
  /**
   * Positions of the arguments that are parameters. By default those that are no plain tensors (models, lists and records of tensors), and what
   * the function closed over.
   */
  readonly parameters?: readonly number[]
}

/**
 * What a function costs for given arguments, from its traced graph: it is not run. Work inside a scan counts as often as the scan has steps; of
 * the branches of a cond the dearer one counts. Spike tensors count as dense: see `countWith`.
 */
export const count = <A extends Tree[]>(fn: (...args: A) => Tree, ...args: A): Count => countWith({}, fn, ...args)

/** `count` with options: a density for spike tensors, or their measured events. */
export function countWith<A extends Tree[]>(options: CountOptions, fn: (...args: A) => Tree, ...args: A): Count {
  const { density = 1, measure = false, simplified = true } = options
  if (!(density >= 0 && density <= 1)) throw operationError(`count: a density is from 0 to 1, not ${density}`)
  const flat = flatten(args)
  const traced = traceGraph(
    flat.leaves.map((x) => x.type),
    (...leaves) => flatten(fn(...(unflatten(flat.structure, leaves) as A))).leaves,
  )
  const graph = simplified ? simplify(traced.graph) : written(traced.graph)
  const nodes = countNodes(graph, measure ? [...traced.captured, ...flat.leaves] : density)
  const total = sumOf(nodes)
  const parameters = parametersOf(args, traced.captured, options.parameters)
  return { ...total, parameters, nodes, toString: () => table(nodes, total, parameters) }
}

/** What each node of a graph costs, its spike tensors at a density, or as they are when it runs on these inputs. */
export function countNodes(graph: Graph, spikes: number | readonly Tensor[]): NodeCount[] {
  if (typeof spikes === "number") return countGraph(graph, 1, () => spikes)
  const events = measureEvents(graph, spikes)
  return countGraph(graph, 1, (node, operand, times) => {
    const entries = sizeOf(node.inputs[operand].type.shape) * times
    return entries === 0 ? 0 : (events.get(node) ?? 0) / entries
  })
}

export const sumOf = (counts: readonly OperationCounts[]): OperationCounts =>
  counts.reduce<OperationCounts>(
    (sum, one) => mapOperations((key) => sum[key] + one[key]),
    mapOperations(() => 0),
  )

function written(graph: Graph): Graph {
  const inlined = inlineCalls(graph)
  return { ...inlined, nodes: reachable(inlined) }
}

const keys = ["multiplyAdds", "accumulates", "other", "bytesRead", "bytesWritten", "spikes"] as const
const mapOperations = (value: (key: (typeof keys)[number]) => number): OperationCounts =>
  Object.fromEntries(keys.map((key) => [key, value(key)])) as unknown as OperationCounts

type DensityOf = (node: Node, operand: number, times: number) => number

function countGraph(graph: Graph, times: number, densityOf: DensityOf): NodeCount[] {
  return graph.nodes.flatMap((node) => {
    if (node.primitive.name === "scan") {
      const { body, length } = node.attributes as ScanAttributes
      return countGraph(body, times * length, densityOf)
    }
    if (node.primitive.name === "cond") {
      const { then, otherwise } = node.attributes as CondAttributes
      const branches = [then, otherwise].map((branch) => countGraph(branch, times, densityOf))
      const work = branches.map((list) => list.reduce((n, x) => n + x.multiplyAdds + x.accumulates + x.other, 0))
      return branches[work[0] >= work[1] ? 0 : 1]
    }
    const isView = node.primitive.kind === "view" && !makesSpikes(node)
    return isView || node.outputs.length === 0 ? [] : [countNode(node, times, densityOf)]
  })
}

function countNode(node: Node, times: number, densityOf: DensityOf): NodeCount {
  const { dtype, shape } = node.outputs[0].type
  const result = `${dtype} ${formatShape(shape)}`
  const nothing = mapOperations(() => 0)
  if (makesSpikes(node)) {
    const density = densityOf(node, 0, times)
    return {
      ...nothing,
      operator: "spikes",
      result,
      times,
      spikes: Math.round(sizeOf(shape) * density * times),
      density,
    }
  }
  const { product = 0, factors = [], other = 0 } = costOf(node)
  const { read, written: bytesWritten } = trafficOf(node)
  const sparse = factors.find((i) => node.inputs[i].type.events === true)
  const density = sparse === undefined ? undefined : densityOf(node, sparse, times)
  return {
    ...nothing,
    operator: node.primitive.name,
    result,
    times,
    multiplyAdds: density === undefined ? product * times : 0,
    accumulates: density === undefined ? 0 : Math.round(product * density * times),
    other: other * times,
    bytesRead: read * times,
    bytesWritten: bytesWritten * times,
    ...(density === undefined ? {} : { density }),
  }
}

function parametersOf(args: readonly Tree[], captured: readonly Tensor[], positions?: readonly number[]): number {
  const given = args.filter((x, i) => positions?.includes(i) ?? !(x instanceof Tensor))
  const closedOver = positions === undefined ? captured.filter((x) => !isTable(x)) : []
  const leaves = new Set([...given.flatMap((x) => flatten(x).leaves), ...closedOver])
  return [...leaves].reduce((n, x) => n + (isFloat(x.dtype) ? x.size : 0), 0)
}

const head = [
  "operator",
  "result",
  "times",
  "multiply-adds",
  "accumulates",
  "other",
  "bytes read",
  "bytes written",
  "spikes",
]

/** Lines of equal nodes are added up; columns are aligned. */
function table(nodes: readonly NodeCount[], total: OperationCounts, parameters: number): string {
  const lines = new Map<string, NodeCount>()
  for (const node of nodes) {
    const key = `${node.operator} ${node.result} ${node.density}`
    const before = lines.get(key)
    lines.set(
      key,
      before === undefined
        ? node
        : { ...node, times: before.times + node.times, ...mapOperations((k) => before[k] + node[k]) },
    )
  }
  const number = (x: number): string => (x === 0 ? "" : x.toLocaleString("en-US", { maximumFractionDigits: 0 }))
  const numbers = (x: OperationCounts): string[] => keys.map((key) => number(x[key]))
  const rows = [
    head,
    ...[...lines.values()].map((node) => [
      node.operator + (node.density === undefined ? "" : ` at ${Number((node.density * 100).toPrecision(3))} %`),
      node.result,
      number(node.times),
      ...numbers(node),
    ]),
    ["total", "", "", ...numbers(total)],
  ]
  const widths = head.map((_, i) => Math.max(...rows.map((row) => row[i].length)))
  const text = rows.map((row) =>
    row
      .map((cell, i) => (i < 2 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join("  ")
      .trimEnd(),
  )
  return [...text, `parameters  ${parameters.toLocaleString("en-US")}`].join("\n")
}
