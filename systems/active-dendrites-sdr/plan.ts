/** What is run, from the parameters: the paper's points, and the reader's own neuron. */
import { integer, type NoteEvent, note, type ParameterValues, real } from "../../src/run/index.ts"
import { formatNumber } from "../../src/view/index.ts"
import type { NoisySetting, Setting } from "./model.ts"
import { noisyActivities, randomActivities, type Simulation, unionActivities } from "./simulations.ts"
import { falseNegative, falsePositive, neuronFalsePositive, noisyMiss, unionFalsePositive } from "./theory.ts"

export const parameters = {
  n: integer("presynaptic cells n", {
    default: 2000,
    from: 1,
    to: 200_000,
    help: "of your own neuron, as all of these",
  }),
  a: integer("active cells a", { default: 40, from: 1, to: 200_000 }),
  s: integer("synapses of a segment s", { default: 20, from: 1, to: 1000, help: "sampled from the active cells" }),
  theta: integer("threshold theta", {
    default: 10,
    from: 1,
    to: 1000,
    help: "active synapses that make a segment fire: below 1 it would always fire, above s never",
  }),
  noise: real("noise", { default: 0.3, from: 0, to: 1, help: "share of the active cells swapped for inactive ones" }),
  patterns: integer("stored patterns M", { default: 30, from: 1, to: 1000, help: "one a segment" }),
  stored: integer("noisy stored patterns shown", { default: 2000, from: 100, to: 1_000_000 }),
  random: integer("random patterns shown", { default: 20_000, from: 100, to: 10_000_000 }),
  trials: integer("trials at each point of the paper", {
    default: 2_000_000,
    from: 0,
    to: 100_000_000,
    help: "the claims take 1 000 000; 0 leaves the paper's points out",
  }),
  rareTrials: integer("trials at the rarest point", { default: 0, from: 0, to: 1_000_000_000 }),
  codes: integer("MNIST images as real codes", { default: 0, from: 0, to: 60_000, help: "0: none" }),
}
export type Values = ParameterValues<typeof parameters>

export const ownSetting = (p: Values): NoisySetting => ({
  n: p.n,
  a: p.a,
  s: p.s,
  theta: p.theta,
  noise: p.noise,
  patterns: p.patterns,
})

/** False positives: s and theta as in the paper's Fig. 3. */
const segment = { s: 24, theta: 12 }
export const claimedPoints: readonly Setting[] = [
  { n: 300, a: 64, ...segment },
  { n: 500, a: 100, ...segment },
  { n: 500, a: 128, ...segment },
  { n: 1000, a: 256, ...segment },
]
/** Points that no claim reads, with a quarter of the trials: other sizes, and other numbers of synapses. */
const otherPoints: readonly Setting[] = [
  { n: 400, a: 64, ...segment },
  { n: 700, a: 128, ...segment },
  ...[16, 20, 28, 32].map((s) => ({ n: 500, a: 128, s, theta: segment.theta })),
]
/** Where a hundred million trials meet about eighty false positives. */
export const rarePoint: Setting = { n: 600, a: 64, ...segment }
export const pointId = ({ n, a, s }: Setting): string => `fp/${n}-${a}${s === segment.s ? "" : `-${s}`}`

/** False negatives: the paper's n, a and s. */
export const missSetting = { n: 6000, a: 128, s: 30 }
export const missThetas = [9, 12, 15]
export const missNoises = [0.3, 0.4, 0.5]
/** The points whose rates a million trials can tell. */
export const claimedMisses = [
  { noise: 0.4, theta: 12 },
  { noise: 0.4, theta: 15 },
  { noise: 0.5, theta: 9 },
  { noise: 0.5, theta: 12 },
]
export const missId = (noise: number, theta: number): string => `fn/${noise}-${theta}`
export const swapsOf = (noise: number): number => Math.round(noise * missSetting.a)

export const unionSetting: Setting = { n: 2000, a: 40, s: 20, theta: 10 }
export const unionSizes = [5, 10, 15, 20, 30]
export const neuronSizes = [10, 30, 100]
export const neuronSetting = (patterns: number): NoisySetting => ({ ...unionSetting, noise: 0.3, patterns })

/** A simulation, and the setting whose Eq 4 it is held against. */
export interface Point {
  readonly simulation: Simulation
  readonly setting: Setting
}

// Streams of random numbers; each experiment has its own, whatever else is run.
export const streams = { points: 0, misses: 100, unions: 200, neurons: 300, own: 400, codes: 500, shown: 600 }

export const pointsOf = ({ trials, rareTrials }: Values): Point[] => {
  const point = (setting: Setting, i: number, count: number): Point => ({
    setting,
    simulation: randomActivities(setting, streams.points + i, count),
  })
  return [
    ...claimedPoints.map((setting, i) => point(setting, i, trials)),
    ...otherPoints.map((setting, i) => point(setting, 20 + i, Math.ceil(trials / 4))),
    point(rarePoint, 50, rareTrials),
  ].filter(({ simulation }) => simulation.trials > 0)
}

export const missesOf = ({ trials }: Values): { readonly noise: number; readonly simulation: Simulation }[] =>
  trials === 0
    ? []
    : missNoises.map((noise, i) => ({
        noise,
        simulation: noisyActivities(missSetting, swapsOf(noise), streams.misses + i, trials),
      }))

export const unionsOf = ({ trials }: Values): { readonly patterns: number; readonly simulation: Simulation }[] =>
  trials === 0
    ? []
    : unionSizes.map((patterns) => ({
        patterns,
        simulation: unionActivities(unionSetting, patterns, streams.unions + patterns, trials),
      }))

/** Says where the trials are too few to expect a hit, and how many it takes. */
export function* warnings(p: Values): Generator<NoteEvent, void, void> {
  const own = ownSetting(p)
  yield* tooFew([
    { what: "false fires of your own neuron", rate: neuronFalsePositive(own), trials: p.random },
    { what: "misses of your own neuron", rate: noisyMiss(own), trials: p.stored },
  ])
  if (p.trials > 0)
    yield* tooFew([
      ...pointsOf(p).map(({ setting, simulation }) => ({
        what: `false positives at n ${setting.n}, a ${setting.a}, s ${setting.s}`,
        rate: falsePositive(setting),
        trials: simulation.trials,
      })),
      ...missNoises.flatMap((noise) =>
        missThetas.map((theta) => ({
          what: `false negatives at noise ${noise}, theta ${theta}`,
          rate: falseNegative({ ...missSetting, theta }, swapsOf(noise)),
          trials: p.trials,
        })),
      ),
      ...unionSizes.map((patterns) => ({
        what: `a union of ${patterns} patterns`,
        rate: unionFalsePositive(unionSetting, patterns),
        trials: p.trials,
      })),
    ])
}

/** A rate is expected to show where there are ten trials for each hit. A rate of zero never shows, and needs no warning. */
export function* tooFew(
  list: readonly { readonly what: string; readonly rate: number; readonly trials: number }[],
): Generator<NoteEvent, void, void> {
  for (const { what, rate, trials } of list)
    if (rate > 0 && trials < 10 / rate)
      yield note(
        `${what}: expect no hit in ${formatNumber(trials)} trials; at a rate of ${formatNumber(rate)} it takes ${formatNumber(Math.ceil(10 / rate))}`,
      )
}
