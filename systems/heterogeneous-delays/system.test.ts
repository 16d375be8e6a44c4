import { describe, expect, test } from "vitest"
import { DataSource, fetchFiles } from "../../src/data/index.ts"
import { type CheckpointState, execute, type RunEvent, resolveParameters } from "../../src/run/index.ts"
import { smokeRun } from "../../src/run/testing.ts"
import system from "./system.ts"

const small = { movies: 2, testMovies: 1, steps: 8, time: 40, frame: 16, delays: 5, size: 5, directions: 4, speeds: 1 }

describe("a run", () => {
  test("smoke measures what the claims read, and the same from the same seed", async () => {
    const runs = [await smokeRun(system), await smokeRun(system)]
    expect(runs[1].metrics).toEqual(runs[0].metrics)
    for (const name of ["accSteady", "averaged/accAll", "pruned30/accAll", "smallestLead", "trajectories/learnt"])
      expect(Number.isFinite(runs[0].metrics[name])).toBe(true)
    const { metrics, events } = runs[0]
    expect(metrics.synapses).toBe(18_144)
    // 40 steps of learning lower the loss from log(16); the control learns nothing.
    expect(metrics["delays/loss"]).toBeLessThan(2.6)
    expect(metrics["noMaximum/loss"]).toBeGreaterThan(metrics["delays/loss"] + 0.1)
    const figures = events.flatMap((event) => (event.type === "figure" ? [event.id] : []))
    expect(figures).toEqual(["kernels", "movie", "slice", "load", "tuning", "learning"])
    expect(
      events
        .filter((event) => event.type === "note")
        .map((event) => JSON.stringify(event))
        .join(),
    ).toMatch(/generated.*trajectory leaves the kernel after 4 steps/)
    const other = await smokeRun(system, small, { seed: 8 })
    const again = await smokeRun(system, small, { seed: 9 })
    expect(other.metrics["delays/loss"]).not.toBe(again.metrics["delays/loss"])
  })

  test("it goes on from every checkpoint to the same numbers", async () => {
    const states: CheckpointState[] = []
    const whole = await smokeRun(system, small, {
      onEvent: (event) => event.type === "checkpoint" && states.push(event.state),
    })
    expect(states.length).toBeGreaterThan(10)
    for (const at of [0, 5, Math.floor(states.length / 2) + 1, states.length - 1]) {
      const resumed = await smokeRun(system, small, { resumed: states[at] })
      for (const [name, value] of Object.entries(resumed.metrics))
        expect([name, value]).toEqual([name, whole.metrics[name]])
      expect(resumed.metrics.accAll).toBe(whole.metrics.accAll)
    }
  })

  test("it stops when it is told to", async () => {
    const stop = new AbortController()
    const data = new DataSource(fetchFiles("http://nowhere.invalid"))
    const device = { name: "wasm", threads: 1 }
    const seen: RunEvent["type"][] = []
    const run = async (): Promise<void> => {
      for await (const event of execute(system, {
        preset: "smoke",
        parameters: small,
        data,
        device,
        signal: stop.signal,
      })) {
        if (event.type === "result") continue
        seen.push(event.type)
        if (seen.length === 12) stop.abort(new Error("enough"))
      }
    }
    await expect(run()).rejects.toThrow("enough")
    expect(seen.length).toBeLessThan(16)
  })

  test("a second setting, clouds and other seeds are measured too", async () => {
    const { metrics, events } = await smokeRun(system, { ...small, clouds: true, wide: true, seeds: 2 })
    expect(metrics["wide/synapses"]).toBeGreaterThan(36 * 1000)
    expect(metrics["clouds/stripes anyhow@0.13"]).toBeGreaterThanOrEqual(0)
    expect(metrics["delays.2/loss"]).toBeDefined()
    const figures = events.flatMap((event) => (event.type === "figure" ? [event.id] : []))
    expect(figures).toContain("clouds")
    expect(figures).toContain("load-wide")
  })
})

describe("bad input is refused in one line", () => {
  test.each([
    [{ delays: 10 }, /10 delays and 9 x 9 places has no middle/],
    [{ size: 8 }, /8 x 8 places has no middle/],
    [{ size: 17, frame: 16 }, /17 x 17 px is larger than the picture of 16 x 16 px/],
    [{ time: 9 }, /9 steps is shorter than the 11 delays/],
    [{ threshold: 0 }, /threshold of the event camera must be above 0, not 0/],
    [{ threshold: -1 }, /threshold must lie in/],
    [{ slowest: 2 }, /slowest speed, 2 px\/step, must be below the fastest, 1 px\/step/],
    [{ residual: "ful" }, /did you mean "full"/],
  ])("%o", (given, message) => {
    expect(() => resolveParameters(system, "quick", given)).toThrow(message)
  })

  test("a movie without an event is named with its count", async () => {
    await expect(smokeRun(system, { ...small, threshold: 10 })).rejects.toThrow(/0 events in 40 steps of 16 x 16 px/)
  })
})

test("its diagram has nothing that is only known by name", async () => {
  const { boxes, opaque } = await system.circuit!(resolveParameters(system, "quick", {}))
  expect(boxes).toBeGreaterThan(8)
  expect(opaque).toBe(0)
})
