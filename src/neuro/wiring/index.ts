/** How populations are wired: each draws the connections of two populations from a seed. */

export {
  BranchRouting,
  drawnLines,
  interlaced,
  oneToOne as oneSynapseEach,
  windows as branchWindows,
} from "./branches.ts"
export { type DistanceOptions, distance, distanceDependent, gridPositions, type Positions } from "./distance.ts"
export { type ProceduralOptions, procedural } from "./procedural.ts"
export { fixedInDegree, fixedOutDegree, fixedProbability, fixedTotal } from "./random.ts"
export { allToAll, connectionPairs, oneToOne } from "./regular.ts"
export type { Connections, Ends, SelfOption, Wiring } from "./wiring.ts"
