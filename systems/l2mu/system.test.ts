import { describe, expect, test } from "vitest"
import { CajalError } from "../../src/engine/index.ts"
import { type CheckpointState, type RunEvent, resolveParameters, weigh } from "../../src/run/index.ts"
import { smokeRun, type TestRun, TouchedSystem } from "../../src/run/testing.ts"
import { toSvg } from "../../src/view/index.ts"
import system from "./system.ts"

const tiny = {
  steps: 6,
  fineSteps: 3,
  windows: 140,
  testWindows: 70,
  encoder: 6,
  memory: 2,
  hidden: 8,
  batch: 16,
  seeds: 1,
}
const runTiny = (given: Record<string, unknown> = {}, options: TestRun = {}) =>
  smokeRun(system, { ...tiny, ...given }, options)
const withoutTimes = (metrics: Record<string, number>) => ({ ...metrics, "leaky/latencyMs": 0 })

describe("the run", () => {
  test("smoke: claims are weighed, figures drawn, copies tell the same", async () => {
    const { events, metrics } = await smokeRun(system, { seeds: 1 })
    expect(events.some((event) => event.type === "note" && event.text.includes("no watch was worn"))).toBe(true)
    expect(weigh(system.claims, metrics).map(({ met }) => met)).not.toContain(null)
    expect([metrics["leaky/binary"], metrics["nir/same"], metrics["onnx/same"]]).toEqual([1, 1, 1])
    const figures = new Map(events.flatMap((event) => (event.type === "figure" ? [[event.id, event] as const] : [])))
    expect([...figures.keys()]).toEqual(["window", "passing", "confusion", "operations", "cuts"])
    for (const { spec, svg } of figures.values()) expect(svg ?? (await toSvg(spec!))).toContain("<svg")
  }, 30_000)

  test("the same seed measures the same, another something else", async () => {
    const { metrics } = await runTiny()
    expect(withoutTimes((await runTiny()).metrics)).toEqual(withoutTimes(metrics))
    expect((await runTiny({}, { seed: 8 })).metrics["leaky/loss"]).not.toBe(metrics["leaky/loss"])
  }, 30_000)

  test("further settings", async () => {
    const { metrics } = await runTiny({ extended: true })
    for (const name of ["cut90/fine", "off/accuracy", "analog/accuracy", "large/accuracy", "rows/accuracy"])
      expect(metrics[name]).toBeGreaterThanOrEqual(0)
  }, 60_000)

  test("goes on from any checkpoint to the very same metrics", async () => {
    const checkpoints: CheckpointState[] = []
    const whole = await runTiny(
      {},
      {
        onEvent: (event) => {
          if (event.type === "checkpoint") checkpoints.push(structuredClone(event.state))
        },
      },
    )
    for (const state of checkpoints.slice(1)) {
      const rest = await runTiny({}, { resumed: state })
      expect(withoutTimes(whole.metrics)).toMatchObject(withoutTimes(rest.metrics))
    }
  }, 60_000)

  test("stops promptly", async () => {
    const stop = new AbortController()
    const onEvent = (event: RunEvent) => {
      if (event.type === "progress" && event.done === 3) stop.abort(new Error("stopped"))
    }
    await expect(runTiny({ steps: 10_000 }, { signal: stop.signal, onEvent })).rejects.toThrow("stopped")
  }, 20_000)

  test("sensors of another rate are told of", async () => {
    const { events } = await runTiny({ rateHz: 50 })
    const notes = events.flatMap((event) => (event.type === "note" ? [event.text] : []))
    expect(notes).toContainEqual(expect.stringMatching(/sampled at 50 Hz.*learns from at 20 Hz/))
  }, 20_000)
})

describe("bad input", () => {
  test.each<[Record<string, unknown>, RegExp]>([
    [{ order: 0 }, /order 1 or more, not 0/],
    [{ theta: 0.5 }, /1 step or more, not 0.5/],
    [{ beta: 0 }, /beta must lie between 0 and 1, not 0/],
    [{ beta: 1 }, /beta must lie between 0 and 1, not 1/],
    [{ pruned: 1 }, /0\.\.1 without 1, not 1/],
    [{ mode: "none" }, /mode cannot be "none"/],
  ])("refuses %j", (given, message) => {
    const resolve = () => resolveParameters(system, "smoke", given)
    expect(resolve).toThrow(CajalError)
    expect(resolve).toThrow(message)
  })
})

test("the diagram is that of the cell, and says all of it", async () => {
  const { boxes, opaque } = await system.circuit!(resolveParameters(system, "smoke", {}))
  expect(opaque / boxes).toBeLessThan(0.05)
})

test("under the reader's hands a movement is told", async () => {
  const hands = new TouchedSystem(system, tiny)
  expect((await hands.figure("passing")).caption).toMatch(/The network says [a-z ]+\. It names \d+ %/)
  hands.inputs.give("pace", 6.5)
  hands.inputs.give("wave", "sine")
  expect((await hands.figure("passing")).svg).toContain("gyroscope")
  hands.stop()
}, 30_000)
