import type { Graph, Node, Value } from "../../graph.ts"
import { plain, type Unit } from "./units.ts"

/**
 * True where a carry of a scan may be overwritten by its next value: the kernel that makes it reads the carry only element by element,
 * in its own layout, and runs after all else that reads it.
 * @param units those of the body, in the order in which they run
 */
export function canUpdateInPlace(body: Graph, units: readonly Unit[], input: number, output: number): boolean {
  const carry = body.inputs[input]
  const result = plain(body.outputs[output])
  if (result.node === undefined || result.node.primitive.kind !== "elementwise") return false
  if (result.type.dtype !== carry.type.dtype) return false
  if (body.outputs.some((v, i) => i !== output && (plain(v) === result || reads(v, carry)))) return false
  const own = units.findIndex((unit) => unit.nodes.includes(result.node as Node))
  const maker = units[own]
  if (maker === undefined || maker.kind === "reduce" || maker.kind === "node") return false
  for (const [i, unit] of units.entries())
    for (const node of unit.nodes)
      for (const v of node.inputs) {
        if (!reads(v, carry)) continue
        if (i > own) return false
        if (i === own && (plain(v) !== carry || node.primitive.kind !== "elementwise")) return false
      }
  return true
}

/** True where a value is the carry or a view of it. */
function reads(v: Value, carry: Value): boolean {
  if (v === carry) return true
  return v.node !== undefined && v.node.primitive.kind === "view" && reads(v.node.inputs[0], carry)
}
