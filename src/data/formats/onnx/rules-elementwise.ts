import { exp, log, tanh, where } from "../../../engine/operators/elementwise.ts"
import type { Emitter, Rule } from "./emit.ts"
import { onnxTypes } from "./tensors.ts"

const unary =
  (name: string): Rule =>
  ({ inputs: [x], outputs: [y] }, out) => {
    const small = out.compact(x)
    // What is computed of repeated elements is not repeated before.
    return out.op(name, [small.shape.length === y.type.shape.length ? small.name : out.of(x)])
  }

const several =
  (name: string): Rule =>
  ({ inputs, outputs: [y] }, out) =>
    out.op(name, out.operands(inputs, y.type.shape))

/** Bits of whole numbers, or truth. */
const logical =
  (truth: string, bits: string): Rule =>
  (node, out) =>
    several(node.inputs[0].type.dtype === "bool" ? truth : bits)(node, out)

const shift =
  (direction: string): Rule =>
  ({ inputs, outputs: [y] }, out) => {
    const { dtype } = y.type
    const [a, b] = out.operands(inputs, y.type.shape)
    if (dtype === "u32") return out.op("BitShift", [a, b], { direction })
    // ONNX shifts unsigned numbers; an arithmetic shift is a division by a power of two, rounded down.
    const wide = (x: string): string => out.op("Cast", [x], { to: onnxTypes.f64 })[0]
    const factor = out.op("Pow", [out.scalar(2, "f64"), wide(b)])[0]
    const moved = out.op(direction === "LEFT" ? "Mul" : "Div", [wide(a), factor])
    const whole = direction === "LEFT" ? moved : out.op("Floor", moved)
    return castTo(out, castTo(out, whole[0], onnxTypes.i64), onnxTypes.i32, true)
  }

function castTo(out: Emitter, x: string, to: number): string
function castTo(out: Emitter, x: string, to: number, all: true): string[]
function castTo(out: Emitter, x: string, to: number, all?: true): string | string[] {
  const made = out.op("Cast", [x], { to })
  return all === true ? made : made[0]
}

const cast: Rule = ({ inputs: [x], outputs: [y] }, out) => {
  const { dtype } = y.type
  const small = out.compact(x)
  const name = small.shape.length === y.type.shape.length ? small.name : out.of(x)
  const isByte = dtype === "u8" || dtype === "i8"
  const from = isByte && (x.type.dtype === "f32" || x.type.dtype === "f64") ? castTo(out, name, onnxTypes.i32) : name
  return out.op("Cast", [from], { to: onnxTypes[dtype] })
}

export const elementwiseRules: Readonly<Record<string, Rule>> = {
  neg: unary("Neg"),
  abs: unary("Abs"),
  sign: unary("Sign"),
  exp: unary("Exp"),
  log: unary("Log"),
  sqrt: unary("Sqrt"),
  sin: unary("Sin"),
  cos: unary("Cos"),
  tanh: unary("Tanh"),
  sigmoid: unary("Sigmoid"),
  erf: unary("Erf"),
  floor: unary("Floor"),
  ceil: unary("Ceil"),
  round: unary("Round"),
  not: unary("Not"),
  add: several("Add"),
  sub: several("Sub"),
  mul: several("Mul"),
  div: several("Div"),
  pow: several("Pow"),
  min: several("Min"),
  max: several("Max"),
  eq: several("Equal"),
  lt: several("Less"),
  le: several("LessOrEqual"),
  and: logical("And", "BitwiseAnd"),
  or: logical("Or", "BitwiseOr"),
  xor: logical("Xor", "BitwiseXor"),
  shiftLeft: shift("LEFT"),
  shiftRight: shift("RIGHT"),
  select: several("Where"),
  cast,
  // eˣ - 1 = 2 t / (1 - t) with t = tanh(x / 2), which does not cancel near 0.
  expm1: (node, out) =>
    out.composed(node, (x) => {
      const t = tanh(x.mul(0.5))
      return [where(x.abs().lt(1), t.mul(2).div(t.neg().add(1)), exp(x).sub(1))]
    }),
  // Kahan's correction of log(1 + x) for what 1 + x loses.
  log1p: (node, out) =>
    out.composed(node, (x) => {
      const sum = x.add(1)
      const lost = sum.sub(1)
      return [where(lost.eq(0), x, log(sum).mul(where(lost.eq(x), 1, x.div(where(lost.eq(0), 1, lost)))))]
    }),
}
