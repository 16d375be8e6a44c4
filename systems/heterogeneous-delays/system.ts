import type { EventMovie } from "../../src/data/index.ts"
import { hostRandom, key, zeros } from "../../src/engine/index.ts"
import { coneMask, type DelayKernels, delayKernels } from "../../src/neuro/index.ts"
import {
  metric,
  note,
  progress,
  type RunEvent,
  Stages,
  system,
  type TrainingCurve,
  training,
} from "../../src/run/index.ts"
import { diagramWith } from "../../src/view/index.ts"
import { claims } from "./claims.ts"
import * as figures from "./figures.ts"
import { type CloudReading, type Measures, measure, prunedShares, readClouds, smallestLead } from "./measures.ts"
import { type Batch, loss } from "./model.ts"
import { eventDensity, PatchSampler, Reader, sceneMovie } from "./movies.ts"
import { check, parameters, type Setup, setupOf, warnings, wideSetup } from "./parameters.ts"
import { drawSlice, drawStrip } from "./pictures.ts"
import { dragTouch } from "./touch.ts"
import { learning } from "./training.ts"

export default system({
  slug: "heterogeneous-delays",
  parameters,
  presets: {
    smoke: { movies: 4, testMovies: 2, steps: 40 },
    quick: {},
    full: { movies: 120, testMovies: 24, steps: 3000, seeds: 3, wide: true, clouds: true },
  },
  check,

  async *run({ parameters: p, seed, signal, resumed }) {
    yield note("data: scenes of dead leaves and their events are generated; no photograph, no camera")
    const setup = setupOf(p)
    for (const text of warnings(setup)) yield note(text)
    const stages = new Stages(resumed)

    /** The movies of a setting and a seed; the test movies share no scene with the others. */
    async function* moviesOf(
      { scenes }: Setup,
      own: number,
    ): AsyncGenerator<RunEvent, { train: EventMovie[]; test: EventMovie[] }, void> {
      const all: EventMovie[] = []
      for (let i = 0; i < p.movies + p.testMovies; i++) {
        yield progress("movies", i, p.movies + p.testMovies)
        signal.throwIfAborted()
        all.push(sceneMovie(hostRandom(own).fold(i), scenes))
      }
      return { train: all.slice(0, p.movies), test: all.slice(p.movies) }
    }

    /** Trained kernels, on movies of their own. */
    async function* learnt(name: string, of: Setup, own: number, saved: Parameters<typeof training>[2]) {
      const movies = yield* moviesOf(of, own)
      const { geometry, setting } = of
      const reader = new Reader(movies.test, geometry.delays, setting)
      const start = delayKernels(geometry, key(own), { centre: p.centre, mask: coneMask(geometry) })
      const plan = learning({
        kernels: start,
        setting,
        sampler: new PatchSampler(movies.train, geometry),
        reader,
        steps: p.steps,
        batch: p.batch,
        rate: p.rate,
        random: hostRandom(own).fold(2 ** 31),
      })
      const { model, curve }: { model: DelayKernels; curve: TrainingCurve } = yield* training(name, plan, saved)
      return { kernels: model, curve, reader, movies }
    }

    const named = (name: string, i: number): string => (i === 0 ? name : `${name}.${i + 1}`)
    yield metric("trainingMovies", p.movies)
    const [measures, controls]: [Measures[], { accAll: number; accSteady: number }[]] = [[], []]
    const curves: Record<string, TrainingCurve> = {}
    for (let i = 0; i < p.seeds; i++) {
      const own = seed + i
      const main = yield* stages.stage(named("delays", i), async function* (saved) {
        const { kernels, curve, reader, movies } = yield* learnt(named("delays", i), setup, own, saved)
        const measured = measure(kernels, reader, setup, own)
        if (i === 0) {
          yield metric("eventDensity", eventDensity(movies.train))
          yield figures.kernelFigure(kernels, setup)
          yield figures.pictureFigure("movie", drawStrip(kernels, movies.test[0], setup))
          yield figures.pictureFigure("slice", drawSlice(kernels, movies.test[0], setup))
          const clouds: CloudReading[] = []
          if (p.clouds)
            for (const one of readClouds(kernels, setup, hostRandom(own).fold(2 ** 31 + 1))) {
              clouds.push(one)
              yield metric(`clouds/${one.kind}@${one.frequency}`, one.accuracy)
              signal.throwIfAborted()
            }
          if (p.clouds) yield figures.cloudFigure(clouds)
        }
        reader.dispose()
        return { measured, curve }
      })
      measures.push(main.measured)
      const control = yield* stages.stage(named("noMaximum", i), async function* (saved) {
        const linear = { ...setup, setting: { ...setup.setting, maximum: false } }
        const { curve, kernels, reader } = yield* learnt(named("noMaximum", i), linear, own, saved)
        const { accAll, accSteady } = reader.read(kernels)
        reader.dispose()
        return { accAll, accSteady, curve }
      })
      controls.push(control)
      if (i === 0) Object.assign(curves, { "complex cells": main.curve, "no maximum": control.curve })
    }
    yield* metricsOf("", measures)
    yield metric(
      "noMaximum/accAll",
      mean(controls, (one) => one.accAll),
    )
    yield metric(
      "noMaximum/accSteady",
      mean(controls, (one) => one.accSteady),
    )
    yield figures.loadFigure("load", "What is left when synapses are cut", measures)
    yield figures.tuningFigure(measures, setup.directions)
    yield figures.learningFigure(curves, setup.motions.length)

    if (p.wide) {
      const wide = wideSetup(p)
      const measured: Measures = yield* stages.stage("wide", async function* (saved) {
        const { kernels, reader } = yield* learnt("wide", wide, seed, saved)
        const measures = measure(kernels, reader, wide, seed)
        reader.dispose()
        return measures
      })
      yield* metricsOf("wide/", [measured])
      yield figures.loadFigure("load-wide", "The same with 36 motions, 15 delays and 11 x 11 px", [measured])
    }
  },

  claims,
  touch: dragTouch,
  cover: "kernels",

  circuit(p) {
    const { geometry, setting } = setupOf(p)
    const { neurons, polarities, delays, rows, columns } = geometry
    const batch: Batch = {
      patches: zeros([p.batch, polarities, delays, rows, columns]),
      labels: zeros([p.batch], "i32"),
    }
    return diagramWith(
      {
        parameters: [0],
        axes: ["b contrast delay y x", "b"],
        parameterAxes: { weight: "motion contrast delay y x", bias: "motion" },
      },
      (kernels: DelayKernels, one: Batch) => loss(kernels, one, setting),
      delayKernels({ neurons, polarities, delays, rows, columns }, key(0)),
      batch,
    )
  },
})

function mean<T>(list: readonly T[], value: (one: T) => number): number {
  return list.reduce((sum, one) => sum + value(one), 0) / list.length
}

/** Means over the seeds. */
function* metricsOf(prefix: string, all: readonly Measures[]): Generator<RunEvent, void, void> {
  const one = (name: string, value: (m: Measures) => number): RunEvent => metric(`${prefix}${name}`, mean(all, value))
  yield one("synapses", (m) => m.synapses)
  yield one("accAll", (m) => m.accAll)
  yield one("accSteady", (m) => m.accSteady)
  yield one("averaged/accAll", (m) => m.averaged.accAll)
  yield one("reversed/accAll", (m) => m.reversed.accAll)
  yield one("reversed/opposite", (m) => m.reversed.opposite)
  for (const [i, share] of prunedShares.entries()) yield one(`pruned${100 * share}/accAll`, (m) => m.pruned[i].accAll)
  for (const [i] of all[0].shortened.entries()) {
    yield one(`shortened${i + 1}/accAll`, (m) => m.shortened[i].accAll)
    yield one(`shortened${i + 1}/share`, (m) => m.shortened[i].share)
    yield one(`equal${i + 1}/accAll`, (m) => m.equal[i].accAll)
  }
  const half = Math.floor(all[0].shortened.length / 2)
  yield one("shortenedHalf/accAll", (m) => m.shortened[half].accAll)
  yield metric(`${prefix}smallestLead`, smallestLead(meanCuts(all)))
  yield one("trajectories/learnt", (m) => m.trajectories.learnt)
  yield one("trajectories/allDelays", (m) => m.trajectories.allDelays)
  yield one("trajectories/untrained", (m) => m.trajectories.untrained)
}

const meanCuts = (all: readonly Measures[]): Pick<Measures, "shortened" | "equal"> => {
  const over = (kind: "shortened" | "equal") =>
    all[0][kind].map((cut, i) => ({ ...cut, accAll: mean(all, (m) => m[kind][i].accAll) }))
  return { shortened: over("shortened"), equal: over("equal") }
}
