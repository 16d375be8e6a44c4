/** For the tests of systems: a run's events without a door. */
import { DataSource, fetchFiles } from "../data/index.ts"
import type { CheckpointState, RunEvent } from "./events.ts"
import { resolveParameters, type System } from "./system.ts"

export interface TestRun {
  readonly seed?: number
  readonly signal?: AbortSignal
  readonly resumed?: CheckpointState
  readonly onEvent?: (event: RunEvent) => void
}

/**
 * The events of a smoke run, and the last value of each metric. There are no datasets; what may stand in for them does.
 * @param given values that differ from the preset's
 */
export async function smokeRun(
  system: System,
  given: Readonly<Record<string, unknown>> = {},
  { seed = 7, signal = new AbortController().signal, resumed, onEvent }: TestRun = {},
): Promise<{ events: RunEvent[]; metrics: Record<string, number> }> {
  const events: RunEvent[] = []
  const metrics: Record<string, number> = {}
  const data = new DataSource(fetchFiles("http://nowhere.invalid"), { standIn: system.standIn ?? false })
  const parameters = resolveParameters(system, "smoke", given)
  const device = { name: "wasm", threads: 1 }
  for await (const event of system.run({ parameters, preset: "smoke", seed, signal, data, resumed, device })) {
    events.push(event)
    if (event.type === "metric") metrics[event.name] = event.value
    onEvent?.(event)
  }
  return { events, metrics }
}
