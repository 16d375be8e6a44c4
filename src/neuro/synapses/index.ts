/** Synapse models: each a function that takes a step, `(state, arriving, parameters, dtMs) => [state, g]`; what g drives. */
export {
  alphaSynapse,
  type ConductanceState,
  type DualExponentialParameters,
  dualExponentialSynapse,
  exponentialSynapse,
  type RisingState,
} from "./exponential.ts"
export { coba, cuba, gapJunction, type MagnesiumBlock, magnesiumBlock } from "./outputs.ts"
export {
  ampaSynapse,
  gabaASynapse,
  type NmdaParameters,
  type NmdaState,
  nmdaSynapse,
  type TransmitterParameters,
  type TransmitterState,
} from "./receptors.ts"
export {
  type DepressionParameters,
  type DepressionState,
  type PlasticityState,
  type ShortTermParameters,
  shortTermDepression,
  shortTermPlasticity,
} from "./short-term.ts"
export { type Synapse, type SynapseEquations, synapse } from "./synapse.ts"
