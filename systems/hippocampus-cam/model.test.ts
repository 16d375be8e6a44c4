import { afterAll, describe, expect, test } from "vitest"
import { CajalError, hostRandom, useDevice } from "../../src/engine/index.ts"
import { type Experiment, map, mapOutput, mixed, mixedOutput, stress } from "./experiments.ts"
import {
  checkMemory,
  type Layer,
  layerNames,
  layers,
  live,
  type Memory,
  paperRule,
  plasticSynapses,
  populations,
  sizeOf,
  synapsesOf,
} from "./model.ts"
import { learn, recallContent, recallCue, schedule, type TimedOperation, tightest } from "./operations.ts"
import { randomSequence } from "./random-memory.ts"
import { type Life, liveThrough, type Raster } from "./simulation.ts"

afterAll(() => live.dispose())

/**
 * The same memory in plain numbers, neuron by neuron and event by event: every plastic synapse has a history of all postsynaptic spikes, and its
 * weight is limited after each.
 */
function plainRaster(memory: Memory, operations: readonly TimedOperation[], durationMs: number): Raster {
  const names = Object.keys(populations) as (keyof typeof populations)[]
  const cells = Object.fromEntries(
    names.map((name) => [
      name,
      Array.from({ length: sizeOf(name, memory) }, () => ({ v: 0, iE: 0, iI: 0, refractory: 0 })),
    ]),
  ) as Record<(typeof names)[number], { v: number; iE: number; iI: number; refractory: number }[]>
  const spikes = Object.fromEntries(layerNames.map((name) => [name, [] as number[][]])) as Record<Layer, number[][]>
  /** What arrives, by millisecond, layer and neuron. */
  const mail = new Map<string, { e: number; i: number }>()
  const send = (t: number, to: Layer, neuron: number, weight: number, sign: "excitatory" | "inhibitory") => {
    const key = `${t} ${to} ${neuron}`
    const found = mail.get(key) ?? { e: 0, i: 0 }
    if (sign === "excitatory") found.e += weight
    else found.i += weight
    mail.set(key, found)
  }
  const plastic = Object.values(plasticSynapses).map(({ from, to }) => ({
    ...{ from, to },
    weights: Array.from({ length: sizeOf(from, memory) }, () => new Array<number>(sizeOf(to, memory)).fill(0)),
    history: Array.from({ length: sizeOf(to, memory) }, () => [] as { t: number; o: number }[]),
    last: Array.from({ length: sizeOf(from, memory) }, () => ({ t: 0, r: 0 })),
  }))
  const a = Math.exp(-1 / 0.3)
  const b = 0.3 * (1 - a)
  for (let t = 0; t < durationMs; t++) {
    const told = operations.filter(({ kind, atMs }) => t >= atMs && t < atMs + (kind === "learn" ? 3 : 1))
    spikes.InCue[t] = told.flatMap((one) => ("cue" in one ? [one.cue] : []))
    spikes.InCont[t] = told.flatMap((one) => ("content" in one ? [...one.content] : [])).sort((x, y) => x - y)
    for (const name of names) {
      const { capacitanceNF, tauMs, thresholdMV } = populations[name]
      spikes[name][t] = []
      cells[name].forEach((cell, neuron) => {
        const { e, i } = mail.get(`${t} ${name} ${neuron}`) ?? { e: 0, i: 0 }
        cell.iE += b * e
        cell.iI += b * i
        if (cell.refractory <= 0) {
          const settled = ((cell.iE - cell.iI) * tauMs) / capacitanceNF
          cell.v = settled - Math.exp(-1 / tauMs) * (settled - cell.v)
          if (cell.v >= thresholdMV) {
            cell.v = 0
            cell.refractory = 1
            spikes[name][t].push(neuron)
          }
        } else cell.refractory -= 1
        cell.iE *= a
        cell.iI *= a
      })
    }
    for (const { from, to, wiring, weightNA, delayMs, sign } of synapsesOf(memory))
      for (const pre of spikes[from][t])
        for (let post = 0; post < sizeOf(to, memory); post++)
          if (wiring === "all to all" || (wiring === "one to one") === (pre === post))
            send(t + delayMs, to, post, weightNA, sign)
    const d = memory.delayMs
    const fade = (ms: number) => Math.exp(-ms / memory.tauMs)
    for (const { from, to, weights, history, last } of plastic) {
      for (const post of spikes[to][t]) {
        const before = history[post].at(-1)
        history[post].push({ t, o: 1 + (before === undefined ? 0 : before.o * fade(t - before.t)) })
      }
      for (const pre of spikes[from][t]) {
        const { t: tl, r } = last[pre]
        history.forEach((events, post) => {
          let w = weights[pre][post]
          for (const { t: tj } of events)
            if (tj > Math.max(tl - d, 0) && tj <= Math.max(t - d, 0) && tj + d - tl > 0)
              w = Math.min(w + memory.potentiationNA * r * fade(tj + d - tl), memory.maximumNA)
          const latest = events.filter(({ t: tj }) => tj <= t - d).at(-1)
          if (latest !== undefined) w = Math.max(w - memory.depressionNA * latest.o * fade(t - latest.t - d), 0)
          weights[pre][post] = w
          send(t + d, to, post, w, "excitatory")
        })
        last[pre] = { t, r: 1 + r * fade(t - tl) }
      }
    }
  }
  return spikes
}

/** A life without a pause. */
function lifeOf(...given: Parameters<typeof liveThrough>): Life {
  const work = liveThrough(...given)
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value
  }
}

const memoryOf = (experiment: Pick<Experiment, "size">, change: Partial<Memory> = {}): Memory => ({
  ...paperRule,
  ...experiment.size,
  ...change,
})
const named = { mixed, stress, map }

describe("every spike of all twelve layers", () => {
  test.each(Object.entries(named))("%s: f32 as in plain numbers", (_, experiment) => {
    const memory = memoryOf(experiment)
    const { raster } = lifeOf(memory, experiment.operations, experiment)
    expect(raster).toEqual(plainRaster(memory, experiment.operations, experiment.durationMs))
  })

  test.each([{ mixed, map }].flatMap(Object.entries) as [string, Experiment][])(
    "%s: f32 on the default device as f64 on the reference device",
    (_, experiment) => {
      const memory = memoryOf(experiment)
      const { raster } = lifeOf(memory, experiment.operations, experiment)
      useDevice("reference")
      try {
        const { raster: exact } = lifeOf(memory, experiment.operations, { ...experiment, dtype: "f64" })
        expect(raster).toEqual(exact)
      } finally {
        useDevice("wasm")
      }
    },
    60_000,
  )

  test.each<[string, Partial<Memory>]>([
    ["other amplitudes", { potentiationNA: 4.7, depressionNA: 2.3, tauMs: 5.5 }],
    ["a longer delay", { delayMs: 3 }],
    ["a lower limit and a weaker gate", { maximumNA: 4.1, gateNA: 3.3 }],
  ])("%s: as in plain numbers, at a spacing where operations disturb one another", (_, change) => {
    const size = { cues: 6, bits: 9, active: 3 }
    const operations = randomSequence(size, tightest, hostRandom(3))
    const durationMs = operations[operations.length - 1].atMs + 20
    const memory = memoryOf({ size }, change)
    expect(lifeOf(memory, operations, { durationMs, dtype: "f64" }).raster).toEqual(
      plainRaster(memory, operations, durationMs),
    )
  })
})

describe("what the paper says happens when", () => {
  const size = { cues: 4, bits: 6 }
  const once = (...operations: Parameters<typeof schedule>[0]): Raster =>
    lifeOf(memoryOf({ size }), schedule(operations, { learnMs: 14, recallMs: 14 }), { durationMs: 40 }).raster
  const timesOf = (layer: readonly (readonly number[])[]) =>
    layer.flatMap((fired, t) => (fired.length === 0 ? [] : [[t, ...fired]]))

  test("a pair that is learnt reappears at the output after 5 and 7 ms", () => {
    const raster = once(learn(2, 1, 4))
    expect(timesOf(raster.OutCue)).toEqual([
      [5, 2],
      [7, 2],
    ])
    expect(timesOf(raster.OutCont)).toEqual([
      [5, 1, 4],
      [7, 1, 4],
    ])
  })

  test("a cue recalls its content, 5 and 6 ms after; a bit its cue", () => {
    const byCue = once(learn(2, 1, 4), recallCue(2))
    expect(timesOf(byCue.OutCue.slice(14 + 4))).toEqual([[1, 2]])
    expect(timesOf(byCue.OutCont.slice(14 + 4))).toEqual([[2, 1, 4]])
    const byContent = once(learn(2, 1, 4), recallContent(4))
    expect(timesOf(byContent.OutCont.slice(14 + 4))).toEqual([[1, 4]])
    expect(timesOf(byContent.OutCue.slice(14 + 4))).toEqual([[2, 2]])
  })

  test("the gate opens for contents and stays shut while a cue recalls", () => {
    const gate = once(learn(2, 1, 4), recallCue(2), recallContent(4)).ContCond
    expect(gate.slice(14, 28).flat()).toEqual([])
    expect(timesOf(gate.slice(28))).toEqual([[2, 4]])
  })

  test("an unknown cue and an unknown bit recall nothing", () => {
    expect(
      once(learn(2, 1, 4), recallCue(0))
        .OutCont.slice(18)
        .flat(),
    ).toEqual([])
    expect(
      once(learn(2, 1, 4), recallContent(0))
        .OutCue.slice(18)
        .flat(),
    ).toEqual([])
  })
})

test("the experiments are the paper's", () => {
  const outputs = { mixed: mixedOutput, map: mapOutput }
  const rasterOf = (experiment: Experiment) => lifeOf(memoryOf(experiment), experiment.operations, experiment).raster
  for (const [layer, expected] of Object.entries(outputs.mixed))
    rasterOf(mixed)[layer as "OutCue" | "OutCont"].forEach((fired, t) => {
      expect(fired, `${layer} at ${t}`).toEqual(expected[t] ?? [])
    })
  expect(stress.operations.length).toBe(60)
  expect(stress.operations.map(({ atMs }) => atMs).filter((_, i) => i % 20 === 0)).toEqual([1, 281, 561])
  expect(map.operations.slice(-4).map(({ atMs }) => atMs)).toEqual([112, 118, 124, 130])
})

test("weights that cannot fire a target are refused, and the least that can, can", () => {
  expect(() => checkMemory(memoryOf(mixed, { maximumNA: 3.35 }))).toThrow(CajalError)
  expect(() => checkMemory(memoryOf(mixed, { maximumNA: 3.35 }))).toThrow(/at most 3.35 nA no weight can fire a target/)
  expect(() => checkMemory(memoryOf(mixed, { maximumNA: 3.36 }))).not.toThrow()
})

test("every layer of the table has its place in the circuit", () => {
  const used = new Set(
    [...synapsesOf(memoryOf(mixed)), ...Object.values(plasticSynapses)].flatMap((s) => [s.from, s.to]),
  )
  expect([...used].sort()).toEqual(Object.keys(layers).sort())
})
