import { allocate, type DType, isFloat, isInteger, isStorage } from "../dtype.ts"
import { operationError } from "../errors.ts"
import { type GradientContext, type Primitive, primitive, type TensorType } from "../primitive.ts"
import { broadcastShapes, formatShape, sameShape, sizeOf } from "../shape.ts"
import { erf as erfOf, roundHalfEven, sigmoid as sigmoidOf } from "../special.ts"
import type { Operand, Tensor } from "../tensor.ts"
import { apply1 } from "../trace.ts"
import { full } from "./constants.ts"
import { broadcastTo } from "./layout.ts"

/** One number out of the numbers at the same place of every input. */
type Scalar = (a: number, b: number, c: number) => number
type Gradient<A = object> = (context: GradientContext<A> & { readonly g: Tensor }) => readonly (Tensor | undefined)[]

interface Rule {
  readonly accepts: (dtype: DType) => boolean
  readonly result: (inputs: readonly TensorType[]) => DType
  readonly scalar: (dtype: DType) => Scalar
  readonly gradient?: Gradient
}

/** The elementwise operators by name: a device fills one table with the same names. */
export const elementwisePrimitives = new Map<string, Primitive>()

function elementwise(name: string, arity: number, rule: Rule): Primitive {
  const made: Primitive = primitive({
    name,
    kind: "elementwise",
    type(inputs) {
      const last = inputs[inputs.length - 1]
      for (const input of inputs) {
        if (!sameShape(input.shape, last.shape))
          throw operationError(`${name}: shapes ${inputs.map((t) => formatShape(t.shape)).join(" and ")} differ`)
      }
      const operands = inputs.slice(arity === 3 ? 1 : 0)
      for (const { dtype } of operands) {
        if (!rule.accepts(dtype))
          throw operationError(`${name} does not take ${dtype}`, { hint: 'cast it first: x.cast("f32")' })
        if (dtype !== last.dtype)
          throw operationError(`${name}: dtypes ${operands.map((t) => t.dtype).join(" and ")} differ`, {
            hint: `cast one of them: x.cast("${operands[0].dtype}")`,
          })
      }
      return [{ dtype: rule.result(inputs), shape: last.shape }]
    },
    evaluate(inputs, _, [output]) {
      const data = allocate(output.dtype, sizeOf(output.shape))
      const scalar = rule.scalar(inputs[inputs.length - 1].dtype)
      const [a, b, c] = inputs.map((x) => x.data)
      for (let i = 0; i < data.length; i++) data[i] = scalar(a[i], b?.[i], c?.[i])
      return [{ ...output, data }]
    },
    gradient(context) {
      const g = context.cotangents[0]
      return g === undefined || rule.gradient === undefined ? [] : rule.gradient({ ...context, g })
    },
    batch: (inputs) => [apply1(made, alignLeading(inputs), {})],
  })
  elementwisePrimitives.set(name, made)
  return made
}

/** Inputs of one batched operator to one shape: those without the leading axis are repeated along it. */
function alignLeading(inputs: readonly Tensor[]): Tensor[] {
  const shape = inputs.map((t) => t.shape).reduce((a, b) => (a.length >= b.length ? a : b))
  return inputs.map((t) => broadcastTo(t, shape))
}

const same = (inputs: readonly TensorType[]): DType => inputs[inputs.length - 1].dtype
const bool = (): DType => "bool"
const isNumber = (d: DType): boolean => isFloat(d) || isInteger(d)
const isBits = (d: DType): boolean => isInteger(d) || d === "bool"
const always = (): boolean => true

const floats = (name: string, scalar: Scalar, gradient?: Gradient, arity = 1): Primitive =>
  elementwise(name, arity, { accepts: isFloat, result: same, scalar: () => scalar, gradient })
const numbers = (name: string, arity: number, scalar: Scalar, gradient?: Gradient, integer = scalar): Primitive =>
  elementwise(name, arity, {
    accepts: isNumber,
    result: same,
    scalar: (d) => (isInteger(d) ? integer : scalar),
    gradient,
  })
const comparison = (name: string, scalar: Scalar): Primitive =>
  elementwise(name, 2, { accepts: (d) => !isStorage(d), result: bool, scalar: () => scalar })
const bitwise = (name: string, scalar: Scalar, unsigned = scalar, accepts = isBits): Primitive =>
  elementwise(name, 2, { accepts, result: same, scalar: (d) => (d === "u32" ? unsigned : scalar) })

const P = {
  neg: numbers(
    "neg",
    1,
    (a) => -a,
    ({ g }) => [neg(g)],
  ),
  abs: numbers("abs", 1, Math.abs, ({ inputs: [x], g }) => [g.mul(sign(x))]),
  sign: numbers("sign", 1, Math.sign),
  exp: floats("exp", Math.exp, ({ outputs: [y], g }) => [g.mul(y)]),
  expm1: floats("expm1", Math.expm1, ({ outputs: [y], g }) => [g.mul(y.add(1))]),
  log: floats("log", Math.log, ({ inputs: [x], g }) => [g.div(x)]),
  log1p: floats("log1p", Math.log1p, ({ inputs: [x], g }) => [g.div(x.add(1))]),
  sqrt: floats("sqrt", Math.sqrt, ({ outputs: [y], g }) => [g.div(y).mul(0.5)]),
  sin: floats("sin", Math.sin, ({ inputs: [x], g }) => [g.mul(cos(x))]),
  cos: floats("cos", Math.cos, ({ inputs: [x], g }) => [neg(g.mul(sin(x)))]),
  tanh: floats("tanh", Math.tanh, ({ outputs: [y], g }) => [g.mul(y.mul(y).neg().add(1))]),
  sigmoid: floats("sigmoid", sigmoidOf, ({ outputs: [y], g }) => [g.mul(y).mul(y.neg().add(1))]),
  erf: floats("erf", erfOf, ({ inputs: [x], g }) => [g.mul(exp(neg(x.mul(x)))).mul(2 / Math.sqrt(Math.PI))]),
  floor: floats("floor", Math.floor),
  ceil: floats("ceil", Math.ceil),
  round: floats("round", roundHalfEven),
  not: elementwise("not", 1, { accepts: (d) => d === "bool", result: same, scalar: () => (a) => (a === 0 ? 1 : 0) }),
  add: numbers(
    "add",
    2,
    (a, b) => a + b,
    ({ g }) => [g, g],
  ),
  sub: numbers(
    "sub",
    2,
    (a, b) => a - b,
    ({ g, wanted }) => [g, wanted[1] ? neg(g) : undefined],
  ),
  mul: numbers(
    "mul",
    2,
    (a, b) => a * b,
    ({ inputs: [a, b], g, wanted }) => [wanted[0] ? g.mul(b) : undefined, wanted[1] ? g.mul(a) : undefined],
    Math.imul,
  ),
  div: floats(
    "div",
    (a, b) => a / b,
    ({ inputs: [, b], outputs: [y], g, wanted }) => {
      const share = g.div(b)
      return [share, wanted[1] ? neg(share.mul(y)) : undefined]
    },
    2,
  ),
  pow: floats(
    "pow",
    (a, b) => a ** b,
    ({ inputs: [a, b], outputs: [y], g, wanted }) => [
      // x⁰ is 1 for every x, and 0ˣ is 0 for every x above 0: no slope, where the formulas alone would give 0 · ∞.
      wanted[0] ? where(eq(b, 0), 0, g.mul(b).mul(pow(a, b.sub(1)))) : undefined,
      wanted[1] ? where(eq(y, 0), 0, g.mul(y).mul(log(a))) : undefined,
    ],
    2,
  ),
  min: numbers(
    "min",
    2,
    (a, b) => Math.min(a, b),
    ({ inputs: [a, b], g }) => choose(le(a, b), g),
  ),
  max: numbers(
    "max",
    2,
    (a, b) => Math.max(a, b),
    ({ inputs: [a, b], g }) => choose(ge(a, b), g),
  ),
  eq: comparison("eq", (a, b) => (a === b ? 1 : 0)),
  lt: comparison("lt", (a, b) => (a < b ? 1 : 0)),
  le: comparison("le", (a, b) => (a <= b ? 1 : 0)),
  and: bitwise("and", (a, b) => a & b),
  or: bitwise("or", (a, b) => a | b),
  xor: bitwise("xor", (a, b) => a ^ b),
  shiftLeft: bitwise("shiftLeft", (a, b) => a << b, undefined, isInteger),
  shiftRight: bitwise(
    "shiftRight",
    (a, b) => a >> b,
    (a, b) => a >>> b,
    isInteger,
  ),
  select: elementwise("select", 3, {
    accepts: always,
    result: same,
    scalar: () => (condition, a, b) => (condition !== 0 ? a : b),
    gradient: ({ inputs: [condition], g, wanted }) => [
      undefined,
      wanted[1] ? where(condition, g, 0) : undefined,
      wanted[2] ? where(condition, 0, g) : undefined,
    ],
  }),
}

const choose = (first: Tensor, g: Tensor): readonly Tensor[] => [where(first, g, 0), where(first, 0, g)]

const castPrimitive: Primitive<{ dtype: DType }> = primitive({
  name: "cast",
  kind: "elementwise",
  type: ([x], { dtype }) => [{ dtype, shape: x.shape, ...(x.events === true ? { events: true } : {}) }],
  evaluate: ([x], { dtype }, [output]) => {
    const data = allocate(dtype, x.data.length)
    if (dtype === "bool") for (let i = 0; i < data.length; i++) data[i] = x.data[i] !== 0 ? 1 : 0
    else if ((isInteger(dtype) || dtype === "u8" || dtype === "i8") && isFloat(x.dtype))
      for (let i = 0; i < data.length; i++) data[i] = saturate(x.data[i], dtype)
    else for (let i = 0; i < data.length; i++) data[i] = x.data[i]
    return [{ ...output, data }]
  },
  gradient: ({ inputs: [x], cotangents: [g] }) => [g !== undefined && isFloat(x.dtype) ? cast(g, x.dtype) : undefined],
  batch: ([x], _, attributes) => [apply1(castPrimitive, [x], attributes)],
})

/** Floats to integers as WebAssembly's saturating truncation does; integers wrap. A float becomes a byte by way of an i32. */
function saturate(x: number, dtype: DType): number {
  if (Number.isNaN(x)) return 0
  const [low, high] = dtype === "u32" ? [0, 4294967295] : [-2147483648, 2147483647]
  return Math.min(Math.max(Math.trunc(x), low), high)
}

/** Operands as tensors of one shape; numbers take the dtype of the tensors beside them. */
function broadcastOperands(name: string, operands: readonly Operand[], like?: Tensor): Tensor[] {
  const model = like ?? (operands.find((x) => typeof x === "object") as Tensor | undefined)
  const dtype = model?.dtype ?? "f32"
  let shape = (operands.find((x) => typeof x === "object") as Tensor | undefined)?.shape ?? []
  for (const x of operands) {
    if (typeof x !== "object") continue
    const joined = broadcastShapes(shape, x.shape)
    if (joined === undefined)
      throw operationError(`cannot ${name} tensors of shapes ${formatShape(shape)} and ${formatShape(x.shape)}`, {
        hint: "sizes must be equal or 1, aligned at the last axis; insert an axis with expandDims where it is missing",
      })
    shape = joined
  }
  return operands.map((x) => {
    if (typeof x === "object") return broadcastTo(x, shape)
    if (isInteger(dtype) && Number.isFinite(x) && !Number.isInteger(Number(x)))
      throw operationError(`${name}: ${x} is no whole number, the tensor beside it is ${dtype}`, {
        hint: 'cast the tensor first: x.cast("f32")',
      })
    return full(shape, Number(x), dtype)
  })
}

const unaryOperator =
  (p: Primitive) =>
  (x: Tensor): Tensor =>
    apply1(p, [x], {})
const binaryOperator =
  (p: Primitive) =>
  (a: Operand, b: Operand): Tensor =>
    apply1(p, broadcastOperands(p.name, [a, b]), {})

export const neg = unaryOperator(P.neg)
export const abs = unaryOperator(P.abs)
export const sign = unaryOperator(P.sign)
export const exp = unaryOperator(P.exp)
export const expm1 = unaryOperator(P.expm1)
export const log = unaryOperator(P.log)
export const log1p = unaryOperator(P.log1p)
export const sqrt = unaryOperator(P.sqrt)
export const sin = unaryOperator(P.sin)
export const cos = unaryOperator(P.cos)
export const tanh = unaryOperator(P.tanh)
export const sigmoid = unaryOperator(P.sigmoid)
export const erf = unaryOperator(P.erf)
export const floor = unaryOperator(P.floor)
export const ceil = unaryOperator(P.ceil)
/** The nearest whole number, halves to the even one. */
export const round = unaryOperator(P.round)
export const not = unaryOperator(P.not)
export const add = binaryOperator(P.add)
export const sub = binaryOperator(P.sub)
export const mul = binaryOperator(P.mul)
export const div = binaryOperator(P.div)
export const pow = binaryOperator(P.pow)
export const minimum = binaryOperator(P.min)
export const maximum = binaryOperator(P.max)
export const eq = binaryOperator(P.eq)
export const lt = binaryOperator(P.lt)
export const le = binaryOperator(P.le)
export const ne = (a: Operand, b: Operand): Tensor => not(eq(a, b))
export const gt = (a: Operand, b: Operand): Tensor => lt(b, a)
export const ge = (a: Operand, b: Operand): Tensor => le(b, a)
export const and = binaryOperator(P.and)
export const or = binaryOperator(P.or)
export const xor = binaryOperator(P.xor)
export const shiftLeft = binaryOperator(P.shiftLeft)
/** Arithmetic for i32, logical for u32. */
export const shiftRight = binaryOperator(P.shiftRight)

/** `a` where the condition holds, `b` elsewhere. */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  const like = (typeof a === "object" ? a : typeof b === "object" ? b : undefined) as Tensor | undefined
  const dtype = like?.dtype ?? "f32"
  const typed = (x: Operand): Operand => (typeof x === "object" ? x : full([], Number(x), dtype))
  return apply1(P.select, broadcastOperands("select", [condition, typed(a), typed(b)]), {})
}

/**
 * The elements as another dtype; floats are cut towards zero and held in range when they become i32 or u32 (a u8 or i8 keeps the low 8 bits of
 * the i32), `bool` is x != 0. f16 comes from f32 and becomes f32, rounded to the nearest, ties to even; other types go by way of f32. Gradients
 * stop at a cast to a type that is not f32 or f64.
 */
export function cast(x: Tensor, dtype: DType): Tensor {
  if (x.dtype === dtype) return x
  const isHalf = dtype === "f16" || x.dtype === "f16"
  const by = isHalf && dtype !== "f32" ? cast(x, "f32") : x
  const from = isHalf && x.dtype === "f16" ? apply1(castPrimitive, [x], { dtype: "f32" }) : by
  return from.dtype === dtype ? from : apply1(castPrimitive, [from], { dtype })
}

/** 1 / x */
export const reciprocal = (x: Tensor): Tensor => div(1, x)
export const square = (x: Tensor): Tensor => mul(x, x)
/** x where it is above 0, else 0; NaN stays NaN. The gradient at 0 is 0. */
export const relu = (x: Tensor): Tensor => maximum(0, x)
/** Held between `low` and `high`; the gradient is 0 outside. */
export const clip = (x: Tensor, low: Operand, high: Operand): Tensor => minimum(maximum(x, low), high)
/** x Φ(x), exactly. */
export const gelu = (x: Tensor): Tensor => mul(mul(x, 0.5), add(erf(mul(x, Math.SQRT1_2)), 1))
/** log(1 + eˣ) without overflow. Where x = 0 both ties go to their first side, whose slopes 1 and -1/2 add up to the true 1/2. */
export const softplus = (x: Tensor): Tensor => add(maximum(x, 0), log1p(exp(minimum(neg(x), x))))
export const silu = (x: Tensor): Tensor => mul(x, sigmoid(x))
