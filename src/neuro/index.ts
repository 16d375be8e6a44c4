/** Neurons, synapses and networks in time. */
export * from "./benchmarks/index.ts"
export { lempelZivComplexity, lempelZivPhrases, type Phrase, type SpikeTrain } from "./complexity.ts"
export { between, type Constrained, positive } from "./constrained.ts"
export * from "./delays/index.ts"
export { directEncode, latencyEncode, poisson, rateEncode } from "./encoders.ts"
export { cmos45nm, type EnergyEstimate, type EnergyTable, energyOf } from "./energy.ts"
export { type Derivative, diffuse, integrate, type Method, type Variables } from "./integrate.ts"
export { type LegendreSystem, legendreReading, legendreStates, legendreSystem } from "./legendre.ts"
export { matrixExponential } from "./matrix-exponential.ts"
export * from "./network/index.ts"
export * from "./neurons/index.ts"
export * from "./plasticity/index.ts"
export type { Quantity } from "./quantity.ts"
export { exprel, linoid } from "./relative-exponentials.ts"
export {
  poissonCounts,
  type SpikeSource,
  type Stretch,
  spikeSource,
  spikeSourceStep,
  spikeTrains,
  stepKey,
  stretches,
} from "./stimuli.ts"
export { atan, boxcar, fastSigmoid, type Surrogate, sigmoid as sigmoidSurrogate, spike, triangle } from "./surrogate.ts"
export * from "./synapses/index.ts"
export * from "./wiring/index.ts"
