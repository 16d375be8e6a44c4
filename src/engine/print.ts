import { type Graph, isGraph, type Value } from "./graph.ts"
import type { TensorType } from "./primitive.ts"
import { identityOf } from "./tree.ts"

export const typeKey = ({ dtype, shape, events }: TensorType): string =>
  `${dtype}${events === true ? "*" : ""}[${shape.join(",")}]`

/** A text that is equal for equal attributes: graphs by what they compute, functions by identity. */
export function attributesKey(x: unknown): string {
  if (isGraph(x)) return graphKey(x)
  if (Array.isArray(x)) return `[${x.map(attributesKey).join(",")}]`
  if (typeof x === "function") return `#${identityOf(x)}`
  if (typeof x === "object" && x !== null)
    return `{${Object.entries(x)
      .map(([name, value]) => `${name}:${attributesKey(value)}`)
      .join(",")}}`
  return Object.is(x, -0) ? "-0" : String(x)
}

const graphKeys = new WeakMap<Graph, string>()

/** A text that is equal for graphs that compute the same in the same order. */
export function graphKey(graph: Graph): string {
  const known = graphKeys.get(graph)
  if (known !== undefined) return known
  const numbers = new Map<Value, number>()
  const number = (v: Value): number => {
    const n = numbers.get(v)
    if (n !== undefined) return n
    numbers.set(v, numbers.size)
    return numbers.size - 1
  }
  const lines = [graph.inputs.map((v) => `${number(v)}${typeKey(v.type)}`).join(" ")]
  for (const node of graph.nodes)
    lines.push(
      `${node.outputs.map(number).join(",")}=${node.primitive.name}(${node.inputs.map(number).join(",")})${attributesKey(node.attributes)}`,
    )
  lines.push(graph.outputs.map(number).join(" "))
  const key = `(${lines.join(";")})`
  graphKeys.set(graph, key)
  return key
}

/**
 * A graph as a person reads it: one line a node, `%4: f32 [128, 512] = matmul %1 %2`, bodies of scan and cond indented below.
 * A star after the dtype marks spike tensors.
 */
export function printGraph(graph: Graph): string {
  const names = new Map<Value, string>()
  const name = (v: Value): string => {
    const known = names.get(v)
    if (known !== undefined) return known
    const made = `%${names.size}`
    names.set(v, made)
    return made
  }
  const typed = (v: Value): string =>
    `${name(v)}: ${v.type.dtype}${v.type.events === true ? "*" : ""} [${v.type.shape.join(", ")}]`
  const lines: string[] = []
  const show = (g: Graph, indent: string) => {
    lines.push(`${indent}inputs ${g.inputs.map(typed).join(", ") || "none"}`)
    for (const [v] of g.constants) lines.push(`${indent}constant ${typed(v)}`)
    for (const node of g.nodes) {
      const attributes = Object.entries(node.attributes as object)
      const plain = attributes
        .filter(([, x]) => !isGraph(x) && typeof x !== "function")
        .map(([k, x]) => `${k}=${readable(x)}`)
      lines.push(
        [
          `${indent}${node.outputs.map(typed).join(", ")} = ${node.primitive.name}`,
          ...node.inputs.map(name),
          ...plain,
        ].join(" "),
      )
      for (const [k, x] of attributes)
        if (isGraph(x)) {
          lines.push(`${indent}  ${k}`)
          show(x, `${indent}    `)
        }
    }
    lines.push(`${indent}outputs ${g.outputs.map(name).join(", ")}`)
  }
  show(graph, "")
  return lines.join("\n")
}

const readable = (x: unknown): string => (Array.isArray(x) ? `[${x.map(readable).join(", ")}]` : String(x))
