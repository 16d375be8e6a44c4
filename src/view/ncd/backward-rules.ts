/** What an operation passes back: from the gradients of its results to those of its operands. */
import { at } from "./affine.ts"
import { derivative } from "./derivative.ts"
import { printExpression, substitute } from "./expression.ts"
import { isContraction, isOpaque } from "./operations.ts"
import type { GradientAttributes } from "./run-box.ts"
import { type Product, productOf, type Read, readOwn, type Tape, type Wire } from "./tape.ts"
import { type Axis, array, type Box, degreeOf, type Json, type Slot, targetsOf, type Weave } from "./terms.ts"

/** A box as it ran forward. */
export interface Ran {
  readonly box: Box
  readonly inputs: readonly Wire[]
  readonly outputs: readonly Wire[]
}

/** The gradient of one operand; undefined where it is zero. `dys` are those of the results, undefined where they are zero. */
type Rule = (tape: Tape, ran: Ran, dys: readonly (Wire | undefined)[], by: number) => Wire | undefined

const asRead = (wire: Wire, { slots }: Weave): Read => ({ wire, slots })

/** Sums of products: the same product with the gradient in the operand's place. */
const contraction: Rule = (tape, { box, inputs }, [dy], by) => {
  const { bias, ...attributes } = box.attributes
  const learned = bias === true ? box.parameters.slice(0, -1) : box.parameters
  const made: Product = {
    op: learned.length > 0 ? box.op : "einsum",
    attributes: learned.length > 0 ? { ...attributes, mirrored: true } : attributes,
    factors: [
      asRead(dy as Wire, box.outputs[0]),
      ...inputs.flatMap((wire, i) => (i === by ? [] : [asRead(wire, box.inputs[i])])),
    ],
    parameters: learned,
  }
  return tape.mirrored(made, box.inputs[by])
}

/** f'(x) · dy at every index. */
const elementwise: Rule = (tape, { box, inputs, outputs }, [dy], by) => {
  const operands: Weave[] = [...box.inputs, ...box.parameters]
  const slope = derivative(
    String(box.attributes.f),
    by,
    operands.map((w) => w.array.kind),
  )
  const own = readOwn(dy as Wire)
  if (slope.kind === "number" && slope.value === 0) return undefined
  if (slope.kind === "number" && slope.value === 1) return tape.mirrored(productOf(own), box.inputs[by])
  // Only what the slope depends on is read again.
  const used = new Set<number>()
  substitute(slope, (index) => {
    used.add(index)
    return { kind: "operand", index }
  })
  const wires = inputs.flatMap((_, i) => (used.has(i) ? [i] : []))
  const learned = box.parameters.flatMap((_, i) => (used.has(inputs.length + i) ? [inputs.length + i] : []))
  const order = [-1, ...wires, ...learned]
  const scaled = substitute(slope, (index) => ({ kind: "operand", index: order.indexOf(index) }))
  const f = slope.kind === "number" && slope.value === -1 ? "neg(a)" : `mul(a,${printExpression(scaled)})`
  const out = array(outputs[0].array.axes)
  const made = tape.box(
    "map",
    { ...box.attributes, f },
    [own, ...wires.map((i) => asRead(inputs[i], box.inputs[i]))],
    out,
    {
      parameters: learned.map((i) => box.parameters[i - inputs.length]),
    },
  )
  return tape.mirrored(productOf(readOwn(made)), box.inputs[by])
}

/** y (dy - Σ y dy); of the logarithm dy - exp(y) Σ dy. */
const softmax: Rule = (tape, { box, outputs: [y] }, [dy], by) => {
  const isLog = box.op === "logSoftmax"
  const [slope, result] = [readOwn(dy as Wire), readOwn(y)]
  const sum = tape.product(productOf(slope, ...(isLog ? [] : [result])), array(degreeOf(box)))
  const f = isLog ? "sub(a,mul(exp(b),c))" : "mul(b,sub(a,c))"
  const made = tape.map(f, [slope, result, readOwn(sum)], array(y.array.axes))
  return tape.mirrored(productOf(readOwn(made)), box.inputs[by], targetsOf(box.outputs[0]))
}

/** Every element of a sum has its gradient. */
const sum: Rule = (tape, { box }, [dy], by) =>
  tape.mirrored(productOf(readOwn(dy as Wire)), box.inputs[by], tape.beside(box, targetsOf(box.inputs[by])))

/** The elements that reach an extremum share its gradient. */
const extremum: Rule = (tape, { box, inputs, outputs: [y] }, [dy], by) => {
  const weave = box.inputs[by]
  const own = tape.beside(box, targetsOf(weave))
  const wide = array([...degreeOf(box), ...own])
  const reached = tape.map("f32(eq(a,b))", [{ wire: inputs[by], slots: named(weave, own) }, readOwn(y)], wide)
  const count = tape.product(productOf(readOwn(reached)), y.array)
  const made = tape.map("mul(b,div(a,c))", [readOwn(dy as Wire), readOwn(reached), readOwn(count)], wide)
  return tape.mirrored(productOf(readOwn(made)), weave, own)
}

/** Slots with its targets read at indices. */
function named({ slots }: Weave, targets: readonly Axis[]): Slot[] {
  const rest = [...targets]
  return slots.map((s) => (s === "target" ? at(rest.shift() as Axis) : s))
}

/** Any other operation: its gradient is an operation of its own, in the same passes. */
const gradient: Rule = (tape, { box, inputs }, dys, by) => {
  const given = dys.flatMap((dy, i) => (dy === undefined ? [] : [i]))
  const own = tape.beside(box, targetsOf(box.inputs[by]))
  const degree = degreeOf(box)
  const out = array([...degree, ...own])
  const attributes: GradientAttributes = { of: box.op, attributes: box.attributes, by, given }
  const made = tape.box(
    "gradient",
    attributes as unknown as Record<string, Json>,
    [
      ...inputs.map((wire, i) => asRead(wire, box.inputs[i])),
      ...given.map((o) => asRead(dys[o] as Wire, box.outputs[o])),
    ],
    out,
    {
      parameters: box.parameters,
      slots: out.axes.map((axis, i) => (i < degree.length ? at(axis) : "target")),
    },
  )
  return tape.mirrored(productOf(readOwn(made)), box.inputs[by], own)
}

const rules: Readonly<Record<string, Rule>> = {
  map: elementwise,
  softmax,
  logSoftmax: softmax,
  sum,
  max: extremum,
  min: extremum,
}

/** The rule of a box; undefined where the diagram knows no more than its name. */
export const ruleOf = (box: Box): Rule | undefined =>
  isOpaque(box) ? undefined : isContraction(box.op) ? contraction : (rules[box.op] ?? gradient)
