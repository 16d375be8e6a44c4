/** Neurons, synapses and networks in time. */
export { directEncode, latencyEncode, poisson, rateEncode } from "./encoders.ts"
export { type LeakyParameters, type LifParameters, type LifState, leaky, lif, lifState } from "./neurons/lif.ts"
export { atan, boxcar, fastSigmoid, type Surrogate, sigmoid as sigmoidSurrogate, spike, triangle } from "./surrogate.ts"
