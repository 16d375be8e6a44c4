import type { DataSource } from "../data/index.ts"
import type { RunEvent } from "./events.ts"
import { type InputSchema, Inputs } from "./inputs.ts"
import type { ParameterSchema, ParameterValues } from "./parameters.ts"
import { type PresetName, resolveParameters, type System } from "./system.ts"

/** What a system that is touched is given. */
export interface TouchContext<P extends ParameterSchema = ParameterSchema, I extends InputSchema = InputSchema> {
  readonly parameters: ParameterValues<P>
  readonly seed: number
  readonly signal: AbortSignal
  readonly data: DataSource
  readonly inputs: Inputs<I>
}

/**
 * A system under the reader's hands: it answers what is given to its inputs until its signal aborts. What it shows is no result: the
 * numbers of a run come from its settings and its seed alone.
 */
export interface Touch<P extends ParameterSchema = ParameterSchema, I extends InputSchema = InputSchema> {
  /** What the reader can do, in a sentence. */
  readonly about: string
  /** The inputs may depend on the parameters: as many marks as cells. */
  inputs(parameters: ParameterValues<P>): I
  run(context: TouchContext<P, I>): AsyncGenerator<RunEvent, void, void>
}

/** A touch whose inputs are known by their names. */
export const touch = <const P extends ParameterSchema, const I extends InputSchema>(
  definition: Touch<P, I>,
): Touch<P, I> => definition

export interface AttendOptions {
  readonly preset: PresetName
  readonly parameters: Readonly<Record<string, unknown>>
  readonly seed: number
  readonly signal: AbortSignal
  readonly data: DataSource
}

/**
 * Puts a system under a reader's hands.
 * @returns its inputs, and what it shows until the signal aborts
 * @throws CajalError on a parameter that is not allowed; Error when the system cannot be touched
 */
export function attend(
  system: System,
  { preset, parameters: given, seed, signal, data }: AttendOptions,
): { inputs: Inputs; events: AsyncGenerator<RunEvent, void, void> } {
  if (system.touch === undefined) throw new Error(`${system.slug} cannot be touched`)
  const parameters = resolveParameters(system, preset, given)
  const inputs = new Inputs(system.touch.inputs(parameters))
  const source = data.with({ signal, standIn: system.standIn ?? false })
  const events = system.touch.run({ parameters, seed, signal, data: source, inputs })
  return { inputs, events }
}

/**
 * A turn every `everyMs`, however long the work between two of them takes.
 * @throws the signal's reason when it aborts
 */
export async function* turns(everyMs: number, signal: AbortSignal): AsyncGenerator<void, never, void> {
  for (;;) {
    const started = performance.now()
    yield
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, everyMs - (performance.now() - started))))
    signal.throwIfAborted()
  }
}
