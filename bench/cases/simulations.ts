/** The networks that simulators are measured with. */
import {
  cobaNetwork,
  microcircuitNetwork,
  microcircuitPopulations,
  microcircuitRatesHz,
  type Network,
} from "../../src/neuro/index.ts"

export interface SimulationCase {
  readonly title: string
  /** What the peers know it by. */
  readonly network: string
  readonly parameters: Readonly<Record<string, number>>
  /** Model time that nobody measures: networks start from where they do not stay. */
  readonly settleMs: number
  /** Model time of a round. */
  readonly durationMs: number
  /** Rounds at most. */
  readonly rounds: number
  /** Whether each side has the memory of the machine for itself, so that rounds are not interleaved. */
  readonly alone: boolean
  /** By population: neurons, and the rates between which a side must be to count. */
  readonly populations: Readonly<
    Record<string, { readonly neurons: number; readonly fromHz: number; readonly toHz: number }>
  >
  /** Mean number of synapses of a neuron, where a synaptic event is compared with the loop by hand. */
  readonly synapses?: number
  ours(): Network
}

/** 80 inputs to each neuron at every size: p = 80 / neurons. */
const coba = (neurons: number, durationMs: number, rounds: number, alone = false): SimulationCase => ({
  title: `COBA ${neurons.toLocaleString("en")}`,
  network: "coba",
  parameters: { neurons, probability: 80 / neurons },
  settleMs: Math.min(200, durationMs),
  durationMs,
  rounds,
  alone,
  populations: { all: { neurons, fromHz: 14, toHz: 28 } },
  synapses: 80,
  ours: () => cobaNetwork({ scale: neurons / 4000 }),
})

/** Within 40 % and 0.6 Hz of the rates of the whole circuit. */
const microcircuit = (share: number): SimulationCase => ({
  title: `microcircuit at ${share}`,
  network: "microcircuit",
  parameters: { neurons: share, inDegree: share },
  settleMs: 200,
  durationMs: 1000,
  rounds: 5,
  alone: false,
  populations: Object.fromEntries(
    microcircuitPopulations.map((name, i) => {
      const hz = microcircuitRatesHz[i]
      const { size } = circuit(share).populations[name]
      return [name, { neurons: size, fromHz: 0.6 * hz - 0.6, toHz: 1.4 * hz + 0.6 }]
    }),
  ),
  ours: () => circuit(share),
})

const circuit = (share: number): Network => microcircuitNetwork({ neurons: share, inDegree: share })

export const simulations: readonly SimulationCase[] = [
  coba(4000, 1000, 5),
  coba(40_000, 500, 3),
  coba(400_000, 100, 2, true),
  microcircuit(0.1),
]
