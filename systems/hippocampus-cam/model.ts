/**
 * The memory: populations, synapses and plasticity of the paper's network, and one step of it. A cue is one of K lines, a content any of
 * M bits; one learnt pair is cue and content bits firing together for three steps. 1 ms a step, potentials in mV above rest, weights in nA.
 * @source Casanueva-Morato, Ayuso-Martinez, Dominguez-Morales, Jimenez-Fernandez and Jimenez-Moreno, Bio-inspired computational
 *   memory model of the Hippocampus (2023)
 */
import { CajalError, type DType, jit, scan, scope, type Tensor, zeros } from "../../src/engine/index.ts"
import {
  type CurrentLifState,
  currentLif,
  type DeferredStdpState,
  deferredStdp,
  deferredStdpState,
} from "../../src/neuro/index.ts"

const dtMs = 1

/** Size and rule of a memory. */
export interface Memory {
  /** Cues K, and bits of a content M. */
  readonly cues: number
  readonly bits: number
  /** Amplitudes of the plasticity, A+ and A-, nA. */
  readonly potentiationNA: number
  readonly depressionNA: number
  /** Time constant of both sides of the plasticity. */
  readonly tauMs: number
  /** Delay of the plastic synapses. */
  readonly delayMs: number
  /** The greatest plastic weight, nA. */
  readonly maximumNA: number
  /** What a spike of a recalled cue takes from the gate, CueCue -> ContCond, nA. */
  readonly gateNA: number
}

export const paperRule = {
  potentiationNA: 6,
  depressionNA: 6,
  tauMs: 3,
  delayMs: 1,
  maximumNA: 6,
  gateNA: 6,
} satisfies Partial<Memory>

// Populations ----------------------------------------------------------------------------------------------------------

const slow = { capacitanceNF: 0.27, tauMs: 3 }
const fast = { capacitanceNF: 0.14, tauMs: 0.5 }

/** Neurons of the input layer fire when they are told to; all others are current-based LIF with exponential synapses. */
export const inputs = {
  InCue: { size: "cues", title: "input, cue" },
  InCont: { size: "bits", title: "input, content" },
} as const

export const populations = {
  CueCue: { size: "cues", ...slow, thresholdMV: 3, title: "CA3cue, cue recall" },
  ContCue: { size: "bits", ...slow, thresholdMV: 3, title: "CA3cont, cue recall" },
  ContCond: { size: "bits", ...fast, thresholdMV: 3, title: "gate" },
  ContCondInt: { size: "one", ...fast, thresholdMV: 3, title: "gate, interneuron" },
  CueCont: { size: "cues", ...fast, thresholdMV: 3, title: "CA3cue, content recall" },
  ContCont: { size: "bits", ...slow, thresholdMV: 3, title: "CA3cont, content recall" },
  MergeCue: { size: "cues", ...slow, thresholdMV: 3, title: "merge, cue" },
  MergeCont: { size: "bits", ...slow, thresholdMV: 3, title: "merge, content" },
  OutCue: { size: "cues", ...slow, thresholdMV: 2.5, title: "output, cue" },
  OutCont: { size: "bits", ...slow, thresholdMV: 2.5, title: "output, content" },
} as const

type Population = keyof typeof populations
export type Layer = keyof typeof inputs | Population
export const layers = { ...inputs, ...populations }
export const layerNames = Object.keys(layers) as Layer[]
const populationNames = Object.keys(populations) as Population[]

export const sizeOf = (layer: Layer, { cues, bits }: Pick<Memory, "cues" | "bits">): number =>
  ({ cues, bits, one: 1 })[layers[layer].size]

const neuron = {
  restMV: 0,
  resetMV: 0,
  tauRefMs: 1,
  tauExcitatoryMs: 0.3,
  tauInhibitoryMs: 0.3,
  synapticCurrent: "mean",
} as const

/** The least weight whose single spike fires a population at rest, nA, rounded up to hundredths. */
function firingWeightNA(name: Population): number {
  const { capacitanceNF, tauMs, thresholdMV } = populations[name]
  const tauSynMs = neuron.tauExcitatoryMs
  const meanCurrent = (tauSynMs / dtMs) * -Math.expm1(-dtMs / tauSynMs)
  const response = ((meanCurrent * tauMs) / capacitanceNF) * -Math.expm1(-dtMs / tauMs)
  return Math.ceil((100 * thresholdMV) / response) / 100
}

/** What it takes to fire the targets of the plastic synapses. */
export const leastMaximumNA = Math.max(firingWeightNA("ContCue"), firingWeightNA("CueCont"))

/** @throws CajalError where a plastic weight could never fire its target */
export function checkMemory({ maximumNA }: Memory): void {
  if (maximumNA < leastMaximumNA)
    throw new CajalError(
      `with weights of at most ${maximumNA} nA no weight can fire a target: it takes ${leastMaximumNA} nA`,
      { where: "parameter maximum" },
    )
}

const parametersOf = (name: Population) => {
  const { size: _, title: __, ...own } = populations[name]
  return { ...neuron, ...own }
}

// Synapses -------------------------------------------------------------------------------------------------------------

/** What reaches the targets: spikes `[pre]` to sums that broadcast to `[post]`. */
const wirings = {
  "one to one": (spikes: Tensor) => spikes,
  "all to all": (spikes: Tensor) => spikes.sum(-1, true),
  "all to others": (spikes: Tensor) => spikes.sum(-1, true).sub(spikes),
}

interface Synapses {
  readonly from: Layer
  readonly to: Population
  readonly wiring: keyof typeof wirings
  readonly weightNA: number
  readonly delayMs: number
  readonly sign: "excitatory" | "inhibitory"
}
type Line = [from: Layer, to: Population, wiring: keyof typeof wirings, weightNA: number, delayMs: number]
const excites = (...[from, to, wiring, weightNA, delayMs]: Line): Synapses => ({
  ...{ from, to, wiring, weightNA, delayMs, sign: "excitatory" },
})
const inhibits = (...line: Line): Synapses => ({ ...excites(...line), sign: "inhibitory" })

export const synapsesOf = ({ bits, gateNA }: Memory): Synapses[] => [
  excites("InCue", "CueCue", "one to one", 6, 1),
  excites("InCont", "ContCue", "one to one", 6, 1),
  excites("CueCue", "CueCont", "one to one", 6, 2),
  inhibits("CueCue", "CueCont", "all to others", 6 * bits, 3),
  inhibits("CueCue", "ContCond", "all to all", gateNA, 2),
  excites("ContCue", "ContCond", "one to one", 9, 1),
  excites("ContCue", "ContCondInt", "all to all", 6, 1),
  excites("ContCondInt", "ContCond", "all to all", 2, 1),
  excites("ContCond", "ContCont", "one to one", 6, 1),
  inhibits("CueCont", "CueCont", "all to others", 6 * bits, 2),
  excites("CueCue", "MergeCue", "one to one", 6, 3),
  excites("ContCue", "MergeCont", "one to one", 6, 3),
  excites("CueCont", "MergeCue", "one to one", 6, 1),
  excites("ContCont", "MergeCont", "one to one", 6, 1),
  excites("MergeCue", "OutCue", "one to one", 6, 1),
  excites("MergeCont", "OutCont", "one to one", 6, 1),
]

/** All to all, excitatory, from weights of 0. */
export const plasticSynapses = {
  cueToContent: { from: "CueCue", to: "ContCue" },
  contentToCue: { from: "ContCont", to: "CueCont" },
} as const satisfies Record<string, { from: Population; to: Population }>
export type Plastic = keyof typeof plasticSynapses
const plasticNames = Object.keys(plasticSynapses) as Plastic[]

// A step ---------------------------------------------------------------------------------------------------------------

interface PlasticState {
  /** nA, `[pre, post]` */
  readonly weight: Tensor
  readonly stdp: DeferredStdpState
}

/** What a step starts from and leaves. */
export interface MemoryState {
  readonly cells: Readonly<Record<Population, CurrentLifState>>
  /** Spikes of the last steps, the latest first, as far back as a delay reaches. */
  readonly past: Readonly<Record<Layer, readonly Tensor[]>>
  readonly plastic: Readonly<Record<Plastic, PlasticState>>
  /** What the plastic synapses have sent, by the step in which it arrives, the next first. */
  readonly sent: Readonly<Record<Plastic, readonly Tensor[]>>
}

const each = <K extends string, V>(names: readonly K[], make: (name: K) => V): Record<K, V> =>
  Object.fromEntries(names.map((name) => [name, make(name)])) as Record<K, V>

/** A memory that knows nothing and has been silent. */
export function emptyMemory(memory: Memory, dtype: DType = "f32"): MemoryState {
  const synapses = synapsesOf(memory)
  const silence = (layer: Layer) => zeros([sizeOf(layer, memory)], dtype)
  const longest = (layer: Layer) => Math.max(0, ...synapses.flatMap((s) => (s.from === layer ? [s.delayMs] : [])))
  return {
    cells: each(populationNames, (name) => currentLif.state([sizeOf(name, memory)], parametersOf(name), { dtype })),
    past: each(layerNames, (layer) => Array.from({ length: longest(layer) }, () => silence(layer))),
    plastic: each(plasticNames, (name) => {
      const [pre, post] = [plasticSynapses[name].from, plasticSynapses[name].to].map((layer) => sizeOf(layer, memory))
      return { weight: zeros([pre, post], dtype), stdp: deferredStdpState(pre, post, memory, dtMs, dtype) }
    }),
    sent: each(plasticNames, (name) => Array.from({ length: memory.delayMs }, () => silence(plasticSynapses[name].to))),
  }
}

type InputSpikes = Readonly<Record<keyof typeof inputs, Tensor>>

/**
 * One millisecond: what arrives moves the neurons, then the plastic synapses of the neurons that fired learn, and send what they learnt.
 * @param given spikes of the input layer, `[K]` and `[M]`
 * @returns the state, and the spikes of every layer
 */
export function step(memory: Memory, state: MemoryState, given: InputSpikes): [MemoryState, Record<Layer, Tensor>] {
  const synapses = synapsesOf(memory)
  const arriving = (to: Population, sign: Synapses["sign"]): Tensor | number => {
    const fixed = synapses
      .filter((s) => s.to === to && s.sign === sign)
      .map(({ from, wiring, weightNA, delayMs }) => wirings[wiring](state.past[from][delayMs - 1]).mul(weightNA))
    const learnt = plasticNames.flatMap((name) =>
      plasticSynapses[name].to === to && sign === "excitatory" ? [state.sent[name][0]] : [],
    )
    return [...fixed, ...learnt].reduce<Tensor | number>((sum, x) => x.add(sum), 0)
  }
  const moved = each(populationNames, (name) =>
    scope(populations[name].title, () => {
      const input = { excitatory: arriving(name, "excitatory"), inhibitory: arriving(name, "inhibitory") }
      return currentLif(state.cells[name], input, parametersOf(name), dtMs)
    }),
  )
  const spikes: Record<Layer, Tensor> = { ...given, ...each(populationNames, (name) => moved[name][1]) }
  const rule = {
    potentiation: memory.potentiationNA,
    depression: memory.depressionNA,
    tauPreMs: memory.tauMs,
    tauPostMs: memory.tauMs,
    maximum: memory.maximumNA,
    delayMs: memory.delayMs,
  }
  const plastic = each(
    plasticNames,
    (name): PlasticState =>
      scope("plastic synapses", () => {
        const { from, to } = plasticSynapses[name]
        const { stdp, weight } = state.plastic[name]
        const [next, changed] = deferredStdp(stdp, weight, spikes[from], spikes[to], rule, dtMs)
        return { weight: changed, stdp: next }
      }),
  )
  const sent = each(plasticNames, (name) => [
    ...state.sent[name].slice(1),
    spikes[plasticSynapses[name].from].matmul(plastic[name].weight),
  ])
  const past = each(layerNames, (layer) => [spikes[layer], ...state.past[layer]].slice(0, state.past[layer].length))
  return [{ cells: each(populationNames, (name) => moved[name][0]), past, plastic, sent }, spikes]
}

/**
 * Many steps, in one program.
 * @param given spikes of the input layer, `[steps, K]` and `[steps, M]`
 * @param watchWeights whether the weights after every step are returned too
 * @returns the state; spikes of every layer `[steps, neurons]`; weights `[steps, pre, post]`, or none
 */
export const live = jit(
  (memory: Memory, state: MemoryState, given: InputSpikes, watchWeights: boolean) =>
    scan(
      (now: MemoryState, input: InputSpikes) => {
        const [next, spikes] = step(memory, now, input)
        const weights = watchWeights ? each(plasticNames, (name) => next.plastic[name].weight) : undefined
        return [next, { spikes, weights }]
      },
      state,
      given,
    ),
  { donate: [1] },
)
