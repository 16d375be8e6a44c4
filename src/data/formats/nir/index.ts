/** The Neuromorphic Intermediate Representation: files, graphs, and networks that run them. */
export { nirArrays, withNirArrays } from "./arrays.ts"
export { type NirLeakyOptions, type NirValue, nirArray, nirChain, nirDelay, nirLeaky, nirLinear } from "./build.ts"
export { type LeakMethod, leakOf, tauOf } from "./discretise.ts"
export { readNir, writeNir } from "./file.ts"
export { NirNetwork, type NirNetworkOptions, type NirState, nirNetwork, type Signals, updateNir } from "./network.ts"
export { checkNir, type NodeShapes } from "./shapes.ts"
export type * from "./types.ts"
