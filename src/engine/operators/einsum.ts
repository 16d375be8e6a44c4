import { operationError } from "../errors.ts"
import { formatShape, sizeOf } from "../shape.ts"
import type { Tensor } from "../tensor.ts"
import { mul } from "./elementwise.ts"
import { reshape, transpose } from "./layout.ts"
import { matmul } from "./matmul.ts"
import { sum } from "./reduce.ts"

/** A tensor whose axes have names. */
interface Named {
  readonly tensor: Tensor
  readonly axes: readonly string[]
}

/**
 * A sum of products in Einstein's notation, of one tensor or two: `einsum("bqd,bkd->bqk", q, k)`. What is left out on the right is summed over;
 * without `->` the axes that occur once, in alphabetical order, are left. `...` stands for leading axes, the same in all that have them. It becomes
 * one matrix product, with the transpositions that it needs.
 * @throws CajalError naming the axis whose sizes differ
 */
export function einsum(equation: string, ...tensors: Tensor[]): Tensor {
  const { inputs, output } = parse(equation, tensors)
  const operands = inputs.map((axes, i): Named => ({ tensor: tensors[i], axes }))
  checkSizes(equation, operands)
  const only = operands.map((x, i) => {
    const others = operands.filter((_, k) => k !== i)
    return summed(x, (axis) => output.includes(axis) || others.some((other) => other.axes.includes(axis)))
  })
  const result = only.length === 1 ? only[0] : multiplied(only[0], only[1], output)
  return arranged(result, output)
}

function parse(equation: string, tensors: readonly Tensor[]): { inputs: string[][]; output: string[] } {
  const compact = equation.replaceAll(" ", "")
  const [left, right, ...more] = compact.split("->")
  const terms = left.split(",")
  if (more.length > 0 || !/^[A-Za-z.,]*$/.test(left + (right ?? "")))
    throw operationError(`einsum: "${equation}" is not an equation`, { hint: 'write it as "ij,jk->ik"' })
  if (terms.length !== tensors.length || terms.length > 2)
    throw operationError(`einsum: "${equation}" has ${terms.length} operands, ${tensors.length} were given`, {
      hint: "it takes one or two: combine more in steps",
    })
  const leading = terms.map((term, i) => tensors[i].rank - term.replace("...", "").length)
  const inputs = terms.map((term, i) => namesOf(equation, term, Math.max(0, leading[i])))
  inputs.forEach((axes, i) => {
    if (axes.length !== tensors[i].rank)
      throw operationError(
        `einsum: "${terms[i]}" names ${axes.length} axes of ${formatShape(tensors[i].shape)}, which has ${tensors[i].rank}`,
      )
    if (new Set(axes).size !== axes.length)
      throw operationError(`einsum: "${terms[i]}" names an axis twice`, { hint: "diagonals are not taken: use take" })
  })
  const dots = Math.max(...inputs.map((axes) => axes.filter((axis) => axis.startsWith(".")).length))
  const all = inputs.flat()
  const output =
    right === undefined
      ? [
          ...namesOf(equation, "...", dots),
          ...all.filter((axis) => !axis.startsWith(".") && all.indexOf(axis) === all.lastIndexOf(axis)).sort(),
        ]
      : namesOf(equation, right, dots)
  for (const axis of output)
    if (!all.includes(axis) || output.indexOf(axis) !== output.lastIndexOf(axis))
      throw operationError(`einsum: the axis ${axis} of the result is ${all.includes(axis) ? "named twice" : "new"}`)
  return { inputs, output }
}

/** The names of the axes of one term; those behind the dots are counted from the last. */
function namesOf(equation: string, term: string, dots: number): string[] {
  const at = term.indexOf("...")
  const letters = term.replace("...", "")
  if (letters.includes(".")) throw operationError(`einsum: "${equation}" is not an equation`)
  if (at < 0) return [...letters]
  const hidden = Array.from({ length: dots }, (_, i) => `.${dots - i}`)
  return [...letters.slice(0, at), ...hidden, ...letters.slice(at)]
}

const sizeIn = ({ tensor, axes }: Named, axis: string): number => tensor.shape[axes.indexOf(axis)]

function checkSizes(equation: string, operands: readonly Named[]): void {
  const [a, b] = operands
  for (const axis of b?.axes ?? [])
    if (a.axes.includes(axis) && sizeIn(a, axis) !== sizeIn(b, axis))
      throw operationError(
        `einsum "${equation}": the axis ${axis.startsWith(".") ? "..." : axis} has size ${sizeIn(a, axis)} in ${formatShape(a.tensor.shape)} and ${sizeIn(b, axis)} in ${formatShape(b.tensor.shape)}`,
      )
}

/** Sums over the axes that nobody needs. */
function summed({ tensor, axes }: Named, isNeeded: (axis: string) => boolean): Named {
  const gone = axes.flatMap((axis, i) => (isNeeded(axis) ? [] : [i]))
  return { tensor: gone.length === 0 ? tensor : sum(tensor, gone), axes: axes.filter(isNeeded) }
}

const arranged = ({ tensor, axes }: Named, order: readonly string[]): Tensor =>
  transpose(
    tensor,
    order.map((axis) => axes.indexOf(axis)),
  )

/** The product of two: axes of both that stay are the batch, those that go are summed over. */
function multiplied(a: Named, b: Named, output: readonly string[]): Named {
  const shared = a.axes.filter((axis) => b.axes.includes(axis))
  const batch = shared.filter((axis) => output.includes(axis))
  const inner = shared.filter((axis) => !output.includes(axis))
  const [left, right] = [a, b].map((x) => x.axes.filter((axis) => !shared.includes(axis)))
  const axes = [...batch, ...left, ...right]
  const sizes = (x: Named, names: readonly string[]): number[] => names.map((axis) => sizeIn(x, axis))
  const shape = [...sizes(a, [...batch, ...left]), ...sizes(b, right)]
  if (inner.length === 0) {
    const ones = (list: readonly string[]): number[] => list.map(() => 1)
    const x = reshape(arranged(a, [...batch, ...left]), [...sizes(a, [...batch, ...left]), ...ones(right)])
    const y = reshape(arranged(b, [...batch, ...right]), [...sizes(b, batch), ...ones(left), ...sizes(b, right)])
    return { tensor: mul(x, y), axes }
  }
  const [m, k, n] = [sizeOf(sizes(a, left)), sizeOf(sizes(a, inner)), sizeOf(sizes(b, right))]
  const lead = batch.length === 0 ? [] : [sizeOf(sizes(a, batch))]
  const x = reshape(arranged(a, [...batch, ...left, ...inner]), [...lead, m, k])
  const y = reshape(arranged(b, [...batch, ...inner, ...right]), [...lead, k, n])
  return { tensor: reshape(matmul(x, y), shape), axes }
}
