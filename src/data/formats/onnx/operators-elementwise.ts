import type { DType } from "../../../engine/dtype.ts"
import { isFloat, isInteger } from "../../../engine/dtype.ts"
import { full } from "../../../engine/operators/constants.ts"
import * as math from "../../../engine/operators/elementwise.ts"
import type { Tensor } from "../../../engine/tensor.ts"
import type { Call, Operator } from "./call.ts"
import { dtypeOf, onnxTypes } from "./tensors.ts"

const unary =
  (compute: (x: Tensor) => Tensor): Operator =>
  (call) =>
    compute(call.x())
const binary =
  (compute: (a: Tensor, b: Tensor) => Tensor): Operator =>
  (call) =>
    compute(call.x(0), call.x(1))
const variadic =
  (compute: (a: Tensor, b: Tensor) => Tensor): Operator =>
  (call) =>
    call.inputs.map((_, i) => call.x(i)).reduce(compute)

const sumOf = (call: Call): Tensor => call.inputs.map((_, i) => call.x(i)).reduce((a, b) => a.add(b))

/** A function of floats on whole numbers too, by way of doubles; the result is cut towards 0. */
const widened =
  (compute: (...xs: Tensor[]) => Tensor) =>
  (...xs: Tensor[]): Tensor => {
    const { dtype } = xs[0]
    return isInteger(dtype) ? compute(...xs.map((x) => x.cast("f64"))).cast(dtype) : compute(...xs)
  }
const power = (a: Tensor, b: Tensor): Tensor =>
  widened(math.pow)(a, b.dtype === a.dtype ? b : b.cast(a.dtype)).cast(a.dtype)
const quotient = widened(math.div)

function remainder(call: Call): Tensor {
  const [a, b] = [call.x(0), call.x(1)]
  const sign = call.int("fmod", 0) === 1
  return widened((x, y) => {
    const q = x.div(y)
    const whole = sign ? q.sign().mul(q.abs().floor()) : q.floor()
    return x.sub(y.mul(whole))
  })(a, b)
}

function clip(call: Call): Tensor {
  let x = call.x()
  const { dtype } = x
  const limit = (i: number, attribute: string): Tensor | undefined => {
    const given = call.float(attribute, Number.NaN)
    return call.inputs[i] ?? (Number.isNaN(given) ? undefined : full([], given, dtype))
  }
  const [low, high] = [limit(1, "min"), limit(2, "max")]
  if (low !== undefined) x = x.maximum(low)
  return high === undefined ? x : x.minimum(high)
}

const shift: Operator = (call) =>
  (call.text("direction", "LEFT") === "LEFT" ? math.shiftLeft : math.shiftRight)(call.x(0), call.x(1))

const elu = (x: Tensor, alpha: number): Tensor => x.maximum(0).add(x.minimum(0).expm1().mul(alpha))

const gelu: Operator = (call) => {
  const x = call.x()
  if (call.text("approximate", "none") === "none") return math.gelu(x)
  const inner = x.add(x.mul(x).mul(x).mul(0.044715)).mul(Math.sqrt(2 / Math.PI))
  return x.mul(0.5).mul(inner.tanh().add(1))
}

/** Numbers of any type as the type `to`. */
const castTo = (x: Tensor, to: DType): Tensor =>
  x.dtype === "u8" || x.dtype === "i8" ? x.cast("i32").cast(to) : x.cast(to)

/** 16-bit floats are kept as f32 here, but rounded to what they can hold. */
function cast(call: Call): Tensor {
  const to = call.int("to", 0)
  const y = castTo(call.x(), dtypeOf(to, `the result of ${call.node.name || "Cast"}`))
  return to === onnxTypes.f16 ? y.cast("f16").cast("f32") : y
}

export const elementwiseOperators: Readonly<Record<string, Operator>> = {
  Abs: unary(math.abs),
  Neg: unary(math.neg),
  Sign: unary(math.sign),
  Exp: unary(math.exp),
  Log: unary(math.log),
  Sqrt: unary(math.sqrt),
  Sin: unary(math.sin),
  Cos: unary(math.cos),
  Tan: unary((x) => x.sin().div(x.cos())),
  Tanh: unary(math.tanh),
  Sigmoid: unary(math.sigmoid),
  Erf: unary(math.erf),
  Floor: unary((x) => (isFloat(x.dtype) ? x.floor() : x)),
  Ceil: unary((x) => (isFloat(x.dtype) ? x.ceil() : x)),
  Round: unary(math.round),
  Reciprocal: unary(math.reciprocal),
  Relu: unary(math.relu),
  Softplus: unary(math.softplus),
  Softsign: unary((x) => x.div(x.abs().add(1))),
  Mish: unary((x) => x.mul(math.softplus(x).tanh())),
  Gelu: gelu,
  LeakyRelu: (call) => {
    const x = call.x()
    return x.maximum(0).add(x.minimum(0).mul(call.float("alpha", 0.01)))
  },
  PRelu: binary((x, slope) => x.maximum(0).add(x.minimum(0).mul(slope))),
  Elu: (call) => elu(call.x(), call.float("alpha", 1)),
  Selu: (call) => elu(call.x(), call.float("alpha", 1.6732632423543772)).mul(call.float("gamma", 1.0507009873554805)),
  HardSigmoid: (call) => math.clip(call.x().mul(call.float("alpha", 0.2)).add(call.float("beta", 0.5)), 0, 1),
  HardSwish: unary((x) => x.mul(math.clip(x.div(6).add(0.5), 0, 1))),
  Identity: unary((x) => x),
  Dropout: unary((x) => x),
  Not: unary(math.not),
  IsNaN: unary((x) => math.ne(x, x)),
  Add: binary(math.add),
  Sub: binary(math.sub),
  Mul: binary(math.mul),
  Div: binary(quotient),
  Mod: remainder,
  Pow: binary(power),
  Min: variadic(math.minimum),
  Max: variadic(math.maximum),
  Sum: sumOf,
  Mean: (call) => sumOf(call).mul(1 / call.inputs.length),
  Equal: binary(math.eq),
  Less: binary(math.lt),
  LessOrEqual: binary(math.le),
  Greater: binary(math.gt),
  GreaterOrEqual: binary(math.ge),
  And: binary(math.and),
  Or: binary(math.or),
  Xor: binary(math.xor),
  BitwiseAnd: binary(math.and),
  BitwiseOr: binary(math.or),
  BitwiseXor: binary(math.xor),
  BitShift: shift,
  Where: (call) => math.where(call.x(0), call.x(1), call.x(2)),
  Clip: clip,
  Cast: cast,
  CastLike: binary((x, like) => castTo(x, like.dtype)),
}
