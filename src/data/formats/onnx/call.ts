import { CajalError } from "../../../engine/errors.ts"
import { Tensor } from "../../../engine/tensor.ts"
import { untraced } from "../../../engine/trace.ts"
import type { OnnxAttribute, OnnxGraph, OnnxNode } from "./messages.ts"
import { readTensor } from "./tensors.ts"

/** One node of a file that is being run: its operands and attributes. */
export class Call {
  readonly node: OnnxNode
  readonly opset: number
  readonly inputs: readonly (Tensor | undefined)[]
  private readonly scope: Scope

  constructor(node: OnnxNode, scope: Scope) {
    this.node = node
    this.scope = scope
    this.opset = scope.about.opset
    this.inputs = node.input.map((name) => (name === "" ? undefined : scope.value(name)))
  }

  error(message: string, hint?: string): CajalError {
    const name = this.node.name === "" ? "" : ` ${this.node.name}`
    return new CajalError(`${this.node.opType}${name}: ${message}`, { where: this.scope.about.where, hint })
  }

  /** Operand `i`, which must be there. */
  x(i = 0): Tensor {
    const x = this.inputs[i]
    if (x === undefined) throw this.error(`operand ${i} is missing`)
    return x
  }

  /** The elements of operand `i`, which must not depend on the model's inputs; undefined where there is no operand. */
  numbers(i: number): number[] | undefined {
    const x = this.inputs[i]
    if (x === undefined) return undefined
    const held = this.scope.held(this.node.input[i])
    if (held !== undefined) return Array.from(held)
    if (x.trace === undefined) return Array.from(x.array())
    throw this.error(
      `operand ${i} (${this.node.input[i]}) depends on the values of the model's inputs`,
      "shapes and axes must be known when the model is compiled",
    )
  }

  /** Axes: an attribute in old sets of operators, an operand in new ones. */
  list(attribute: string, operand: number): number[] | undefined {
    return this.ints(attribute) ?? this.numbers(operand)
  }

  private attribute(name: string): OnnxAttribute | undefined {
    return this.node.attribute.find((one) => one.name === name)
  }
  int(name: string, otherwise: number): number {
    return this.attribute(name)?.i ?? otherwise
  }
  float(name: string, otherwise: number): number {
    return this.attribute(name)?.f ?? otherwise
  }
  text(name: string, otherwise: string): string {
    const bytes = this.attribute(name)?.s
    return bytes === undefined ? otherwise : new TextDecoder().decode(bytes)
  }
  ints(name: string): number[] | undefined {
    return this.attribute(name)?.ints
  }
  floats(name: string): number[] | undefined {
    return this.attribute(name)?.floats
  }
  tensor(name: string): Tensor | undefined {
    const held = this.attribute(name)?.t
    return held === undefined ? undefined : Tensor.from(readTensor(held))
  }
  graph(name: string): OnnxGraph {
    const graph = this.attribute(name)?.g
    if (graph === undefined) throw this.error(`the graph ${name} is missing`)
    return graph
  }

  /** Runs a graph inside this node: it sees what the node sees. */
  run(graph: OnnxGraph, inputs: readonly Tensor[]): Tensor[] {
    return runGraph(graph, inputs, this.scope)
  }
}

/** How one operator is run. */
export type Operator = (call: Call) => Tensor | readonly Tensor[]

interface About {
  readonly opset: number
  readonly where: string
  readonly operators: ReadonlyMap<string, Operator>
  /** Elements of what the file holds, by name. */
  readonly held: ReadonlyMap<string, ArrayLike<number>>
}

/** Values by name; those of outer graphs are seen from inner ones. */
export class Scope {
  readonly about: About
  private readonly values = new Map<string, Tensor>()
  private readonly outer: Scope | undefined

  constructor(about: About, outer?: Scope) {
    this.about = about
    this.outer = outer
  }

  set(name: string, value: Tensor): void {
    this.values.set(name, value)
  }

  value(name: string): Tensor {
    const found = this.values.get(name) ?? this.outer?.value(name)
    if (found !== undefined) return found
    throw new CajalError(`the model uses ${name} before anything gives it`, { where: this.about.where })
  }

  /** The elements of what the file holds under a name. */
  held(name: string): ArrayLike<number> | undefined {
    return this.about.held.get(name)
  }
}

const isWhole = (x: Tensor): boolean => x.dtype === "i32" || x.dtype === "bool"

/** Runs the nodes of a graph. */
export function runGraph(graph: OnnxGraph, inputs: readonly Tensor[], outer: Scope): Tensor[] {
  const scope = new Scope(outer.about, outer)
  graph.input.forEach(({ name }, i) => {
    if (inputs[i] !== undefined) scope.set(name, inputs[i])
  })
  for (const tensor of graph.initializer) scope.set(tensor.name, Tensor.from(readTensor(tensor)))
  runNodes(graph, scope)
  return graph.output.map(({ name }) => scope.value(name))
}

/** Runs the nodes of a graph whose inputs are in the scope. */
export function runNodes(graph: OnnxGraph, scope: Scope): void {
  for (const node of graph.node) {
    const { operators, where } = scope.about
    const operator = node.domain === "" || node.domain === "ai.onnx" ? operators.get(node.opType) : undefined
    if (operator === undefined)
      throw new CajalError(
        `the model uses ${node.domain === "" ? "" : `${node.domain}.`}${node.opType}, which is not run here`,
        { where, hint: `run are ${[...operators.keys()].sort().join(", ")}` },
      )
    const call = new Call(node, scope)
    const run = (): readonly Tensor[] => {
      const made = operator(call)
      return made instanceof Tensor ? [made] : made
    }
    // Arithmetic of shapes is done now, so that what follows knows them.
    const known = call.inputs.every((x) => x === undefined || (x.trace === undefined && isWhole(x)))
    let results: readonly Tensor[]
    try {
      results = known && !holdsGraph(node) ? untraced(run) : run()
    } catch (error) {
      if (!(error instanceof CajalError) || error.where === where) throw error
      throw call.error(error.message, error.hint)
    }
    node.output.forEach((name, i) => {
      if (name !== "" && results[i] === undefined) throw call.error(`its output ${i} is not made here`)
      if (name !== "") scope.set(name, results[i])
    })
  }
}

const holdsGraph = ({ attribute }: OnnxNode): boolean => attribute.some((one) => one.g !== undefined)
