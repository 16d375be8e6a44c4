import { systems } from "../../systems/index.ts"
import { defaultThreads } from "../engine/devices/wasm/crew.ts"
import { CajalError } from "../engine/errors.ts"
import {
  cardOf,
  defaultSeed,
  type ParameterValue,
  type PresetName,
  presetNames,
  resolveParameters,
  type System,
} from "../run/index.ts"
import type { RunSettings } from "../run/store.ts"
import { Refusal } from "./refusal.ts"

/** A run that may be started. */
export interface Asked {
  readonly settings: RunSettings
  /** Values that differ from the preset's. */
  readonly changed: Readonly<Record<string, ParameterValue>>
}

/**
 * Checks what a stranger asks to be run, `{system, preset?, seed?, parameters?}`: only systems of the catalogue, and only parameters
 * that the command line would take.
 * @throws Refusal
 */
export async function checkAsked(body: unknown): Promise<Asked> {
  if (!isRecord(body)) throw new Refusal(400, "the body must be a JSON object")
  const { system: slug, preset = "quick", seed = defaultSeed, parameters: given = {}, ...rest } = body
  const [unknown] = Object.keys(rest)
  if (unknown !== undefined)
    throw new Refusal(400, `unknown field "${unknown}"`, { hint: "known: system, preset, seed, parameters" })
  if (typeof slug !== "string") throw new Refusal(400, "system must be the name of a system")
  const system = await systemNamed(slug)
  if (!isPreset(preset)) throw new Refusal(422, `preset must be one of ${presetNames.join(", ")}`)
  if (!Number.isInteger(seed) || (seed as number) < 0 || (seed as number) > 0xffffffff)
    throw new Refusal(422, "seed must be a whole number in 0..4294967295")
  if (!isRecord(given)) throw new Refusal(400, "parameters must be a JSON object")
  const parameters = resolved(system, preset, given)
  const settings = { system: slug, preset, seed: seed as number, parameters, device: "wasm", threads: defaultThreads() }
  return {
    settings: { ...settings, startedAt: new Date().toISOString() },
    changed: changedOf(system, preset, parameters),
  }
}

/** @throws Refusal when there is no such system, or its paper does not run yet */
export async function systemNamed(slug: string): Promise<System> {
  if (Object.hasOwn(systems, slug)) return (await systems[slug]!()).default
  checkPaper(slug)
  throw new Refusal(422, `${slug} does not run here yet`, { hint: `these run: ${Object.keys(systems).join(", ")}` })
}

/** @throws Refusal when there is no such paper */
export function checkPaper(slug: string): void {
  try {
    cardOf(slug)
  } catch (error) {
    throw asRefusal(error, 404)
  }
}

/** The values of a run that differ from those of its preset. */
export function changedOf(
  system: System,
  preset: PresetName,
  parameters: Readonly<Record<string, ParameterValue>>,
): Asked["changed"] {
  const usual: Record<string, ParameterValue> = resolveParameters(system, preset, {})
  return Object.fromEntries(Object.entries(parameters).filter(([name, value]) => usual[name] !== value))
}

function resolved(system: System, preset: PresetName, given: Record<string, unknown>) {
  try {
    return resolveParameters(system, preset, given)
  } catch (error) {
    throw asRefusal(error, 422)
  }
}

const asRefusal = (error: unknown, status: 404 | 422): unknown =>
  error instanceof CajalError
    ? new Refusal(status, error.message, error.hint === undefined ? {} : { hint: error.hint })
    : error

const isPreset = (value: unknown): value is PresetName => (presetNames as readonly unknown[]).includes(value)

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
