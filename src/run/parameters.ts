import { CajalError } from "../engine/errors.ts"
import { nearest } from "./nearest.ts"

/** What every parameter has: the label of its slider, and a sentence of help. */
interface Described {
  readonly label: string
  readonly help?: string
}

export interface NumberParameter extends Described {
  readonly kind: "integer" | "real"
  readonly default: number
  /** Smallest and largest value allowed, both included. */
  readonly from: number
  readonly to: number
  readonly unit?: string
}

export interface ChoiceParameter<O extends string = string> extends Described {
  readonly kind: "choice"
  readonly default: O
  readonly options: readonly O[]
}

export interface FlagParameter extends Described {
  readonly kind: "flag"
  readonly default: boolean
}

export interface TextParameter extends Described {
  readonly kind: "text"
  readonly default: string
}

export type Parameter = NumberParameter | ChoiceParameter | FlagParameter | TextParameter
export type ParameterSchema = Readonly<Record<string, Parameter>>

type ValueOf<Q extends Parameter> = Q extends NumberParameter
  ? number
  : Q extends ChoiceParameter<infer O>
    ? O
    : Q extends FlagParameter
      ? boolean
      : string

/** The values a run gets: `integer` and `real` become numbers, `choice` one of its options, `flag` a boolean, `text` a string. */
export type ParameterValues<P extends ParameterSchema> = { readonly [name in keyof P]: ValueOf<P[name]> }

export type ParameterValue = number | string | boolean

interface NumberOptions {
  default: number
  from: number
  to: number
  unit?: string
  help?: string
}

/** A whole number in `from..to`. */
export const integer = (label: string, options: NumberOptions): NumberParameter => ({
  kind: "integer",
  label,
  ...options,
})

/** A real number in `from..to`. */
export const real = (label: string, options: NumberOptions): NumberParameter => ({ kind: "real", label, ...options })

/** One of the named options. */
export const choice = <const O extends string>(
  label: string,
  options: { default: NoInfer<O>; options: readonly O[]; help?: string },
): ChoiceParameter<O> => ({ kind: "choice", label, ...options })

/** Yes or no. */
export const flag = (label: string, options: { default: boolean; help?: string }): FlagParameter => ({
  kind: "flag",
  label,
  ...options,
})

/** Free text: a path, a list in a format that the system explains in `help` and checks itself. */
export const text = (label: string, options: { default: string; help?: string }): TextParameter => ({
  kind: "text",
  label,
  ...options,
})

/**
 * The values of a run: the defaults of `schema`, overridden by `given`. Numbers and booleans may come as text, as from a command line.
 * @throws CajalError on an unknown name (with the nearest one), a value out of range, not a number, or not an option
 */
export function checkParameters<P extends ParameterSchema>(
  schema: P,
  given: Readonly<Record<string, unknown>>,
  systemSlug: string,
): ParameterValues<P> {
  const values: Record<string, ParameterValue> = {}
  for (const [name, parameter] of Object.entries(schema)) values[name] = parameter.default
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue
    if (!Object.hasOwn(schema, name)) throw unknownParameter(schema, name, systemSlug)
    values[name] = checkValue(name, schema[name]!, value, systemSlug)
  }
  return values as ParameterValues<P>
}

function unknownParameter(schema: ParameterSchema, name: string, systemSlug: string): CajalError {
  const names = Object.keys(schema)
  const near = nearest(name, names)
  const all = names.length === 0 ? "it has none" : `it has ${names.join(", ")}`
  return new CajalError(`${systemSlug} has no parameter "${name}"`, {
    hint: near === undefined ? all : `did you mean "${near}"? ${all}`,
  })
}

/**
 * One value checked against its parameter.
 * @throws CajalError naming the parameter, the value and what is allowed
 */
export function checkValue(name: string, parameter: Parameter, value: unknown, systemSlug: string): ParameterValue {
  const refuse = (problem: string): never => {
    throw new CajalError(`${systemSlug}: ${name} ${problem}`, {
      hint: `${name}: ${[parameter.label, allowed(parameter), parameter.help].filter(Boolean).join("; ")}`,
    })
  }
  const shown = typeof value === "string" ? `"${value}"` : String(value)
  switch (parameter.kind) {
    case "integer":
    case "real": {
      const number = typeof value === "number" ? value : parseNumber(value)
      if (!Number.isFinite(number)) return refuse(`must be a number, not ${shown}`)
      if (parameter.kind === "integer" && !Number.isInteger(number))
        return refuse(`must be a whole number, not ${number}`)
      if (number < parameter.from || number > parameter.to) {
        return refuse(`must lie in ${parameter.from}..${parameter.to}, not ${number}`)
      }
      return number
    }
    case "choice": {
      if (typeof value === "string" && parameter.options.includes(value)) return value
      const near = typeof value === "string" ? nearest(value, parameter.options) : undefined
      return refuse(`cannot be ${shown}${near === undefined ? "" : `; did you mean "${near}"?`}`)
    }
    case "flag": {
      if (typeof value === "boolean") return value
      if (value === "true" || value === "yes" || value === "on" || value === "1") return true
      if (value === "false" || value === "no" || value === "off" || value === "0") return false
      return refuse(`must be true or false, not ${shown}`)
    }
    case "text":
      return typeof value === "string" ? value : refuse(`must be text, not ${shown}`)
  }
}

const parseNumber = (value: unknown): number =>
  typeof value === "string" && /^[+-]?(\d[\d_]*\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value.trim())
    ? Number(value.trim().replaceAll("_", ""))
    : Number.NaN

/** What a parameter allows, in words: `1..64 steps, default 6`. */
export function allowed(parameter: Parameter): string {
  switch (parameter.kind) {
    case "integer":
    case "real": {
      const unit = parameter.unit === undefined ? "" : ` ${parameter.unit}`
      return `${parameter.from}..${parameter.to}${unit}, default ${parameter.default}`
    }
    case "choice":
      return `${parameter.options.join(" | ")}, default ${parameter.default}`
    case "flag":
      return `true | false, default ${parameter.default}`
    case "text":
      return parameter.default === "" ? "text" : `text, default "${parameter.default}"`
  }
}
