/** Networks that the field measures its simulators with, with their published parameters, and what is measured of them. */
export { type BalancedOptions, cobaNetwork, conductanceReceptors, cubaNetwork } from "./balanced.ts"
export { type CobaHHOptions, cobaHHNetwork } from "./coba-hh.ts"
export {
  type DecisionOptions,
  decisionNetwork,
  decisionPools,
  decisionStimulus,
  decisionTrial,
  decisionTrialMs,
  type StimulusOptions,
} from "./decision.ts"
export { intervalVariation, meanRateHz, rateInTime, synchrony, type Window } from "./measures.ts"
export {
  exactCurrent,
  type MicrocircuitOptions,
  type MicrocircuitPopulation,
  microcircuitNetwork,
  microcircuitPopulations,
  microcircuitRatesHz,
} from "./microcircuit.ts"
