import { describe, expect, test } from "vitest"
import { DataSource, fetchFiles } from "../../src/data/index.ts"
import { CajalError } from "../../src/engine/index.ts"
import { microcircuitPopulations as populations } from "../../src/neuro/index.ts"
import { type CheckpointState, drawingOf, resolveParameters, training, weigh } from "../../src/run/index.ts"
import { smokeRun, type TestRun } from "../../src/run/testing.ts"
import { toSvg } from "../../src/view/index.ts"
import { claims } from "./claims.ts"
import * as figures from "./figures.ts"
import { classifierPlan, gradientInTime, imagesOf } from "./learning.ts"
import { classifierSetting } from "./model.ts"
import { circuitFigure, psychometricFigure, racesFigure } from "./network-figures.ts"
import { choiceOf } from "./networks.ts"
import { cases, compare, currentRates, phasePlane } from "./neurons.ts"
import brainpy from "./system.ts"

const runSystem = (given: Record<string, unknown> = {}, options: TestRun = {}) => smokeRun(brainpy, given, options)

describe("the system", () => {
  test("smoke: every model fires as its reference, a network runs, figures are drawn, the same for the same seed", async () => {
    const { events, metrics } = await runSystem()
    for (const { model } of cases) {
      const name = `neuron/${model.model}`
      // The last spike of 200 ms may just have been missed.
      expect(Math.abs(metrics[`${name}/spikes`] - metrics[`${name}/spikes-reference`])).toBeLessThanOrEqual(1)
      expect(metrics[`${name}/worst`]).toBeLessThan(8)
    }
    expect(metrics["own/rate"]).toBeGreaterThan(2)
    expect(weigh(brainpy.claims, metrics).every(({ met }) => met === null)).toBe(true)
    const drawn = events.flatMap((event) => (event.type === "figure" ? [event] : []))
    expect(drawn.map(({ id }) => id)).toEqual(["own", "f-i", "phase-planes"])
    for (const { spec } of drawn) expect(await toSvg(spec!)).toContain("<svg")
    expect(await (await drawingOf(brainpy, "program", resolveParameters(brainpy, "smoke", {}))).svg).toContain(
      "events →",
    )
    expect((await runSystem()).metrics).toEqual(metrics)
    expect((await runSystem({}, { seed: 8 })).metrics["own/rate"]).not.toBe(metrics["own/rate"])
  })

  test("a resumed run does only what is left", async () => {
    const whole = await runSystem()
    const first = whole.events.find((event) => event.type === "checkpoint")
    const resumed = JSON.parse(JSON.stringify((first as { state: CheckpointState }).state))
    const rest = await runSystem({}, { resumed })
    expect(rest.metrics["own/rate"]).toBeUndefined()
    expect({ ...whole.metrics, ...rest.metrics }).toEqual(whole.metrics)
    expect(Object.keys(rest.metrics).length).toBe(3 * cases.length)
  })

  test("your own network follows the sliders, and can be stopped", async () => {
    const { metrics } = await runSystem({ wI: 0, dt: 0.2, integrator: "euler" })
    expect(metrics["own/rate"]).toBeGreaterThan(100)
    const stop = new AbortController()
    let seen = 0
    const onEvent = () => {
      if (++seen === 1) stop.abort(new Error("stopped"))
    }
    await expect(runSystem({}, { signal: stop.signal, onEvent })).rejects.toThrow("stopped")
  })

  test.each<[Record<string, unknown>, RegExp]>([
    [{ wE: -1 }, /wE must lie in 0\.\.10, not -1/],
    [{ dt: 0 }, /dt must lie in 0\.01\.\.1, not 0/],
    [{ integrator: "rk5" }, /integrator cannot be "rk5"; did you mean "rk4"/],
    [{ coherence: 120 }, /coherence must lie in -100\.\.100, not 120/],
    [{ w: 1 }, /brainpy has no parameter "w"/],
  ])("refuses %j", (given, message) => {
    const resolve = () => resolveParameters(brainpy, "smoke", given)
    expect(resolve).toThrow(CajalError)
    expect(resolve).toThrow(message)
  })
})

describe("what takes longer than a test may", () => {
  test("a classifier is trained on a few digits, resumed as if it had not stopped, and drawn", async () => {
    const digits = await new DataSource(fetchFiles("http://nowhere.invalid"), { standIn: true }).mnist({
      limit: 320,
      testLimit: 100,
    })
    const [train, test] = (["train", "test"] as const).map((part) => imagesOf(digits, part, classifierSetting))
    const options = { setting: classifierSetting, train, test, epochs: 2, rate: 0.01, seed: 1 }
    const curveOf = async (isFrozen: boolean) => {
      const running = training("net", classifierPlan({ ...options, isFrozen }), undefined)
      for (;;) {
        const next = await running.next()
        if (next.done === true) return next.value
      }
    }
    const [all, frozen] = [await curveOf(false), await curveOf(true)]
    const last = ({ curve }: typeof all) => curve.epochs[1].accuracy
    expect(last(all)).toBeGreaterThan(0.3)
    expect(last(all)).toBeGreaterThan(last(frozen))
    const sizes = gradientInTime(all.model, test, classifierSetting)
    expect(sizes.length).toBe(40)
    expect(sizes.every((x) => x > 0)).toBe(true)
    for (const { spec } of [
      figures.gradientFigure(sizes),
      figures.lossFigure("classifier", "Training", { all: all.curve, frozen: frozen.curve }, "Losses."),
    ])
      expect(await toSvg(spec!)).not.toContain("NaN")
  })

  test("networks, products and sizes are drawn", async () => {
    const rates = { A: [1, 40, 45], B: [1, 3, 1] }
    const pool = { stimulus: 45, delay: 36 }
    const decision = { A: pool, B: { stimulus: 1, delay: 1 }, rates }
    expect(choiceOf(decision, -0.1)).toEqual({ favoured: 1, favouredDelay: 1, other: 45, otherDelay: 36 })
    const timings = [0.001, 0.01, 0.1].map((active) => ({
      operator: "events" as const,
      neurons: 10_000,
      active,
      us: 1e4 * active,
    }))
    const size = { storedBytes: 1e6, drawnBytes: 52, storedMs: 900, drawnMs: 800 }
    for (const { spec } of [
      racesFigure("decisions", "Pools", [{ title: "one", decision }]),
      psychometricFigure(
        [
          { coherence: 0.032, right: 0.6 },
          { coherence: 1, right: 1 },
        ],
        8,
      ),
      circuitFigure("circuit", "Rates", 0.1, [1, 2, 3, 4, 5, 6, 7, 8], [8, 7, 6, 5, 4, 3, 2, 1]),
      figures.operatorsFigure([...timings, { operator: "sparse", neurons: 10_000, active: 0.01, us: 900 }]),
      figures.sizesFigure([
        { neurons: 4000, ...size },
        { neurons: 40_000, ...size },
      ]),
    ])
      expect(await toSvg(spec!)).not.toContain("NaN")
  })
})

describe("neurons", () => {
  const named = (name: string) => cases.find((one) => one.name === name)!

  test("the leaky integrator is exact at any step; rates grow with current, and start where they must", () => {
    expect(compare(named("leaky integrator"), 0.5).worst).toBeLessThan(1e-3)
    const lif = currentRates(named("LIF"))
    expect(lif.filter(({ current, rateHz }) => current <= 20 && rateHz > 0)).toEqual([])
    const last = lif[lif.length - 1]
    // In closed form: tau ln((I - reset) / (I - threshold)).
    expect(Math.abs(last.rateHz - 1000 / (10 * Math.log(55 / 30)))).toBeLessThan(4)
  })

  test("nullclines lie where a variable stands still", () => {
    const { nullclines, path } = phasePlane(named("Izhikevich"), "u", { durationMs: 50, v: [-80, 35], w: [-20, 30] })
    for (const { of, v, w } of nullclines) expect(w).toBeCloseTo(of === "u" ? 0.2 * v : 0.04 * v * v + 5 * v + 150, 1)
    expect(nullclines.filter(({ of }) => of === "u").length).toBeGreaterThan(100)
    expect(path.length).toBe(100)
  })
})

describe("claims", () => {
  /** Numbers with which every claim is met. */
  const good: Record<string, number> = {
    "coba/rate": 20,
    "coba/rate-low": 19,
    "coba/rate-high": 21,
    "coba/cv": 1.5,
    "coba/control": 190,
    "cuba/rate": 5.5,
    "cuba/rate-low": 5.2,
    "cuba/rate-high": 5.8,
    "hh/rate": 40,
    "hh/rate-low": 36,
    "hh/rate-high": 44,
    "hh/control": 480,
    "decision/seeds": 3,
    "decision/favoured": 45,
    "decision/favoured-delay": 35,
    "decision/other": 1,
    "decision/other-delay": 1,
    "decision/no-nmda": 1.6,
    "decision/flat": 4.8,
    "decision/flat-delay": 2,
    ...Object.fromEntries([0.5, 2.2, 4, 5, 7.1, 7.7, 0.9, 7].map((r, i) => [`microcircuit/${populations[i]}`, r])),
    ...Object.fromEntries([1, 18, 8, 32, 51, 40, 12, 39].map((r, i) => [`weak/${populations[i]}`, r])),
    "merging/error-post": 1e-6,
    "merging/error-pre": 1e-6,
    "merging/share": 0.0096,
    "nmda/error": 0.9,
    "nmda/refused": 1,
    "jit/differing": 0,
    "jit/spikes": 28_000,
    "jit/bytes": 52,
    "jit/kept-bytes": 9e5,
    "product/dense/4000/0.01": 700,
    "product/events/4000/0.01": 7,
    "product/sparse/10000/0.01": 1000,
    "product/sparse/10000/0.1": 1000,
    "product/events/10000/0.01": 30,
    "product/events/10000/0.1": 120,
    "coba/4000/ms": 1000,
    "coba/40000/ms": 6000,
    "classifier/accuracy": 0.92,
    "frozen/accuracy": 0.7,
    "memory/accuracy": 0.8,
    "memoryless/accuracy": 0.5,
  }

  test.each<[string, Record<string, number>]>([
    ["coba", { "coba/rate-high": 29 }],
    ["coba", { "coba/control": 100 }],
    ["coba-irregular", { "coba/cv": 1 }],
    ["cuba", { "cuba/rate-low": 3.9 }],
    ["coba-hh", { "hh/control": 200 }],
    ["decision", { "decision/favoured": 29 }],
    ["decision", { "decision/other": 6 }],
    ["decision", { "decision/no-nmda": 7 }],
    ["decision-memory", { "decision/favoured-delay": 16 }],
    ["decision-memory", { "decision/flat": 13 }],
    ["decision-memory", { "decision/flat-delay": 6 }],
    ["microcircuit", { "microcircuit/L5I": 20 }],
    ["microcircuit", { "weak/L5E": 20 }],
    ["merging-exact", { "merging/error-pre": 1e-3 }],
    ["merging-bytes", { "merging/share": 0.025 }],
    ["merging-refused", { "nmda/refused": 0 }],
    ["jit-exact", { "jit/differing": 1 }],
    ["jit-bytes", { "jit/bytes": 100 }],
    ["events-dense", { "product/dense/4000/0.01": 60 }],
    ["events-sparse", { "product/sparse/10000/0.01": 80 }],
    ["events-activity", { "product/events/10000/0.1": 90 }],
    ["events-activity", { "product/sparse/10000/0.1": 4000 }],
    ["growth", { "coba/40000/ms": 16_000 }],
    ["classifier", { "frozen/accuracy": 0.9 }],
    ["memory", { "memory/accuracy": 0.7 }],
    ["memory", { "memoryless/accuracy": 0.7 }],
  ])("%s is lost with %j", (id, worse) => {
    expect(weigh(claims, good).filter(({ met }) => met !== true)).toEqual([])
    expect(weigh(claims, { ...good, ...worse }).flatMap(({ id, met }) => (met ? [] : [id]))).toContain(id)
  })

  test("decisions of fewer seeds are not judged", () => {
    const verdicts = weigh(claims, { ...good, "decision/seeds": 1 })
    expect(verdicts.find(({ id }) => id === "decision")?.met).toBeNull()
  })
})
