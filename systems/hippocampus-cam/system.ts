import { hostRandom, zeros } from "../../src/engine/index.ts"
import { metric, progress, type RunEvent, Stages, system } from "../../src/run/index.ts"
import { diagramWith } from "../../src/view/index.ts"
import { claims } from "./claims.ts"
import { drawMemory } from "./drawing.ts"
import * as experiments from "./experiments.ts"
import * as figures from "./figures.ts"
import { emptyMemory, live, type Memory } from "./model.ts"
import { evenly, parseOperations, recallsOf, type Spacing, schedule, shareCorrect, tightest } from "./operations.ts"
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

    /** A memory's life, with progress; `share` of the work of the run is credited for it. */
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

    try {
      yield* warnings(p)

      const mixed = { ...rule, ...experiments.mixed.size }
      const first = yield* lived("experiment 1", mixed, experiments.mixed.operations, {
        ...experiments.mixed,
        watchWeights: true,
      })
      const mixedRecalls = recallsOf(experiments.mixed.operations, first.raster, mixed, evenly(10))
      yield metric("mixed/differences", experiments.differences(first.raster, experiments.mixedOutput), {
        unit: "spikes",
      })
      yield metric("mixed/correct", mixedRecalls.filter(({ correct }) => correct).length, { unit: "recalls" })
      yield rasterFigure(experiments.mixed, first.raster)
      yield weightsFigure(first)
      yield weightsInTime(first)
      yield figures.recallTable("recalls", "Experiment 1: what is recalled", mixedRecalls)

      const stress = { ...rule, ...experiments.stress.size }
      const second = yield* lived("experiment 2", stress, experiments.stress.operations, experiments.stress)
      const stressRecalls = recallsOf(experiments.stress.operations, second.raster, stress, evenly(14))
      yield metric("stress/correct", stressRecalls.filter(({ correct }) => correct).length, { unit: "recalls" })
      yield stressFigure(second.raster)

      const map = { ...rule, ...experiments.map.size }
      const third = yield* lived("experiment 3", map, experiments.map.operations, experiments.map)
      const mapRecalls = recallsOf(experiments.map.operations, third.raster, map, tightest)
      yield metric("map/differences", experiments.differences(third.raster, experiments.mapOutput, 113), {
        unit: "spikes",
      })
      yield figures.mapFigure(mapRecalls)

      if (p.operations.trim() !== "") {
        const operations = schedule(parseOperations(p.operations, p), spacing)
        const own = {
          size: ownSize(p),
          operations,
          durationMs: operations[operations.length - 1].atMs + p.spacing + 10,
        }
        const memory = { ...rule, ...own.size }
        const { raster } = yield* lived("your own operations", memory, operations, own)
        const recalls = recallsOf(operations, raster, memory, spacing)
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
