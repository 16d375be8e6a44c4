import type { HostArray } from "../../../engine/dtype.ts"
import { CajalError } from "../../../engine/errors.ts"
import { formatShape, sameShape } from "../../../engine/shape.ts"
import type { NirGraph, NirNode } from "./types.ts"

export const isArray = (x: unknown): x is HostArray =>
  typeof x === "object" && x !== null && "data" in x && "dtype" in x

/** The arrays of all nodes by path, `layer.lif.tau` for a node of a graph in the graph: what a safetensors file holds of a network. */
export function nirArrays(graph: NirGraph): Record<string, HostArray> {
  const found: Record<string, HostArray> = {}
  const visit = (node: NirNode, path: string): void => {
    if (node.type === "NIRGraph")
      for (const [name, inner] of Object.entries(node.nodes)) visit(inner, `${path}${name}.`)
    else for (const [name, value] of Object.entries(node)) if (isArray(value)) found[`${path}${name}`] = value
  }
  visit(graph, "")
  return found
}

/**
 * The graph with other arrays in it, by the paths of `nirArrays`; those that are not given stay.
 * @throws CajalError naming an array that the graph does not have, or has in another shape
 */
export function withNirArrays(graph: NirGraph, arrays: Readonly<Record<string, HostArray>>): NirGraph {
  const known = nirArrays(graph)
  for (const [path, { shape }] of Object.entries(arrays)) {
    if (!Object.hasOwn(known, path))
      throw new CajalError(`the network has no ${path}`, { hint: `it has ${Object.keys(known).join(", ")}` })
    if (!sameShape(shape, known[path].shape))
      throw new CajalError(`${path} is ${formatShape(shape)}; the network has ${formatShape(known[path].shape)}`)
  }
  const update = (node: NirNode, path: string): NirNode => {
    if (node.type === "NIRGraph") {
      const nodes = Object.entries(node.nodes).map(([name, inner]) => [name, update(inner, `${path}${name}.`)] as const)
      return { ...node, nodes: Object.fromEntries(nodes) }
    }
    const own = Object.keys(node).flatMap((name) => {
      const array = arrays[`${path}${name}`]
      return array === undefined ? [] : [[name, array] as const]
    })
    return { ...node, ...Object.fromEntries(own) }
  }
  return update(graph, "") as NirGraph
}
