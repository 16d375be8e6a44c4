/** The settings of a run, and what they mean for neurons and tasks. */
import { afterSilence } from "../../src/data/index.ts"
import { CajalError } from "../../src/engine/index.ts"
import { metaLiterature } from "../../src/neuro/index.ts"
import { choice, flag, integer, type ParameterValues, real } from "../../src/run/index.ts"
import { LifNeurons, MetaNeurons, type MetaStart, type Network } from "./model.ts"

export const parameters = {
  start: choice("first constants of the neurons", {
    default: "mis-set",
    options: ["mis-set", "literature", "own"],
    help: "mis-set: what somebody without prior knowledge has; literature: published values; own: those below",
  }),
  beta: real("leak beta of LIF neurons", { default: 0.97, from: 0, to: 1, help: "share of the potential that stays" }),
  theta: real("threshold of LIF neurons", { default: 1, from: 0, to: 10 }),
  a: real("constant a of meta neurons", { default: metaLiterature.a, from: -2, to: 2 }),
  b: real("constant b of meta neurons", { default: metaLiterature.b, from: -2, to: 2 }),
  c: real("constant c of meta neurons", {
    default: metaLiterature.c,
    from: -3,
    to: 3,
    help: "potential after a spike",
  }),
  d: real("constant d of meta neurons", { default: metaLiterature.d, from: -3, to: 3, help: "what a spike adds to u" }),
  metaThreshold: real("threshold of meta neurons", { default: 0.5, from: -3, to: 3 }),
  rate: real("spike probability p of both classes", { default: 0.2, from: 0, to: 1 }),
  afterSpike: real("P(1|1) of the second class", {
    default: 0.5,
    from: 0,
    to: 1,
    help: "P(1|0) follows from it and p",
  }),
  lines: integer("input lines", { default: 4, from: 1, to: 64 }),
  time: integer("steps of a train", { default: 100, from: 1, to: 2000 }),
  neurons: integer("hidden neurons", { default: 8, from: 1, to: 128 }),
  release: real("probability that a synapse passes a spike", { default: 1, from: 0, to: 1 }),
  examples: integer("training examples", { default: 2000, from: 10, to: 20_000 }),
  testExamples: integer("test examples", { default: 1000, from: 10, to: 10_000 }),
  steps: integer("training steps", { default: 400, from: 1, to: 10_000 }),
  batch: integer("batch size", { unit: "examples", default: 64, from: 2, to: 512 }),
  learningRate: real("learning rate at the start", { default: 0.01, from: 0, to: 1, help: "it falls linearly to 0" }),
  seeds: integer("runs from different starts", { default: 5, from: 1, to: 10, help: "claims read the means" }),
  extended: flag("more settings and rules", {
    default: false,
    help: "both starts, other sizes, sources and releases, STDP, the Tempotron, the time of a decision",
  }),
}
export type Values = ParameterValues<typeof parameters>

export type NeuronKind = "lif" | "meta"
export type StartName = Values["start"] & ("mis-set" | "literature" | "own")

const lifStarts = { "mis-set": { beta: 0.995, theta: 2 }, literature: { beta: 0.97, theta: 1 } } as const
const metaStarts: Record<"mis-set" | "literature", MetaStart> = {
  "mis-set": { a: 0.5, b: 0.05, c: 0.021, d: 0.5, threshold: 0.5 },
  literature: metaLiterature,
}

export function neuronsOf(p: Values, kind: NeuronKind): Network["neurons"] {
  if (kind === "lif") {
    const { beta, theta } = p.start === "own" ? p : lifStarts[p.start as "mis-set" | "literature"]
    return new LifNeurons(p.neurons, beta, theta)
  }
  const { a, b, c, d, metaThreshold: threshold } = p
  const start = p.start === "own" ? { a, b, c, d, threshold } : metaStarts[p.start as "mis-set" | "literature"]
  return new MetaNeurons(p.neurons, start)
}

/** How much faster than synapses the constants of neurons learn; those that begin well learn slower. */
export const constantsFactor = (kind: NeuronKind, start: string): number =>
  start === "literature" && kind === "meta" ? 0.3 : kind === "lif" ? 2 : 0.5

/** @throws CajalError on trains without steps and sources that do not exist */
export function check(p: Values): void {
  if (p.time < 2) throw new CajalError(`trains of ${p.time} steps have no complexity: 2 are needed`)
  afterSilence(p.rate, p.afterSpike)
  if (!(p.release > 0)) throw new CajalError(`the release probability lies above 0 and up to 1, not ${p.release}`)
}
