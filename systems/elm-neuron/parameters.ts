/** The settings of a run, and what they mean for neurons and tasks. */
import { CajalError } from "../../src/engine/index.ts"
import type { ElmActivation, ElmOptions } from "../../src/neuro/index.ts"
import { choice, flag, integer, type ParameterValues, real } from "../../src/run/index.ts"
import { type AddingTask, side } from "./adding.ts"

export const parameters = {
  gap: integer("silence between the digits", { unit: "steps", default: 40, from: 0, to: 400 }),
  digits: integer("digits below", { default: 5, from: 2, to: 10, help: "10: all of them" }),
  memory: integer("memory units dm", { default: 64, from: 1, to: 256 }),
  tauMin: real("fastest memory unit", { unit: "ms", default: 1, from: 0, to: 10_000 }),
  tauMax: real("slowest memory unit", { unit: "ms", default: 1000, from: 0, to: 100_000 }),
  dt: real("length of a step", { unit: "ms", default: 20, from: 0.1, to: 1000 }),
  lambda: real("strength of writing lambda", { default: 5, from: 0.1, to: 50 }),
  branches: integer("branches", { default: 14, from: 1, to: 14, help: "must divide the 14 lines" }),
  activation: choice("function of the network inside", { default: "relu", options: ["relu", "silu", "identity"] }),
  variant: choice("variant", { default: "v1", options: ["v1", "v2"], help: "v2: branches leak instead of synapses" }),
  trainsTau: flag("time constants are trained", { default: false }),
  steps: integer("training steps", { default: 1000, from: 10, to: 20_000 }),
  batch: integer("batch size", { unit: "pairs", default: 32, from: 2, to: 256 }),
  rate: real("learning rate at the start", { default: 0.01, from: 0, to: 1, help: "it falls to 0 as a cosine" }),
  images: integer("training images", { default: 20_000, from: 100, to: 60_000, help: "of which those below are used" }),
  testPairs: integer("test pairs", { default: 2000, from: 50, to: 10_000 }),
  twinWindows: integer("training windows of the twin", { default: 300, from: 4, to: 5000 }),
  twinSteps: integer("training steps of the twin", { default: 150, from: 0, to: 5000 }),
  arms: choice("what is compared", {
    default: "controls",
    options: ["one", "controls", "all"],
    help: "one: the neuron alone; controls: beside a short memory, a linear network and few units; all: also gaps, sizes, an LSTM, the twin at all sizes",
  }),
  seeds: integer("runs of the neuron from different starts", {
    default: 2,
    from: 1,
    to: 10,
    help: "claims read the means",
  }),
  controlSeeds: integer("runs of each control", { default: 1, from: 1, to: 10 }),
  twinStarts: integer("starts of a twin", {
    default: 3,
    from: 1,
    to: 10,
    help: "the one that tells the spikes of training windows best is judged",
  }),
}
export type Values = ParameterValues<typeof parameters>

export const taskOf = (p: Values, changes: Partial<AddingTask> = {}): AddingTask => ({
  below: p.digits,
  gap: p.gap,
  ...changes,
})

export const optionsOf = (p: Values, changes: Partial<ElmOptions> = {}): ElmOptions => ({
  ...{ inputs: side, memory: p.memory, branches: p.branches, dtMs: p.dt, tauMinMs: p.tauMin, tauMaxMs: p.tauMax },
  ...{ lambda: p.lambda, activation: p.activation as ElmActivation, variant: p.variant as "v1" | "v2" },
  trainsTau: p.trainsTau,
  ...changes,
})

/** @throws CajalError on time constants, steps and branches that make no neuron */
export function check(p: Values): void {
  if (!(p.tauMin > 0 && p.tauMax >= p.tauMin))
    throw new CajalError(
      `memory units go from tauMin = ${p.tauMin} ms to tauMax = ${p.tauMax} ms: the first must be above 0, the last not below it`,
    )
  if (p.dt > p.tauMax)
    throw new CajalError(`no unit can remember one step: dt = ${p.dt} ms, and tauMax = ${p.tauMax} ms`)
  if (side % p.branches !== 0)
    throw new CajalError(
      `${side} input lines cannot be one synapse each on ${p.branches} branches of ${(side / p.branches).toFixed(2)} synapses`,
    )
}
