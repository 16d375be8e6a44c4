import type { Graph, Node, Value } from "../graph.ts"
import { zeros } from "../operators/constants.ts"
import { type CondAttributes, cond, type ScanAttributes, scanPrimitive } from "../operators/control.ts"
import { ne } from "../operators/elementwise.ts"
import type { Tensor } from "../tensor.ts"
import { apply, traceGraph } from "../trace.ts"
import { costOf, makesSpikes } from "./count-rules.ts"

/** How many events each product met, and each spike tensor had. */
type Meters = [Node, Tensor][]

/** Runs a graph on concrete tensors: how many entries were not zero of the spike tensor in each product, and of each that is made, over all steps. */
export function measureEvents(graph: Graph, inputs: readonly Tensor[]): Map<Node, number> {
  return new Map(run(graph, inputs).meters.map(([node, events]) => [node, events.item()]))
}

function run(graph: Graph, inputs: readonly Tensor[]): { outputs: Tensor[]; meters: Meters } {
  const values = new Map<Value, Tensor>(graph.constants)
  graph.inputs.forEach((v, i) => {
    values.set(v, inputs[i])
  })
  const meters: Meters = []
  for (const node of graph.nodes) {
    const own = node.inputs.map((v) => values.get(v) as Tensor)
    const results = runNode(node, own, meters)
    node.outputs.forEach((v, i) => {
      values.set(v, results[i])
    })
  }
  return { outputs: graph.outputs.map((v) => values.get(v) as Tensor), meters }
}

function runNode(node: Node, inputs: readonly Tensor[], meters: Meters): Tensor[] {
  if (node.primitive.name === "scan") return runScan(node.attributes, inputs, meters)
  if (node.primitive.name === "cond") return runCond(node.attributes, inputs, meters)
  const spikes = makesSpikes(node) ? 0 : costOf(node).factors?.find((i) => node.inputs[i].type.events === true)
  if (spikes !== undefined) meters.push([node, ne(inputs[spikes], 0).cast("i32").sum().cast("f64")])
  return apply(node.primitive, inputs, node.attributes)
}

/** The meters of a step are further ys of its scan. */
function runScan({ body, carries, ...rest }: ScanAttributes, inputs: readonly Tensor[], meters: Meters): Tensor[] {
  let inner: Meters = []
  const { graph, captured } = traceGraph(
    body.inputs.map((v) => v.type),
    (...xs) => {
      const made = run(body, xs)
      inner = made.meters
      return [...made.outputs, ...inner.map(([, events]) => events)]
    },
  )
  const constants = rest.constants + captured.length
  const results = apply(scanPrimitive, [...captured, ...inputs], { ...rest, body: graph, carries, constants })
  inner.forEach(([node], i) => {
    meters.push([node, results[body.outputs.length + i].sum()])
  })
  return results.slice(0, body.outputs.length)
}

/** The branch that does not run meets no events. */
function runCond(
  { then, otherwise, split }: CondAttributes,
  [condition, ...inputs]: readonly Tensor[],
  meters: Meters,
): Tensor[] {
  const dry = [then, otherwise].map((graph) => {
    let nodes: Node[] = []
    traceGraph(
      graph.inputs.map((v) => v.type),
      (...xs) => {
        const made = run(graph, xs)
        nodes = made.meters.map(([node]) => node)
        return made.outputs
      },
    )
    return nodes
  })
  const none = (nodes: readonly Node[]): Tensor[] => nodes.map(() => zeros([], "f64"))
  const branch = (graph: Graph, own: readonly Tensor[], isFirst: boolean) => () => {
    const made = run(graph, own)
    const found = made.meters.map(([, events]) => events)
    return [...made.outputs, ...(isFirst ? [...found, ...none(dry[1])] : [...none(dry[0]), ...found])]
  }
  const results = cond(
    condition,
    branch(then, inputs.slice(0, split), true),
    branch(otherwise, inputs.slice(split), false),
  )
  dry.flat().forEach((node, i) => {
    meters.push([node, results[then.outputs.length + i]])
  })
  return results.slice(0, then.outputs.length)
}
