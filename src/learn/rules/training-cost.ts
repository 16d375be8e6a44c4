/** What a step of training costs: operations of its graph, bytes of its plan, bytes alive as it goes on. */
import { bytesOf } from "../../engine/dtype.ts"
import { countWith, type Graph, jit, type Node, type Tree, type Value } from "../../engine/index.ts"

/** Bytes of live tensors after each operator of a graph. */
export interface LiveBytes {
  readonly operators: readonly string[]
  readonly bytes: readonly number[]
}

export interface TrainingCost {
  /** Multiplications whose result is added up, in one step. */
  readonly multiplyAdds: number
  /** Activations, residuals and gradients: the arena of the compiled program. */
  readonly temporaryBytes: number
  /** All that a step holds: arguments, temporaries, results. */
  readonly peakBytes: number
}

const sizeOf = ({ type }: Value): number => type.shape.reduce((n, size) => n * size, bytesOf[type.dtype])

/**
 * Bytes of live tensors along a graph, in its order: a result lives from the operator that makes it to the last that reads it, and what the graph
 * returns to the end. Arguments are not counted: they are there before and after. Views share the bytes of what they look at.
 */
export function liveBytes(graph: Graph): LiveBytes {
  const owner = new Map<Value, Value>()
  const ownerOf = (value: Value): Value => owner.get(value) ?? value
  const isView = (node: Node): boolean => node.primitive.kind === "view"
  for (const node of graph.nodes) if (isView(node)) owner.set(node.outputs[0], ownerOf(node.inputs[0]))
  const last = new Map<Value, number>()
  graph.nodes.forEach((node, i) => {
    for (const value of node.inputs) last.set(ownerOf(value), i)
  })
  for (const value of graph.outputs) last.set(ownerOf(value), graph.nodes.length)
  const made = new Set<Value>()
  const operators: string[] = []
  const bytes: number[] = []
  let alive = 0
  graph.nodes.forEach((node, i) => {
    if (isView(node)) return
    for (const value of node.outputs) {
      made.add(value)
      alive += sizeOf(value)
    }
    operators.push(node.primitive.name)
    bytes.push(alive)
    for (const value of made)
      if ((last.get(value) ?? i) <= i) {
        alive -= sizeOf(value)
        made.delete(value)
      }
  })
  return { operators, bytes }
}

/** The cost of `step` for arguments like these: it is traced and compiled, not run. */
export function trainingCost<A extends Tree[]>(step: (...args: A) => Tree, ...args: A): TrainingCost {
  const compiled = jit(step)
  const { temporaryBytes, inputBytes, outputBytes } = compiled.program(...args).report
  const cost = {
    multiplyAdds: countWith({}, step, ...args).multiplyAdds,
    temporaryBytes,
    peakBytes: inputBytes + temporaryBytes + outputBytes,
  }
  compiled.dispose()
  return cost
}
