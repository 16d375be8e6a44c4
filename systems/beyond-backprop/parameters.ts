/** The settings of a run. */
import { choice, flag, integer, type ParameterValues, real } from "../../src/run/index.ts"

export const parameters = {
  methods: choice("what is trained", {
    default: "all",
    options: ["all", "BP and MF", "BP, MF and FF"],
    help: "all: backpropagation, Mono-Forward and its control, Forward-Forward, Cascaded-Forward",
  }),
  width: integer("neurons of each hidden layer", { default: 500, from: 8, to: 2000 }),
  layers: integer("hidden layers of BP and MF", { default: 2, from: 0, to: 6 }),
  ffLayers: integer("layers of Forward-Forward", {
    default: 3,
    from: 1,
    to: 6,
    help: "its head reads the second to the last",
  }),
  images: integer("training images", { default: 10_000, from: 1, to: 58_000 }),
  validationImages: integer("validation images", {
    default: 2000,
    from: 100,
    to: 10_000,
    help: "those after the training images",
  }),
  testImages: integer("test images", { default: 10_000, from: 100, to: 10_000 }),
  epochs: integer("epochs of BP", { default: 7, from: 1, to: 100 }),
  phaseEpochs: integer("epochs of each phase of MF", { default: 7, from: 1, to: 100 }),
  ffEpochs: integer("epochs of FF", { default: 7, from: 1, to: 100 }),
  batch: integer("batch size", { unit: "images", default: 128, from: 8, to: 1024 }),
  bpRate: real("learning rate of BP", { default: 1e-3, from: 1e-6, to: 1 }),
  mfRate: real("learning rate of MF", { default: 1.57e-3, from: 1e-6, to: 1 }),
  ffRate: real("learning rate of FF", { default: 4.8e-4, from: 1e-6, to: 1 }),
  bpTrials: integer("learning rates tried for BP", {
    default: 2,
    from: 1,
    to: 3,
    help: "the rate, a fifth of it, and what lies between: validation picks",
  }),
  mfTrials: integer("learning rates tried for MF", { default: 1, from: 1, to: 3 }),
  strength: real("strength of FF's painted label", { default: 1, from: 0, to: 10 }),
  cafoImages: integer("training images of CaFo", { default: 5000, from: 1, to: 58_000 }),
  cafoEpochs: integer("epochs of each predictor of CaFo", { default: 8, from: 1, to: 100 }),
  cafoRate: real("learning rate of CaFo", { default: 7e-4, from: 1e-6, to: 1 }),
  channels: choice("channels of CaFo's blocks", {
    default: "8/16/32",
    options: ["8/16/32", "8/32/64", "32/128/512"],
    help: "the last are the paper's",
  }),
  patience: integer("epochs without a better validation loss after which BP, FF and CaFo stop", {
    default: 10,
    from: 0,
    to: 100,
    help: "0: never",
  }),
  phasePatience: integer("the same for a phase of MF", { default: 5, from: 0, to: 100 }),
  cachePrefix: flag("keep what the frozen layers of MF give", {
    default: true,
    help: "instead of computing it again for every batch; the same result",
  }),
  seeds: integer("runs from different starts", {
    default: 1,
    from: 1,
    to: 10,
    help: "of BP, MF and its control; claims read the mean accuracy",
  }),
  cifar: flag("CIFAR-10 too", { default: false }),
  cifarImages: integer("training images of CIFAR-10", {
    default: 7000,
    from: 1,
    to: 49_000,
    help: "a tenth of them again validates",
  }),
  cifarWidth: integer("neurons of each hidden layer on CIFAR-10", { default: 500, from: 8, to: 2000 }),
  cifarEpochs: integer("epochs of the convolutional networks on CIFAR-10", {
    default: 10,
    from: 1,
    to: 100,
    help: "BP, and the feedback alignment of CaFo's blocks",
  }),
  augment: flag("crop and flip CIFAR-10", { default: false, help: "for BP and MF; needs cachePrefix off" }),
}
export type Values = ParameterValues<typeof parameters>

/** The rates that are tried: the given one, a fifth of it, what lies between. */
export const ratesOf = (rate: number, trials: number): number[] =>
  [rate, rate / 5, rate / Math.sqrt(5)].slice(0, trials).map((x) => Number(x.toPrecision(3)))

export const channelsOf = (p: Values): number[] => p.channels.split("/").map(Number)
