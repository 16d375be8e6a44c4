/** Networks in time: wall time, time to build, memory; each side in a process that has done nothing before. */
import type { SimulationCase } from "../cases/simulations.ts"
import type { Unit } from "./case.ts"
import { type DetailedLine, ratioOf } from "./line.ts"
import { median } from "./measure.ts"
import type { Answer, Participant } from "./participant.ts"

interface Side {
  readonly participant: Participant
  buildMs: number | undefined
  peakMB: number | undefined
  /** Wall time of one second of model time, ms. */
  readonly wallMs: number[]
  /** Wall time of one synaptic event, ns. */
  readonly eventNs: number[]
  totalMs: number
}

/** A side is asked for no further round when its rounds took this long together. */
const longSideMs = 10_000
/** A side that takes longer for one answer is ended. */
const limitMs = 300_000

/** The loop by hand stands beside us for the time of an event; other software, for all else. */
const isByHand = (name: string): boolean => name.startsWith("native")

/** @param participants the first is ours; they are ended as they finish */
export async function measureSimulation(
  of: SimulationCase,
  threads: number,
  participants: readonly Participant[],
  rounds: number,
): Promise<DetailedLine[]> {
  const absent: Record<string, string> = {}
  const sides: Side[] = []
  const parties = of.alone ? participants.map((one) => [one]) : [participants]
  for (const party of parties) {
    const ready: Side[] = []
    for (const participant of party) {
      const side = await build(of, participant)
      if (typeof side === "string") absent[participant.name] = side
      else ready.push(side)
    }
    for (let round = 0; round < Math.min(rounds, of.rounds); round++)
      for (const side of ready) {
        if (absent[side.participant.name] !== undefined || side.totalMs > longSideMs) continue
        const why = await simulateOnce(of, side, round === 0 ? of.settleMs : 0)
        if (why !== undefined) absent[side.participant.name] = why
      }
    for (const side of ready) side.peakMB ??= side.participant.peakMB()
    for (const participant of party) participant.end()
    sides.push(...ready)
  }
  return linesOf(
    of,
    threads,
    sides.filter(({ participant }) => absent[participant.name] === undefined),
    absent,
    participants[0].name,
  )
}

/** The network made ready on one side, or why it is not. */
async function build(of: SimulationCase, participant: Participant): Promise<Side | string> {
  const { network, parameters, settleMs, durationMs } = of
  const built = await participant.ask({ do: "build", network, parameters, settleMs, durationMs }, limitMs)
  const why = built.absent ?? built.error
  if (why !== undefined) return why
  return { participant, buildMs: built.buildMs, peakMB: undefined, wallMs: [], eventNs: [], totalMs: 0 }
}

/** One round of one side; a text says why the side does not count. */
async function simulateOnce(of: SimulationCase, side: Side, settleMs: number): Promise<string | undefined> {
  const begun = performance.now()
  const answer = await side.participant.ask({ do: "simulate", settleMs, durationMs: of.durationMs }, limitMs)
  side.totalMs += performance.now() - begun
  const { ms, spikes, error } = answer
  if (ms === undefined || spikes === undefined) return error ?? "it gave no answer"
  side.buildMs = answer.buildMs ?? side.buildMs
  side.peakMB = answer.peakMB ?? side.peakMB
  side.wallMs.push((ms * 1000) / of.durationMs)
  const all = Object.values(spikes).reduce((a, b) => a + b, 0)
  if (of.synapses !== undefined) side.eventNs.push((ms * 1e6) / (all * of.synapses))
  return wrongRate(of, spikes)
}

/** Which population fires at another rate than it should, if any. */
export function wrongRate(
  { populations, durationMs }: Pick<SimulationCase, "populations" | "durationMs">,
  spikes: NonNullable<Answer["spikes"]>,
): string | undefined {
  for (const [name, { neurons, fromHz, toHz }] of Object.entries(populations)) {
    const hz = ((spikes[name] ?? Number.NaN) / neurons / durationMs) * 1000
    if (!(hz >= fromHz && hz <= toHz))
      return `"${name}" fires at ${hz.toFixed(2)} Hz, not at ${Math.max(0, fromHz).toFixed(2)} to ${toHz.toFixed(2)} Hz`
  }
  return undefined
}

/** What its lines are called: wall time, build, memory, and the time of an event where the loop by hand has it. */
export function lineNames({ title, durationMs, synapses }: SimulationCase): string[] {
  const from = durationMs === 1000 ? "" : ` (from ${durationMs} ms)`
  const names = [`${title}, 1 s of model time${from}`, `${title}, build`, `${title}, peak memory`]
  return synapses === undefined ? names : [...names, `${title}, time of a synaptic event`]
}

function linesOf(
  of: SimulationCase,
  threads: number,
  sides: readonly Side[],
  absent: Readonly<Record<string, string>>,
  oursName: string,
): DetailedLine[] {
  const line = (
    name: string,
    unit: Unit,
    numbersOf: (side: Side) => readonly number[],
    byHand = false,
  ): DetailedLine => {
    const shown = sides.filter(({ participant: { name: own } }) => own === oursName || isByHand(own) === byHand)
    const samples = Object.fromEntries(
      shown.flatMap((side) => {
        const numbers = numbersOf(side)
        return numbers.length === 0 ? [] : [[side.participant.name, numbers]]
      }),
    )
    const { [oursName]: ours = null, ...peers } = Object.fromEntries(
      Object.entries(samples).map(([side, numbers]) => [side, median(numbers)]),
    )
    const others = Object.entries(absent).filter(([side]) => side === oursName || isByHand(side) === byHand)
    return {
      name,
      unit,
      ours,
      peers,
      ratio: ratioOf(unit, ours, peers),
      threads,
      absent: Object.fromEntries(others),
      samples,
    }
  }
  const known = (x: number | undefined): readonly number[] => (x === undefined ? [] : [x])
  const [wall, build, memory, event] = lineNames(of)
  const lines = [
    line(wall, "ms", ({ wallMs }) => wallMs),
    line(build, "ms", ({ buildMs }) => known(buildMs)),
    line(memory, "MB", ({ peakMB }) => known(peakMB)),
  ]
  return event === undefined ? lines : [...lines, line(event, "ns", ({ eventNs }) => eventNs, true)]
}
