import { describe, expect, test } from "vitest"
import { CajalError } from "../../src/engine/index.ts"
import { type CheckpointState, type RunEvent, resolveParameters, weigh } from "../../src/run/index.ts"
import { smokeRun, type TestRun, TouchedSystem } from "../../src/run/testing.ts"
import { toSvg } from "../../src/view/index.ts"
import system from "./system.ts"

const tiny = {
  steps: 10,
  memory: 4,
  gap: 2,
  images: 600,
  testPairs: 60,
  batch: 8,
  twinWindows: 4,
  twinSteps: 3,
  twinStarts: 1,
}
const runTiny = (given: Record<string, unknown> = {}, options: TestRun = {}) =>
  smokeRun(system, { ...tiny, ...given }, options)

describe("the run", () => {
  test("smoke: it learns to add over a short gap", async () => {
    const { events, metrics } = await smokeRun(system)
    expect(events.some((event) => event.type === "note" && event.text.includes("stand-in"))).toBe(true)
    expect(metrics["elm/accuracy"]).toBeGreaterThan(0.1)
    const figures = new Map(events.flatMap((event) => (event.type === "figure" ? [[event.id, event] as const] : [])))
    expect([...figures.keys()]).toEqual(["passing", "accuracy", "learning", "impulse"])
    for (const { spec, svg } of figures.values()) expect(svg ?? (await toSvg(spec!))).toContain("<svg")
  }, 30_000)

  test("controls and the twin: claims are weighed, the same seed measures the same", async () => {
    const { metrics, events } = await runTiny({ arms: "controls", seeds: 1 })
    expect(weigh(system.claims, metrics).map(({ met }) => met)).not.toContain(null)
    expect(metrics["twin-dm20/parameters"]).toBe(2150)
    expect(events.some((event) => event.type === "note" && event.text.includes("NeuronIO"))).toBe(true)
    expect((await runTiny({ arms: "controls", seeds: 1 })).metrics).toEqual(metrics)
    expect((await runTiny({}, { seed: 8 })).metrics["elm/accuracy"]).not.toBe(metrics["elm/accuracy"])
  }, 60_000)

  test("all arms", async () => {
    const { metrics } = await runTiny({ arms: "all", steps: 10, seeds: 1 })
    for (const name of ["tau30-gap100", "dm128", "lambda1", "v2", "lstm", "lstm-chrono", "all-digits"])
      expect(metrics[`${name}/accuracy`]).toBeGreaterThanOrEqual(0)
    for (const name of ["twin-dm5", "twin-linear", "twin-short"]) expect(metrics[`${name}/auc`]).toBeGreaterThan(0)
  }, 120_000)

  test("goes on from any checkpoint to the very same metrics", async () => {
    const checkpoints: CheckpointState[] = []
    const given = { arms: "controls", seeds: 1 }
    const whole = await runTiny(given, {
      onEvent: (event) => {
        if (event.type === "checkpoint") checkpoints.push(structuredClone(event.state))
      },
    })
    for (const i of [0, 3, 12, checkpoints.length - 1]) {
      const rest = await runTiny(given, { resumed: checkpoints[i] })
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

  test("variants and trained time constants run", async () => {
    const { metrics } = await runTiny({ variant: "v2", trainsTau: true, branches: 7, twinSteps: 0, activation: "silu" })
    expect(metrics["elm/accuracy"]).toBeGreaterThan(0)
  }, 20_000)
})

describe("bad input", () => {
  test.each<[Record<string, unknown>, RegExp]>([
    [{ tauMin: 0 }, /from tauMin = 0 ms to tauMax = 1000 ms/],
    [{ tauMin: 50, tauMax: 30 }, /from tauMin = 50 ms to tauMax = 30 ms/],
    [{ dt: 20, tauMax: 10 }, /no unit can remember one step: dt = 20 ms, and tauMax = 10 ms/],
    [{ branches: 4 }, /14 input lines cannot be one synapse each on 4 branches of 3.50 synapses/],
    [{ activation: "step" }, /activation cannot be "step"/],
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

test("under the reader's hands it adds what is drawn", async () => {
  const hands = new TouchedSystem(system, { steps: 40, images: 800, testPairs: 60 })
  expect((await hands.figure("sum")).caption).toMatch(/It names \d+ % of the sums .* digits 0 to 4/)
  const line = new Float32Array(28 * 28)
  for (let y = 4; y < 24; y++) line[y * 28 + 14] = 1
  hands.inputs.give("first", line)
  expect((await hands.figure("passing")).caption).toMatch(/It says \d/)
  hands.stop()
}, 30_000)
