/** The settings of a run, and what they mean for the network. */
import { atan, boxcar, type Surrogate, sigmoidSurrogate, triangle } from "../../src/neuro/index.ts"
import { choice, integer, type ParameterValues, real } from "../../src/run/index.ts"
import { decayOf, type Setting } from "./model.ts"

const surrogates: Record<string, () => Surrogate> = {
  triangle: () => triangle(1),
  rectangle: () => boxcar(1),
  sigmoid: () => sigmoidSurrogate(4),
  atan: () => atan(2),
}

export const parameters = {
  steps: integer("time steps T", { default: 6, from: 1, to: 64 }),
  k: integer("backward passes K", {
    default: 2,
    from: 1,
    to: 64,
    help: "SLTT-K runs K of the T steps backward; SLTT-1 always runs beside it",
  }),
  tau: real("membrane time constant", {
    unit: "steps",
    default: 1.1,
    from: 0,
    to: 16,
    help: "lambda = 1 - 1/tau of the potential stays after a step",
  }),
  surrogate: choice("surrogate derivative", {
    default: "triangle",
    options: ["triangle", "rectangle", "sigmoid", "atan"],
  }),
  hidden: integer("neurons of each hidden layer", { default: 300, from: 10, to: 2000 }),
  lossScale: choice("SLTT-K divides the loss of a step by", {
    default: "K",
    options: ["K", "T"],
    help: "K keeps the size of the gradient; T is the authors' choice",
  }),
  target: choice("target of the squared error", { default: "ones", options: ["ones", "one-hot"] }),
  images: integer("training images", { default: 10_000, from: 128, to: 60_000 }),
  testImages: integer("test images", { default: 10_000, from: 100, to: 10_000 }),
  epochs: integer("epochs", { default: 3, from: 1, to: 50 }),
  batch: integer("batch size", { unit: "images", default: 128, from: 8, to: 1024 }),
  rate: real("learning rate", { default: 0.1, from: 0, to: 10 }),
  arms: choice("what is trained", {
    default: "all",
    options: ["all", "sltt and bptt"],
    help: "all: SLTT, BPTT, SLTT-K, SLTT-1 and the readout alone",
  }),
  seeds: integer("runs from different starts", { default: 1, from: 1, to: 10, help: "claims read the mean accuracy" }),
  longSteps: integer("time steps of a second comparison", {
    unit: "steps",
    default: 0,
    from: 0,
    to: 64,
    help: "SLTT and BPTT at another T; 0: none",
  }),
  cosineSteps: integer("steps of the runs at tau 2 and 4", { default: 40, from: 0, to: 400 }),
}
export type Values = ParameterValues<typeof parameters>

export const settingOf = (p: Values, changes: { readonly steps?: number; readonly tau?: number } = {}): Setting => ({
  steps: changes.steps ?? p.steps,
  neuron: { decay: decayOf(changes.tau ?? p.tau), surrogate: surrogates[p.surrogate]() },
  loss: { alpha: 0.05, target: p.target },
})
