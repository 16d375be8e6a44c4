import type { Graph, Node, Value } from "../../graph.ts"
import { plain, type Unit } from "./units.ts"

/** Operators that change some elements of their first operand, and can do so where it lies. */
const updates = new Set(["scatterEvents", "scatterDrawn", "updateEntries", "replaceRow"])

/**
 * The values that a carry of a scan takes on where it lies, the last one its next value; undefined where that needs a place of its own.
 * @param units those of the body, in the order in which they run
 */
export function valuesInPlace(body: Graph, units: readonly Unit[], input: number, output: number): Value[] | undefined {
  const result = plain(body.outputs[output])
  if (result.node !== undefined && updates.has(result.node.primitive.name))
    return updatedInPlace(body, units, input, result)
  return canUpdateInPlace(body, units, input, output) ? [result] : undefined
}

/** A chain of updates from the carry to its next value, if nothing reads a value of the chain after it has been changed. */
function updatedInPlace(body: Graph, units: readonly Unit[], input: number, result: Value): Value[] | undefined {
  const carry = body.inputs[input]
  const chain: Value[] = []
  for (let v = result; v !== carry; v = plain((v.node as Node).inputs[0])) {
    if (v.node === undefined || !updates.has(v.node.primitive.name)) return undefined
    chain.unshift(v)
  }
  const unitOf = (node: Node): number => units.findIndex((unit) => unit.nodes.includes(node))
  const isIntact = [carry, ...chain].every((v, i) => {
    const next = chain[i]?.node
    if (body.outputs.some((out) => reads(out, v) && (next !== undefined || plain(out) !== v))) return false
    if (next === undefined) return true
    const changed = unitOf(next)
    return units.every((unit, at) =>
      unit.nodes.every((node) =>
        node.inputs.every((x, k) => !reads(x, v) || at < changed || (node === next && k === 0)),
      ),
    )
  })
  const ends = body.outputs.filter((out) => plain(out) === result).length
  return isIntact && ends === 1 ? chain : undefined
}

/**
 * True where a carry may be overwritten by its next value at once: the kernel that makes it reads the carry only element by element,
 * in its own layout, and runs after all else that reads it.
 */
function canUpdateInPlace(body: Graph, units: readonly Unit[], input: number, output: number): boolean {
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
