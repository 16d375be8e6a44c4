import { describe, expect, test } from "vitest"
import { CajalError } from "../../src/engine/index.ts"
import { type CheckpointState, type RunEvent, resolveParameters, weigh } from "../../src/run/index.ts"
import { smokeRun, type TestRun, TouchedSystem } from "../../src/run/testing.ts"
import { toSvg } from "../../src/view/index.ts"
import twoPoint from "./system.ts"

const tiny = { neurons: 8, memory: 4, frames: 300, testFrames: 120, steps: 20, batch: 32 }
const runTiny = (given: Record<string, unknown> = {}, options: TestRun = {}) =>
  smokeRun(twoPoint, { ...tiny, ...given }, options)

describe("the run", () => {
  test("smoke: networks learn, figures are drawn, what stands in is said", async () => {
    const { events, metrics } = await smokeRun(twoPoint)
    expect(events.some((event) => event.type === "note" && event.text.includes("generated"))).toBe(true)
    expect(metrics["mcc/nmse"]).toBeLessThan(0.7)
    expect(metrics["mcc/mismatched"]).toBeGreaterThan(metrics["mcc/nmse"])
    expect(metrics["mcc/microjoules"]).toBeCloseTo(metrics["mcc/transmitting"] * 8e-5, 10)
    const weighed = weigh(twoPoint.claims, metrics).filter(({ id }) => id !== "speed") // that takes 150 steps
    expect(weighed.map(({ met }) => met)).not.toContain(null)
    const figures = new Map(events.flatMap((event) => (event.type === "figure" ? [[event.id, event] as const] : [])))
    expect([...figures.keys()]).toEqual(["neurons", "spectrogram", "transfer", "front", "energy", "learning", "damage"])
    for (const { spec, svg } of figures.values()) expect(svg ?? (await toSvg(spec!))).toContain("<svg")
  }, 30_000)

  test("the same seed measures the same, another something else", async () => {
    const { metrics } = await runTiny()
    expect((await runTiny()).metrics).toEqual(metrics)
    expect((await runTiny({}, { seed: 8 })).metrics["mcc/nmse"]).not.toBe(metrics["mcc/nmse"])
  }, 30_000)

  test("more networks: laws, sizes, costs, digits; a cost of activity lowers it", async () => {
    const { metrics } = await runTiny({ extended: true, steps: 60 })
    for (const name of ["tanh", "mcc-n192", "point-L3", "mcc-cost0.001", "digits/mcc", "digits/point"])
      expect(metrics[`${name}/nmse`]).toBeGreaterThan(0)
    expect(metrics["mcc-cost0.001/meanRate"]).toBeLessThan(metrics["mcc/meanRate"])
    expect(metrics["digits/mcc/nmse"]).toBeLessThan(0.9)
  }, 60_000)

  test("goes on from any checkpoint to the very same metrics", async () => {
    const checkpoints: { state: CheckpointState; at: number }[] = []
    let events = 0
    const lastOf = (list: RunEvent[]) =>
      Object.fromEntries(list.flatMap((event) => (event.type === "metric" ? [[event.name, event.value]] : [])))
    const whole = await runTiny(
      { seeds: 2 },
      {
        onEvent(event) {
          events++
          if (event.type === "checkpoint") checkpoints.push({ state: structuredClone(event.state), at: events })
        },
      },
    )
    expect(checkpoints.length).toBeGreaterThan(20)
    for (const { state, at } of [1, 7, 15, checkpoints.length - 1].map((i) => checkpoints[i])) {
      const rest = await runTiny({ seeds: 2 }, { resumed: state })
      expect(rest.metrics).toMatchObject(lastOf(whole.events.slice(at)))
      for (const [name, value] of Object.entries(rest.metrics))
        expect([name, value]).toEqual([name, whole.metrics[name]])
    }
  }, 60_000)

  test("stops promptly", async () => {
    const stop = new AbortController()
    const onEvent = (event: RunEvent) => {
      if (event.type === "progress" && event.done === 3) stop.abort(new Error("stopped"))
    }
    const running = runTiny({ steps: 20_000 }, { signal: stop.signal, onEvent })
    await expect(running).rejects.toThrow("stopped")
  }, 20_000)
})

describe("bad input", () => {
  test.each<[Record<string, unknown>, RegExp]>([
    [{ law: "squared" }, /law cannot be "squared"/],
    [{ memory: 0 }, /universal context has gain 1 but width 0/],
    [{ snr: "" }, /snr is empty/],
    [{ snr: "-6,loud" }, /"loud" is none/],
    [{ damage: 1 }, /damage must lie in 0\.\.1 without 1, not 1/],
    [{ damage: 1.5 }, /damage must lie in 0\.\.1/],
    [{ neurons: 0 }, /1 neuron or more, not 0/],
  ])("refuses %j", (given, message) => {
    const resolve = () => resolveParameters(twoPoint, "smoke", given)
    expect(resolve).toThrow(CajalError)
    expect(resolve).toThrow(message)
  })

  test("without a shared memory and its gain there is a network all the same", async () => {
    const { metrics } = await runTiny({ memory: 0, universal: 0 })
    expect(metrics["mcc/nmse"]).toBeGreaterThan(0)
  }, 20_000)
})

test("the diagram is that of the loss, and says all of it", async () => {
  const { boxes, opaque } = await twoPoint.circuit!(resolveParameters(twoPoint, "smoke", {}))
  expect(opaque / boxes).toBeLessThan(0.05)
})

test("under the reader's hands neurons are silenced and say what context did", async () => {
  const hands = new TouchedSystem(twoPoint, { steps: 40, frames: 500 })
  const first = await hands.figure("neurons")
  expect(first.svg).toContain("#press=neuron:")
  hands.inputs.give("neuron", 5)
  const site = await hands.figure("site")
  expect(site.title).toContain("Neuron 6 of the two-point network, layer 1, heard")
  expect(site.caption).toMatch(/context (silences|amplifies) it, the (proximal|distal|universal) part most/)
  hands.inputs.give("hand", "silence or wake it")
  hands.inputs.give("neuron", 5)
  const silenced = await hands.figure("neurons", ({ svg }) => svg!.includes("neuron 6, silenced"))
  expect(silenced.svg).toContain("silenced")
  hands.stop()
}, 30_000)
