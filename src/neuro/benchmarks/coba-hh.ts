import { hostRandom, type Tree, tensor } from "../../engine/index.ts"
import { type Drawn, draw } from "../network/drawn.ts"
import { type Network, population, type Receptor } from "../network/index.ts"
import { traubMiles } from "../neurons/index.ts"
import { type BalancedOptions, balanced, conductanceReceptors } from "./balanced.ts"

export interface CobaHHOptions extends Omit<BalancedOptions, "inputMV"> {
  /**
   * `textbook`: weights of 6 and 67 nS, conductances open at the start; `brainpy`: weights of 0.6 and 6.7 nS and none open, as BrainPy's
   * script has it, ten times weaker. Default "textbook".
   */
  readonly version?: "textbook" | "brainpy"
  /** The conductances at the start are drawn from it. Default 0. */
  readonly conductanceSeed?: number
}

const versions = {
  textbook: {
    excitatory: 6,
    inhibitory: 67,
    // As published, but none below 0: where the normal distribution goes there, it is drawn again.
    openAtStart: {
      excitatory: { mean: 40, deviation: 15, atLeast: 0 },
      inhibitory: { mean: 200, deviation: 120, atLeast: 0 },
    },
  },
  brainpy: { excitatory: 0.6, inhibitory: 6.7, openAtStart: { excitatory: 0, inhibitory: 0 } },
} as const

/** A receptor with conductances that are open before the first spike, nS. */
const opened = (receptor: Receptor, g: Drawn, seed: number): Receptor => ({
  ...receptor,
  state: (shape): Tree => {
    const drawn = draw(g, shape[0], hostRandom(seed).fold(shape[0]), "conductances at the start")
    if (typeof drawn === "number") return receptor.state(shape)
    return { ...(receptor.state(shape) as object), g: tensor(Float32Array.from(drawn)) }
  },
})

/**
 * COBA-HH: 4000 Hodgkin-Huxley neurons of Traub and Miles's kind with synapses of conductance, about 40 Hz. E to all 6 nS (5 ms, 0 mV),
 * I to all 67 nS (10 ms, -80 mV), delay one step, p = 0.02; V0 ~ N(-65, 5²) mV, gE0 ~ N(40, 15²), gI0 ~ N(200, 120²) nS.
 * @source Brette et al., Simulation of networks of spiking neurons (2007), benchmark 3
 */
export function cobaHHNetwork({ version = "textbook", conductanceSeed = 0, ...options }: CobaHHOptions = {}): Network {
  const { excitatory, inhibitory, openAtStart } = versions[version]
  const { excitatoryWeight = excitatory, inhibitoryWeight = inhibitory, method } = options
  const receptors = conductanceReceptors()
  const random = hostRandom(conductanceSeed)
  return balanced(
    (count) =>
      population(count, traubMiles, {
        parameters: { method },
        vMV: { mean: -65, deviation: 5 },
      }),
    {
      excitatory: opened(receptors.excitatory, openAtStart.excitatory, random.nextU32()),
      inhibitory: opened(receptors.inhibitory, openAtStart.inhibitory, random.nextU32()),
    },
    { excitatory: excitatoryWeight, inhibitory: inhibitoryWeight },
    options,
  )
}
