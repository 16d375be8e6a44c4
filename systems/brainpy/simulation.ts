/** A simulation as events of a run. */
import { type Network, type Simulation, type SimulationOptions, simulate } from "../../src/neuro/index.ts"
import { progress, type RunEvent } from "../../src/run/index.ts"

/** Runs a network and tells how far it is; ends promptly when the run is stopped. */
export async function* simulated(
  label: string,
  network: Network,
  options: SimulationOptions & { readonly signal: AbortSignal },
): AsyncGenerator<RunEvent, Simulation, void> {
  let done = 0
  let wake = (): void => {}
  let isRunning = true
  const onProgress = (ms: number): void => {
    done = ms
    wake()
  }
  const running = simulate(network, { ...options, onProgress }).finally(() => {
    isRunning = false
    wake()
  })
  // What fails is thrown where the result is awaited.
  running.catch(() => {})
  while (isRunning) {
    await new Promise<void>((resolve) => {
      wake = resolve
    })
    yield progress(label, Math.round(done), options.durationMs)
  }
  options.signal.throwIfAborted()
  return running
}
