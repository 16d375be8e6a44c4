import {
  asEvents,
  CajalError,
  type HostArray,
  type Shape,
  scan,
  Tensor,
  type Tree,
  zeros,
} from "../../../engine/index.ts"
import { atan, type Surrogate } from "../../../neuro/surrogate.ts"
import { isArray, withNirArrays } from "./arrays.ts"
import { type LeakMethod, seconds } from "./discretise.ts"
import {
  delayed,
  delaySteps,
  givesSpikes,
  hasMemory,
  type Memory,
  type Parameters,
  type RunnableNode,
  restOf,
  type Stepping,
  stepNode,
} from "./nodes.ts"
import { type Plan, planOf } from "./plan.ts"
import { checkNir, type NodeShapes } from "./shapes.ts"
import type { NirGraph, NirNode } from "./types.ts"

export interface NirNetworkOptions {
  /**
   * Length of a step. NIR files give times in seconds and no step: snnTorch writes its own with 0.1 ms, Norse by default with 1 ms. May be left out
   * where the file's metadata have `dt_ms`, as those written here.
   */
  readonly dtMs?: number
  /** How leaks are stepped, see `leakOf`. Default "euler". */
  readonly method?: LeakMethod
  /** Whether `I` and `IF` integrate over seconds, as NIR defines it, or over steps, as Norse and Sinabs do. Default "seconds". */
  readonly integrators?: "seconds" | "steps"
  /** What stands for the derivative of spikes. Default `atan()`. */
  readonly surrogate?: Surrogate
}

/** Signals by the names of nodes. */
export type Signals = Readonly<Record<string, Tensor>>

/** What a network keeps between steps. A tree. */
export interface NirState {
  readonly memory: Readonly<Record<string, Memory>>
  /** What went out of the sources of late edges in the last step. */
  readonly last: Signals
}

/**
 * A NIR graph as a network that runs and is trained: its tensors are the parameters of the nodes, under the names that they have in files.
 * Make one with `nirNetwork`.
 */
export class NirNetwork {
  readonly nodes: Readonly<Record<string, Parameters>>
  /** A map: static to transforms. */
  readonly about: ReadonlyMap<"plan" | "how" | "shapes", unknown>

  constructor(nodes: Readonly<Record<string, Parameters>>, plan: Plan, how: Stepping, shapes: Map<string, NodeShapes>) {
    this.nodes = nodes
    this.about = new Map<"plan" | "how" | "shapes", unknown>([
      ["plan", plan],
      ["how", how],
      ["shapes", shapes],
    ])
  }

  get plan(): Plan {
    return this.about.get("plan") as Plan
  }
  get stepping(): Stepping {
    return this.about.get("how") as Stepping
  }

  /** The shape of what goes in and out of a node, without batch and time. */
  shapesOf(name: string): NodeShapes {
    return (this.about.get("shapes") as Map<string, NodeShapes>).get(name) ?? {}
  }

  /** Before the first step: potentials at rest; what is late in cycles is what nodes make of silence. */
  initialState(batch: number): NirState {
    const { nodes, order } = this.plan
    const memory: Record<string, Memory> = {}
    for (const [name, node] of nodes)
      if (hasMemory(node))
        memory[name] = restOf(node, this.nodes[name], [batch, ...this.outputShape(name)], this.stepping.dtMs)
    const last: Record<string, Tensor> = {}
    for (const name of new Set(order.flatMap((planned) => planned.late))) last[name] = this.silence(name, batch)
    return { memory, last }
  }

  /**
   * One step of all nodes.
   * @param inputs `[batch, ...shape]` for every input node
   * @returns the next state, and what every node gave
   */
  stepAll(state: NirState, inputs: Signals): [NirState, Signals] {
    const { nodes, order } = this.plan
    const values: Record<string, Tensor> = {}
    const memory: Record<string, Memory> = {}
    const delays: (() => void)[] = []
    for (const { name, sources, late } of order) {
      const node = nodes.get(name) as RunnableNode
      const own = state.memory[name] ?? {}
      const input = (): Tensor => {
        const parts = [...sources.map((from) => values[from]), ...late.map((from) => state.last[from])]
        if (node.type === "Input" && inputs[name] !== undefined) parts.push(inputs[name])
        if (parts.length === 0) throw new CajalError(`nothing reaches the node ${name}`)
        return parts.reduce((a, b) => a.add(b))
      }
      if (node.type === "Delay" && Math.min(...delaySteps(node, this.stepping.dtMs)) >= 1) {
        values[name] = delayed(node, own.past, undefined, this.stepping.dtMs)
        delays.push(() => (memory[name] = stepNode(node, this.nodes[name], own, input(), this.stepping)[0]))
      } else {
        const [next, y] = stepNode(node, this.nodes[name], own, input(), this.stepping)
        values[name] = y
        if (hasMemory(node)) memory[name] = next
      }
    }
    for (const finish of delays) finish()
    const last = Object.fromEntries(Object.keys(state.last).map((name) => [name, values[name]]))
    const inOrder = Object.fromEntries(Object.keys(state.memory).map((name) => [name, memory[name]]))
    return [{ memory: inOrder, last }, values]
  }

  /** One step of a network with one input and one output. x `[batch, ...shape]` -> `[batch, ...shape]` */
  step(state: NirState, x: Tensor): [NirState, Tensor] {
    const [input, output] = this.ports()
    const [next, values] = this.stepAll(state, { [input]: x })
    return [next, values[output]]
  }

  /** All steps of a network with one input and one output. x `[time, batch, ...shape]` -> `[time, batch, ...shape]` */
  run(x: Tensor): Tensor {
    const [input, output] = this.ports()
    return this.runAll({ [input]: x })[output]
  }

  /**
   * All steps.
   * @param inputs `[time, batch, ...shape]` for every input node
   * @param record nodes whose signals are wanted too
   * @returns `[time, batch, ...shape]` for every output node and every one to record
   */
  runAll(inputs: Signals, record: readonly string[] = []): Signals {
    const { outputs, nodes } = this.plan
    for (const name of record) if (!nodes.has(name)) throw new CajalError(`there is no node ${name} to record`)
    const batch = this.checkInputs(inputs)
    const wanted = [...outputs, ...record]
    const [, signals] = scan(
      (state: NirState, now: Signals): readonly [NirState, Tree] => {
        const [next, values] = this.stepAll(state, now)
        return [next, Object.fromEntries(wanted.map((name) => [name, values[name]]))]
      },
      this.initialState(batch),
      inputs,
    )
    return signals
  }

  private checkInputs(inputs: Signals): number {
    const expected = this.plan.inputs
    let first: Tensor | undefined
    for (const name of expected) {
      const x = inputs[name]
      const shape = this.shapesOf(name).input as Shape
      if (x === undefined) throw new CajalError(`the input ${name} is missing; the network has ${expected.join(", ")}`)
      if (x.rank !== shape.length + 2 || shape.some((n, i) => n !== x.shape[i + 2]))
        throw new CajalError(`the input ${name} is ${x.describe()}; it must be [time, batch, ${shape.join(", ")}]`)
      first ??= x
    }
    if (first === undefined) throw new CajalError("the network has no input")
    return first.shape[1]
  }

  private ports(): [string, string] {
    const { inputs, outputs } = this.plan
    if (inputs.length !== 1 || outputs.length !== 1)
      throw new CajalError(
        `the network has ${inputs.length} inputs (${inputs.join(", ")}) and ${outputs.length} outputs (${outputs.join(", ")})`,
        { hint: "use stepAll and runAll, which name them" },
      )
    return [inputs[0], outputs[0]]
  }

  private outputShape(name: string): Shape {
    const { input, output } = this.shapesOf(name)
    if (output !== undefined) return output
    throw new CajalError(`the shape of node ${name} is not known: ${input === undefined ? "nothing reaches it" : ""}`)
  }

  /** What a node gives when nothing ever came in: neurons nothing, nodes without memory what they make of that. */
  private silence(name: string, batch: number, seen: readonly string[] = []): Tensor {
    const node = this.plan.nodes.get(name) as RunnableNode
    const shape = [batch, ...this.outputShape(name)]
    if (hasMemory(node) || givesSpikes(node)) return givesSpikes(node) ? asEvents(zeros(shape)) : zeros(shape)
    const planned = this.plan.order.find((one) => one.name === name)
    const into = [...(planned?.sources ?? []), ...(planned?.late ?? [])].filter((from) => !seen.includes(from))
    if (into.length === 0) return zeros(shape)
    const x = into.map((from) => this.silence(from, batch, [...seen, name])).reduce((a, b) => a.add(b))
    return stepNode(node, this.nodes[name], {}, x, this.stepping)[1]
  }
}

/**
 * A network of a NIR graph. Edges that close a cycle take one step; see `planOf` for which.
 * @throws CajalError when shapes do not fit, or it is not known how long a step is
 */
export function nirNetwork(graph: NirGraph, options: NirNetworkOptions = {}): NirNetwork {
  const shapes = checkNir(graph)
  const noted = graph.metadata?.dt_ms
  const dtMs = options.dtMs ?? (typeof noted === "number" ? noted : undefined)
  if (dtMs === undefined)
    throw new CajalError("a NIR file does not say how long a step is", {
      hint: "give dtMs: 0.1 for a file of snnTorch, 1 for one of Norse, unless they were told otherwise",
    })
  seconds(dtMs)
  const { method = "euler", integrators = "seconds", surrogate = atan() } = options
  const plan = planOf(graph, dtMs)
  const nodes = [...plan.nodes].map(([name, node]) => [name, parametersOf(node)] as const)
  const used = nodes.filter(([, parameters]) => Object.keys(parameters).length > 0)
  for (const [name, node] of plan.nodes) checkStep(name, node, dtMs, method)
  return new NirNetwork(Object.fromEntries(used), plan, { dtMs, method, integrators, surrogate }, shapes)
}

function parametersOf(node: NirNode): Parameters {
  if (node.type === "Delay") return {}
  const arrays = Object.entries(node).filter((entry): entry is [string, HostArray] => isArray(entry[1]))
  return Object.fromEntries(
    arrays.map(([name, { shape, data }]) => [
      name,
      Tensor.from({ dtype: "f32", shape, data: Float32Array.from(data) }),
    ]),
  )
}

function checkStep(name: string, node: NirNode, dtMs: number, method: LeakMethod): void {
  for (const [field, value] of Object.entries(node)) {
    if (!field.startsWith("tau") || !isArray(value)) continue
    const least = Math.min(...value.data)
    if (!(least > 0)) throw new CajalError(`node ${name}: ${field} is ${least} s; time constants are above 0`)
    if (method === "euler" && least * 1000 < dtMs * (1 - 1e-4))
      throw new CajalError(`node ${name}: ${field} is ${least * 1000} ms, shorter than the step of ${dtMs} ms`, {
        hint: 'give the dtMs that the file was made with, or method: "exact"',
      })
  }
}

/** The graph with the parameters that the network has now, and its step in the metadata: to write what was trained. */
export function updateNir(graph: NirGraph, network: NirNetwork): NirGraph {
  const arrays = Object.entries(network.nodes).flatMap(([path, parameters]) =>
    Object.entries(parameters).map(([name, x]) => [`${path}.${name}`, x.host()] as const),
  )
  const updated = withNirArrays(graph, Object.fromEntries(arrays))
  return { ...updated, metadata: { ...graph.metadata, dt_ms: network.stepping.dtMs } }
}
