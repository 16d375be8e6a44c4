/** Derivatives of elementwise functions: the engine's gradient, traced on numbers and read as an expression. */
import { clean } from "../../engine/compile/simplify.ts"
import { CajalError, grad, type Tensor } from "../../engine/index.ts"
import { traceGraph } from "../../engine/trace.ts"
import { type Expression, parseExpression } from "./expression.ts"
import { evaluate } from "./run-box.ts"
import { dtypeOf, type Kind } from "./terms.ts"

/**
 * The derivative of `f` by one of its operands, in all of them.
 * @param kinds of the operands
 * @throws CajalError where the function has a step that is no function of numbers
 */
export function derivative(f: string, by: number, kinds: readonly Kind[]): Expression {
  const e = parseExpression(f)
  const { graph } = traceGraph(
    kinds.map((kind) => ({ dtype: dtypeOf[kind], shape: [] })),
    (...xs) => [grad((x: Tensor) => evaluate(e, xs.with(by, x), "f32"))(xs[by])],
  )
  const { inputs, outputs } = clean(graph)
  const read = (v: (typeof outputs)[number]): Expression => {
    const index = inputs.indexOf(v)
    if (index >= 0) return { kind: "operand", index }
    const { primitive, attributes, inputs: from } = v.node as NonNullable<typeof v.node>
    if (primitive.name === "full") return { kind: "number", value: attributes.value }
    if (primitive.kind === "elementwise")
      return { kind: "call", name: primitive.name === "cast" ? attributes.dtype : primitive.name, of: from.map(read) }
    if (from.length === 1) return read(from[0])
    throw new CajalError(`${f} has no derivative that is a function of numbers: ${primitive.name} is in it`)
  }
  return read(outputs[0])
}
