import { describe, expect, test } from "vitest"
import { normalise } from "../../src/data/index.ts"
import { CajalError } from "../../src/engine/index.ts"
import { type CheckpointState, drawingOf, type RunEvent, resolveParameters, weigh } from "../../src/run/index.ts"
import { smokeRun, type TestRun, TouchedSystem } from "../../src/run/testing.ts"
import { toSvg } from "../../src/view/index.ts"
import { blocksOf } from "./parameters.ts"
import hlop from "./system.ts"
import { checkExamples } from "./tasks.ts"

/** A run smaller still than the preset's. */
const tiny = {
  ...{ hidden: 40, images: 640, testImages: 200, epochs: 1, steps: 4 },
  ...{ firstInput: 10, firstHidden: 6, firstReadout: 6, nextInput: 10, nextHidden: 4, nextReadout: 4 },
}
const runTiny = (given: Record<string, unknown> = {}, options: TestRun = {}) =>
  smokeRun(hlop, { ...tiny, ...given }, options)

describe("the run", () => {
  test("smoke: what is known stays, where the lateral neurons say so; every figure is drawn", async () => {
    const { events, metrics } = await smokeRun(hlop)
    expect(events.some((event) => event.type === "note" && event.text.includes("stand-in"))).toBe(true)
    expect(metrics["hlop/after 1/task 1"]).toBe(metrics["baseline/after 1/task 1"]) // the laterals' random numbers are their own
    expect(metrics["hlop/acc"]).toBeGreaterThan(25)
    expect(metrics["hlop/first residual"]).toBeLessThan(metrics["random-directions/residual"] / 2)
    expect(metrics["hlop/first residual"]).toBeGreaterThan(metrics["best-directions/residual"])
    expect(metrics["random/residual"]).toBeGreaterThan(metrics["hlop/residual"])
    for (const module of ["input", "hidden", "readout"])
      expect(metrics[`hlop/task 2/${module}/kept`]).toBeLessThan(metrics[`hlop/task 2/${module}/plain`] / 2)
    expect(weigh(hlop.claims, metrics).map(({ met }) => met)).not.toContain(null)
    const figures = events.flatMap((event) => (event.type === "figure" ? [event] : []))
    expect([...new Set(figures.map(({ id }) => id))]).toEqual([
      ...["lateral", "matrix", "residual", "rows", "updates", "summary"],
    ])
    const last = new Map(figures.map((one) => [one.id, one]))
    for (const { spec, svg } of last.values()) expect(svg ?? (await toSvg(spec!))).toContain("<svg")
  }, 30_000)

  test("the same seed measures the same, another something else; six arms and bursts run", async () => {
    const { metrics } = await runTiny({ arms: "six" })
    expect((await runTiny({ arms: "six" })).metrics).toEqual(metrics)
    for (const arm of ["hlop-bptt", "hlop-bursts", "svd"]) expect(metrics[`${arm}/acc`]).toBeGreaterThan(10)
    expect(metrics["svd/residual"]).toBeLessThan(metrics["hlop/residual"])
    expect((await runTiny({}, { seed: 8 })).metrics["hlop/acc"]).not.toBe(metrics["hlop/acc"])
    const others = (await runTiny({ rule: "bptt", lateralSteps: 10, seeds: 2, tasks: 3, shrink: 1 / 2 })).metrics
    expect(others["hlop.2/after 3/task 3"]).toBeGreaterThan(5)
    const runs = ["hlop", "hlop.2"].map((name) => others[`${name}/after 3/task 3`])
    expect(others["hlop/last"]).toBeCloseTo((runs[0] + runs[1]) / 2, 5)
  }, 60_000)

  test("goes on from any checkpoint to the very same metrics", async () => {
    const checkpoints: { state: CheckpointState; at: number }[] = []
    let events = 0
    const kept = (list: RunEvent[]) => list.filter(({ type }) => type === "metric")
    const whole = await runTiny(
      {},
      {
        onEvent(event) {
          events++
          if (event.type === "checkpoint") checkpoints.push({ state: structuredClone(event.state), at: events })
        },
      },
    )
    expect(checkpoints.length).toBeGreaterThan(8)
    for (const { state, at } of [checkpoints[1], checkpoints[2], checkpoints[4], checkpoints.at(-1)!]) {
      const rest = await runTiny({}, { resumed: state })
      expect(kept(rest.events)).toEqual(kept(whole.events.slice(at)))
    }
  }, 60_000)

  test("stops promptly", async () => {
    const stop = new AbortController()
    let seen = 0
    const onEvent = (event: RunEvent) => {
      if (event.type === "progress" && ++seen === 3) stop.abort(new Error("stopped"))
    }
    await expect(runTiny({ epochs: 20 }, { signal: stop.signal, onEvent })).rejects.toThrow("stopped")
  }, 20_000)

  test("Hebbian learning that diverges ends the run, with module and eta", async () => {
    await expect(runTiny({ etaHidden: 10, epochs: 3 })).rejects.toThrow(
      /Hebbian learning diverged: a weight of the (hidden|readout) module became .* with eta = 10/,
    )
    await expect(runTiny({ etaInput: 10 })).rejects.toThrow(
      /Hebbian learning diverged: a weight of the input module became .* with eta = 10/,
    )
  }, 30_000)
})

describe("bad input", () => {
  test.each<[Record<string, unknown>, RegExp]>([
    [{ tasks: 0 }, /tasks must lie in 1\.\.20, not 0/],
    [{ steps: 0 }, /steps must lie in 1\.\.64, not 0/],
    [{ tau: 1 }, /tau = 1 steps .* tau must lie above 1, to 16/],
    [{ tau: 0.5 }, /tau must lie above 1/],
    [{ firstHidden: 0 }, /first block of the hidden module has 0 lateral neurons/],
    [{ hidden: 50, firstHidden: 45 }, /blocks of the hidden module sum up to 55 lateral neurons, but it has 50 inputs/],
    [{ firstInput: 784 }, /blocks of the input module sum up to 824 lateral neurons, but it has 784 inputs/],
    [{ rule: "dsr" }, /rule cannot be "dsr"/],
  ])("refuses %j", (given, message) => {
    const resolve = () => resolveParameters(hlop, "smoke", given)
    expect(resolve).toThrow(CajalError)
    expect(resolve).toThrow(message)
  })

  test("little left to learn with is said", async () => {
    const { events } = await runTiny({ firstHidden: 34 })
    const notes = events.flatMap((event) => (event.type === "note" ? [event.text] : []))
    expect(notes).toContainEqual(expect.stringMatching(/hidden module protects 38 of 40 directions/))
  }, 30_000)

  test("images and labels that are none of MNIST's are named", () => {
    const images = normalise({ dtype: "u8", shape: [3, 784], data: new Uint8Array(3 * 784) }, [0], [1])
    const labels = (...list: number[]) => ({ dtype: "i32", shape: [list.length], data: Int32Array.from(list) }) as const
    expect(() => checkExamples({ images, labels: labels(0, 9, 3) })).not.toThrow()
    expect(() => checkExamples({ images, labels: labels(0, 10, 3) })).toThrow(/image 1 has label 10/)
    expect(() => checkExamples({ images, labels: labels(0, -1, 3) })).toThrow(/image 1 has label -1/)
    expect(() => checkExamples({ images, labels: labels(0, 1) })).toThrow(/image 2 has no label/)
    const narrow = { ...images, shape: [4, 588] }
    expect(() => checkExamples({ images: narrow, labels: labels(0, 1, 2, 3) })).toThrow(/image 0 has 588 pixels/)
  })
})

test("blocks: the authors' increments at their tasks", () => {
  const p = resolveParameters(hlop, "full", {})
  expect(Array.from({ length: 10 }, (_, task) => blocksOf(p, task)[0])).toEqual([
    80, 70, 70, 50, 50, 50, 30, 30, 30, 10,
  ])
  expect(blocksOf(p, 0)).toEqual([80, 120, 100])
})

test("the diagram is that of a step's gradient, and the network says all of it", async () => {
  const p = resolveParameters(hlop, "smoke", {})
  const { boxes, opaque } = await hlop.circuit!(p)
  expect(opaque / boxes).toBeLessThan(0.05)
  expect((await drawingOf(hlop, "program", p)).svg).toContain("<svg")
})

test("under the reader's hands it learns the tasks that are pressed, and reads old digits", async () => {
  const pupils = new TouchedSystem(hlop, { images: 2000 })
  const first = await pupils.figure("tasks")
  expect(first.caption).toContain("Press a task")
  pupils.inputs.give("task", 1)
  const learned = await pupils.figure("tasks", ({ caption }) => caption!.includes("Press another"))
  expect(learned.caption).toContain("Learned so far: 2.")
  expect((await pupils.figure("read")).title).toContain("Digits of task 2")
  pupils.inputs.give("task", 0)
  const all = await pupils.figure("tasks", ({ caption }) => caption!.includes("all tasks"))
  const shares = [...all.svg!.matchAll(/task (\d), (HLOP|no projection): (\d+) %/g)].map(([, , , share]) =>
    Number(share),
  )
  expect(shares).toHaveLength(8) // each bar says it twice: as a link, and as a title
  for (const share of shares) expect(share).toBeGreaterThan(15)
  pupils.stop()
}, 30_000)
