import { type Graph, isGraph, type Node, newNode, originOf, setOrigin, type Value } from "../graph.ts"
import type { CallAttributes } from "../transforms/custom.ts"

/** Rebuilds a graph node by node: `change` may give the values that stand for a node's outputs. */
export function rebuild(
  graph: Graph,
  change: (node: Node, inputs: readonly Value[], emit: Emit) => readonly Value[] | undefined,
): Graph {
  const values = new Map<Value, Value>()
  const nodes: Node[] = []
  const emit: Emit = (primitive, inputs, attributes) => {
    const node = newNode(primitive, inputs, attributes)
    nodes.push(node)
    return node.outputs
  }
  const of = (v: Value): Value => values.get(v) ?? v
  for (const node of graph.nodes) {
    const inputs = node.inputs.map(of)
    setOrigin(originOf(node))
    const made = change(node, inputs, emit) ?? emit(node.primitive, inputs, node.attributes)
    node.outputs.forEach((v, i) => {
      values.set(v, made[i])
    })
  }
  return { inputs: graph.inputs, nodes, outputs: graph.outputs.map(of), constants: graph.constants }
}

export type Emit = (primitive: Node["primitive"], inputs: readonly Value[], attributes: unknown) => Value[]

/** The attributes with every graph among them changed. */
export function mapGraphs<A extends object>(attributes: A, change: (graph: Graph) => Graph): A {
  const entries = Object.entries(attributes)
  if (!entries.some(([, x]) => isGraph(x))) return attributes
  return Object.fromEntries(entries.map(([name, x]) => [name, isGraph(x) ? change(x) : x])) as A
}

/** Writes the nodes of a graph with its inputs given, and gives its outputs. */
export function emitGraph(graph: Graph, inputs: readonly Value[], emit: Emit): Value[] {
  const values = new Map<Value, Value>(graph.inputs.map((v, i) => [v, inputs[i]]))
  const of = (v: Value): Value => values.get(v) as Value
  for (const node of graph.nodes) {
    setOrigin(originOf(node))
    const made = emit(node.primitive, node.inputs.map(of), node.attributes)
    node.outputs.forEach((v, i) => {
      values.set(v, made[i])
    })
  }
  return graph.outputs.map(of)
}

/** Puts the nodes of called graphs in the place of their calls, in bodies too. */
export const inlineCalls = (graph: Graph): Graph =>
  rebuild(graph, (node, inputs, emit) =>
    node.primitive.name === "call"
      ? emitGraph(inlineCalls((node.attributes as CallAttributes).graph), inputs, emit)
      : emit(node.primitive, inputs, mapGraphs(node.attributes, inlineCalls)),
  )
