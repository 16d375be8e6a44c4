/** The experiments on one segment: cells are drawn and counted, nothing is taken from a formula. */

import { type HostRandom, SubsetSampler } from "../../src/engine/index.ts"
import { type CheckpointState, checkpoint, progress, type RunEvent } from "../../src/run/index.ts"
import { lanes, overlapOf, Pattern, Segments, type Setting } from "./model.ts"

/** The sizes without a threshold: overlaps are tallied, and every threshold is read from the tally. */
export type Sizes = Omit<Setting, "theta">

/**
 * An experiment in blocks. A block draws four segments and so many activities, and tallies what each segment does at each
 * activity: every pair is a trial. Trials that share a segment or an activity are independent in pairs, since what a segment does
 * is as likely for every activity; so the standard error of a share is that of as many separate trials.
 */
export interface Simulation {
  readonly name: string
  /** A number of its own: which random numbers it draws. */
  readonly stream: number
  readonly trials: number
  readonly activitiesPerBlock: number
  /** Cells drawn for an activity, for the time left. */
  readonly draws: number
  readonly tallyLength: number
  readonly block: (random: HostRandom, activities: number, tally: Float64Array) => void
}

export type Tally = { readonly trials: number; readonly counts: number[] }

const checkpointEvery = 1_000_000

/** How far the whole run is, in cells drawn. */
export interface Meter {
  done: number
  readonly total: number
}

/** Runs an experiment, with a checkpoint about every million trials. */
export async function* run(
  simulation: Simulation,
  root: HostRandom,
  meter: Meter,
  signal: AbortSignal,
  saved?: CheckpointState,
): AsyncGenerator<RunEvent, Tally, void> {
  const { name, trials, stream, activitiesPerBlock, block } = simulation
  const random = root.fold(stream)
  const before = saved?.json as (Tally & { readonly blocks: number }) | undefined
  const counts = Float64Array.from(before?.counts ?? new Array(simulation.tallyLength).fill(0))
  let done = before?.trials ?? 0
  let kept = done
  for (let index = before?.blocks ?? 0; done < trials; index++) {
    const activities = Math.min(activitiesPerBlock, Math.ceil((trials - done) / lanes))
    block(random.fold(index), activities, counts)
    done += activities * lanes
    yield progress(name, meter.done + (workOf(simulation) * done) / trials, meter.total)
    signal.throwIfAborted()
    if (done - kept >= checkpointEvery && done < trials) {
      kept = done
      yield checkpoint({ trials: done, counts: [...counts], blocks: index + 1 })
    }
  }
  return { trials: done, counts: [...counts] }
}

export const workOf = ({ trials, draws }: Simulation): number => (trials / lanes) * draws

/** The share of trials whose overlap, tallied first, reached theta. */
export const shareFrom = ({ trials, counts }: Tally, theta: number, upTo: number): number =>
  counts.slice(theta, upTo + 1).reduce((sum, count) => sum + count, 0) / trials

/** The share of trials whose overlap stayed below theta. */
export const shareBelow = (tally: Tally, theta: number): number => shareFrom(tally, 0, theta - 1)

/** Four segments, each with synapses sampled from a pattern of its own, at random activities: overlaps 0..s. */
export function randomActivities(sizes: Sizes, stream: number, trials: number): Simulation {
  const { n, a, s } = sizes
  return {
    name: `false positives, ${a} of ${n} active, ${s} synapses`,
    stream,
    trials,
    activitiesPerBlock: 2000,
    draws: a,
    tallyLength: s + 1,
    block(random, activities, overlaps) {
      const cells = new SubsetSampler(n)
      const segments = new Segments(n)
      for (let lane = 0; lane < lanes; lane++) {
        cells.draw(a, random)
        segments.grow(lane, new Pattern(cells.items, a).sample(s, random), s)
      }
      tallyRandom(segments, cells, a, activities, random, overlaps)
    },
  }
}

/** Four segments of one pattern, at activities that are the pattern with v cells swapped: overlaps 0..s. */
export function noisyActivities(sizes: Sizes, v: number, stream: number, trials: number): Simulation {
  const { n, a, s } = sizes
  return {
    name: `false negatives, ${v} of ${a} cells swapped`,
    stream,
    trials,
    activitiesPerBlock: 2000,
    draws: 2 * v + a / 4,
    tallyLength: s + 1,
    block(random, activities, overlaps) {
      const cells = new SubsetSampler(n)
      cells.draw(a, random)
      const pattern = new Pattern(cells.items, a)
      const segments = new Segments(n)
      for (let lane = 0; lane < lanes; lane++) segments.grow(lane, pattern.sample(s, random), s)
      for (let i = 0; i < activities; i++) {
        const sum = matchNoisy(segments, pattern, v, a, random)
        for (let lane = 0; lane < lanes; lane++) overlaps[overlapOf(lane, sum)]++
      }
    },
  }
}

/** What a union's tally holds behind the overlaps 0..a. */
export const unionExtras = { segments: 1, synapses: 2, missed: 3, missedWorn: 4 } as const

/**
 * Four segments that each hold M patterns, at random activities. Tallied are the overlaps 0..a; then how many segments there were,
 * their synapses, how many stored patterns were missed, and how many stored patterns that had lost s - theta cells.
 */
export function unionActivities(setting: Setting, patterns: number, stream: number, trials: number): Simulation {
  const { n, a, s, theta } = setting
  return {
    name: `union of ${patterns} patterns`,
    stream,
    trials,
    activitiesPerBlock: 500,
    draws: a * 1.5,
    tallyLength: a + 5,
    block(random, activities, tally) {
      const cells = new SubsetSampler(n)
      const segments = new Segments(n)
      const stored: Pattern[][] = []
      for (let lane = 0; lane < lanes; lane++) {
        stored[lane] = []
        for (let m = 0; m < patterns; m++) {
          cells.draw(a, random)
          const pattern = new Pattern(cells.items, a)
          segments.grow(lane, pattern.sample(s, random), s)
          stored[lane].push(pattern)
        }
      }
      for (let lane = 0; lane < lanes; lane++) {
        tally[a + unionExtras.segments]++
        tally[a + unionExtras.synapses] += segments.synapses(lane)
        for (const pattern of stored[lane]) {
          if (overlapOf(lane, matchNoisy(segments, pattern, 0, a, random)) < theta) tally[a + unionExtras.missed]++
          const worn = overlapOf(lane, matchNoisy(segments, pattern, s - theta, a, random))
          if (worn < theta) tally[a + unionExtras.missedWorn]++
        }
      }
      tallyRandom(segments, cells, a, activities, random, tally)
    },
  }
}

function tallyRandom(
  segments: Segments,
  cells: SubsetSampler,
  a: number,
  activities: number,
  random: HostRandom,
  overlaps: Float64Array,
): void {
  for (let i = 0; i < activities; i++) {
    cells.draw(a, random)
    const sum = segments.match(cells.items, 0, a)
    for (let lane = 0; lane < lanes; lane++) overlaps[overlapOf(lane, sum)]++
  }
}

/** The overlaps of a pattern after v of its cells were swapped for others. */
function matchNoisy(segments: Segments, pattern: Pattern, v: number, a: number, random: HostRandom): number {
  pattern.corrupt(v, random)
  return (segments.match(pattern.active.items, v, a) + segments.match(pattern.inactive.items, 0, v)) | 0
}
