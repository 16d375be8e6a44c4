/** The settings of a run, and what they mean for scenes and kernels. */
import { type Motion, motionClasses } from "../../src/data/index.ts"
import { CajalError } from "../../src/engine/index.ts"
import { checkMiddle, type KernelGeometry } from "../../src/neuro/index.ts"
import { choice, flag, integer, type ParameterValues, real } from "../../src/run/index.ts"
import type { Setting } from "./model.ts"
import { type MovieOptions, sceneSize } from "./movies.ts"

export const parameters = {
  delays: integer("delays KT of a kernel", { unit: "steps", default: 11, from: 2, to: 31, help: "odd" }),
  size: integer("side of a kernel", { unit: "px", default: 9, from: 1, to: 31, help: "odd" }),
  maximum: flag("maximum over both contrasts", {
    default: true,
    help: "max(B, B'): a neuron answers to its pattern and to the pattern's negative. Without it there is nothing to learn at first order",
  }),
  threshold: real("threshold of the event camera", {
    unit: "standard deviations of the scene",
    default: 0.6,
    from: 0,
    to: 10,
  }),
  fastest: real("fastest speed", { unit: "px/step", default: 1, from: 0.05, to: 4 }),
  slowest: real("slowest speed", { unit: "px/step", default: 0.5, from: 0.05, to: 4 }),
  speeds: integer("speeds, spaced geometrically", { default: 2, from: 1, to: 5 }),
  directions: integer("directions", { default: 8, from: 2, to: 24 }),
  segment: real("mean length of a motion", { unit: "steps", default: 24, from: 1, to: 500 }),
  residual: choice("what is left of a change after an event", {
    default: "full",
    options: ["full", "last"],
    help: "full: all of it, as in the paper's text; last: only what the last event left, as in the authors' notebook",
  }),
  link: choice("probability of a class", { default: "softmax", options: ["softmax", "sigmoid"] }),
  centre: real("first weight in the middle", { default: 1, from: 0, to: 8, help: "ON +, OFF -; the paper's is 4" }),
  frame: integer("side of the picture", { unit: "px", default: 32, from: 8, to: 96 }),
  time: integer("length of a movie", { unit: "steps", default: 100, from: 5, to: 1000 }),
  movies: integer("training movies", { default: 40, from: 1, to: 1000 }),
  testMovies: integer("test movies", { default: 24, from: 1, to: 200 }),
  steps: integer("training steps", { default: 800, from: 1, to: 20_000 }),
  batch: integer("batch size", { unit: "patches", default: 192, from: 8, to: 1024 }),
  rate: real("learning rate at the start", { default: 5e-3, from: 0, to: 1, help: "it falls linearly to 0" }),
  seeds: integer("runs from different starts", { default: 1, from: 1, to: 10, help: "claims read the means" }),
  wide: flag("a second setting", { default: false, help: "12 directions at 3 speeds, 15 delays, 11 x 11 px" }),
  clouds: flag("motion clouds", {
    default: false,
    help: "textures of one frequency and orientation: the aperture problem",
  }),
}
export type Values = ParameterValues<typeof parameters>

/** All that a training and its measures need. */
export interface Setup {
  readonly motions: readonly Motion[]
  readonly directions: number
  readonly geometry: KernelGeometry
  readonly setting: Setting
  readonly scenes: MovieOptions
}

export function setupOf(p: Values): Setup {
  const ratio = p.speeds === 1 ? 1 : (p.slowest / p.fastest) ** (1 / (p.speeds - 1))
  const speeds = Array.from({ length: p.speeds }, (_, i) => p.fastest * ratio ** (p.speeds - 1 - i))
  return setupFor(p, p.directions, speeds, p.delays, p.size)
}

/** The second setting: as many classes as the paper has. */
export const wideSetup = (p: Values): Setup => setupFor(p, 12, [0.4, Math.sqrt(0.4), 1], 15, 11)

function setupFor(p: Values, directions: number, speeds: readonly number[], delays: number, size: number): Setup {
  const motions = motionClasses(directions, speeds)
  return {
    motions,
    directions,
    geometry: { neurons: motions.length, polarities: 2, delays, rows: size, columns: size },
    setting: { maximum: p.maximum, link: p.link },
    scenes: {
      motions,
      steps: p.time,
      segment: p.segment,
      frame: p.frame,
      threshold: p.threshold,
      residual: p.residual,
    },
  }
}

/** @throws CajalError naming the sizes that do not fit */
export function check(p: Values): void {
  for (const { geometry } of p.wide ? [setupOf(p), wideSetup(p)] : [setupOf(p)]) {
    const { delays, rows } = geometry
    checkMiddle(geometry)
    if (rows > p.frame)
      throw new CajalError(`a kernel of ${rows} x ${rows} px is larger than the picture of ${p.frame} x ${p.frame} px`)
    if (p.time < delays)
      throw new CajalError(`a movie of ${p.time} steps is shorter than the ${delays} delays of a kernel`)
  }
  if (p.frame > sceneSize)
    throw new CajalError(`a picture of ${p.frame} px is larger than the scene of ${sceneSize} px`)
  if (!(p.threshold > 0))
    throw new CajalError(`the threshold of the event camera must be above 0, not ${p.threshold}`, {
      hint: "it is the change of grey that makes an event",
    })
  if (p.speeds > 1 && p.slowest >= p.fastest)
    throw new CajalError(`the slowest speed, ${p.slowest} px/step, must be below the fastest, ${p.fastest} px/step`)
}

/** What a run should say before it starts. */
export function* warnings({ geometry: { delays, columns }, motions }: Setup): Generator<string, void, void> {
  const speed = Math.max(...motions.map((motion) => motion.speed))
  if (speed * delays > columns / 2)
    yield `at ${speed} px/step a scene moves ${(speed * delays).toFixed(1)} px in the ${delays} delays of a kernel, which reaches ${columns / 2} px: its trajectory leaves the kernel after ${Math.floor(columns / 2 / speed)} steps`
}
