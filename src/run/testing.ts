/** For the tests of systems: a run's events without a door. */
import { DataSource, fetchFiles } from "../data/index.ts"
import type { CheckpointState, FigureEvent, RunEvent } from "./events.ts"
import type { Inputs } from "./inputs.ts"
import { resolveParameters, type System } from "./system.ts"
import { attend } from "./touch.ts"

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
    signal.throwIfAborted() // as the runner does
    events.push(event)
    if (event.type === "metric") metrics[event.name] = event.value
    onEvent?.(event)
  }
  return { events, metrics }
}

/** A system under the hands of a test, with the settings of a smoke run and what may stand in for datasets. */
export class TouchedSystem {
  readonly inputs: Inputs
  readonly #events: AsyncGenerator<RunEvent, void, void>
  readonly #stop = new AbortController()

  constructor(system: System, given: Readonly<Record<string, unknown>> = {}) {
    const data = new DataSource(fetchFiles("http://nowhere.invalid"), { standIn: system.standIn ?? false })
    const { signal } = this.#stop
    const { inputs, events } = attend(system, { preset: "smoke", parameters: given, seed: 7, signal, data })
    this.inputs = inputs
    this.#events = events
  }

  /** The next figure of this id for which `isIt` holds. @throws Error when 1000 events bring none */
  async figure(id: string, isIt: (event: FigureEvent) => boolean = () => true): Promise<FigureEvent> {
    for (let i = 0; i < 1000; i++) {
      const { value } = await this.#events.next()
      if (value?.type === "figure" && value.id === id && isIt(value)) return value
    }
    throw new Error(`no such figure "${id}" came`)
  }

  /** Ends it: what is waited for then ends with the reason. */
  stop(): void {
    this.#stop.abort(new Error("stopped"))
  }
}
