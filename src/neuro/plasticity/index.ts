/**
 * Long-term plasticity. Of dense weights: functions that take a step, `(state, weight, pre, post, ..., dtMs) => [state, weight]`. Of the connections of a
 * network: rules that projections are given.
 */
export { type DeferredStdpParameters, type DeferredStdpState, deferredStdp, deferredStdpState } from "./deferred.ts"
export { type RewardParameters, type RewardState, rewardState, rewardStdp } from "./reward.ts"
export { type Plasticity, type PlasticSynapses, pairRule, rewardRule, tripletRule } from "./rules.ts"
export {
  type Connectivity,
  type StdpParameters,
  type StdpState,
  stdp,
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
