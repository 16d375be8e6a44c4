import { asEvents, CajalError, hostRandom, type Tensor, tensor, uniform, zeros } from "../../engine/index.ts"
import {
  type Network,
  network,
  type Part,
  type Population,
  population,
  projection,
  type Receptor,
  receptor,
} from "../network/index.ts"
import { leakyIF } from "../neurons/index.ts"
import { stepKey } from "../stimuli.ts"
import { coba, exponentialSynapse, magnesiumBlock, nmdaSynapse } from "../synapses/index.ts"
import { allToAll, oneToOne } from "../wiring/index.ts"

export interface DecisionOptions {
  /** How much stronger synapses within a pool are than the mean. Default 1.7. */
  readonly wPlus?: number
  /** Recurrent NMDA conductance, times its published value. Default 1. */
  readonly nmda?: number
  /**
   * What the 2400 Hz from outside come on: `line`, one line for each neuron, on which at most one spike arrives in a step, as in BrainPy; or
   * `synapses`, so many that any number arrives in a step: a Poisson process in full, a third more variable at steps of 0.1 ms, with
   * which the memory fires at half the rate. Default "line".
   */
  readonly background?: "line" | "synapses"
}

/** Neurons of E that the stimuli drive: two pools of 15 %, and the rest. */
export const decisionPools = {
  A: { population: "E", from: 0, to: 240 },
  B: { population: "E", from: 240, to: 480 },
  N: { population: "E", from: 480, to: 1600 },
} as const satisfies Record<string, Part>
type Pool = keyof typeof decisionPools

const share = 0.15
const delayMs = 0.5

/** Conductances, nS. */
const g = {
  external: { E: 2.1, I: 1.62 },
  ampa: { E: 0.05, I: 0.04 },
  nmda: { E: 0.165, I: 0.13 },
  gaba: { E: 1.3, I: 1.0 },
}
const backgroundHz = 2400

/** Sources that fire at random in every step, with the probability rate times step, at most once. */
const lines = (size: number, rateHz: number): Population => ({
  size,
  model: "lines",
  current: 0,
  start: (random) => ({
    v: zeros([size]),
    key: tensor([random.nextU32(), random.nextU32()], { dtype: "u32" }),
    step: tensor(0, { dtype: "i32" }),
  }),
  step(state, _, dtMs) {
    const { key, step } = state as unknown as Record<"key" | "step", Tensor>
    const fires = uniform(stepKey(key, step), [size]).lt((rateHz * dtMs) / 1000)
    return [{ ...state, step: step.add(1) }, asEvents(fires.cast("f32"))]
  },
})

/** The stimulus is drawn from a normal distribution: hardly ever beyond. */
const mostHz = 200
/** Anew after so long. */
const redrawMs = 50

/**
 * A cortical circuit that decides: two pools of excitatory neurons, each driven by a stimulus (signals `A` and `B`, in Hz), excite
 * themselves through slow NMDA receptors and inhibit one another through common interneurons. One wins, and goes on firing when the stimuli
 * end. 1600 excitatory and 400 inhibitory leaky neurons, all to all, currents in pA.
 * @source Wang, Probabilistic decision making by slow reverberation in cortical circuits (2002)
 */
export function decisionNetwork({ wPlus = 1.7, nmda = 1, background = "line" }: DecisionOptions = {}): Network {
  const wMinus = 1 - (share * (wPlus - 1)) / (1 - share)
  if (!(wPlus >= 0 && wMinus >= 0))
    throw new CajalError(`decision: w+ must lie in 0..${((1 - share) / share + 1).toPrecision(3)}, not ${wPlus}`)
  const factor = (from: Pool, to: Pool): number => (to === "N" ? 1 : from === to ? wPlus : wMinus)
  const ampa = receptor(exponentialSynapse, { tauMs: 2 }, (s, v) => coba(s, v, 0))
  const gaba = receptor(exponentialSynapse, { tauMs: 5 }, (s, v) => coba(s, v, -70))
  const slow = receptor(nmdaSynapse, { aPerMs: 0.5, tauDecayMs: 100, tauRiseMs: 2 }, (s, v) =>
    magnesiumBlock(s, v, { magnesiumMM: 1 }),
  )
  const membrane = { restMV: -70, thresholdMV: -50, resetMV: -55 }
  const pools = Object.keys(decisionPools) as Pool[]
  const fromE = (receptor: Receptor, weight: { E: number; I: number }) => [
    ...pools.flatMap((from) =>
      pools.map((to) =>
        projection(decisionPools[from], decisionPools[to], {
          wiring: allToAll(),
          receptor,
          weight: weight.E * factor(from, to),
          delayMs,
        }),
      ),
    ),
    projection("E", "I", { wiring: allToAll(), receptor, weight: weight.I, delayMs }),
  ]
  const sizes = { E: 1600, I: 400 }
  const sides = ["E", "I"] as const
  return network({
    populations: {
      E: population(sizes.E, leakyIF, {
        parameters: { ...membrane, tauMs: 20, resistance: 0.04, tauRefMs: 2 },
        vMV: -70,
      }),
      I: population(sizes.I, leakyIF, {
        parameters: { ...membrane, tauMs: 10, resistance: 0.05, tauRefMs: 1 },
        vMV: -70,
      }),
      ...(background === "line"
        ? { linesToE: lines(sizes.E, backgroundHz), linesToI: lines(sizes.I, backgroundHz) }
        : {}),
    },
    projections: [
      ...(background === "line" ? sides : []).map((to) =>
        projection(`linesTo${to}`, to, { wiring: oneToOne(), receptor: ampa, weight: g.external[to] }),
      ),
      ...fromE(ampa, g.ampa),
      ...(nmda > 0 ? fromE(slow, { E: g.nmda.E * nmda, I: g.nmda.I * nmda }) : []),
      projection("I", "E", { wiring: allToAll(), receptor: gaba, weight: g.gaba.E, delayMs }),
      projection("I", "I", { wiring: allToAll(), receptor: gaba, weight: g.gaba.I, delayMs }),
    ],
    poisson: [
      ...(background === "synapses" ? sides : []).map((to) => ({
        to,
        receptor: ampa,
        rateHz: backgroundHz,
        weight: g.external[to],
      })),
      ...(["A", "B"] as const).map((pool) => ({
        to: decisionPools[pool],
        receptor: ampa,
        rateHz: { signal: pool, mostHz },
        weight: g.external.E,
      })),
    ],
  })
}

/** A trial: rest, stimulus, delay. */
export const decisionTrial = { restMs: 100, stimulusMs: 1000, delayMs: 500 } as const
export const decisionTrialMs = decisionTrial.restMs + decisionTrial.stimulusMs + decisionTrial.delayMs

export interface StimulusOptions {
  /** How much more A is driven than B, -1..1. */
  readonly coherence: number
  /** The rates are drawn from it. Default 0. */
  readonly seed?: number
}

/**
 * The stimuli of a trial, for `decisionNetwork`: rates N(40 (1 ± coherence), 10²) Hz, drawn anew every 50 ms.
 * @returns signals `A` and `B`
 */
export function decisionStimulus({ coherence, seed = 0 }: StimulusOptions): Record<"A" | "B", (tMs: number) => number> {
  if (!(coherence >= -1 && coherence <= 1))
    throw new CajalError(`decision: a coherence lies in -1..1, not ${coherence}`)
  const { restMs, stimulusMs } = decisionTrial
  const random = hostRandom(seed)
  const signal = (meanHz: number): ((tMs: number) => number) => {
    const own = random.split()
    const rates = Float64Array.from({ length: Math.ceil(stimulusMs / redrawMs) }, () =>
      Math.min(mostHz, Math.max(0, meanHz + 10 * own.normal())),
    )
    return (tMs) => {
      const since = tMs - restMs + 1e-6
      return since < 0 || since >= stimulusMs ? 0 : rates[Math.floor(since / redrawMs)]
    }
  }
  return { A: signal(40 * (1 + coherence)), B: signal(40 * (1 - coherence)) }
}
