import { bytesOf, type DType } from "../../dtype.ts"
import {
  call,
  type Expr,
  type FunctionBuilder,
  f32,
  f32x4,
  f64,
  features,
  i8x16,
  i16x8,
  i32,
  i32x4,
  type Local,
  type ValueType,
  v128,
} from "./assembler/index.ts"
import { fromHalf, halfBits, toHalf } from "./half.ts"
import { hostFunction } from "./host-math.ts"
import { scalarLane } from "./lane-f64.ts"
import { type LaneContext, sine, sineRange, vectorMath } from "./vector-math.ts"

/**
 * How elementwise code is written for one group of elements at a time. `vector`: four 32-bit elements; `single`: one, with the same
 * instructions on the first lane, so that tails have the same bits; `scalar`: one element with scalar instructions, for groups
 * with f64 in them. In vectors a bool is a mask of ones or zeros.
 */
export interface Lanes {
  readonly width: number
  /** The type of the local that holds an element of a dtype. */
  local(dtype: DType): ValueType
  load(dtype: DType, address: Expr<"i32">): Expr
  /** Loads `width` elements that are `stride` apart. */
  gather(dtype: DType, address: Expr<"i32">, stride: number): Expr
  /** One element for all lanes. */
  splat(dtype: DType, address: Expr<"i32">): Expr
  constant(dtype: DType, value: number): Expr
  store(f: FunctionBuilder, dtype: DType, address: Expr<"i32">, value: Expr): void
  /** An elementwise operator on values that can be emitted more than once (locals and constants). */
  apply(context: LaneContext, name: string, input: DType, output: DType, args: readonly Expr[]): Expr
}

type V = Expr<"v128">

const bytesToMask = (word: V): V => i32x4.neg(i32x4.extendLowI16x8U(i16x8.extendLowI8x16U(word)))
const bytesToInts = (word: V): V => i32x4.extendLowI16x8U(i16x8.extendLowI8x16U(word))
const maskToBytes = (mask: V): V => {
  const words = i16x8.narrowI32x4S(mask, mask)
  return v128.and(i8x16.narrowI16x8S(words, words), i8x16.splat(1))
}
const intsToBytes = (x: V): V => {
  const low = v128.and(x, i32x4.splat(255))
  const words = i16x8.narrowI32x4U(low, low)
  return i8x16.narrowI16x8U(words, words)
}

const isByte = (dtype: DType): boolean => dtype === "bool" || dtype === "u8" || dtype === "i8"
const fromBytes = (dtype: DType, word: V): V =>
  dtype === "bool"
    ? bytesToMask(word)
    : dtype === "i8"
      ? i32x4.extendLowI16x8S(i16x8.extendLowI8x16S(word))
      : bytesToInts(word)
const toWords = (halves: V): V => i32x4.extendLowI16x8U(halves)

const constantVector = (dtype: DType, value: number): V => {
  if (dtype === "f32") return f32x4.const(value, value, value, value)
  const n = dtype === "bool" ? (value !== 0 ? -1 : 0) : dtype === "f16" ? halfBits(value) : value | 0
  return i32x4.const(n, n, n, n)
}

const shared = {
  local: (): ValueType => "v128",
  splat: (dtype: DType, address: Expr<"i32">): Expr =>
    isByte(dtype)
      ? fromBytes(dtype, v128.load8Splat(address))
      : dtype === "f16"
        ? toWords(v128.load16Splat(address))
        : v128.load32Splat(address),
  constant: constantVector,
  apply: (context: LaneContext, name: string, input: DType, output: DType, args: readonly Expr[]): Expr =>
    applyVector(context, name, input, output, args as readonly V[]),
}

export const vectorLanes: Lanes = {
  ...shared,
  width: 4,
  load: (dtype, address) =>
    isByte(dtype)
      ? fromBytes(dtype, v128.load32Zero(address))
      : dtype === "f16"
        ? v128.load16x4U(address)
        : v128.load(address),
  gather(dtype, address, stride) {
    if (isByte(dtype)) {
      let word = v128.load8Splat(address)
      for (let lane = 1; lane < 4; lane++) word = v128.load8Lane(i32.add(address, lane * stride), word, lane)
      return fromBytes(dtype, word)
    }
    const half = dtype === "f16"
    let vector: V = half ? v128.load16Splat(address) : v128.load32Zero(address)
    const next = half ? v128.load16Lane : v128.load32Lane
    for (let lane = 1; lane < 4; lane++) vector = next(i32.add(address, lane * stride * bytesOf[dtype]), vector, lane)
    return half ? toWords(vector) : vector
  },
  store(f, dtype, address, value) {
    if (dtype === "bool") f.storeLane(32, address, maskToBytes(value as V), 0)
    else if (isByte(dtype)) f.storeLane(32, address, intsToBytes(value as V), 0)
    else if (dtype === "f16") f.storeLane(64, address, i16x8.narrowI32x4U(value as V, value as V), 0)
    else f.store("v128", address, value as V)
  },
}

export const singleLane: Lanes = {
  ...shared,
  width: 1,
  load: (dtype, address) =>
    isByte(dtype) || dtype === "f16" ? shared.splat(dtype, address) : v128.load32Zero(address),
  gather: (dtype, address) => singleLane.load(dtype, address),
  store(f, dtype, address, value) {
    const vector = value as V
    if (isByte(dtype))
      f.store("u8", address, dtype === "bool" ? i32.and(i32x4.extractLane(vector, 0), 1) : i32x4.extractLane(vector, 0))
    else if (dtype === "f16") f.storeLane(16, address, vector, 0)
    else f.storeLane(32, address, vector, 0)
  },
}

/** The lanes for a group of operators on these dtypes: the wide ones and the one for tails. */
export const lanesFor = (dtypes: Iterable<DType>): { main: Lanes; tail: Lanes } =>
  [...dtypes].includes("f64") ? { main: scalarLane, tail: scalarLane } : { main: vectorLanes, tail: singleLane }

const both =
  (a: (x: V, y: V) => V, b: (x: V, y: V) => V) =>
  (dtype: DType): ((x: V, y: V) => V) =>
    dtype === "f32" ? a : b

const comparisons: Record<string, Record<string, (x: V, y: V) => V>> = {
  eq: { f32: f32x4.eq, i32: i32x4.eq, u32: i32x4.eq, bool: i32x4.eq },
  lt: { f32: f32x4.lt, i32: i32x4.ltS, u32: i32x4.ltU, bool: (x, y) => v128.andnot(y, x) },
  le: { f32: f32x4.le, i32: i32x4.leS, u32: i32x4.leU, bool: (x, y) => v128.or(v128.not(x), y) },
}

const binaries: Record<string, (dtype: DType) => (x: V, y: V) => V> = {
  add: both(f32x4.add, i32x4.add),
  sub: both(f32x4.sub, i32x4.sub),
  mul: both(f32x4.mul, i32x4.mul),
  min: (dtype) => (dtype === "f32" ? f32x4.min : dtype === "u32" ? i32x4.minU : i32x4.minS),
  max: (dtype) => (dtype === "f32" ? f32x4.max : dtype === "u32" ? i32x4.maxU : i32x4.maxS),
  div: () => f32x4.div,
  and: () => v128.and,
  or: () => v128.or,
  xor: () => v128.xor,
}

function applyVector(context: LaneContext, name: string, input: DType, output: DType, args: readonly V[]): V {
  const [x, y, z] = args
  const compare = comparisons[name]
  if (compare !== undefined) return compare[input](x, y)
  const binary = binaries[name]
  if (binary !== undefined) return binary(input)(x, y)
  switch (name) {
    case "select":
      // Lanes of a mask are whole: both choose the same, one in fewer instructions.
      return features().relaxedSimd ? i32x4.relaxedLaneselect(y, z, x) : v128.bitselect(y, z, x)
    case "not":
      return v128.not(x)
    case "neg":
      return input === "f32" ? f32x4.neg(x) : i32x4.neg(x)
    case "abs":
      return input === "f32" ? f32x4.abs(x) : input === "u32" ? x : i32x4.abs(x)
    case "sign":
      return signOf(input, x)
    case "sqrt":
      return f32x4.sqrt(x)
    case "floor":
      return f32x4.floor(x)
    case "ceil":
      return f32x4.ceil(x)
    case "round":
      return f32x4.nearest(x)
    case "cast":
      return output === "f16" ? toHalf(context.f, x) : input === "f16" ? fromHalf(x) : castVector(input, output, x)
    case "shiftLeft":
      return perLane(args, (a, b) => i32.shl(a, b))
    case "shiftRight":
      return perLane(args, (a, b) => (input === "u32" ? i32.shrU(a, b) : i32.shrS(a, b)))
  }
  if (name === "sin" || name === "cos") return sineLanes(context, name, x)
  const math = vectorMath[name]
  if (math !== undefined) return math(context, x)
  return hostLanes(context, name, args)
}

function signOf(dtype: DType, x: V): V {
  if (dtype !== "f32") {
    const positive = v128.and(i32x4.gtS(x, i32x4.splat(0)), i32x4.splat(1))
    return dtype === "u32" ? i32x4.minU(x, i32x4.splat(1)) : v128.or(positive, i32x4.shrS(x, 31))
  }
  const zero = f32x4.splat(0)
  const one = v128.or(v128.and(x, f32x4.const(-0, -0, -0, -0)), f32x4.splat(1))
  return v128.bitselect(one, x, v128.or(f32x4.lt(x, zero), f32x4.gt(x, zero)))
}

function castVector(from: DType, to: DType, x: V): V {
  if (to === "bool")
    return from === "f32" ? f32x4.ne(x, f32x4.splat(0)) : from === "bool" ? x : i32x4.ne(x, i32x4.splat(0))
  if (from === "bool" && to === "f32") return v128.and(x, f32x4.const(1, 1, 1, 1))
  const whole = from === "bool" ? i32x4.neg(x) : x
  if (to === "f32") return from === "f32" ? x : from === "u32" ? f32x4.convertI32x4U(x) : f32x4.convertI32x4S(whole)
  if (from === "f32") return to === "u32" ? i32x4.truncSatF32x4U(x) : i32x4.truncSatF32x4S(x)
  return whole
}

/** An integer operation lane by lane. A shift by a constant is one instruction. */
function perLane(args: readonly V[], compute: (a: Expr<"i32">, b: Expr<"i32">) => Expr<"i32">): V {
  const [x, y] = args
  let result: V = i32x4.splat(compute(i32x4.extractLane(x, 0), i32x4.extractLane(y, 0)))
  for (let lane = 1; lane < 4; lane++)
    result = i32x4.replaceLane(result, lane, compute(i32x4.extractLane(x, lane), i32x4.extractLane(y, lane)))
  return result
}

/** sin and cos: by the host where an angle is large. */
function sineLanes(context: LaneContext, name: "sin" | "cos", x: V): V {
  const { f } = context
  const result = f.local("v128", f32x4.splat(0)) as Local<"v128">
  const isSmall = f32x4.le(f32x4.abs(x), f32x4.splat(sineRange))
  f.if(
    i32x4.allTrue(isSmall),
    () => f.set(result, sine(context, x, name === "sin" ? 0 : 1)),
    () => f.set(result, hostLanes(context, name, [x])),
  )
  return result
}

/** An operator that is computed by the host in double precision, lane by lane. */
function hostLanes({ module, f }: LaneContext, name: string, args: readonly V[]): V {
  const fn = hostFunction(module, name, args.length)
  const result = f.local("v128", f32x4.splat(0)) as Local<"v128">
  for (let lane = 0; lane < 4; lane++) {
    const operands = args.map((x) => f64.promote(f32x4.extractLane(x, lane)))
    f.set(result, f32x4.replaceLane(result, lane, f32.demote(call(fn, operands as never) as Expr<"f64">)))
  }
  return result
}
