/** The settings of a run, and what they mean for networks and lateral neurons. */
import { CajalError } from "../../src/engine/index.ts"
import { burstRate, type SubspaceLearning } from "../../src/learn/index.ts"
import { sigmoidSurrogate } from "../../src/neuro/index.ts"
import { choice, integer, note, type ParameterValues, type RunEvent, real } from "../../src/run/index.ts"
import type { Rule, Setting } from "./model.ts"

export const pixels = 28 * 28
export const classes = 10

export const parameters = {
  tasks: integer("tasks", {
    default: 5,
    from: 1,
    to: 20,
    help: "each shows the digits with its pixels in another order",
  }),
  hidden: integer("neurons of each hidden layer", { default: 200, from: 10, to: 1000 }),
  steps: integer("time steps T", { default: 6, from: 1, to: 64 }),
  tau: real("membrane time constant", {
    unit: "steps",
    default: 2,
    from: 0,
    to: 16,
    help: "above 1; lambda = 1 - 1/tau of potential and trace stays after a step",
  }),
  rule: choice("training rule", {
    default: "ottt",
    options: ["ottt", "bptt"],
    help: "online traces, or back through time",
  }),
  firstInput: integer("first block at the input", { unit: "lateral neurons", default: 100, from: 0, to: pixels }),
  firstHidden: integer("first block at the hidden layer", { unit: "lateral neurons", default: 60, from: 0, to: 1000 }),
  firstReadout: integer("first block at the readout", { unit: "lateral neurons", default: 60, from: 0, to: 1000 }),
  nextInput: integer("a later task's block at the input", {
    unit: "lateral neurons",
    default: 90,
    from: 1,
    to: pixels,
  }),
  nextHidden: integer("a later task's block at the hidden layer", {
    unit: "lateral neurons",
    default: 25,
    from: 1,
    to: 1000,
  }),
  nextReadout: integer("a later task's block at the readout", {
    unit: "lateral neurons",
    default: 25,
    from: 1,
    to: 1000,
  }),
  shrink: real("what later blocks lose at tasks 4, 7, 10, ...", {
    default: 0,
    from: 0,
    to: 1,
    help: "a share of the second task's block; the authors go from 70 to 50, 30 and 10: 2/7",
  }),
  etaInput: real("Hebbian learning rate at the input", { default: 0.01, from: 0, to: 10 }),
  etaHidden: real("Hebbian learning rate behind hidden layers", { default: 0.02, from: 0, to: 10 }),
  iterations: integer("Hebbian iterations a batch", { default: 5, from: 1, to: 50 }),
  hebbEvery: integer("Hebbian learning on every n-th batch", { default: 3, from: 1, to: 100 }),
  lateralSteps: integer("steps n of lateral bursts", {
    default: 0,
    from: 0,
    to: 1000,
    help: "lateral neurons answer with a signed burst of up to n spikes; 0: with their potential",
  }),
  images: integer("training images", { default: 5000, from: 64, to: 60_000 }),
  testImages: integer("test images", { default: 2000, from: 100, to: 10_000 }),
  epochs: integer("epochs a task", { default: 2, from: 1, to: 20 }),
  batch: integer("batch size", { unit: "images", default: 64, from: 8, to: 1024 }),
  rate: real("learning rate", { default: 0.3, from: 0, to: 10 }),
  arms: choice("what is trained", {
    default: "three",
    options: ["three", "six"],
    help: "HLOP, no projection, random lateral neurons; six: HLOP with BPTT, with bursts, and the best subspaces as well",
  }),
  seeds: integer("runs from different starts", {
    default: 1,
    from: 1,
    to: 10,
    help: "of the first three; claims read the means",
  }),
}
export type Values = ParameterValues<typeof parameters>

/** Bursts of the arm that has them in any case. */
const usualBurst = 40

export function settingOf(p: Values, changes: { readonly rule?: Rule; readonly bursts?: boolean } = {}): Setting {
  const bursts = p.lateralSteps > 0 ? p.lateralSteps : changes.bursts === true ? usualBurst : 0
  return {
    rule: changes.rule ?? p.rule,
    steps: p.steps,
    neuron: { decay: 1 - 1 / p.tau, surrogate: sigmoidSurrogate(4), detachReset: true },
    activity: bursts === 0 ? undefined : burstRate(bursts),
  }
}

export const moduleNames = ["input", "hidden", "readout"] as const

/** Neurons of each layer. */
export const sizesOf = (p: Values): number[] => [pixels, p.hidden, p.hidden, classes]

/** Fresh lateral neurons of each module at a task, counted from 0. */
export function blocksOf(p: Values, task: number): number[] {
  if (task === 0) return [p.firstInput, p.firstHidden, p.firstReadout]
  const left = 1 - p.shrink * Math.floor(task / 3)
  return [p.nextInput, p.nextHidden, p.nextReadout].map((rows) => Math.max(1, Math.round(rows * left)))
}

/** How each module learns. */
export const hebbianOf = (p: Values, setting: Setting): SubspaceLearning[] =>
  [p.etaInput, p.etaHidden, p.etaHidden].map((rate) => ({
    rate,
    iterations: p.iterations,
    ...(setting.activity === undefined ? {} : { activity: setting.activity }),
  }))

const totalsOf = (p: Values) =>
  moduleNames.map((name, l) => {
    const sum = Array.from({ length: p.tasks }, (_, task) => blocksOf(p, task)[l]).reduce((a, b) => a + b, 0)
    return { name, sum, inputs: sizesOf(p)[l] }
  })

/** @throws CajalError on a tau that forgets all, a first block of nothing, more lateral neurons than there are directions */
export function check(p: Values): void {
  if (!(p.tau > 1))
    throw new CajalError(`tau = ${p.tau} steps leaves nothing of a potential after a step: tau must lie above 1, to 16`)
  const none = blocksOf(p, 0).indexOf(0)
  if (none >= 0)
    throw new CajalError(
      `the first block of the ${moduleNames[none]} module has 0 lateral neurons: nothing is protected`,
      {
        hint: "1 or more",
      },
    )
  for (const { name, sum, inputs } of totalsOf(p))
    if (sum > inputs)
      throw new CajalError(
        `the blocks of the ${name} module sum up to ${sum} lateral neurons, but it has ${inputs} inputs: nothing would be left to learn`,
        { hint: "smaller blocks, fewer tasks, or more hidden neurons" },
      )
}

export function* warnings(p: Values): Generator<RunEvent, void, void> {
  for (const { name, sum, inputs } of totalsOf(p))
    if (sum >= 0.9 * inputs)
      yield note(
        `the ${name} module protects ${sum} of ${inputs} directions in the end: the last tasks have little left to learn with`,
      )
}
