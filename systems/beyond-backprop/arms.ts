/** Who takes part in which race. */
import type { ForwardForwardNetwork } from "../../src/learn/index.ts"
import { metric, type RunEvent, type Stages } from "../../src/run/index.ts"
import { costsOf, macsOf, mostOf, type PhaseCost } from "./costs.ts"
import { layersFigure, raceFigure } from "./figures.ts"
import {
  byBackpropagation,
  byCascade,
  byForwardForward,
  byMonoForward,
  byReadoutsAlone,
  type Ground,
  throughBlocks,
} from "./methods.ts"
import { ratesOf, type Values } from "./parameters.ts"
import type { Method } from "./phases.ts"
import { type Arm, type Entry, race } from "./race.ts"

export const withFF = (p: Values): boolean => p.methods !== "BP and MF"
export const withCafo = (p: Values): boolean => p.methods === "all"

type Contender = Omit<Arm, "costs">

const numbered = (name: string, from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => `${name}${from + i}`)

/** Backpropagation, Mono-Forward and its control. */
export function perceptrons(ground: Ground): Contender[] {
  const { p } = ground
  const { seeds } = p
  const names = numbered("layer", 0, p.layers)
  const mf = byMonoForward(ground, p.cachePrefix)
  const arms: Contender[] = [
    { id: "bp", title: "BP", method: byBackpropagation(ground), rates: ratesOf(p.bpRate, p.bpTrials), seeds },
    { id: "mf", title: "MF", method: mf, rates: ratesOf(p.mfRate, p.mfTrials), seeds, names },
  ]
  if (!withFF(p)) return arms
  return [
    ...arms,
    { id: "frozen", title: "MF, W frozen", method: byReadoutsAlone(ground), rates: [p.mfRate], seeds, names },
  ]
}

/** One start is enough for what is far from the others. */
export const forwardForwardArm = (
  ground: Ground,
  show: (network: ForwardForwardNetwork) => Iterable<RunEvent>,
): Contender => ({
  id: "ff",
  title: "FF",
  method: byForwardForward(ground, show),
  rates: [ground.p.ffRate],
  seeds: 1,
  names: ["goodnessAccuracy"],
})

/** Random blocks; with `learning`, blocks that learn by feedback too, and the same blocks by backpropagation. */
export function cascades(ground: Ground, learning: boolean): Contender[] {
  const { p } = ground
  const of = { rates: [p.cafoRate], seeds: 1, names: numbered("block", 1, 3) }
  const random: Contender = { ...of, id: "cafo", title: "CaFo, random", method: byCascade(ground, "random") }
  if (!learning) return [random]
  return [
    random,
    { ...of, id: "dfa", title: "CaFo, feedback", method: byCascade(ground, "feedback") },
    { id: "cnn", title: "BP, CNN", method: throughBlocks(ground), rates: [p.bpRate], seeds: 1 },
  ]
}

/** What an epoch spends at the shape for which the formulas' ratios are claimed, whatever shape is run. */
export function* exactRatios(of: Ground): Generator<RunEvent> {
  const ground = { ...of, width: 500, p: { ...of.p, layers: 2 } }
  const methods: Record<string, Method> = {
    bp: byBackpropagation(ground),
    kept: byMonoForward(ground, true),
    uncached: byMonoForward(ground, false),
  }
  for (const [id, method] of Object.entries(methods)) yield metric(`784-500-500/${id}/macs`, macsOf(method, of.classes))
}

export interface Contest {
  /** Before the names of stages and metrics. */
  readonly prefix: string
  /** What the data are called. */
  readonly name: string
  readonly ground: Ground
  readonly contenders: readonly Contender[]
}

/** A race, what everything in it costs first. @returns the entries by their ids */
export async function* contest(
  { prefix, name, ground, contenders }: Contest,
  seed: number,
  stages: Stages,
): AsyncGenerator<RunEvent, Record<string, Entry>, void> {
  // Both ways of Mono-Forward are compared, whichever of the two is run.
  const ways = { "mf/kept": byMonoForward(ground, true), "mf/uncached": byMonoForward(ground, false) }
  const methods: [string, Method][] = contenders.map(({ id, method }) => [id, method])
  const measured = yield* stages.stage(`${prefix}costs`, async function* () {
    const all = [...methods.filter(([id]) => id !== "mf"), ...Object.entries<Method>(ways)]
    return Object.fromEntries(all.map(([id, method]) => [id, costsOf(method, ground.classes)]))
  })
  const costs: Record<string, PhaseCost[]> = {
    ...measured,
    mf: measured[ground.p.cachePrefix ? "mf/kept" : "mf/uncached"],
  }
  for (const [id, list] of Object.entries(costs)) {
    yield metric(
      `${prefix}${id}/macs`,
      list.reduce((sum, { macs }) => sum + macs, 0),
    )
    yield metric(`${prefix}${id}/peakBytes`, mostOf(list, "peakBytes"), { unit: "B" })
    yield metric(`${prefix}${id}/temporaryBytes`, mostOf(list, "temporaryBytes"), { unit: "B" })
  }
  yield metric(`${prefix}mf/layers`, ground.p.layers)
  const entries: Record<string, Entry> = {}
  for (const one of contenders) {
    const arm = { ...one, id: prefix + one.id, costs: costs[one.id] }
    entries[one.id] = yield* race(arm, seed, stages)
    yield raceFigure(Object.values(entries), prefix, name)
    const { mf, frozen } = entries
    if (mf !== undefined && [mf, frozen].includes(entries[one.id]))
      yield layersFigure(mf.test, frozen?.test, prefix, name)
  }
  return entries
}
