/** Long-term plasticity of dense weights: functions that take a step, `(state, weight, pre, post, ..., dtMs) => [state, weight]`. */
export { type RewardParameters, type RewardState, rewardState, rewardStdp } from "./reward.ts"
export {
  type Connectivity,
  type StdpParameters,
  type StdpState,
  stdp,
  stdpChange,
  stdpState,
  type WeightLimits,
} from "./stdp.ts"
export { type Pairing, spikeTrace } from "./traces.ts"
export {
  type TripletParameters,
  type TripletState,
  tripletState,
  tripletStdp,
  visualCortexTriplets,
} from "./triplet.ts"
