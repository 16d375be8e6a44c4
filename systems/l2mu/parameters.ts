/** The settings of a run, and what they mean for networks. */
import { CajalError } from "../../src/engine/index.ts"
import { choice, flag, integer, type ParameterValues, real } from "../../src/run/index.ts"
import { type LeakStarts, populations, type Shape } from "./model.ts"

export const parameters = {
  theta: real("window of the memory", { unit: "steps", default: 10, from: 0, to: 40 }),
  order: integer("order q of a memory", { default: 4, from: 0, to: 12 }),
  memory: integer("memory populations", { default: 16, from: 1, to: 128 }),
  encoder: integer("neurons of an input layer", { default: 32, from: 1, to: 256 }),
  hidden: integer("hidden neurons", { default: 64, from: 1, to: 512 }),
  mode: choice("memory", {
    default: "spiking",
    options: ["spiking", "analog", "off"],
    help: "analog: the linear system without neurons",
  }),
  stateMatrix: choice("state matrix", {
    default: "right",
    options: ["right", "transposed"],
    help: "transposed: as some published weights have it",
  }),
  beta: real("first leak of u", { default: 0.8, from: 0, to: 1, help: "share of the potential that stays" }),
  threshold: real("first threshold of u", { default: 0.3, from: 0.01, to: 2 }),
  noise: real("noise of the sensors", { default: 0.35, from: 0, to: 3, help: "waves have variance 1" }),
  rateHz: real("sampling rate of the sensors", { unit: "Hz", default: 20, from: 1, to: 1000 }),
  pruned: real("share of weights that is cut", { default: 0.3, from: 0, to: 1 }),
  windows: integer("training windows", { default: 3000, from: 70, to: 50_000 }),
  testWindows: integer("test windows", { default: 800, from: 70, to: 10_000 }),
  steps: integer("training steps", { default: 250, from: 1, to: 20_000 }),
  fineSteps: integer("steps of fine-tuning after a cut", { default: 100, from: 1, to: 10_000 }),
  batch: integer("batch size", { unit: "windows", default: 64, from: 2, to: 512 }),
  rate: real("learning rate at the start", { default: 3e-3, from: 0, to: 1, help: "it falls linearly to 0" }),
  seeds: integer("runs from different starts", { default: 3, from: 1, to: 10, help: "claims read the means" }),
  extended: flag("more settings", { default: false, help: "other cuts, memory off, other sizes, digits row by row" }),
}
export type Values = ParameterValues<typeof parameters>

export const shapeOf = (p: Values, changes: Partial<Shape> = {}): Shape => ({
  ...{
    channels: 6,
    classes: 7,
    encoder: p.encoder,
    memory: p.memory,
    order: p.order,
    hidden: p.hidden,
    theta: p.theta,
  },
  ...{ neuron: "leaky", mode: p.mode as Shape["mode"], stateMatrix: p.stateMatrix as Shape["stateMatrix"] },
  ...changes,
})

export const startsOf = (p: Values): LeakStarts => ({ u: { beta: p.beta, theta: p.threshold } })

/** Rate that the windows have, Hz. */
export const trainedHz = 20

/** @throws CajalError on memories, leaks and cuts that do not exist */
export function check(p: Values): void {
  if (p.order < 1) throw new CajalError(`a Legendre memory has order 1 or more, not ${p.order}`)
  if (!(p.theta >= 1)) throw new CajalError(`a Legendre memory holds a window of 1 step or more, not ${p.theta}`)
  if (!(p.beta > 0 && p.beta < 1))
    throw new CajalError(`beta must lie between 0 and 1, not ${p.beta}`, {
      where: `populations: ${populations.join(", ")}`,
    })
  if (!(p.pruned < 1)) throw new CajalError(`the share of weights that is cut lies in 0..1 without 1, not ${p.pruned}`)
}

export function* warnings(p: Values): Generator<string, void, void> {
  if (p.rateHz !== trainedHz)
    yield `the sensors are sampled at ${p.rateHz} Hz, and the windows that the network learns from at ${trainedHz} Hz: it will hear everything ${p.rateHz > trainedHz ? "slower" : "faster"} than it is`
}
