/** Interleaved measurements: every round runs each side once, so that whatever else the machine does meets all of them. */
import type { Case } from "./case.ts"
import { difference } from "./fingerprint.ts"
import type { Participant, ProgramSummary } from "./participant.ts"

export interface Side {
  /** Milliseconds of one run in each round. */
  readonly samples: readonly number[]
  readonly median: number
  readonly firstMs: number
  readonly compiles: boolean
  /** Largest difference from our result; undefined on our side. */
  readonly difference?: number
  readonly program?: ProgramSummary
}

export interface Measured {
  readonly sides: Readonly<Record<string, Side>>
  /** Who did not take part, and why. */
  readonly absent: Readonly<Record<string, string>>
}

export interface Settings {
  readonly rounds: number
  /** How long each side runs in a round, at least. */
  readonly sliceMs: number
}

interface Ready {
  readonly participant: Participant
  readonly firstMs: number
  readonly compiles: boolean
  readonly program?: ProgramSummary
  readonly numbers: readonly number[]
  readonly samples: number[]
  runs: number
}

/** @param inputs the file that holds the case's inputs; the first participant is ours, the others are compared with it */
export async function measure(
  of: Case,
  inputs: string,
  participants: readonly Participant[],
  { rounds, sliceMs }: Settings,
): Promise<Measured> {
  const ready: Ready[] = []
  const absent: Record<string, string> = {}
  for (const participant of participants) {
    const { work, title, parameters } = of
    const prepared = await participant.ask({ do: "prepare", work, title, parameters, inputs })
    const why = prepared.absent ?? prepared.error
    if (why !== undefined) {
      absent[participant.name] = why
      continue
    }
    const compared = await participant.ask({ do: "compare", runs: of.compared })
    // One timed run says how many make up a slice.
    const trial = await participant.ask({ do: "measure", runs: 1, warm: 1 })
    if (compared.numbers === undefined || trial.ms === undefined) {
      absent[participant.name] = compared.error ?? trial.error ?? "it gave no answer"
      continue
    }
    const { firstMs = 0, compiles = false, program } = prepared
    const runs = Math.max(1, Math.min(1000, Math.ceil(sliceMs / trial.ms)))
    ready.push({ participant, firstMs, compiles, program, numbers: compared.numbers, samples: [], runs })
  }
  for (let round = 0; round < rounds; round++) {
    for (const side of ready) {
      const { ms, error } = await side.participant.ask({ do: "measure", runs: side.runs, warm: 1 })
      if (ms === undefined) absent[side.participant.name] = error ?? "it gave no answer"
      else side.samples.push(ms)
    }
  }
  const ours = ready.find(({ participant }) => participant === participants[0])
  const sides: Record<string, Side> = {}
  for (const { participant, samples, firstMs, compiles, program, numbers } of ready) {
    if (absent[participant.name] !== undefined) continue
    const apart = ours === undefined || participant === ours.participant ? undefined : difference(numbers, ours.numbers)
    sides[participant.name] = { samples, median: median(samples), firstMs, compiles, difference: apart, program }
  }
  return { sides, absent }
}

export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
