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
export type { Plan } from "./plan.ts"
export { planNetwork } from "./planning.ts"
export { type CellState, type Population, type PopulationOptions, population } from "./population.ts"
export { fieldPotential, meanPotential, type Probe, rate } from "./probes.ts"
export { type Part, type Projection, type ProjectionOptions, projection } from "./projection.ts"
export { deltaReceptor, type Receptor, type Release, receptor, release } from "./receptor.ts"
export type { Recording, Series, Spikes, Trace, Traces, Wanted } from "./recording.ts"
export {
  networkProgram,
  type RunOptions,
  type Simulation,
  type SimulationOptions,
  type SimulationState,
  type Simulator,
  type SimulatorOptions,
  simulate,
  simulator,
} from "./simulate.ts"
export { type NetworkState, type StepView, startState, stepNetwork } from "./step.ts"
