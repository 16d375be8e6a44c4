import { hostRandom, zeros } from "../../src/engine/index.ts"
import { metric, progress, type RunEvent, Stages, system } from "../../src/run/index.ts"
import { diagramWith } from "../../src/view/index.ts"
import { claims } from "./claims.ts"
import { drawMemory } from "./drawing.ts"
import * as experiments from "./experiments.ts"
import * as figures from "./figures.ts"
import { emptyMemory, live, type Memory } from "./model.ts"
import { countCorrect, evenly, parseOperations, recallsOf, type Spacing, shareCorrect } from "./operations.ts"
import {
  check,
  memoryId,
  ownSize,
  parameters,
  ruleOf,
  sizesOf,
  spacingId,
  sweepSize,
  sweptSpacings,
  warnings,
} from "./plan.ts"
import { type Arm, armNames, arms, phases, randomSequence, type Scores, type Size, scoresOf } from "./random-memory.ts"
import { rasterFigure, stressFigure, weightsFigure, weightsInTime } from "./raster-figures.ts"
import { type Life, liveThrough } from "./simulation.ts"

export default system({
  slug: "hippocampus-cam",
  parameters,
  presets: {
    smoke: { cues: 8, bits: 16, active: 3 },
    quick: {},
    full: { memories: 5, larger: true, sweep: true },
  },
  check,

  async *run({ parameters: p, seed, signal, resumed }) {
    const rule = ruleOf(p)
    const stages = new Stages(resumed)
    const spacing = evenly(p.spacing)
    const sizes = sizesOf(p)
    const swept = p.sweep ? sweptSpacings : []
    const meter = { done: 0, total: 0 }
    const plan = [
      ...sizes.flatMap((size) => armNames.map(() => workOf(size, spacing))),
      ...swept.map((one) => workOf(sweepSize, one)),
    ]
    meter.total = plan.reduce((sum, work) => sum + work, 0) * p.memories

    /** A memory's life, with progress: it is `work` of the run's. */
    async function* lived(
      label: string,
      memory: Memory,
      operations: Parameters<typeof liveThrough>[1],
      options: Parameters<typeof liveThrough>[2],
      work = 0,
    ): AsyncGenerator<RunEvent, Life, void> {
      const life = liveThrough(memory, operations, options)
      for (;;) {
        const step = life.next()
        if (step.done === true) return step.value
        yield progress(label, meter.done + (work * step.value) / options.durationMs, meter.total)
        signal.throwIfAborted()
      }
    }

    /** What random memories of one kind score, one after the other. */
    async function* scored(size: Size, apart: Spacing, arm: Arm): AsyncGenerator<RunEvent, Scores[], void> {
      const all: Scores[] = []
      for (let i = 0; i < p.memories; i++) {
        const label = `${memoryId(size, apart)}, ${arms[arm].title}, ${i + 1} of ${p.memories}`
        const work = workOf(size, apart)
        all.push(
          yield* stages.stage(label, async function* () {
            const memory = { ...rule, ...arms[arm].change, cues: size.cues, bits: size.bits }
            const operations = randomSequence(size, apart, hostRandom(seed).fold(size.cues).fold(i))
            const durationMs = operations[operations.length - 1].atMs + 20
            const { raster } = yield* lived(label, memory, operations, { durationMs }, work)
            return scoresOf(recallsOf(operations, raster, memory, apart))
          }),
        )
        meter.done += work
      }
      return all
    }

    /** An experiment's life, and what was recalled in it. */
    async function* conducted(label: string, experiment: experiments.Experiment, watchWeights = false) {
      const { size, operations, spacing, durationMs } = experiment
      const memory = { ...rule, ...size }
      const life = yield* lived(label, memory, operations, { durationMs, watchWeights })
      return { ...life, recalls: recallsOf(operations, life.raster, memory, spacing) }
    }

    try {
      yield* warnings(p)

      const mixed = yield* conducted("experiment 1", experiments.mixed, true)
      yield metric("mixed/differences", experiments.differences(mixed.raster, experiments.mixedOutput), {
        unit: "spikes",
      })
      yield metric("mixed/correct", countCorrect(mixed.recalls), { unit: "recalls" })
      yield rasterFigure(experiments.mixed, mixed.raster)
      yield weightsFigure(mixed)
      yield weightsInTime(mixed)
      yield figures.recallTable("recalls", "Experiment 1: what is recalled", mixed.recalls)

      const stress = yield* conducted("experiment 2", experiments.stress)
      yield metric("stress/correct", countCorrect(stress.recalls), { unit: "recalls" })
      yield stressFigure(stress.raster)

      const map = yield* conducted("experiment 3", experiments.map)
      const wrong = experiments.differences(map.raster, experiments.mapOutput, experiments.mapRecalledMs)
      yield metric("map/differences", wrong, { unit: "spikes" })
      yield figures.mapFigure(map.recalls)

      const asked = parseOperations(p.operations, p)
      if (asked.length > 0) {
        const own = experiments.experiment(ownSize(p), asked, { spacing })
        const { raster, recalls } = yield* conducted("your own operations", own)
        if (recalls.length > 0) yield metric("own/correct", shareCorrect(recalls), { unit: "%" })
        yield rasterFigure(own, raster, "own", "Your own operations")
        yield figures.recallTable("own-recalls", "Your own operations: what is recalled", recalls)
      }

      const results: figures.MemoryResult[] = []
      for (const size of sizes)
        for (const arm of armNames) {
          const scores = yield* scored(size, spacing, arm)
          yield* scoreMetrics(`${memoryId(size, spacing)}/${arm}`, scores)
          results.push({ size, arm, scores })
        }
      yield* figures.memoryFigures(results)

      const curve: { spacing: Spacing; scores: Scores[] }[] = []
      for (const one of swept) {
        const scores = yield* scored(sweepSize, one, "memory")
        yield* scoreMetrics(`spacing/${spacingId(one)}`, scores)
        curve.push({ spacing: one, scores })
      }
      if (curve.length > 0) yield figures.spacingFigure(curve)
    } finally {
      // Every size and rule is a program of its own; moving sliders would pile them up.
      live.dispose()
    }
  },

  claims,

  circuit: (p) => {
    const memory = { ...ruleOf(p), cues: p.cues, bits: p.bits }
    return diagramWith({ parameters: [] }, (state, given) => live(memory, state, given, false), emptyMemory(memory), {
      InCue: zeros([20, p.cues]),
      InCont: zeros([20, p.bits]),
    })
  },

  draw: (p) => drawMemory({ ...ruleOf(p), cues: p.cues, bits: p.bits }),
})

/** The mean over memories, and the worst and the best of them. */
function* scoreMetrics(id: string, scores: readonly Scores[]): Generator<RunEvent, void, void> {
  for (const phase of phases)
    for (const kind of ["cue", "content"] as const) {
      const all = scores.map((one) => one[phase][kind])
      const mean = all.reduce((sum, x) => sum + x, 0) / all.length
      yield metric(`${id}/${phase}/${kind}`, mean, { unit: "%" })
      yield metric(`${id}/${phase}/${kind}/worst`, Math.min(...all), { unit: "%" })
      yield metric(`${id}/${phase}/${kind}/best`, Math.max(...all), { unit: "%" })
    }
}

/** About how long a life takes, for the time left. */
const workOf = ({ cues, bits }: Size, { learnMs, recallMs }: Spacing): number =>
  (1.5 * cues * learnMs + 2 * (cues + bits) * recallMs) * (1 + (cues * bits) / 2000)
