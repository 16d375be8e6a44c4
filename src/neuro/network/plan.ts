import type { DrawnLists, EventLists, Tensor } from "../../engine/index.ts"
import type { Plasticity, PlasticSynapses } from "../plasticity/rules.ts"
import type { Network } from "./network.ts"
import type { Range } from "./projection.ts"
import type { Receptor, Release } from "./receptor.ts"

/** What leaves the neurons of a range: their spikes, or what short-term plasticity makes of them. */
export interface Source {
  readonly range: Range
  readonly release: Release | undefined
}

/** Keeps what leaves a source until it arrives. */
export interface DelayLine {
  readonly source: number
  /** Steps that are kept: the longest delay. */
  readonly steps: number
}

/** Synapses whose state belongs to the presynaptic neurons: one state for each of them, however many neurons it reaches. */
export interface Presynaptic {
  readonly line: number
  readonly delay: number
  readonly receptor: Receptor
}

/** What arrives at a population for one receptor: one state for each neuron, however many projections share it. */
export interface Target {
  readonly population: string
  readonly size: number
  readonly receptor: Receptor
  /** Where sums of spikes wait for it: a ring buffer, and the first of its columns; undefined where none do. */
  readonly waiting: { readonly ring: number; readonly offset: number } | undefined
}

/** A ring buffer `[steps, width]` of what is under way to some targets, by the step in which it arrives. */
export interface Ring {
  readonly steps: number
  readonly width: number
}

/** Connections as they are kept: lists with their weights, or those of all with all. */
export type Paths =
  | {
      readonly kind: "lists"
      readonly lists: EventLists | DrawnLists
      /** `[connections]` in the order of the lists, or one for all. */
      readonly weights: Tensor
    }
  | { readonly kind: "everyone"; readonly weight: number; readonly self: boolean }

/** Spikes that are scattered over a ring buffer as they leave, each connection with its delay. */
export interface Scatter {
  readonly source: number
  readonly ring: number
  readonly lists: EventLists | DrawnLists
  readonly weights: Tensor
  /** Place in the ring buffer that the first place of the lists stands for, at the start of the present step's row. */
  readonly offset: number
}

/** What arrives from a delay line, or what presynaptic synapses make of it, on its way to some neurons of a target. */
export interface Relay {
  readonly from: { readonly line: number; readonly delay: number } | { readonly presynaptic: number }
  readonly target: number
  readonly to: Range
  readonly paths: Paths
}

/** A projection whose weights change in time. */
export interface Plastic {
  readonly line: number
  readonly delay: number
  readonly target: number
  readonly to: Range
  readonly rule: Plasticity
  readonly synapses: PlasticSynapses
  /** `[connections]` before the first step. */
  readonly weights: Tensor
}

/** A network ready to be stepped: connections drawn, and what projections share merged. */
export interface Plan {
  readonly network: Network
  readonly dtMs: number
  readonly sources: readonly Source[]
  readonly lines: readonly DelayLine[]
  readonly presynaptic: readonly Presynaptic[]
  readonly targets: readonly Target[]
  readonly rings: readonly Ring[]
  readonly scatters: readonly Scatter[]
  readonly relays: readonly Relay[]
  readonly plastic: readonly Plastic[]
  /** Connections in all. */
  readonly connections: number
}
