/** Elementwise functions as text: `mul(a,sigmoid(b))`, with a, b, c the operands in their order. */
import { CajalError } from "../../engine/errors.ts"
import { elementwisePrimitives } from "../../engine/operators/elementwise.ts"
import { nearestWord } from "./words.ts"

export type Expression =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "operand"; readonly index: number }
  | { readonly kind: "call"; readonly name: string; readonly of: readonly Expression[] }

const casts = new Set(["f32", "f64", "i32", "u32", "bool", "u8", "i8", "f16", "spike"])
/** Names of what may stand before a bracket: the elementwise operators of the engine, and dtypes. */
export const isFunction = (name: string): boolean => elementwisePrimitives.has(name) || casts.has(name)
export const isCast = (name: string): boolean => casts.has(name)

/** Functions with a name of their own; what has none is written `map[...]`. */
export const named: Readonly<Record<string, string>> = {
  add: "add(a,b)",
  sub: "sub(a,b)",
  mul: "mul(a,b)",
  div: "div(a,b)",
  copy: "a",
  relu: "max(0,a)",
  square: "mul(a,a)",
  gelu: "mul(mul(a,0.5),add(erf(mul(a,0.7071067811865476)),1))",
  silu: "mul(a,sigmoid(a))",
  ...Object.fromEntries(
    ["exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid", "erf", "neg", "abs", "sign", "floor", "not"].map((name) => [
      name,
      `${name}(a)`,
    ]),
  ),
}
const nameOf = new Map(Object.entries(named).map(([name, text]) => [text, name]))
export const nameOfFunction = (text: string): string | undefined => nameOf.get(text)

export const operandName = (index: number): string =>
  String.fromCharCode(97 + (index % 26)) + (index < 26 ? "" : `${Math.floor(index / 26)}`)

const printNumber = (x: number): string => (Object.is(x, -0) ? "-0" : String(x))
export const printExpression = (e: Expression): string =>
  e.kind === "number"
    ? printNumber(e.value)
    : e.kind === "operand"
      ? operandName(e.index)
      : `${e.name}(${e.of.map(printExpression).join(",")})`

const parsed = new Map<string, Expression>()

/** @throws CajalError naming the place that it could not read */
export function parseExpression(text: string): Expression {
  const known = parsed.get(text)
  if (known !== undefined) return known
  let from = 0
  const fail = (what: string): CajalError => new CajalError(`${what} at ${from + 1} of "${text}"`)
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = from
    const found = pattern.exec(text)?.[0]
    if (found !== undefined) from += found.length
    return found?.trim()
  }
  const one = (): Expression => {
    const number = take(/\s*-?(?:Infinity|NaN|\d+\.?\d*(?:e[+-]?\d+)?)\s*/iy)
    if (number !== undefined) return { kind: "number", value: Number(number) }
    const name = take(/\s*[a-zA-Z]\w*\s*/y)
    if (name === undefined) throw fail("expected a number, an operand or a function")
    if (take(/\(/y) === undefined) {
      const place = /^([a-z])(\d*)$/.exec(name)
      if (place === null) throw fail(`"${name}" is no operand`)
      return { kind: "operand", index: place[1].charCodeAt(0) - 97 + 26 * Number(place[2] || 0) }
    }
    if (!isFunction(name)) {
      const near = nearestWord(name, [...elementwisePrimitives.keys()])
      throw new CajalError(`there is no function "${name}"`, {
        hint: near === undefined ? undefined : `did you mean ${near}?`,
      })
    }
    const of = [one()]
    while (take(/,/y) !== undefined) of.push(one())
    if (take(/\)\s*/y) === undefined) throw fail("expected )")
    return { kind: "call", name, of }
  }
  const e = one()
  if (from < text.length) throw fail("did not expect more")
  parsed.set(text, e)
  return e
}

export const numberOfOperands = (e: Expression): number =>
  e.kind === "number" ? 0 : e.kind === "operand" ? e.index + 1 : Math.max(0, ...e.of.map(numberOfOperands))

/** How many operations an element takes. */
export const operationsIn = (e: Expression): number =>
  e.kind === "call" ? (isCast(e.name) ? 0 : 1) + e.of.reduce((n, x) => n + operationsIn(x), 0) : 0

/** The same expression with others in place of its operands. */
export const substitute = (e: Expression, by: (index: number) => Expression): Expression =>
  e.kind === "operand" ? by(e.index) : e.kind === "call" ? { ...e, of: e.of.map((x) => substitute(x, by)) } : e

const signs: Readonly<Record<string, string>> = {
  add: "+",
  sub: "−",
  mul: "×",
  div: "÷",
  max: "max",
  min: "min",
  eq: "=",
  lt: "<",
  le: "≤",
  and: "∧",
  or: "∨",
  neg: "−",
  not: "¬",
  select: "?",
  pow: "^",
}
const short = (x: number): string => (Number.isInteger(x) ? String(x) : Number(x.toPrecision(3)).toString())

/** What stands in the disc of an elementwise function. */
export function symbolOfFunction(text: string): string {
  const own = nameOf.get(text)
  if (own !== undefined && signs[own] === undefined) return own === "copy" ? "" : own
  const e = parseExpression(text)
  if (e.kind === "number") return short(e.value)
  if (e.kind === "operand") return ""
  const [x, y] = e.of
  if (e.of.length === 2 && x.kind === "operand" && y.kind === "operand") return signs[e.name] ?? e.name
  if (e.of.length === 2 && x.kind === "operand" && y.kind === "number")
    return `${signs[e.name] ?? e.name}${short(y.value)}`
  if (e.of.length === 2 && y.kind === "operand" && x.kind === "number")
    return `${short(x.value)}${signs[e.name] ?? e.name}`
  if (e.of.length === 1 && x.kind === "operand") return e.name
  if (e.of.length === 3 && e.of.every((z) => z.kind === "operand")) return "if"
  return "ƒ"
}

/** How many operations an element of an elementwise function takes. */
export const operationsOf = (text: string): number => operationsIn(parseExpression(text))
