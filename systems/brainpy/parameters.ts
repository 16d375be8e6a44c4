import { choice, integer, type ParameterValues, real } from "../../src/run/index.ts"

export const parameters = {
  wE: real("excitatory weight wE", {
    default: 0.6,
    from: 0,
    to: 10,
    help: "of your own COBA network, as wI, drive, dt and integrator",
  }),
  wI: real("inhibitory weight wI", { default: 6.7, from: 0, to: 50 }),
  drive: real("constant input", { unit: "mV", default: 20, from: 0, to: 60 }),
  dt: real("time step dt", { unit: "ms", default: 0.1, from: 0.01, to: 1 }),
  integrator: choice("integrator", {
    default: "exponentialEuler",
    options: ["exponentialEuler", "exponentialMidpoint", "euler", "midpoint", "rk4"],
  }),
  coherence: real("coherence", {
    unit: "%",
    default: 51.2,
    from: -100,
    to: 100,
    help: "of your own decision: how much more A is driven than B",
  }),
  wPlus: real("strength within a pool w+", { default: 1.7, from: 0, to: 6, help: "of your own decision" }),
  g: real("inhibition g of the microcircuit", {
    default: -4,
    from: -20,
    to: 0,
    help: "inhibitory over excitatory weight, of your own microcircuit; what downscaling makes up for assumes the published rates",
  }),
  scale: real("scale of the microcircuit", {
    default: 0.1,
    from: 0.01,
    to: 1,
    help: "of your own: share of the neurons, and of the inputs of each",
  }),
  runs: choice("what is run", {
    default: "everything",
    options: ["everything", "your own networks", "sketch"],
    help: "sketch: each neuron model and a small network, for tests",
  }),
  seeds: integer("seeds", { default: 1, from: 1, to: 10, help: "COBA, CUBA and COBA-HH are run from so many" }),
  decisionSeeds: integer("seeds of decisions", { default: 3, from: 1, to: 10, help: "the claim takes 3" }),
  trials: integer("trials of a coherence", { default: 0, from: 0, to: 100, help: "psychometric curve; 0: none" }),
  circuitMs: integer("time of the microcircuit", { unit: "ms", default: 700, from: 200, to: 10_000 }),
  sizes: integer("sizes of COBA that are timed", {
    default: 2,
    from: 0,
    to: 4,
    help: "4 000 and 40 000 neurons; then also 8 000 and 20 000; 0: none",
  }),
  largest: integer("neurons of the largest network", {
    default: 0,
    from: 0,
    to: 2_000_000,
    help: "COBA with 80 inputs each, connectivity made just in time; 0: none",
  }),
  images: integer("training images", { default: 6000, from: 0, to: 60_000, help: "0: no classifier" }),
  testImages: integer("test images", { default: 1000, from: 100, to: 10_000 }),
  epochs: integer("epochs", { default: 3, from: 1, to: 50 }),
  rate: real("learning rate", { default: 0.01, from: 0, to: 1 }),
  memorySteps: integer("training steps of the working memory", { default: 0, from: 0, to: 10_000, help: "0: none" }),
}
export type Values = ParameterValues<typeof parameters>

export const presets = {
  smoke: { runs: "sketch", images: 0, sizes: 0 },
  quick: {},
  full: {
    seeds: 5,
    trials: 8,
    circuitMs: 2000,
    sizes: 4,
    largest: 400_000,
    images: 20_000,
    memorySteps: 300,
  },
} as const
