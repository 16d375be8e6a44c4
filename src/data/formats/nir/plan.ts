import { delaySteps, type RunnableNode } from "./nodes.ts"
import { onlyPort } from "./shapes.ts"
import type { NirGraph } from "./types.ts"

/** One node in the order of a step. */
export interface PlannedNode {
  readonly name: string
  /** Nodes whose output of this step is added up as its input. */
  readonly sources: readonly string[]
  /** Nodes whose output of the step before is added to that. */
  readonly late: readonly string[]
}

/** A graph without graphs in it, and the order in which its nodes are stepped. */
export interface Plan {
  readonly nodes: ReadonlyMap<string, RunnableNode>
  readonly order: readonly PlannedNode[]
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
}

/**
 * The order of a step. In a cycle some edge must wait for the next step; NIR leaves open which. Here it is the edge that closes the cycle on a
 * walk from the inputs (deeper first, edges in the order of the file): its source's output reaches its target one step later. Where a cycle holds
 * a Delay of a step or more nothing else has to wait; write one where it matters which edge is late.
 */
export function planOf(graph: NirGraph, dtMs: number): Plan {
  const nodes = new Map<string, RunnableNode>()
  const edges: (readonly [string, string])[] = []
  inlineGraphs(graph, "", nodes, edges)
  const next = new Map<string, string[]>([...nodes.keys()].map((name) => [name, []]))
  for (const [from, to] of edges) next.get(from)?.push(to)
  /** What comes out of a delay was known before the step: a walk does not go on into it. */
  const endsWalk = (name: string): boolean => {
    const node = nodes.get(name)
    return node?.type === "Delay" && Math.min(...delaySteps(node, dtMs)) >= 1
  }
  const late = new Set<string>()
  const state = new Map<string, "open" | "done">()
  const finished: string[] = []
  const visit = (name: string): void => {
    state.set(name, "open")
    for (const to of next.get(name) as string[]) {
      if (endsWalk(to)) continue
      if (state.get(to) === "open") late.add(`${name}\n${to}`)
      else if (state.get(to) === undefined) visit(to)
    }
    state.set(name, "done")
    finished.push(name)
  }
  const ofType = (type: string): string[] => Object.keys(graph.nodes).filter((name) => graph.nodes[name].type === type)
  const inputs = ofType("Input")
  for (const name of [...inputs, ...nodes.keys()]) if (state.get(name) === undefined && !endsWalk(name)) visit(name)
  // What follows only delays is walked last, so that it comes first in the reversed order of finishing.
  for (const name of nodes.keys()) if (state.get(name) === undefined) visit(name)
  const order = finished.reverse().map((name): PlannedNode => {
    const into = edges.filter(([, to]) => to === name).map(([from]) => from)
    const isLate = (from: string): boolean => late.has(`${from}\n${name}`)
    return { name, sources: into.filter((from) => !isLate(from)), late: into.filter(isLate) }
  })
  return { nodes, order, inputs, outputs: ofType("Output") }
}

/** Nodes and edges of a graph and of those in it, whose inputs and outputs pass on what they get. */
function inlineGraphs(
  graph: NirGraph,
  prefix: string,
  nodes: Map<string, RunnableNode>,
  edges: (readonly [string, string])[],
): void {
  const port = (name: string, type: "Input" | "Output"): string => {
    const node = graph.nodes[name]
    return node.type === "NIRGraph" ? port2(node, `${prefix}${name}`, type) : `${prefix}${name}`
  }
  const port2 = (node: NirGraph, path: string, type: "Input" | "Output"): string => {
    return `${path}.${onlyPort(node, type, path)}`
  }
  for (const [name, node] of Object.entries(graph.nodes)) {
    if (node.type === "NIRGraph") inlineGraphs(node, `${prefix}${name}.`, nodes, edges)
    else nodes.set(`${prefix}${name}`, node)
  }
  for (const [from, to] of graph.edges) edges.push([port(from, "Output"), port(to, "Input")])
}
