/** The settings of a run, as they stand in the address: `preset=quick&seed=7&steps=4`. */
import {
  checkParameters,
  defaultSeed,
  type Parameter,
  type ParameterValue,
  type PresetName,
  presetNames,
  resolveParameters,
  type System,
} from "../../src/run/index.ts"
import type { Settings } from "../run/protocol.ts"

export function settingsOf(slug: string, system: System, query: URLSearchParams): Settings {
  const preset = query.get("preset") as PresetName
  const seed = Number(query.get("seed") ?? defaultSeed)
  const named = Object.keys(system.parameters).filter((name) => query.has(name))
  return {
    slug,
    preset: presetNames.includes(preset) ? preset : "quick",
    seed: Number.isInteger(seed) && seed >= 0 && seed <= 0xffffffff ? seed : defaultSeed,
    parameters: Object.fromEntries(named.map((name) => [name, query.get(name) as string])),
  }
}

/** What differs from the defaults, for the address. */
export const queryOfSettings = ({ preset, seed, parameters }: Settings): [string, string][] => [
  ...(preset === "quick" ? [] : [["preset", preset] as [string, string]]),
  ...(seed === defaultSeed ? [] : [["seed", String(seed)] as [string, string]]),
  ...Object.entries(parameters).map(([name, value]): [string, string] => [name, String(value)]),
]

/** The values that a run would get, unchecked. */
export function valuesOf(system: System, { preset, parameters }: Settings): Record<string, unknown> {
  const defaults = Object.entries(system.parameters).map(([name, parameter]) => [name, parameter.default])
  return { ...Object.fromEntries(defaults), ...system.presets[preset], ...parameters }
}

export interface Problem {
  readonly message: string
  /** A value that would be right. */
  readonly nearest?: ParameterValue
}

/** What is wrong with one value; undefined where it is right. */
export function problemOf(system: System, name: string, value: unknown): Problem | undefined {
  const schema = system.parameters[name]
  try {
    checkParameters({ [name]: schema }, { [name]: value }, system.slug)
    return undefined
  } catch (error) {
    const nearest = nearestOf(schema, value)
    return { message: (error as Error).message, ...(nearest === undefined ? {} : { nearest }) }
  }
}

/** What is wrong with all values together, each being right. */
export function problemOfAll(system: System, { preset, parameters }: Settings): string | undefined {
  try {
    resolveParameters(system, preset, parameters)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

function nearestOf(schema: Parameter, value: unknown): number | undefined {
  if (schema.kind !== "integer" && schema.kind !== "real") return undefined
  const number = Number(value)
  if (!Number.isFinite(number) || value === "") return schema.default
  const held = Math.min(Math.max(number, schema.from), schema.to)
  return schema.kind === "integer" ? Math.round(held) : held
}
