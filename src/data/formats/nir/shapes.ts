import { CajalError } from "../../../engine/errors.ts"
import { formatShape, type Shape, sameShape, sizeOf } from "../../../engine/shape.ts"
import type { NirConv2d, NirGraph, NirNode, NirPair } from "./types.ts"

/** Shapes of what goes into a node and comes out of it, without batch and time; undefined where the graph leaves them open. */
export interface NodeShapes {
  input?: Shape
  output?: Shape
}

/** A number for both directions. */
export const pairOf = (x: NirPair): [number, number] => (typeof x === "number" ? [x, x] : [x[0], x[1]])

/**
 * Checks edges and shapes of a graph and of the graphs in it.
 * @returns the shapes of every node by its path (`layer.lif` for a node of a graph in the graph)
 * @throws CajalError naming the node or the edge that does not fit
 */
export function checkNir(graph: NirGraph): Map<string, NodeShapes> {
  const shapes = new Map<string, NodeShapes>()
  checkGraph(graph, "", shapes)
  return shapes
}

function checkGraph(graph: NirGraph, prefix: string, shapes: Map<string, NodeShapes>, given?: Shape): void {
  const path = (name: string): string => `${prefix}${name}`
  const nodeAt = (name: string, edge: string): NirNode => {
    if (Object.hasOwn(graph.nodes, name)) return graph.nodes[name]
    throw new CajalError(`the edge ${edge} leads to ${path(name)}, but there is no such node`, {
      hint: `there are ${Object.keys(graph.nodes).join(", ") || "no nodes"}`,
    })
  }
  for (const [name, node] of Object.entries(graph.nodes)) {
    if (node.type === "NIRGraph") onlyPort(node, "Input", path(name))
    shapes.set(path(name), node.type === "NIRGraph" ? {} : ownShapes(path(name), node))
  }
  for (const [from, to] of graph.edges) {
    const edge = `${path(from)} -> ${path(to)}`
    nodeAt(from, edge)
    nodeAt(to, edge)
  }
  if (given !== undefined)
    for (const [name, node] of Object.entries(graph.nodes))
      if (node.type === "Input")
        matchShapes(path(name), shapes.get(path(name)) as NodeShapes, given, prefix.slice(0, -1))
  // Shapes travel along the edges until nothing changes; every edge is looked at as often as it could matter.
  for (let round = 0; round <= graph.edges.length; round++) {
    let changed = false
    for (const [name, node] of Object.entries(graph.nodes)) changed = settle(path(name), node, shapes) || changed
    for (const [from, to] of graph.edges) {
      const [a, b] = [shapes.get(path(from)) as NodeShapes, shapes.get(path(to)) as NodeShapes]
      if (a.output === undefined) continue
      if (b.input === undefined) {
        b.input = a.output
        changed = true
      } else matchShapes(path(to), b, a.output, path(from))
    }
    if (!changed) return
  }
}

function matchShapes(name: string, { input }: NodeShapes, given: Shape, from: string): void {
  if (input !== undefined && !sameShape(input, given))
    throw new CajalError(`${from} gives ${formatShape(given)} to ${name}, which takes ${formatShape(input)}`)
}

/** Works out what comes out of a node where it is known what goes in. */
function settle(path: string, node: NirNode, shapes: Map<string, NodeShapes>): boolean {
  const own = shapes.get(path) as NodeShapes
  if (own.output !== undefined || (own.input === undefined && node.type !== "NIRGraph")) return false
  if (node.type === "NIRGraph") {
    checkGraph(node, `${path}.`, shapes, own.input)
    own.input ??= shapes.get(`${path}.${onlyPort(node, "Input", path)}`)?.input
    own.output = shapes.get(`${path}.${onlyPort(node, "Output", path)}`)?.output
  } else own.output = outputOf(path, node, own.input as Shape)
  return own.output !== undefined
}

/** The one input or output node of a graph that is a node of another. */
export function onlyPort(graph: NirGraph, type: "Input" | "Output", path: string): string {
  const found = Object.entries(graph.nodes).flatMap(([name, node]) => (node.type === type ? [name] : []))
  if (found.length !== 1)
    throw new CajalError(`the graph ${path} has ${found.length} ${type} nodes; a graph in a graph has one`)
  return found[0]
}

/** What a node's own parameters say of its shapes. A single number stands for all elements, whatever their shape. */
function ownShapes(path: string, node: Exclude<NirNode, NirGraph>): NodeShapes {
  switch (node.type) {
    case "Input":
    case "Output":
      return { input: node.shape, output: node.shape }
    case "Affine":
    case "Linear": {
      const { shape } = node.weight
      if (shape.length !== 2)
        throw new CajalError(`node ${path}: the weight ${formatShape(shape)} is no matrix [outputs, inputs]`)
      if (node.type === "Affine" && !sameShape(node.bias.shape, [shape[0]]))
        throw new CajalError(
          `node ${path}: the bias ${formatShape(node.bias.shape)} does not fit the weight ${formatShape(shape)}`,
        )
      return { input: [shape[1]], output: [shape[0]] }
    }
    case "Conv1d":
    case "Conv2d": {
      const axes = node.type === "Conv1d" ? 3 : 4
      const { shape } = node.weight
      if (shape.length !== axes || shape[0] !== sizeOf(node.bias.shape))
        throw new CajalError(
          `node ${path}: a weight ${formatShape(shape)} and a bias ${formatShape(node.bias.shape)} make no ${node.type}`,
        )
      if (node.input_shape === undefined) return {}
      const plane = node.type === "Conv1d" ? [node.input_shape] : pairOf((node as NirConv2d).input_shape as NirPair)
      const input = [shape[1] * node.groups, ...plane]
      return { input, output: outputOf(path, node, input) }
    }
    case "SumPool2d":
    case "AvgPool2d":
      return {}
    case "Flatten":
      return node.input_type === undefined
        ? {}
        : { input: node.input_type, output: outputOf(path, node, node.input_type) }
    default:
      return elementwiseShapes(path, node)
  }
}

/** Neurons, scales, thresholds and delays: all parameters have the shape of the signal. */
function elementwiseShapes(path: string, node: NirNode): NodeShapes {
  let shape: Shape | undefined
  for (const [name, value] of Object.entries(node)) {
    if (typeof value !== "object" || value === null || name === "metadata" || sizeOf(value.shape) === 1) continue
    if (shape !== undefined && !sameShape(shape, value.shape))
      throw new CajalError(
        `node ${path}: ${name} is ${formatShape(value.shape)} where other parameters are ${formatShape(shape)}`,
      )
    shape = value.shape
  }
  return shape === undefined ? {} : { input: shape, output: shape }
}

/** The shape that a node makes of another. */
function outputOf(path: string, node: NirNode, input: Shape): Shape {
  const wrong = (takes: string): CajalError =>
    new CajalError(`node ${path} (${node.type}) is given ${formatShape(input)}; it takes ${takes}`)
  switch (node.type) {
    case "Conv1d": {
      const [channels, length] = input
      if (input.length !== 2 || channels !== node.weight.shape[1] * node.groups)
        throw wrong(`[${node.weight.shape[1] * node.groups}, length]`)
      const padding = typeof node.padding === "string" ? node.padding : [node.padding]
      const { weight, stride, dilation } = node
      return [weight.shape[0], ...windowed(path, [length], [weight.shape[2]], [stride], padding, [dilation])]
    }
    case "Conv2d": {
      const channels = node.weight.shape[1] * node.groups
      if (input.length !== 3 || input[0] !== channels) throw wrong(`[${channels}, height, width]`)
      const padding = typeof node.padding === "string" ? node.padding : pairOf(node.padding)
      const [stride, dilation] = [pairOf(node.stride), pairOf(node.dilation)]
      const kernel = node.weight.shape.slice(2)
      return [node.weight.shape[0], ...windowed(path, input.slice(1), kernel, stride, padding, dilation)]
    }
    case "SumPool2d":
    case "AvgPool2d": {
      if (input.length !== 3) throw wrong("[channels, height, width]")
      const [kernel, stride, padding] = [node.kernel_size, node.stride, node.padding].map(pairOf)
      return [input[0], ...windowed(path, input.slice(1), kernel, stride, padding, [1, 1])]
    }
    case "Flatten": {
      const [first, last] = flattened(node, input)
      if (first < 0 || last >= input.length || first > last) throw wrong(`axes ${node.start_dim} to ${node.end_dim}`)
      return [...input.slice(0, first), sizeOf(input.slice(first, last + 1)), ...input.slice(last + 1)]
    }
    default:
      return input
  }
}

/** First and last axis that a flatten node joins. */
export const flattened = (node: { start_dim: number; end_dim: number }, input: Shape): [number, number] => [
  node.start_dim < 0 ? node.start_dim + input.length : node.start_dim,
  node.end_dim < 0 ? node.end_dim + input.length : node.end_dim,
]

function windowed(
  path: string,
  size: Shape,
  kernel: Shape,
  stride: Shape,
  padding: Shape | "same" | "valid",
  dilation: Shape,
): number[] {
  return size.map((n, i) => {
    if (padding === "same") return Math.ceil(n / stride[i])
    const zeros = padding === "valid" ? 0 : padding[i]
    const count = Math.floor((n + 2 * zeros - dilation[i] * (kernel[i] - 1) - 1) / stride[i]) + 1
    if (count < 1)
      throw new CajalError(`node ${path}: a window of ${kernel[i]} does not fit into ${n} padded by ${zeros}`)
    return count
  })
}
