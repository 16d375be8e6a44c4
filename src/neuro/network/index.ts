/** Networks in time: populations, projections and what drives them; `simulate` runs them. */
export type { Drawn } from "./drawn.ts"
export {
  type CurrentInput,
  type Network,
  type NetworkParts,
  network,
  type PoissonInput,
  type Signals,
} from "./network.ts"
export { type Plan, planNetwork } from "./plan.ts"
export { type CellState, type Population, type PopulationOptions, population } from "./population.ts"
export { type Part, type Projection, type ProjectionOptions, projection } from "./projection.ts"
export { deltaReceptor, type Receptor, receptor } from "./receptor.ts"
export type { Recording, Spikes, Trace, Traces, Wanted } from "./recording.ts"
export { type Simulation, type SimulationOptions, type SimulationState, simulate } from "./simulate.ts"
export { type NetworkState, type StepView, startState, stepNetwork } from "./step.ts"
