/** Neuron models: each a function that takes a step, `(state, current, parameters, dtMs) => [state, spikes]`. */
export { type CurrentLifParameters, type CurrentLifState, currentLif } from "./current-lif.ts"
export { type ElmActivation, ElmNeuron, type ElmOptions, type ElmState, elmNeuron, logSpaced } from "./elm.ts"
export {
  type Adaptation,
  type AdaptiveState,
  adaptiveExponentialIF,
  type ExponentialIFParameters,
  exponentialIF,
} from "./exponential-if.ts"
export { type FiringOptions, fire, type Membrane, type Spiking } from "./firing.ts"
export { type GateRates, gate, steadyState } from "./gates.ts"
export { type GeneralizedIFParameters, type GeneralizedIFState, generalizedIF } from "./generalized-if.ts"
export { type HodgkinHuxleyState, hodgkinHuxley, type MembraneParameters } from "./hodgkin-huxley.ts"
export { type IzhikevichParameters, type IzhikevichState, izhikevich, izhikevichPatterns } from "./izhikevich.ts"
export {
  type LeakyIFParameters,
  type LeakyIntegratorParameters,
  leakyIF,
  leakyIntegrator,
  type PotentialState,
} from "./leaky.ts"
export { type LeakyParameters, type LifParameters, type LifState, leaky, lif, lifState } from "./lif.ts"
export { type MetaParameters, type MetaState, meta, metaLimit, metaLiterature, metaState } from "./meta.ts"
export { type MorrisLecarParameters, type MorrisLecarState, morrisLecar } from "./morris-lecar.ts"
export {
  type Current,
  type Neuron,
  type NeuronEquations,
  type NeuronOptions,
  type NeuronState,
  neuron,
} from "./neuron.ts"
export { adaptiveQuadraticIF, type QuadraticIFParameters, quadraticIF } from "./quadratic-if.ts"
export { type TraubMilesParameters, traubMiles } from "./traub-miles.ts"
export { type TwoCompartmentParameters, type TwoCompartmentState, twoCompartment } from "./two-compartment.ts"
export { type ModulationLaw, type ModulationName, modulationLaws, relu6, twoPoint } from "./two-point.ts"
export { type WangBuzsakiParameters, type WangBuzsakiState, wangBuzsaki } from "./wang-buzsaki.ts"
