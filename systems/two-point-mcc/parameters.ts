/** The settings of a run, and what they mean for networks. */
import { CajalError } from "../../src/engine/index.ts"
import type { ModulationName } from "../../src/neuro/index.ts"
import { choice, flag, integer, type ParameterValues, real, text } from "../../src/run/index.ts"
import { heard, seen } from "./frames.ts"
import type { Setting, Sizes } from "./model.ts"

export const parameters = {
  law: choice("law of modulation", {
    default: "cooperation",
    options: ["cooperation", "gentleCooperation", "kayPhillips", "linear", "tanh"],
    help: "cooperation: R² + 2R + C (1 + |R|); gentleCooperation: R/2 for R²; kayPhillips: R (1 + exp(RC)) / 2; linear: R + RC; tanh: R (1 + tanh(RC))",
  }),
  proximal: real("gain of proximal context", { default: 1, from: 0, to: 4, help: "from the neuron's own stream" }),
  distal: real("gain of distal context", { default: 1, from: 0, to: 4, help: "from the other stream" }),
  universal: real("gain of universal context", { default: 1, from: 0, to: 4, help: "from what both streams share" }),
  neurons: integer("neurons of each stream and layer", { default: 96, from: 0, to: 512 }),
  memory: integer("width of what both streams share", { default: 24, from: 0, to: 256 }),
  layers: integer("layers", { default: 2, from: 1, to: 4 }),
  snr: text("signal-to-noise ratios, dB", { default: "-12,-6,0,6", help: "each stretch of noise has one of them" }),
  frames: integer("training frames", { default: 8000, from: 100, to: 100_000 }),
  testFrames: integer("test frames", { default: 2000, from: 100, to: 20_000 }),
  steps: integer("training steps", { default: 500, from: 10, to: 20_000 }),
  batch: integer("batch size", { unit: "frames", default: 128, from: 8, to: 1024 }),
  rate: real("learning rate at the start", { default: 4e-3, from: 0, to: 1, help: "it falls linearly to 0" }),
  damage: real("largest share of neurons that are silenced", { default: 0.5, from: 0, to: 1 }),
  seeds: integer("runs from different starts", { default: 2, from: 1, to: 10, help: "claims read the means" }),
  extended: flag("more networks", {
    default: false,
    help: "other widths and depths, a cost of activity, and pairs of digits instead of talkers",
  }),
}
export type Values = ParameterValues<typeof parameters>

export const sizesOf = (p: Values, outputs: number): Sizes => ({
  inputs: [heard, seen],
  neurons: p.neurons,
  memory: p.memory,
  layers: p.layers,
  outputs,
})

export const settingOf = (
  p: Values,
  changes: { readonly law?: ModulationName; readonly context?: boolean } = {},
): Setting => ({
  law: changes.law ?? (p.law as ModulationName),
  context: changes.context ?? true,
  gains: { proximal: p.proximal, distal: p.distal, universal: p.universal },
})

/** Shares of neurons that are silenced. */
export const damagesOf = (p: Values): number[] =>
  [...new Set([0.1, 0.25, 0.5, p.damage])].filter((share) => share > 0).sort((a, b) => a - b)

/** @throws CajalError when there is no number in the list, or something else */
export function ratiosOf(p: Values): number[] {
  const ratios = p.snr.split(",").map((x) => x.trim())
  if (p.snr.trim() === "")
    throw new CajalError("snr is empty: there is no noise to choose from", { hint: 'for example --snr "-12,-6,0,6"' })
  const wrong = ratios.find((x) => x === "" || !Number.isFinite(Number(x)))
  if (wrong !== undefined)
    throw new CajalError(`snr must be numbers in dB with commas between them, and "${wrong}" is none`)
  return ratios.map(Number)
}

/** @throws CajalError on sizes and gains that make no network */
export function check(p: Values): void {
  ratiosOf(p)
  if (p.neurons < 1) throw new CajalError(`a stream has 1 neuron or more, not ${p.neurons}`)
  if (p.memory === 0 && p.universal > 0)
    throw new CajalError(`the universal context has gain ${p.universal} but width 0`, {
      hint: "set --universal 0, or give --memory a width",
    })
  if (!(p.damage < 1))
    throw new CajalError(`damage must lie in 0..1 without 1, not ${p.damage}`, {
      hint: "with all neurons silenced there is nothing to measure",
    })
}
