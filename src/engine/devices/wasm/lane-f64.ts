import { bytesOf, type DType } from "../../dtype.ts"
import { call, type Expr, f32, f32x4, f64, i32, i32x4, select, type ValueType } from "./assembler/index.ts"
import { fromHalf, halfBits, toHalf } from "./half.ts"
import { hostFunction } from "./host-math.ts"
import type { Lanes } from "./lanes.ts"
import type { LaneContext } from "./vector-math.ts"

type I = Expr<"i32">
type F = Expr<"f64">

const localType = (dtype: DType): ValueType => (dtype === "f64" ? "f64" : dtype === "f32" ? "f32" : "i32")

function load(dtype: DType, address: I): Expr {
  switch (dtype) {
    case "f64":
      return f64.load(address)
    case "f32":
      return f32.load(address)
    case "bool":
    case "u8":
      return i32.load8U(address)
    case "i8":
      return i32.load8S(address)
    case "f16":
      return i32.load16U(address)
    default:
      return i32.load(address)
  }
}

/** One element at a time with scalar instructions; a bool is 0 or 1. */
export const scalarLane: Lanes = {
  width: 1,
  local: localType,
  load,
  gather: (dtype, address) => load(dtype, address),
  splat: load,
  constant: (dtype, value) =>
    dtype === "f64"
      ? f64.const(value)
      : dtype === "f32"
        ? f32.const(value)
        : i32.const(dtype === "bool" ? Number(value !== 0) : dtype === "f16" ? halfBits(value) : value | 0),
  store(f, dtype, address, value) {
    if (dtype === "f64") f.store("f64", address, value as F)
    else if (dtype === "f32") f.store("f32", address, value as Expr<"f32">)
    else f.store(bytesOf[dtype] === 1 ? "u8" : dtype === "f16" ? "u16" : "i32", address, value as I)
  },
  apply: (context, name, input, output, args) =>
    input === "f64" || input === "f32"
      ? applyFloat(context, name, input, output, args)
      : applyInteger(name, input, output, args as I[]),
}

type FloatFamily = typeof f64 | typeof f32
const instruction: Record<string, string> = {
  add: "add",
  sub: "sub",
  mul: "mul",
  div: "div",
  min: "min",
  max: "max",
  neg: "neg",
  abs: "abs",
  sqrt: "sqrt",
  floor: "floor",
  ceil: "ceil",
  round: "nearest",
  eq: "eq",
  lt: "lt",
  le: "le",
}

function applyFloat(
  context: LaneContext,
  name: string,
  input: "f32" | "f64",
  output: DType,
  args: readonly Expr[],
): Expr {
  const family: FloatFamily = input === "f64" ? f64 : f32
  const known = instruction[name]
  if (known !== undefined) return (family[known as "add"] as (...args: readonly Expr[]) => Expr)(...args)
  const zero = input === "f64" ? f64.const(0) : f32.const(0)
  const compare = family as typeof f64
  const [x, y, z] = args as F[]
  if (name === "select") return select(x as unknown as I, y, z)
  if (name === "sign") {
    const one = compare.copysign((input === "f64" ? f64.const(1) : f32.const(1)) as F, x)
    return select(i32.or(compare.lt(x, zero as F), compare.gt(x, zero as F)), one, x)
  }
  if (name === "cast") {
    if (output === "f64") return input === "f64" ? x : f64.promote(x as unknown as Expr<"f32">)
    if (output === "f32") return input === "f32" ? x : f32.demote(x)
    if (output === "f16") return i32x4.extractLane(toHalf(context.f, f32x4.splat(x as unknown as Expr<"f32">)), 0)
    if (output === "bool") return compare.ne(x, zero as F)
    if (input === "f64") return output === "u32" ? i32.truncSatF64U(x) : i32.truncSatF64S(x)
    return output === "u32" ? i32.truncSatF32U(x as never) : i32.truncSatF32S(x as never)
  }
  const fn = hostFunction(context.module, name, args.length)
  if (input === "f64") return call(fn, args as never)
  return f32.demote(call(fn, args.map((a) => f64.promote(a as Expr<"f32">)) as never) as F)
}

function applyInteger(name: string, input: DType, output: DType, args: readonly I[]): Expr {
  const [x, y, z] = args
  const unsigned = input === "u32"
  switch (name) {
    case "add":
      return i32.add(x, y)
    case "sub":
      return i32.sub(x, y)
    case "mul":
      return i32.mul(x, y)
    case "neg":
      return i32.sub(0, x)
    case "abs":
      return unsigned ? x : select(i32.ltS(x, 0), i32.sub(0, x), x)
    case "sign":
      return unsigned ? i32.ne(x, 0) : i32.sub(i32.gtS(x, 0), i32.ltS(x, 0))
    case "min":
      return select(unsigned ? i32.ltU(x, y) : i32.ltS(x, y), x, y)
    case "max":
      return select(unsigned ? i32.gtU(x, y) : i32.gtS(x, y), x, y)
    case "eq":
      return i32.eq(x, y)
    case "lt":
      return unsigned ? i32.ltU(x, y) : i32.ltS(x, y)
    case "le":
      return unsigned ? i32.leU(x, y) : i32.leS(x, y)
    case "and":
      return i32.and(x, y)
    case "or":
      return i32.or(x, y)
    case "xor":
      return i32.xor(x, y)
    case "not":
      return i32.eqz(x)
    case "shiftLeft":
      return i32.shl(x, y)
    case "shiftRight":
      return unsigned ? i32.shrU(x, y) : i32.shrS(x, y)
    case "select":
      return select(x, y, z)
    case "cast":
      if (input === "f16") return f32x4.extractLane(fromHalf(i32x4.splat(x)), 0)
      if (output === "f64") return unsigned ? f64.convertI32U(x) : f64.convertI32S(x)
      if (output === "f32") return unsigned ? f32.convertI32U(x) : f32.convertI32S(x)
      return output === "bool" ? i32.ne(x, 0) : x
  }
  throw new Error(`no code for the elementwise operator ${name} of ${input}`)
}
