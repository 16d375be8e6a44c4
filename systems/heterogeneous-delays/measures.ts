/** What is measured of trained kernels. */
import { motionCloud, movingScene, velocityOf } from "../../src/data/index.ts"
import { type HostRandom, key } from "../../src/engine/index.ts"
import {
  averagedDelays,
  coneMask,
  type DelayKernels,
  delayKernels,
  largestSynapses,
  reversedDelays,
  shortestDelays,
  synapseCount,
} from "../../src/neuro/index.ts"
import { angleBetween, delaysWithin, trajectories } from "./model.ts"
import { Reader, sceneSize } from "./movies.ts"
import type { Setup } from "./parameters.ts"

/** Kernels with fewer synapses: how many are left, as a share, and what is still read. */
export type Cut = {
  readonly share: number
  readonly accAll: number
  readonly accSteady: number
}

/** Shares of the weights that pruning leaves, besides those that shortening does. */
export const prunedShares = [0.3, 0.1, 0.03, 0.01, 0.003, 0.0015] as const

export type Measures = {
  readonly synapses: number
  readonly accAll: number
  readonly accSteady: number
  readonly averaged: { accAll: number; accSteady: number }
  /** With delays reversed: how often the motion is named, and how often its opposite. */
  readonly reversed: { accAll: number; accSteady: number; opposite: number }
  /** By `prunedShares`. */
  readonly pruned: Cut[]
  /** The delays below 1, 2, ... all but one. */
  readonly shortened: Cut[]
  /** Pruned to the synapses that shortening leaves. */
  readonly equal: Cut[]
  readonly trajectories: { learnt: number; allDelays: number; untrained: number }
  /** Share of decisions by the direction relative to the motion's, in steps of a direction: as learnt, and with averaged delays. */
  readonly tuning: { learnt: number[]; averaged: number[] }
}

export function measure(kernels: DelayKernels, reader: Reader, setup: Setup, seed: number): Measures {
  const { geometry, directions } = setup
  const synapses = synapseCount(kernels)
  const cut = (left: DelayKernels): Cut => {
    const { accAll, accSteady } = reader.read(left)
    return { share: synapseCount(left) / synapses, accAll, accSteady }
  }
  const whole = reader.read(kernels)
  const averaged = reader.read(averagedDelays(kernels))
  const reversed = reader.read(reversedDelays(kernels))
  const shortened = Array.from({ length: geometry.delays - 1 }, (_, i) => shortestDelays(kernels, i + 1))
  return {
    synapses,
    accAll: whole.accAll,
    accSteady: whole.accSteady,
    averaged: { accAll: averaged.accAll, accSteady: averaged.accSteady },
    reversed: {
      accAll: reversed.accAll,
      accSteady: reversed.accSteady,
      opposite: directions % 2 === 0 ? tuningOf(reversed.confusion, directions)[directions / 2] : 0,
    },
    pruned: prunedShares.map((share) => cut(largestSynapses(kernels, Math.round(share * synapses)))),
    shortened: shortened.map(cut),
    equal: shortened.map((left) => cut(largestSynapses(kernels, synapseCount(left)))),
    trajectories: {
      learnt: shareAlongMotion(kernels, setup),
      allDelays: shareAlongMotion(kernels, setup, true),
      untrained: untrainedShare(setup, seed),
    },
    tuning: { learnt: tuningOf(whole.confusion, directions), averaged: tuningOf(averaged.confusion, directions) },
  }
}

/** The smallest lead of pruning over shortening where at least a tenth of the synapses are left. */
export const smallestLead = ({ shortened, equal }: Pick<Measures, "shortened" | "equal">): number =>
  Math.min(...shortened.flatMap(({ share, accAll }, i) => (share >= 0.1 ? [equal[i].accAll - accAll] : [])))

/**
 * Share of the classes whose kernel moves, with the delay, to within 45 degrees of where its motion came from.
 * @param all over all delays instead of those at which the motion's trajectory is within the kernel
 */
export function shareAlongMotion(kernels: DelayKernels, { motions, geometry }: Setup, all = false): number {
  const reach = all ? undefined : (c: number) => delaysWithin(motions[c].speed, geometry)
  const along = trajectories(kernels, reach).filter(({ slope }, c) => {
    const [x, y] = velocityOf(motions[c])
    return angleBetween(slope, [-x, -y]) <= Math.PI / 4
  })
  return along.length / motions.length
}

/** The same of kernels before training, over many starts: a few classes alone would leave it to chance. */
function untrainedShare(setup: Setup, seed: number): number {
  const mask = coneMask(setup.geometry)
  const starts = Array.from({ length: 20 }, (_, i) => delayKernels(setup.geometry, key(seed + i), { mask }))
  return starts.reduce((sum, kernels) => sum + shareAlongMotion(kernels, setup), 0) / starts.length
}

/** Of all decisions, how many named a direction so many steps further round than the motion's, whatever the speed. */
export function tuningOf(confusion: readonly (readonly number[])[], directions: number): number[] {
  const counts = Array<number>(directions).fill(0)
  confusion.forEach((row, truth) =>
    row.forEach((count, decided) => {
      counts[(decided - truth + confusion.length * directions) % directions] += count
    }),
  )
  const total = counts.reduce((a, b) => a + b, 0)
  return counts.map((count) => (total > 0 ? count / total : 0))
}

/** Mean frequencies of the clouds, cycles/px. */
const frequencies = [0.03, 0.06, 0.09, 0.13, 0.18, 0.25, 0.35]

export type CloudReading = { kind: string; frequency: number; accuracy: number }

/**
 * Motion clouds, each under one motion: of every orientation; stripes that stand across the motion; stripes that stand anyhow, whose motion
 * along themselves nobody can see through an aperture.
 */
export function* readClouds(
  kernels: DelayKernels,
  setup: Setup,
  random: HostRandom,
): Generator<CloudReading, void, void> {
  const { motions, geometry, setting, scenes } = setup
  const { frame, threshold } = scenes
  const steps = geometry.delays + 20
  for (const [i, frequency] of frequencies.entries())
    for (const [j, kind] of ["every orientation", "stripes across the motion", "stripes anyhow"].entries()) {
      const movies = motions.map(({ direction }, c) => {
        const own = random.fold(i).fold(j).fold(c)
        const orientation = j === 0 ? {} : { orientation: j === 1 ? direction : Math.PI * own.uniform() }
        const cloud = motionCloud(own, sceneSize, { frequency, bandwidth: frequency / 4, ...orientation })
        const labels = new Int32Array(steps).fill(c)
        return movingScene(cloud, { motions, labels, height: frame, width: frame, threshold, mayBeSilent: true })
      })
      const reader = new Reader(movies, geometry.delays, setting)
      yield { kind, frequency, accuracy: reader.read(kernels).accAll }
      reader.dispose()
    }
}
