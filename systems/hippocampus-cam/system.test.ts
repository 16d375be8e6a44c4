import { expect, test } from "vitest"
import { CajalError } from "../../src/engine/index.ts"
import { resolveParameters, weigh } from "../../src/run/index.ts"
import { smokeRun, type TestRun } from "../../src/run/testing.ts"
import { toSvg } from "../../src/view/index.ts"
import {
  checkOperation,
  evenly,
  learn,
  nameOf,
  parseOperations,
  recallContent,
  recallsOf,
  schedule,
} from "./operations.ts"
import { warnings } from "./plan.ts"
import type { Raster } from "./simulation.ts"
import memory from "./system.ts"

const run = (given: Record<string, unknown> = {}, options: TestRun = {}) => smokeRun(memory, given, options)

test("smoke: the experiments are right, every figure is drawn, the same for the same seed", async () => {
  const { events, metrics } = await run()
  const verdicts = weigh(memory.claims, metrics)
  const met = (id: string) => verdicts.find((one) => one.id === id)?.met
  expect(["experiment-1", "experiment-2", "experiment-3"].map(met)).toEqual([true, true, true])
  // What takes other sizes is not judged by this one.
  expect(met("cue-16x32")).toBeNull()
  const pictures = events.flatMap((event) => (event.type === "figure" ? [event] : []))
  expect(pictures.map(({ id }) => id)).toEqual(["raster", "weights", "weights-in-time", "stress", "map", "random"])
  for (const { spec, svg } of pictures) expect(svg ?? (await toSvg(spec!))).toContain("<svg")
  expect(await memory.draw!(resolveParameters(memory, "smoke", {}))).toContain("interneuron")
  expect((await run()).metrics).toEqual(metrics)
  expect((await run({ spacing: 7 })).metrics).not.toEqual((await run({ spacing: 7 }, { seed: 8 })).metrics)
})

test("a random memory at the paper's rule, and the controls that must lose", async () => {
  const { metrics } = await run({ cues: 16, bits: 32, active: 6 })
  const verdicts = weigh(memory.claims, metrics).filter(({ id }) => id.endsWith("16x32"))
  expect(verdicts.map(({ met }) => met)).toEqual([true, true])
  expect(verdicts[0].control).toBe(50)
  expect(verdicts[1].control).toBeLessThanOrEqual(20)
})

test("sliders reach the experiments: without depression nothing is forgotten", async () => {
  const { metrics } = await run({ depression: 0 })
  expect(metrics["mixed/differences"]).toBeGreaterThan(0)
  expect(metrics["stress/correct"]).toBeLessThan(45)
  expect(metrics["8x16-3@14/memory/relearned/cue"]).toBe(metrics["8x16-3@14/no-depression/relearned/cue"])
})

test("operations of one's own", async () => {
  const operations = "learn 0: 1 2 8; learn 3: 4 5; cue 0; content 2 5; learn 0: 3; cue 0"
  const { events, metrics } = await run({ operations })
  expect(metrics["own/correct"]).toBe(100)
  const rows = events.flatMap((event) => (event.type === "table" && event.id === "own-recalls" ? event.rows : []))
  expect(rows).toEqual([
    [28, "cue 0", "1 2 8", "1 2 8", "yes"],
    [42, "content 2 5", "0 3", "0 3", "yes"],
    [70, "cue 0", "3", "3", "yes"],
  ])
  const own = events.find((event) => event.type === "figure" && event.id === "own")
  expect(own?.type === "figure" && own.spec && (await toSvg(own.spec))).toContain("learn 3")
})

test("an empty list of operations is none", async () => {
  const { events } = await run({ operations: " ; " })
  expect(events.some((event) => event.type === "figure" && event.id === "own")).toBe(false)
})

test("goes on from any checkpoint to the very same metrics", async () => {
  const whole = await run({ memories: 2 })
  const checkpoints = whole.events.flatMap((event) => (event.type === "checkpoint" ? [event.state] : []))
  expect(checkpoints.length).toBe(6)
  for (const state of [checkpoints[0], checkpoints[3], checkpoints[5]]) {
    const rest = await run({ memories: 2 }, { resumed: JSON.parse(JSON.stringify(state)) })
    expect(rest.metrics).toEqual(whole.metrics)
  }
})

test("stops promptly", async () => {
  const stop = new AbortController()
  let events = 0
  const onEvent = () => {
    if (++events === 25) stop.abort(new Error("stopped"))
  }
  const long = run({ cues: 64, bits: 128, active: 10, memories: 20 }, { signal: stop.signal, onEvent })
  await expect(long).rejects.toThrow("stopped")
})

test.each<[Record<string, unknown>, RegExp]>([
  [{ cues: 1 }, /cues must lie in 2\.\.128, not 1/],
  [{ active: 17 }, /a content of 16 bits cannot have 17 active ones/],
  [{ maximum: 3.3 }, /at most 3.3 nA no weight can fire a target: it takes 3.36 nA/],
  [{ operations: "learn 8: 1" }, /there is no cue 8: cues are 0\.\.7/],
  [{ operations: "cue 0; content 3 16" }, /there is no content bit 16: bits are 0\.\.15/],
  [{ operations: "learn 3" }, /a learn needs a content/],
  [{ operations: "learn 3:" }, /a learn needs a content/],
  [{ operations: "learn : 1 2" }, /a learn needs a cue/],
  [{ operations: "learn 3 1 2" }, /one cue at a time, not 3/],
  [{ operations: "cue" }, /a recall by cue needs a cue/],
  [{ operations: "content" }, /a recall by content needs a content/],
  [{ operations: "forget 3" }, /an operation is learn, cue or content/],
  [{ operations: "cue x" }, /"x" is not the number of a cue or a content bit/],
])("refuses %j", (given, message) => {
  const resolve = () => resolveParameters(memory, "smoke", given)
  expect(resolve).toThrow(CajalError)
  expect(resolve).toThrow(message)
})

test("operations are written as they are read", () => {
  const size = { cues: 4, bits: 9 }
  const text = "learn 0: 1 2 8; cue 3; content 2 5"
  expect(parseOperations(` ${text} ;`, size).map(nameOf).join("; ")).toBe(text)
  expect(parseOperations("content 2, 5", size)).toEqual([recallContent(2, 5)])
  expect(() => checkOperation(learn(-1, 0), size)).toThrow(/there is no cue -1/)
})

test("a recall is right only if the answer is complete, alone and on time", () => {
  const spacing = evenly(14)
  const operations = schedule([learn(0, 1, 2), recallContent(1)], spacing)
  const rowsWith = (spikes: Record<number, number[]>) => Array.from({ length: 40 }, (_, t) => spikes[t] ?? [])
  const judged = (spikes: Record<number, number[]>) =>
    recallsOf(operations, { OutCue: rowsWith(spikes) } as unknown as Raster, { delayMs: 1 }, spacing)[0].correct
  expect(judged({ 20: [0] })).toBe(true)
  expect(judged({ 20: [0], 5: [0], 33: [3] })).toBe(true)
  expect(judged({})).toBe(false)
  expect(judged({ 21: [0] })).toBe(false)
  expect(judged({ 20: [0, 1] })).toBe(false)
  expect(judged({ 20: [0], 22: [0] })).toBe(false)
})

test("a spacing below the length of an operation is said", () => {
  const said = (spacing: number) =>
    [...warnings(resolveParameters(memory, "smoke", { spacing }))].map(({ text }) => text).join()
  expect(said(7)).toBe("")
  expect(said(6)).toMatch(/6 ms is shorter than a learn takes, 7 ms: operations disturb/)
  expect(said(5)).toMatch(/a learn takes, 7 ms, and a recall takes, 6 ms/)
})
