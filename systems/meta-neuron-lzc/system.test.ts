import { describe, expect, test } from "vitest"
import { CajalError } from "../../src/engine/index.ts"
import { type CheckpointState, type RunEvent, resolveParameters, weigh } from "../../src/run/index.ts"
import { smokeRun, type TestRun, TouchedSystem } from "../../src/run/testing.ts"
import { toSvg } from "../../src/view/index.ts"
import system from "./system.ts"

const tiny = { steps: 8, examples: 60, testExamples: 40, time: 40, neurons: 3, batch: 16 }
const runTiny = (given: Record<string, unknown> = {}, options: TestRun = {}) =>
  smokeRun(system, { ...tiny, ...given }, options)

describe("the run", () => {
  test("smoke: claims are weighed, figures drawn, the measure is exact", async () => {
    const { events, metrics } = await smokeRun(system)
    expect(metrics["lzc/deviation"]).toBe(0)
    expect(metrics["counts/accuracy"]).toBeLessThan(0.75)
    expect(weigh(system.claims, metrics).map(({ met }) => met)).not.toContain(null)
    const figures = new Map(events.flatMap((event) => (event.type === "figure" ? [[event.id, event] as const] : [])))
    expect([...figures.keys()]).toEqual(["trains", "accuracy", "histogram", "constants", "plane"])
    for (const { spec, svg } of figures.values()) expect(svg ?? (await toSvg(spec!))).toContain("<svg")
  }, 30_000)

  test("the same seed measures the same, another something else", async () => {
    const { metrics } = await runTiny()
    expect((await runTiny()).metrics).toEqual(metrics)
    expect((await runTiny({}, { seed: 8 })).metrics["meta-learned/lzc"]).not.toBe(metrics["meta-learned/lzc"])
  }, 30_000)

  test("further settings and rules", async () => {
    const { metrics, events } = await runTiny({ extended: true })
    for (const name of ["literature", "H16", "P0.7", "release0.7"])
      expect(metrics[`${name}/meta-learned/accuracy`]).toBeGreaterThan(0.2)
    for (const name of ["stdp/lzc", "tempotron-learned/accuracy", "decisionMs"])
      expect(metrics[name]).toBeGreaterThan(0)
    expect(events.some((event) => event.type === "table" && event.id === "settings")).toBe(true)
  }, 60_000)

  test("goes on from any checkpoint to the very same metrics", async () => {
    const checkpoints: CheckpointState[] = []
    const whole = await runTiny(
      { seeds: 2 },
      {
        onEvent: (event) => {
          if (event.type === "checkpoint") checkpoints.push(structuredClone(event.state))
        },
      },
    )
    for (const i of [0, 1, 4, checkpoints.length - 1]) {
      const rest = await runTiny({ seeds: 2 }, { resumed: checkpoints[i] })
      expect(whole.metrics).toMatchObject(rest.metrics)
    }
  }, 60_000)

  test("stops promptly", async () => {
    const stop = new AbortController()
    const onEvent = (event: RunEvent) => {
      if (event.type === "progress" && event.done === 3) stop.abort(new Error("stopped"))
    }
    await expect(runTiny({ steps: 10_000 }, { signal: stop.signal, onEvent })).rejects.toThrow("stopped")
  }, 20_000)

  test("neurons at their limit are told of", async () => {
    const { events } = await runTiny({ start: "own", a: 2, b: -2, d: -3, metaThreshold: 3 })
    const notes = events.flatMap((event) => (event.type === "note" ? [event.text] : []))
    expect(notes).toContainEqual(expect.stringMatching(/V stands at its limit in \d+ % of steps: .* saturated/))
  }, 30_000)
})

describe("bad input", () => {
  test.each<[Record<string, unknown>, RegExp]>([
    [{ time: 1 }, /trains of 1 steps have no complexity/],
    [{ rate: 0 }, /no chain has rate 0/],
    [{ rate: 0.9, afterSpike: 0.1 }, /rate 0.9 .* probability 0.1: after silence it would need 8.1/],
    [{ release: 0 }, /release probability lies above 0/],
    [{ start: "best" }, /start cannot be "best"/],
  ])("refuses %j", (given, message) => {
    const resolve = () => resolveParameters(system, "smoke", given)
    expect(resolve).toThrow(CajalError)
    expect(resolve).toThrow(message)
  })
})

test("the diagram is that of the loss, and says all of it", async () => {
  const { boxes, opaque } = await system.circuit!(resolveParameters(system, "smoke", {}))
  expect(opaque / boxes).toBeLessThan(0.05)
})

test("under the reader's hands bits turn round and phrases follow", async () => {
  const hands = new TouchedSystem(system)
  expect((await hands.figure("bits")).svg).toContain("#press=bit:31")
  hands.inputs.give("source", "silence")
  expect((await hands.figure("bits")).caption).toMatch(/^2 phrases/)
  hands.inputs.give("bit", 3)
  expect((await hands.figure("bits")).caption).toMatch(/^4 phrases: 0 · 001 · 0000 · 0{24}\./)
  hands.stop()
})
