/** Interleaved measurements: every round runs each side once, so that whatever else the machine does meets all of them. */
import type { Case } from "./case.ts"
import { difference } from "./fingerprint.ts"
import { type DetailedLine, ratioOf } from "./line.ts"
import type { Answer, Participant } from "./participant.ts"

export interface Settings {
  readonly rounds: number
  /** How long each side runs in a round, at least. */
  readonly sliceMs: number
}

interface Side {
  readonly participant: Participant
  readonly prepared: Answer
  readonly numbers: readonly number[]
  readonly trialMs: number
  readonly samples: number[]
}

/** A run this long is not repeated to warm up, and one side's rounds stop when they took this long together. */
const longRunMs = 500
const longSideMs = 10_000

/**
 * @param inputs the file that holds the case's inputs
 * @param participants the first is ours, the others are compared with it
 */
export async function measure(
  of: Case,
  inputs: string,
  threads: number,
  participants: readonly Participant[],
  { rounds, sliceMs }: Settings,
): Promise<DetailedLine> {
  const absent: Record<string, string> = {}
  const sides: Side[] = []
  for (const participant of participants) {
    const side = await makeReady(of, inputs, participant)
    if (typeof side === "string") absent[participant.name] = side
    else sides.push(side)
  }
  const ours = sides.find(({ participant }) => participant === participants[0])
  const differences: Record<string, number> = {}
  const notes: Record<string, string> = {}
  for (const { participant, prepared, numbers } of sides) {
    if (ours === undefined || participant === ours.participant) continue
    differences[participant.name] = difference(numbers, ours.numbers)
    if (typeof prepared.differs === "string") notes[participant.name] = prepared.differs
    // A side that computes something else is not measured beside us.
    else if (!(differences[participant.name] <= of.tolerance))
      absent[participant.name] = `its results differ from ours by ${differences[participant.name].toPrecision(2)}`
  }
  for (let round = 0; round < rounds; round++)
    for (const side of sides) {
      const { name } = side.participant
      if (absent[name] !== undefined || side.trialMs * side.samples.length > longSideMs) continue
      const runs = Math.max(1, Math.min(1000, Math.ceil(sliceMs / side.trialMs)))
      const warm = side.trialMs > longRunMs ? 0 : 1
      const { ms, error } = await side.participant.ask({ do: "measure", runs, warm })
      if (ms === undefined) absent[name] = error ?? "it gave no answer"
      else side.samples.push(ms)
    }
  const measured = sides.filter(({ participant }) => absent[participant.name] === undefined)
  return {
    ...lineOf(of, threads, measured, participants[0].name),
    absent,
    differences,
    notes,
    program: ours?.prepared.program,
  }
}

/** The case made ready on one side, or why it is not. */
async function makeReady(of: Case, inputs: string, participant: Participant): Promise<Side | string> {
  const { work, title, parameters } = of
  const prepared = await participant.ask({ do: "prepare", work, title, parameters, inputs })
  const why = prepared.absent ?? prepared.error
  if (why !== undefined) return why
  const compared = await participant.ask({ do: "compare", runs: of.compared })
  // One timed run says how many make up a slice.
  const trial = await participant.ask({ do: "measure", runs: 1, warm: 0 })
  if (compared.numbers === undefined || trial.ms === undefined)
    return compared.error ?? trial.error ?? "it gave no answer"
  return { participant, prepared, numbers: compared.numbers, trialMs: trial.ms, samples: [] }
}

function lineOf(of: Case, threads: number, sides: readonly Side[], oursName: string) {
  const inUnit = (ms: number): number => (of.flops === undefined ? ms : of.flops / ms / 1e6)
  const samples = Object.fromEntries(sides.map((side) => [side.participant.name, side.samples.map(inUnit)]))
  const medians = Object.fromEntries(Object.entries(samples).map(([name, list]) => [name, median(list)]))
  const { [oursName]: ours = null, ...peers } = medians
  const name = of.threads === undefined ? of.title : `${of.title}, ${threads} thread${threads === 1 ? "" : "s"}`
  return { name, unit: of.unit, ours, peers, ratio: ratioOf(of.unit, ours, peers), threads, samples }
}

export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
