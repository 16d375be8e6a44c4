/** COBA at growing size, with its connections kept or made just in time. */
import { cobaNetwork, fixedProbability, procedural, rate, simulator } from "../../src/neuro/index.ts"
import { metric, progress, type RunEvent } from "../../src/run/index.ts"
import { connectionBytes } from "./just-in-time.ts"
import { simulated } from "./simulation.ts"

export type Size = {
  readonly neurons: number
  /** Bytes of the connections of the largest projection: as lists, and just in time. */
  readonly storedBytes: number
  readonly drawnBytes: number
  /** Milliseconds for building the network and one second of its time. */
  readonly storedMs: number
  readonly drawnMs: number
}

/** Sizes k of 4000 k neurons, the first and the last first. */
const scales = [1, 10, 2, 5]

/** What is timed: the shortest of some builds, and of some stretches of model time. */
const builds = 2
const stretches = 3
const stretchMs = 50

/** Wall time of a second: building the network, and running it. */
async function timeOf(scale: number, isDrawn: boolean, seed: number, signal: AbortSignal): Promise<number> {
  let [building, running] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  for (let build = 0; build < builds; build++) {
    const started = performance.now()
    const net = cobaNetwork({ scale, wiring: isDrawn ? procedural : fixedProbability })
    const built = simulator(net, { seed, record: { spikes: [] } })
    const first = await built.run({ durationMs: stretchMs, signal })
    const builtAfter = performance.now() - started
    for (let stretch = 0, from = first.end; stretch < stretches; stretch++) {
      const before = performance.now()
      from = (await built.run({ durationMs: stretchMs, from, signal })).end
      signal.throwIfAborted()
      running = Math.min(running, performance.now() - before)
    }
    // The first stretch compiles: of its time, what exceeds another one belongs to building.
    building = Math.min(building, Math.max(0, builtAfter - running))
  }
  return building + (running * 1000) / stretchMs
}

export async function* timeSizes(
  count: number,
  seed: number,
  signal: AbortSignal,
): AsyncGenerator<RunEvent, Size[], void> {
  const sizes: Size[] = []
  for (const [i, scale] of scales.slice(0, count).entries()) {
    yield progress("sizes of COBA", i, count)
    const neurons = 4000 * scale
    const storedMs = await timeOf(scale, false, seed, signal)
    signal.throwIfAborted()
    const drawnMs = await timeOf(scale, true, seed, signal)
    signal.throwIfAborted()
    const storedBytes = connectionBytes(cobaNetwork({ scale }), seed)
    const drawnBytes = connectionBytes(cobaNetwork({ scale, wiring: procedural }), seed)
    sizes.push({ neurons, storedBytes, drawnBytes, storedMs, drawnMs })
    yield metric(`coba/${neurons}/ms`, storedMs, { unit: "ms", timing: true })
    yield metric(`coba/${neurons}/jit-ms`, drawnMs, { unit: "ms", timing: true })
    yield metric(`coba/${neurons}/bytes`, storedBytes, { unit: "B" })
    yield metric(`coba/${neurons}/jit-bytes`, drawnBytes, { unit: "B" })
  }
  return sizes.sort((a, b) => a.neurons - b.neurons)
}

/** Time of the largest network, and from when on its rate is taken. */
const largestMs = 200
const settledMs = 100

/** COBA of many neurons, connections just in time: as lists they would take gigabytes. */
export async function* largestNetwork(
  neurons: number,
  seed: number,
  signal: AbortSignal,
): AsyncGenerator<RunEvent, void, void> {
  const label = `COBA of ${neurons} neurons`
  const scale = neurons / 4000
  const record = { spikes: [], probes: { rate: rate("E") } }
  const started = performance.now()
  const { probes, connections } = yield* simulated(label, cobaNetwork({ scale, wiring: procedural }), {
    durationMs: largestMs,
    seed,
    record,
    stretchMs: 5,
    signal,
  })
  const late = probes.rate.values.filter((_, i) => probes.rate.timesMs[i] > settledMs)
  yield metric("largest/neurons", neurons)
  yield metric("largest/connections", connections)
  yield metric("largest/rate", late.reduce((a, b) => a + b, 0) / late.length, { unit: "Hz" })
  yield metric("largest/ms", ((performance.now() - started) * 1000) / largestMs, { unit: "ms a second", timing: true })
}
