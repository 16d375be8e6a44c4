/** Runs a memory through a sequence of operations. */
import { type DType, type Tensor, tensor } from "../../src/engine/index.ts"
import { emptyMemory, type Layer, layerNames, live, type Memory, type Plastic } from "./model.ts"
import type { TimedOperation } from "./operations.ts"

/** For every layer and millisecond the neurons that fired, in order. */
export type Raster = Readonly<Record<Layer, readonly (readonly number[])[]>>

export interface Life {
  readonly raster: Raster
  /** Weights after every millisecond, `[ms][pre][post]`; empty unless they were asked for. */
  readonly weights: Readonly<Record<Plastic, readonly number[][][]>>
}

interface Options {
  readonly durationMs: number
  readonly watchWeights?: boolean
  readonly dtype?: DType
}

/** Steps that run in one go. */
const stretchMs = 1000

/**
 * A memory from its first moment on, pausing now and then.
 * @returns what happened; yields the milliseconds that are done
 */
export function* liveThrough(
  memory: Memory,
  operations: readonly TimedOperation[],
  { durationMs, watchWeights = false, dtype = "f32" }: Options,
): Generator<number, Life, void> {
  let state = emptyMemory(memory, dtype)
  const raster = Object.fromEntries(layerNames.map((name) => [name, [] as number[][]])) as Record<Layer, number[][]>
  const weights: Record<Plastic, number[][][]> = { cueToContent: [], contentToCue: [] }
  // Stretches of one length are one program.
  const length = Math.min(stretchMs, durationMs)
  for (let from = 0; from < durationMs; from += length) {
    const given = {
      InCue: inputSpikes(operations, "cue", memory.cues, from, length, dtype),
      InCont: inputSpikes(operations, "content", memory.bits, from, length, dtype),
    }
    const [next, seen] = live(memory, state, given, watchWeights)
    state = next
    const kept = Math.min(length, durationMs - from)
    for (const name of layerNames) raster[name].push(...firedIn(seen.spikes[name]).slice(0, kept))
    if (seen.weights !== undefined)
      for (const [name, all] of Object.entries(seen.weights) as [Plastic, Tensor][])
        weights[name].push(...(all.toList() as number[][][]).slice(0, kept))
    yield from + kept
  }
  return { raster, weights }
}

/** Spikes of one half of the input layer, `[length, lines]`. */
function inputSpikes(
  operations: readonly TimedOperation[],
  half: "cue" | "content",
  lines: number,
  from: number,
  length: number,
  dtype: DType,
): Tensor {
  const spikes = new Float32Array(length * lines)
  for (const operation of operations) {
    const times = operation.kind === "learn" ? [0, 1, 2] : [0]
    const fired =
      half === "cue" ? ("cue" in operation ? [operation.cue] : []) : "content" in operation ? operation.content : []
    for (const t of times.map((later) => operation.atMs + later - from))
      if (t >= 0 && t < length) for (const line of fired) spikes[t * lines + line] = 1
  }
  return tensor(spikes, { shape: [length, lines], dtype })
}

/** The neurons that fired in each row of `[steps, neurons]`. */
function firedIn(spikes: Tensor): number[][] {
  const [steps, neurons] = spikes.shape
  const data = spikes.array()
  return Array.from({ length: steps }, (_, t) => {
    const fired: number[] = []
    for (let i = 0; i < neurons; i++) if (data[t * neurons + i] !== 0) fired.push(i)
    return fired
  })
}
