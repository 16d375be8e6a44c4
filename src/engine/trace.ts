import { activeDevice } from "./devices/device.ts"
import { executeEagerly } from "./devices/eager.ts"
import { activeProfile } from "./devices/profiling.ts"
import { CajalError, callerLine } from "./errors.ts"
import { type Graph, type Node, newNode, newValue, setOrigin, type Value } from "./graph.ts"
import type { Primitive, TensorType } from "./primitive.ts"
import { Tensor } from "./tensor.ts"

/** A function being traced: operators applied while it is open become nodes. */
export class Trace {
  readonly parent: Trace | undefined
  readonly nodes: Node[] = []
  readonly inputs: Value[] = []
  /** Tensors from outside that the function used, and their stand-ins here. */
  readonly captured = new Map<Tensor | Value, { readonly tensor: Tensor; readonly value: Value }>()

  constructor(parent: Trace | undefined) {
    this.parent = parent
  }

  input(type: TensorType): Tensor {
    const value = newValue(type)
    this.inputs.push(value)
    return Tensor.traced(value, this)
  }

  /** A tensor that stands for a value of this trace. */
  tensorOf(value: Value): Tensor {
    return Tensor.traced(value, this)
  }

  /** The value that a tensor stands for in this trace; what comes from outside is captured. */
  lift(tensor: Tensor): Value {
    if (tensor.trace === this && tensor.value !== undefined) return tensor.value
    const key = tensor.value ?? tensor
    const known = this.captured.get(key)
    if (known !== undefined) return known.value
    if (tensor.trace !== undefined && !this.inside(tensor.trace))
      throw new CajalError(`a tensor ${tensor.describe()} left the function it was traced in`, {
        where: callerLine(),
        hint: "return it from the function instead of keeping it in an outer variable",
      })
    const value = newValue(tensor.type)
    this.captured.set(key, { tensor, value })
    return value
  }

  private inside(outer: Trace): boolean {
    for (let t: Trace | undefined = this; t !== undefined; t = t.parent) if (t === outer) return true
    return false
  }
}

let current: Trace | undefined

/** The innermost open trace, undefined when operators run at once. */
export const currentTrace = (): Trace | undefined => current

/** Runs `body` with a new trace open inside the current one. */
export function withTrace<T>(body: (trace: Trace) => T): T {
  const trace = new Trace(current)
  current = trace
  try {
    return body(trace)
  } finally {
    current = trace.parent
  }
}

/** Runs `body` outside every trace: what it computes is computed now. */
export function untraced<T>(body: () => T): T {
  const outer = current
  current = undefined
  try {
    return body()
  } finally {
    current = outer
  }
}

/**
 * Traces `body` on placeholders of the given types.
 * @returns the graph, whose inputs are the captured tensors followed by the placeholders; `captured` are those tensors
 */
export function traceGraph(
  types: readonly TensorType[],
  body: (...inputs: Tensor[]) => readonly Tensor[],
): { graph: Graph; captured: Tensor[] } {
  return withTrace((trace) => {
    const placeholders = types.map((type) => trace.input(type))
    const outputs = body(...placeholders).map((t) => trace.lift(t))
    const captures = [...trace.captured.values()]
    const captured = captures.map((c) => c.tensor)
    const inputs = [...captures.map((c) => c.value), ...trace.inputs]
    return { graph: { inputs, nodes: trace.nodes, outputs, constants: new Map() }, captured }
  })
}

let keepsOrigins = false

/** Runs `body`; the nodes that it makes know the line of the program that they come from (`originOf`). */
export function withOrigins<T>(body: () => T): T {
  const before = keepsOrigins
  keepsOrigins = true
  try {
    return body()
  } finally {
    keepsOrigins = before
    setOrigin(undefined)
  }
}

/** Applies an operator: as a node when a function is being traced, at once otherwise. */
export function apply<A>(primitive: Primitive<A>, inputs: readonly Tensor[], attributes: A): Tensor[] {
  const trace = current
  try {
    if (keepsOrigins || activeProfile() !== undefined) setOrigin(callerLine())
    if (trace === undefined) return executeEagerly(activeDevice(), primitive, inputs, attributes)
    const node = newNode(
      primitive,
      inputs.map((t) => trace.lift(t)),
      attributes,
    )
    trace.nodes.push(node)
    return node.outputs.map((value) => Tensor.traced(value, trace))
  } catch (error) {
    if (error instanceof CajalError && error.where === undefined) {
      const where = callerLine()
      if (where !== undefined) throw new CajalError(error.message, { where, hint: error.hint, cause: error.cause })
    }
    throw error
  }
}

/** `apply` for operators of one output. */
export const apply1 = <A>(primitive: Primitive<A>, inputs: readonly Tensor[], attributes: A): Tensor =>
  apply(primitive, inputs, attributes)[0]

/** Runs the nodes of a graph again on other tensors: inlines it where it is called. */
export function inline(graph: Graph, inputs: readonly Tensor[]): Tensor[] {
  const values = new Map<Value, Tensor>(graph.constants)
  graph.inputs.forEach((v, i) => {
    values.set(v, inputs[i])
  })
  for (const node of graph.nodes) {
    const results = apply(
      node.primitive,
      node.inputs.map((v) => values.get(v) as Tensor),
      node.attributes,
    )
    node.outputs.forEach((v, i) => {
      values.set(v, results[i])
    })
  }
  return graph.outputs.map((v) => values.get(v) as Tensor)
}
