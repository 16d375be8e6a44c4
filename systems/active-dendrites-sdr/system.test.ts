import { describe, expect, test } from "vitest"
import { CajalError } from "../../src/engine/index.ts"
import { type CheckpointState, type RunEvent, resolveParameters, weigh } from "../../src/run/index.ts"
import { smokeRun, type TestRun } from "../../src/run/testing.ts"
import { toSvg } from "../../src/view/index.ts"
import { checkNoisySetting, checkSetting } from "./model.ts"
import { tooFew } from "./plan.ts"
import dendrites from "./system.ts"

const runSystem = (given: Record<string, unknown> = {}, options: TestRun = {}) => smokeRun(dendrites, given, options)

describe("the system", () => {
  test("smoke: every figure is drawn, no claim fails, the same for the same seed", async () => {
    const { events, metrics } = await runSystem()
    const verdicts = weigh(dendrites.claims, metrics)
    expect(verdicts.filter(({ met }) => met === false)).toEqual([])
    // What takes a million trials is not judged by fewer.
    expect(verdicts.find(({ id }) => id === "false-positives")?.met).toBeNull()
    expect(verdicts.find(({ id }) => id === "threshold")?.met).toBe(true)
    const figures = events.flatMap((event) => (event.type === "figure" ? [event] : []))
    expect(figures.map(({ id }) => id)).toEqual([
      ...["grids", "threshold", "overlaps", "neurons", "false-positives-n", "false-positives-theta"],
      ...["false-positives-s", "false-negatives", "union"],
    ])
    for (const { spec, svg } of figures) expect(svg ?? (await toSvg(spec!))).toContain("<svg")
    expect(await dendrites.draw!(resolveParameters(dendrites, "smoke", {}))).toContain("point neuron")
    expect((await runSystem()).metrics).toEqual(metrics)
    expect((await runSystem({}, { seed: 8 })).metrics).not.toEqual(metrics)
  })

  test("goes on from any checkpoint to the very same metrics", async () => {
    const whole = await runSystem()
    const checkpoints = whole.events.flatMap((event, i) =>
      event.type === "checkpoint" ? [{ state: event.state, i }] : [],
    )
    expect(checkpoints.length).toBeGreaterThan(15)
    const kept = (events: RunEvent[]) => events.filter(({ type }) => type === "metric" || type === "figure")
    for (const at of [0, 5, checkpoints.length - 1]) {
      const resumed: CheckpointState = JSON.parse(JSON.stringify(checkpoints[at].state))
      const rest = await runSystem({}, { resumed })
      const names = kept(whole.events.slice(checkpoints[at].i + 1))
      expect(kept(rest.events).slice(-names.length)).toEqual(names)
      expect(rest.metrics).toEqual(whole.metrics)
    }
  })

  test("your own neuron alone, and codes of images", async () => {
    const { metrics, events } = await runSystem({ trials: 0, n: 500, a: 500, s: 4, theta: 2, noise: 0, codes: 40 })
    expect(metrics["own/segments/false"]).toBe(1) // every cell is active in every pattern
    expect(metrics["codes/5/same-class"]).toBeGreaterThan(metrics["codes/5/other-class"])
    expect(weigh(dendrites.claims, metrics).find(({ id }) => id === "neuron-30")?.met).toBeNull()
    expect(events.some((event) => event.type === "note" && event.text.includes("stand-in"))).toBe(true)
  })

  test("stops promptly", async () => {
    const stop = new AbortController()
    let events = 0
    const onEvent = () => {
      if (++events === 120) stop.abort(new Error("stopped"))
    }
    const long = runSystem({ trials: 100_000_000 }, { signal: stop.signal, onEvent })
    await expect(long).rejects.toThrow("stopped")
  })

  test.each<[Record<string, unknown>, RegExp]>([
    [{ theta: 21 }, /theta = 21 above s = 20 synapses can never be reached/],
    [{ theta: 0 }, /theta must lie in 1\.\.1000, not 0/],
    [{ s: 41, theta: 3 }, /cannot sample s = 41 synapses from a = 40 active cells/],
    [{ n: 30 }, /cannot have a = 40 active cells among n = 30/],
    [{ noise: 1.2 }, /noise must lie in 0\.\.1, not 1\.2/],
    [{ noise: -0.1 }, /noise must lie in 0\.\.1, not -0\.1/],
    [{ n: 45, noise: 0.5 }, /noise 0\.5 swaps 20 cells, but only 5 are inactive/],
    [{ patterns: 0 }, /patterns must lie in 1\.\.1000, not 0/],
    [{ n: 200_000, patterns: 1000 }, /1000 segments on n = 200000 cells do not fit/],
  ])("refuses %j", (given, message) => {
    const resolve = () => resolveParameters(dendrites, "smoke", given)
    expect(resolve).toThrow(CajalError)
    expect(resolve).toThrow(message)
  })

  test("the model refuses by itself what the sliders cannot even ask", () => {
    expect(() => checkSetting({ n: 100, a: 10, s: 5, theta: 0 })).toThrow(/theta = 0 always fires/)
    const fine = { n: 100, a: 10, s: 5, theta: 3, noise: 0.2, patterns: 1 }
    expect(() => checkNoisySetting({ ...fine, noise: 2 })).toThrow(/noise is a share from 0 to 1, not 2/)
    expect(() => checkNoisySetting({ ...fine, patterns: 0 })).toThrow(/stores at least 1 pattern, not 0/)
    expect(() => checkNoisySetting(fine)).not.toThrow()
  })

  test("too few trials are said, with the number that it takes", () => {
    const warned = [
      ...tooFew([
        { what: "rare", rate: 1e-6, trials: 1_000_000 },
        { what: "frequent", rate: 0.1, trials: 1000 },
        { what: "impossible", rate: 0, trials: 10 },
      ]),
    ].map(({ text }) => text)
    expect(warned).toEqual(["rare: expect no hit in 1 000 000 trials; at a rate of 1e-6 it takes 10 000 000"])
  })
})
