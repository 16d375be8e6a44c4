import type { DataSource } from "../data/index.ts"
import type { Diagram } from "../view/index.ts"
import { cardOf, type PaperCard } from "./catalogue.ts"
import type { Claim } from "./claims.ts"
import type { CheckpointState, RunEvent } from "./events.ts"
import { checkParameters, type ParameterSchema, type ParameterValues } from "./parameters.ts"
import type { Touch } from "./touch.ts"

export const presetNames = ["smoke", "quick", "full"] as const
/** `smoke` takes at most 5 s, `quick` 60 s, `full` 15 min, on two cores. */
export type PresetName = (typeof presetNames)[number]

/** What a run is given. */
export interface RunContext<P extends ParameterSchema = ParameterSchema> {
  /** Checked values: the defaults, the preset, then what the user gave. */
  readonly parameters: ParameterValues<P>
  readonly preset: PresetName
  /** All randomness comes from here: the same seed gives the same metrics. */
  readonly seed: number
  /** Stop promptly when it aborts: `signal.throwIfAborted()` between pieces of work. */
  readonly signal: AbortSignal
  readonly data: DataSource
  /** The state of the last checkpoint when the run is resumed. */
  readonly resumed: CheckpointState | undefined
  readonly device: { readonly name: string; readonly threads: number }
  /** All systems that the door knows, each loaded when it is asked for: for tools that look at every one of them. */
  readonly systems?: Systems
}

export type Systems = Readonly<Record<string, () => Promise<{ readonly default: System }>>>

export interface SystemDefinition<P extends ParameterSchema> {
  slug: string
  parameters: P
  presets: Record<PresetName, Partial<ParameterValues<P>>>
  /**
   * The run, as events. It yields a checkpoint where it can go on from, and goes on from `context.resumed` when that is given:
   * what it measures then must be what it would have measured undisturbed.
   */
  run(context: RunContext<P>): AsyncGenerator<RunEvent, void, void>
  claims: readonly Claim[]
  /** The system under a reader's hands, where it can be touched. */
  touch?: Touch<P>
  /** Checks that span several parameters, before a run starts. Throws a CajalError. */
  check?(parameters: ParameterValues<P>): void
  /** The program that its diagram is made of, traced: see `diagramOf` of `cajal/view`. Costs, runs and checks of diagrams take it too. */
  circuit?(parameters: ParameterValues<P>): Diagram | Promise<Diagram>
  /** A sketch of its parts, as SVG, where the program is none, or says too much at once. */
  draw?(parameters: ParameterValues<P>): string | Promise<string>
  /** Id of the figure that stands for the system in lists. Default: the first that it makes. */
  cover?: string
  /** Whether the system may run on generated data where there is neither file nor network. */
  standIn?: boolean
  /** The facts of the paper; from the catalogue by default. */
  card?: PaperCard
}

/** A published system that runs. Flags, sliders, the report, tests and the results table are made from it. */
export interface System<P extends ParameterSchema = ParameterSchema> extends Readonly<SystemDefinition<P>> {
  readonly card: PaperCard
}

/** Names that the command line keeps for itself. */
export const reservedNames = ["preset", "seed", "device", "json", "resume", "out", "record", "help", "version"] as const

/**
 * Defines a system.
 * @throws Error when the slug is not in the catalogue, a parameter's name is reserved, two claims share an id;
 * CajalError when a default or a preset breaks the system's own ranges
 */
export function system<const P extends ParameterSchema>(definition: SystemDefinition<P>): System<P> {
  const { slug, parameters, presets, claims } = definition
  for (const name of Object.keys(parameters)) {
    if (!/^[a-z][a-zA-Z0-9]*$/.test(name)) throw new Error(`${slug}: parameter "${name}" is not a camelCase name`)
    if ((reservedNames as readonly string[]).includes(name)) throw new Error(`${slug}: the name "${name}" is reserved`)
  }
  const defaults = Object.fromEntries(Object.entries(parameters).map(([name, parameter]) => [name, parameter.default]))
  for (const name of presetNames) checkParameters(parameters, { ...defaults, ...presets[name] }, `${slug} (${name})`)
  const ids = new Set(claims.map((one) => one.id))
  if (ids.size !== claims.length) throw new Error(`${slug}: two claims share an id`)
  return { ...definition, card: definition.card ?? cardOf(slug) }
}

/**
 * The values a run gets: defaults, then the preset, then `given`, checked one by one and together.
 * @throws CajalError on a value that is not allowed
 */
export function resolveParameters<P extends ParameterSchema>(
  of: System<P>,
  preset: PresetName,
  given: Readonly<Record<string, unknown>>,
): ParameterValues<P> {
  const values = checkParameters(of.parameters, { ...of.presets[preset], ...given }, of.slug)
  of.check?.(values)
  return values
}
